from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.project import Project, read_project
from evenfall.project.pythons import RELEASED


def project(root: Path, requires: str | None, *classified: str, configured: str = "") -> Project:
    lines = [f"Programming Language :: Python :: {version}" for version in classified]
    requires_line = "" if requires is None else f'requires-python = "{requires}"\n'
    settings = f"\n[tool.evenfall]\npythons = {configured}\n" if configured else ""
    text = f'[build-system]\n[project]\nname = "a"\n{requires_line}classifiers = {lines!r}\n{settings}'
    (root / "pyproject.toml").write_text(text, encoding="utf-8")
    return read_project(root)


@pytest.mark.parametrize(
    ("requires", "classified", "pythons"),
    [
        (">=3.11", ("3.12", "3.11"), ("3.11", "3.12")),
        (">=3.9", ("3.10", "3.9"), ("3.9", "3.10")),
        (">=3.11.4", ("3.11",), ("3.11",)),
        ("==3.11.9", ("3.11",), ("3.11",)),
        (">=3.11,!=3.12.*", ("3.11", "3.13"), ("3.11", "3.13")),
        ("~=3.11", ("3", "3 :: Only", "3.11", "Implementation :: CPython"), ("3.11",)),
        (None, ("3.12",), ("3.12",)),
        (">=3.10,<3.12", (), ("3.10", "3.11")),
        (None, (), RELEASED),
    ],
)
def test_the_classifiers_or_else_requires_python_name_the_versions(
    tmp_path: Path, requires: str | None, classified: tuple[str, ...], pythons: tuple[str, ...]
) -> None:
    assert project(tmp_path, requires, *classified).pythons == pythons


def test_settings_add_other_implementations_and_builds(tmp_path: Path) -> None:
    every = ("3.13", "3.14", "3.14t", "pypy3.13")
    assert project(tmp_path, ">=3.13", "3.13", "3.14", configured='["pypy3.13", "3.14t"]').pythons == every
    assert project(tmp_path, ">=3.13", "3.13", "3.14", configured=str([*every])).pythons == every
    assert project(tmp_path, ">=3.14", configured='["3.14t"]').pythons == ("3.14", "3.14t", "3.15")


def test_settings_name_the_versions_of_a_project_without_classifiers(tmp_path: Path) -> None:
    assert project(tmp_path, ">=3.11", configured='["3.12", "3.11"]').pythons == ("3.11", "3.12")


@pytest.mark.parametrize(
    ("requires", "classified", "configured", "message"),
    [
        (">=3.12", ("3.11", "3.12"), "", "project.classifiers names Python 3.11, which project.requires-python ('>=3.12') excludes"),
        (">=3.9", ("3.11",), "", "project.requires-python ('>=3.9') allows Python 3.9, 3.10, which project.classifiers does not name"),
        (">=3.11", ("3.11", "3.13"), "", "allows Python 3.12, which project.classifiers does not name"),
        (">=3.12", (), '["3.11"]', "tool.evenfall.pythons names Python 3.11"),
        (">=3.11", ("3.11",), '["3.11", "3.12"]', "tool.evenfall.pythons: the classifiers name other versions of Python: 3.11"),
        (">=3.13", ("3.13",), '["3.13t", "pypy3.11"]', "tool.evenfall.pythons names Python pypy3.11, which"),
        (">=4", (), "", "project.requires-python: no released Python satisfies '>=4'"),
    ],
)  # fmt: skip
def test_a_contradiction_is_an_error_that_names_both_sides(
    tmp_path: Path, requires: str, classified: tuple[str, ...], configured: str, message: str
) -> None:
    with pytest.raises(EvenfallError) as caught:
        project(tmp_path, requires, *classified, configured=configured).pythons  # noqa: B018 - the property checks
    assert caught.value.message.startswith("pyproject.toml: ")
    assert message in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == Exit.USAGE


def test_without_requires_python_the_lock_is_for_one_version(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text('version = 1\nrequires-python = ">=3.12"\n')
    assert project(tmp_path, None).pythons == project(tmp_path, None, "3.12").pythons == ("3.12",)
    with pytest.raises(
        EvenfallError, match=r"requires-python is missing, .* Python 3\.12 only, and not for 3\.13"
    ) as caught:
        project(tmp_path, None, "3.12", "3.13").pythons  # noqa: B018 - the property checks
    assert caught.value.hint == 'add requires-python = ">=3.12", then uv lock'
