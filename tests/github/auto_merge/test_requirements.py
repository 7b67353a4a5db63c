from __future__ import annotations

import pytest

from evenfall.errors import EvenfallError
from evenfall.github.auto_merge.requirements import other_changes

PYPROJECT = """\
[project]
name = "lantern"
version = "1"
requires-python = ">=3.11"
dependencies = ["oil>=1.0", "wick[long]>=1; python_version < '3.14'", "flame @ https://example.org/flame.whl"]

[project.optional-dependencies]
glass = ["sand>=1"]

[dependency-groups]
test = ["spark==1.0", { include-group = "lint" }]
lint = ["soot"]

[build-system]
requires = ["hatchling>=1"]
"""


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        ("oil>=1.0", "oil>=1.1,<3", ()),
        ("oil>=1.0", "oil >= 1.1", ()),
        ("[long]>=1;", "[long]>=2;", ()),
        ("sand>=1", "sand>=1.2", ()),
        ("spark==1.0", "spark==1.1", ()),
        ('"soot"', '"soot>=1"', ()),
        ("oil>=1.0", "olive-oil>=1.0", ("project.dependencies",)),
        ("[long]", "[short]", ("project.dependencies",)),
        ("'3.14'", "'3.15'", ("project.dependencies",)),
        ("oil>=1.0", "oil @ https://example.org/oil.whl", ("project.dependencies",)),
        ("flame.whl", "blaze.whl", ("project.dependencies",)),
        ("oil>=1.0", "oil>=", ("project.dependencies",)),
        ('"oil>=1.0", ', "", ("project.dependencies",)),
        ('{ include-group = "lint" }', '"lint>=1"', ("dependency-groups.test",)),
        ("hatchling>=1", "hatchling>=2", ("build-system.requires",)),
        (">=3.11", ">=3.12", ("project.requires-python",)),
        ("version = ", "license = 'MIT'\nversion = ", ("project.license",)),
        ('version = "1"', "version = 1", ("project.version",)),
        ("[build-system]", "[tool.uv]\nindex-url = 'https://example.org'\n[build-system]", ("tool",)),
    ],
)
def test_only_versions_of_locked_requirements_may_change(old: str, new: str, keys: tuple[str, ...]) -> None:
    assert other_changes(PYPROJECT.encode(), PYPROJECT.replace(old, new, 1).encode()) == keys


def test_a_file_that_is_not_toml_is_an_error() -> None:
    with pytest.raises(EvenfallError, match=r"pyproject\.toml"):
        other_changes(PYPROJECT.encode(), b"[")
