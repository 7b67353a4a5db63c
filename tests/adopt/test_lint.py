from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.lint import announce_failures, has_linters, write_lint_commands
from evenfall.project.precommit_config import HOOKS
from tests.adopt.conftest import HEADER
from tests.adopt.test_lint_evidence import hooks, workflow
from tests.adopt.test_own_commands import WORKFLOW
from tests.sample_project import SampleProject

GROUPS = 'test = ["coverage", "pytest"]\nlint = ["isort", "pre-commit", "ruff"]\n'


def written(bare: SampleProject, adoption: Adoption, files: dict[str, str]) -> tuple[str, ...] | None:
    """Return the commands that adoption writes for a project with these files."""
    for path, text in files.items():
        bare.write(path, text)
    write_lint_commands(adoption)
    return adoption.project.pyproject.settings.lint.commands


def test_the_commands_of_ci_are_written_and_a_tool_that_nothing_runs_is_named(
    bare: SampleProject, adoption: Adoption
) -> None:
    assert written(bare, adoption, workflow("uv run ruff check src", "ruff format src")) == (
        "ruff check src",
        "ruff format --check src",
    )
    (note,) = adoption.notes
    assert note.startswith("lint does not run isort, because no workflow, hook or script does")
    assert has_linters(adoption)


def test_commands_of_scripts_are_named_as_new_in_ci_and_unreadable_ones_as_not_run(
    bare: SampleProject, adoption: Adoption
) -> None:
    files = {"Makefile": "lint:\n\tisort .\n\truff check $(shell ls)\n\truff format .\n", HOOKS: "repos: []\n"}
    assert written(bare, adoption, files) == ("isort --check-only .", "ruff format --check .")
    _, new, also_new, unreadable = adoption.notes
    assert new == "new in CI: isort --check-only . (from Makefile)"
    assert also_new.startswith("new in CI: ruff format")
    assert unreadable.startswith("lint does not run ruff check … of Makefile")


def test_the_tools_of_hooks_are_left_to_them(bare: SampleProject, adoption: Adoption) -> None:
    entries = hooks("{id: ruff}", "{id: ruff-format}", "{id: isort}")
    assert written(bare, adoption, entries) is None
    assert adoption.notes == [
        "new in CI: precommit runs the hooks of .pre-commit-config.yaml, which no workflow runs",
        "precommit runs ruff check, ruff format, isort as the hooks do, so lint does not",
    ]
    assert not has_linters(adoption)


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({HOOKS: "ci: {skip: [mypy]}\nrepos: []\n"}, 1),
        ({HOOKS: "repos: []\n", **workflow("uvx prek run --all-files")}, 0),
        ({}, 0),
    ],
)
def test_hooks_that_no_workflow_runs_are_named(
    bare: SampleProject, adoption: Adoption, files: dict[str, str], count: int
) -> None:
    written(bare, adoption, files)
    assert len([note for note in adoption.notes if "hooks that pre-commit.ci runs" in note]) == count


def test_locked_and_configured_linters_run_if_nothing_shows_which_ones_the_project_runs(
    bare: SampleProject, adoption: Adoption
) -> None:
    assert written(bare, adoption, {}) is None
    assert adoption.notes == [
        "new in CI: lint runs ruff check, isort, ruff format, because they are locked and configured"
    ]
    assert has_linters(adoption)


def test_commands_in_the_settings_and_an_adopted_project_stay(bare: SampleProject, adoption: Adoption) -> None:
    bare.write("noxfile.py", "import evenfall\n")
    assert written(bare, adoption, workflow("ruff check src")) is None
    Path(adoption.root, "noxfile.py").unlink()
    bare.write("pyproject.toml", bare.read("pyproject.toml") + '[tool.evenfall.lint]\ncommands = ["flake8"]\n')
    assert written(bare, adoption, {}) == ("flake8",)
    assert adoption.notes == []
    assert has_linters(adoption)


def test_a_new_project_gets_no_notes(bare: SampleProject, adoption: Adoption, tmp_path: Path) -> None:
    write_lint_commands(Adoption(root=tmp_path, scratch=bare.root, header=""))
    assert adoption.notes == []


@pytest.mark.integration
def test_a_tool_that_ci_installs_by_itself_is_locked(bare: SampleProject, adoption: Adoption) -> None:
    commands = workflow("uvx codespell@2.4.1 docs", "uvx flake8@0.0.99 src", "ruff check .")
    assert written(bare, adoption, commands) == ("codespell docs", "ruff check .")
    assert "codespell" in adoption.project.locked_names(("lint",))
    locked, failed, *_ = adoption.notes
    assert locked.startswith("codespell==2.4.1 is new in the group lint")
    assert failed.startswith(
        "lint does not run 'flake8 src' of .github/workflows/checks.yml, because flake8==0.0.99 can't"
    )


@pytest.mark.integration
def test_a_project_without_any_linter_has_none(bare: SampleProject, adoption: Adoption) -> None:
    bare.replace("pyproject.toml", GROUPS, 'test = ["coverage", "pytest"]\n')
    bare.lock()
    assert written(bare, adoption, {}) is None
    assert adoption.notes == []
    assert not has_linters(adoption)


NOXFILE = f'{HEADER}import evenfall\n\nevenfall.standard_sessions(omit=["precommit"])\n'


@pytest.mark.integration
def test_a_check_that_is_new_in_ci_and_does_not_pass_is_announced(bare: SampleProject, adoption: Adoption) -> None:
    root = bare.root.parent / "before"
    shutil.copytree(bare.root, root)
    before = Adoption(root=root, scratch=bare.root, header="")
    bare.write("noxfile.py", NOXFILE)
    bare.write("coverage_target.txt", "0.0\n")
    announce_failures(before, Path(sys.executable))
    assert before.notes == []
    bare.write("src/lantern/untidy.py", "import os\n")
    announce_failures(before, Path(sys.executable))
    (note,) = before.notes
    assert note.startswith("lint does not pass today (failed: ruff check), and CI does not run it yet; to see why:")

    SampleProject(root).write(".github/workflows/checks.yml", workflow("ruff check")[WORKFLOW])
    announce_failures(before, Path(sys.executable))
    announce_failures(adoption, Path(sys.executable))
    assert len(before.notes) == 1, "CI runs it"
    assert adoption.notes == [], "the project has Evenfall"
