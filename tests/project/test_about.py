from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError
from evenfall.project.about import LicenseTable, Person, read_about


def test_what_a_project_says_of_itself(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "lantern"\nlicense = { text = "MIT" }\nauthors = [{ name = "Ada" }]\n'
        'urls = { Homepage = "https://example.org" }\n',
        encoding="utf-8",
    )
    about = read_about(tmp_path)
    assert about.license == LicenseTable(text="MIT")
    assert about.authors == (Person(name="Ada"),)
    assert about.urls == {"Homepage": "https://example.org"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[project]\nname = "x"\nauthors = [{ name = 1 }]', r"project\.authors\[0\]\.name: Expected `str`"),
        ("x = 1", "pyproject.toml: project: Object missing required field `project`"),
    ],
)
def test_a_wrong_type_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    with pytest.raises(EvenfallError, match=message):
        read_about(tmp_path)
