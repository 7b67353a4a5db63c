from __future__ import annotations

import re
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError
from evenfall.project.linters import LINTERS, checks_types_with_mypy, mypy_names_its_targets, names_files_for_ruff
from evenfall.project.precommit_config import HOOKS
from evenfall.project.project import Project, read_project
from evenfall.project.tool_config import has_configuration, hook_runs, ini_sections

PYPROJECT = '[project]\nname = "lantern"\nversion = "1"\n[build-system]\nrequires = []\n'


def made(root: Path, **files: str) -> Project:
    """Return a project with a `pyproject.toml` and these files; `_` in a name stands for the dot before its suffix."""
    (root / "pyproject.toml").write_text(PYPROJECT + files.pop("pyproject", ""), encoding="utf-8")
    for name, text in files.items():
        (root / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return read_project(root)


def configures(name: str, project: Project) -> bool:
    return next(linter for linter in LINTERS if linter.parsed.name == name).is_configured(project)


def hooks(root: Path, text: str) -> Project:
    (root / HOOKS).write_text(text, encoding="utf-8")
    return made(root)


def test_ruff_toml_configures_linting_and_its_table_format_configures_formatting(tmp_path: Path) -> None:
    project = made(tmp_path, ruff_toml="line-length = 100\n")
    assert configures("ruff check", project)
    assert not configures("ruff format", project)
    assert configures("ruff format", made(tmp_path, ruff_toml='[format]\nquote-style = "single"\n'))


def test_an_invalid_ruff_toml_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match=r"ruff\.toml:\d+: not TOML"):
        configures("ruff format", made(tmp_path, ruff_toml="[format"))


def test_a_shared_file_configures_the_tools_whose_sections_it_has(tmp_path: Path) -> None:
    assert not configures("isort", made(tmp_path, setup_cfg="[metadata]\nname = x\n"))
    assert configures("isort", made(tmp_path, setup_cfg="[isort]\nprofile = black\n"))
    assert checks_types_with_mypy(made(tmp_path, setup_cfg="[mypy-lantern.*]\n[mypy]\n"))
    assert has_configuration(made(tmp_path, setup_cfg="[importlinter:contract:1]\n"), "setup.cfg:importlinter")


@pytest.mark.parametrize("broken", [b"no section\n", b"[isort]\nprofile = \xff\n"])
def test_an_invalid_shared_file_has_no_sections(tmp_path: Path, broken: bytes) -> None:
    (tmp_path / "setup.cfg").write_bytes(broken)
    assert ini_sections(tmp_path / "setup.cfg") == {}
    assert not configures("isort", made(tmp_path))


def test_a_hook_shows_whether_a_project_lints_or_formats_with_ruff(tmp_path: Path) -> None:
    (only_formats := tmp_path / "formats").mkdir()
    project = hooks(
        only_formats, "repos: [{repo: local, hooks: [{id: tidy, entry: uv run  ruff format, language: system}]}]"
    )
    assert configures("ruff format", project)
    assert not configures("ruff check", project)
    (only_lints := tmp_path / "lints").mkdir()
    project = hooks(
        only_lints,
        "repos:\n- repo: https://example.org/ruff\n  rev: v1\n  hooks:\n  # - id: ruff-format\n  - id: ruff\n",
    )
    assert configures("ruff check", project)
    assert not configures("ruff format", project)


def test_the_configuration_of_ruff_can_name_the_files_to_format(tmp_path: Path) -> None:
    assert not names_files_for_ruff(made(tmp_path, pyproject="[tool.ruff]\nline-length = 9\n"))
    assert names_files_for_ruff(made(tmp_path, pyproject='[tool.ruff]\nextend-include = ["*.md"]\n'))
    assert not names_files_for_ruff(made(tmp_path, ruff_toml="", pyproject='[tool.ruff]\ninclude = ["*.md"]\n'))


@pytest.mark.parametrize(
    ("table", "linter"),
    [("black", "black"), ("pyright", "basedpyright"), ("ty", "ty check")],
)
def test_a_table_configures_a_tool(tmp_path: Path, table: str, linter: str) -> None:
    assert not configures(linter, made(tmp_path))
    assert configures(linter, made(tmp_path, pyproject=f"[tool.{table}]\n"))


def test_a_project_without_hooks_runs_no_hook(tmp_path: Path) -> None:
    assert not hook_runs(made(tmp_path), "ruff", command="ruff check")


@pytest.mark.parametrize("broken", ["repos: [", "repos: 1", "", "repos: [{hooks: [{id: 1}]}]"])
def test_invalid_hooks_are_an_error(tmp_path: Path, broken: str) -> None:
    with pytest.raises(EvenfallError, match=re.escape(HOOKS)):
        configures("ruff check", hooks(tmp_path, broken))


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({}, False),
        ({"mypy_ini": "[mypy]\nstrict = true\n"}, False),
        ({"mypy_ini": "[mypy]\nfiles = src\n"}, True),
        ({"setup_cfg": "[mypy]\npackages = lantern\n"}, True),
        ({"pyproject": '[tool.mypy]\nfiles = ["src"]\n'}, True),
        ({"mypy_ini": "[mypy]\n", "pyproject": '[tool.mypy]\nfiles = ["src"]\n'}, False),
        ({"pyproject": "[tool.mypy]\n", "setup_cfg": "[mypy]\nfiles = src\n"}, False),
    ],
)
def test_the_configuration_of_mypy_can_name_its_targets(tmp_path: Path, files: dict[str, str], names: bool) -> None:
    assert mypy_names_its_targets(made(tmp_path, **files)) is names
