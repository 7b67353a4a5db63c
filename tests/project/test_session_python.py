from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.git.repository import init_repository
from evenfall.git.tracked import stage
from evenfall.project.project import Project, read_project
from evenfall.project.session_python import CHOSEN
from tests.project.test_project import GROUPS
from tests.project.test_pyproject import package

LOCK = """\
version = 1
[[package]]
name = "lantern"
source = { virtual = "." }
[package.dev-dependencies]
lint = [
    { name = "mypy", marker = "python_full_version >= '3.12'" },
    { name = "bundle", marker = "extra == 'group-7-lantern-lint'" },
]
dev = [{ name = "coverage", marker = "sys_platform == 'win32'" }]
[[package]]
name = "bundle"
dependencies = [{ name = "ruff", marker = "python_full_version >= '3.13'" }]
[[package]]
name = "mypy"
[[package]]
name = "ruff"
[[package]]
name = "coverage"
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    init_repository(tmp_path)
    return package(tmp_path, GROUPS)


def add(project: Project, path: str, text: str) -> None:
    (project.root / path).parent.mkdir(parents=True, exist_ok=True)
    (project.root / path).write_text(text, encoding="utf-8")
    stage(project.root, path)


def test_it_is_the_oldest_one_without_a_reason_for_another(project: Project) -> None:
    assert project.python_for(()) == project.python_for(("tests", "lint")) == "3.11"


def test_a_group_with_a_python_of_its_own_needs_a_newer_one(tmp_path: Path) -> None:
    text = GROUPS + 'dependency-groups.lint = { requires-python = ">=3.12.4" }\n'
    assert package(tmp_path, text).python_for(("lint",)) == "3.12"
    assert package(tmp_path, text).python_for(("tests",)) == "3.11"


def test_a_tool_that_is_locked_only_for_newer_ones_needs_one_of_these(project: Project) -> None:
    (project.root / "uv.lock").write_text(LOCK)
    project = read_project(project.root)
    assert project.python_for(("Lint",), ("mypy",)) == "3.12"
    assert project.python_for(("lint",)) == "3.13", "because another package requires ruff there"
    assert project.python_for(("dev",)) == "3.11", "because no Python has the tool on Linux"
    assert project.python_for(("lint",), ()) == "3.11"


def test_a_lock_without_the_project_says_nothing(project: Project) -> None:
    (project.root / "uv.lock").write_text("version = 1\n")
    assert project.python_for(("lint",)) == "3.11"


def test_it_can_read_all_modules(project: Project) -> None:
    add(project, "src/lantern/_new.py", "type Level = int\n")
    add(project, "src/lantern/template.py", "{{ broken }} text\n")
    add(project, "tests/data/newest.py", "class A[T = int]: pass\n")
    (project.root / "untracked.py").write_text("class A[T = int]: pass\n")
    assert project.python_for(()) == "3.12"


def test_it_is_no_free_threaded_build_and_no_pypy(tmp_path: Path) -> None:
    text = GROUPS.replace(">=3.11", ">=3.13") + '[tool.evenfall]\npythons = ["3.13t", "pypy3.13"]\n'
    assert package(tmp_path, text).python_for(()) == "3.13"


def test_without_any_fitting_one_the_error_names_the_reason_for_each(project: Project) -> None:
    text = GROUPS + 'dependency-groups.lint = { requires-python = "<3.12" }\n'
    project = package(project.root, text)
    (project.root / "uv.lock").write_text(LOCK)
    add(project, "src/lantern/_new.py", "type Level = int\n")
    with pytest.raises(EvenfallError) as caught:
        project.python_for(("lint",), ())
    for reason in (
        "3.11 does not, because it can't parse src/lantern/_new.py",
        "3.12 does not, because group lint requires Python <3.12",
    ):
        assert reason in caught.value.message
    assert caught.value.exit_code is Exit.USAGE
    with pytest.raises(EvenfallError, match="because mypy is not locked for it"):
        project.python_for(("lint",), ("mypy",))


def test_the_choice_follows_a_change_of_the_code_and_the_lock(project: Project) -> None:
    add(project, "src/lantern/core.py", "x = 1\n")
    assert read_project(project.root).python_for(("lint",), ("mypy",)) == "3.11"
    (project.root / "uv.lock").write_text(LOCK)
    assert read_project(project.root).python_for(("lint",), ("mypy",)) == "3.12"
    (project.root / "src/lantern/core.py").write_text("class A[T = int]: pass\n")
    for _ in range(2):
        assert read_project(project.root).python_for(("lint",), ("mypy",)) == "3.13"


def test_a_job_gets_the_python_that_was_chosen_for_the_same_files(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(project, "core.py", "type Level = int\n")
    assert project.python_for(()) == "3.12"
    (project.root / "core.py").write_text("x = 1\n")
    monkeypatch.setenv(CHOSEN, project.chosen_pythons)
    assert read_project(project.root).python_for(()) == "3.12"
    assert read_project(project.root).python_for(("lint",)) == "3.11", "other groups are another choice"
    for invalid in (project.chosen_pythons.replace("3.12", "3.99"), project.chosen_pythons.partition("=")[0]):
        monkeypatch.setenv(CHOSEN, invalid)
        assert read_project(project.root).python_for(()) == "3.11"


def test_the_only_one_needs_no_search(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text("not TOML")
    assert package(tmp_path, GROUPS.replace(">=3.11", ">=3.13")).python_for(("lint",)) == "3.13"
