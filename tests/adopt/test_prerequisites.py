from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.prerequisites import (
    add_tools,
    check_pythons,
    find_kept_hooks,
    hook_program,
    unignore_files,
    write_gitattributes,
    write_gitignore,
)
from evenfall.errors import EvenfallError
from evenfall.git.project_copy import scratch_copy
from evenfall.pipeline.build_source import OUTPUTS
from evenfall.project.precommit_config import HOOKS
from evenfall.project.project import read_project
from tests.sample_project import SampleProject

GROUPS = 'test = ["coverage", "pytest"]\nlint = ["isort", "pre-commit", "ruff"]\n'


def set_groups(bare: SampleProject, groups: str) -> None:
    bare.replace("pyproject.toml", GROUPS, groups)
    bare.lock()


def locked_groups(adoption: Adoption) -> dict[str, set[str]]:
    """The names of the packages in each dependency group, as the lock has them."""
    root = adoption.project.lock.find("lantern")
    assert root
    return {name: {edge.name for edge in edges} for name, edges in root.dev_dependencies.items()}


def test_the_pythons_of_a_project_are_checked_before_it_is_locked_and_those_of_a_workspace_are_not(
    tmp_path: Path,
) -> None:
    project = SampleProject(tmp_path)
    classifiers = 'classifiers = ["Programming Language :: Python :: 3.8"]'
    project.write("pyproject.toml", f'[project]\nname = "lamp"\nrequires-python = ">=3.11"\n{classifiers}\n')
    with pytest.raises(EvenfallError, match="requires-python"):
        check_pythons(read_project(tmp_path))
    project.write("pyproject.toml", '[tool.uv.workspace]\nmembers = ["packages/*"]\n')
    check_pythons(read_project(tmp_path))


@pytest.mark.integration
def test_missing_tools_are_locked_in_new_groups(bare: SampleProject, adoption: Adoption) -> None:
    set_groups(bare, "")
    bare.write("prek.toml", "")
    add_tools(adoption)
    assert locked_groups(adoption) == {"test": {"pytest", "coverage"}, "lint": {"prek"}}
    assert len(adoption.notes) == 1, "the user must add what the tests import"


@pytest.mark.integration
def test_a_tool_that_only_another_group_has_is_added_to_the_group_for_tests(
    bare: SampleProject, adoption: Adoption
) -> None:
    """The session tests does not install the other group."""
    set_groups(bare, 'test = ["pytest"]\nlint = ["isort", "pre-commit", "ruff", "coverage"]\n')
    add_tools(adoption)
    assert locked_groups(adoption)["test"] == {"pytest", "coverage"}
    assert adoption.notes == []


def test_nothing_is_added_to_a_project_with_every_tool(bare: SampleProject, adoption: Adoption) -> None:
    before = bare.read("pyproject.toml")
    add_tools(adoption)
    assert bare.read("pyproject.toml") == before


@pytest.mark.parametrize(
    ("files", "program"),
    [
        ({HOOKS: "repos: []\n"}, "pre-commit"),
        ({"prek.toml": ""}, "prek"),
        ({HOOKS: "", ".github/workflows/checks.yml": "steps: [{uses: j178/prek-action@v1}]\n"}, "prek"),
        ({HOOKS: "", "tox.ini": "commands = prek run\n"}, "prek"),
    ],
)
def test_the_program_that_runs_the_hooks_is_the_one_that_the_project_uses(
    bare: SampleProject, adoption: Adoption, files: dict[str, str], program: str
) -> None:
    for path, text in files.items():
        bare.write(path, text)
    assert hook_program(adoption) == program


FROZEN = "c60c980e561ed3e73101667fe8365c609d19a438"


def kept_hooks(bare: SampleProject, adoption: Adoption, revision: str) -> list[str]:
    """The differences that adoption reports for hooks with this revision of Ruff."""
    bare.write(
        HOOKS,
        f"repos:\n  - repo: https://github.com/astral-sh/ruff-pre-commit\n    rev: {revision}\n    hooks: [{{id: ruff}}]\n"
        "  - repo: https://github.com/codespell-project/codespell\n    rev: v2\n    hooks: [{id: codespell}]\n",
    )
    return [kept.difference for kept in find_kept_hooks(adoption)]


def test_a_hook_with_the_locked_version_is_not_reported(bare: SampleProject, adoption: Adoption) -> None:
    ruff = adoption.project.lock.find("ruff")
    assert ruff
    assert kept_hooks(bare, adoption, f"v{ruff.version}") == []
    assert kept_hooks(bare, adoption, f"{FROZEN}  # frozen: v{ruff.version}") == []


@pytest.mark.parametrize("revision", ["v0.0.1", f"{FROZEN}  # frozen: v0.0.1"])
def test_a_hook_with_another_version_than_the_locked_one_is_reported(
    bare: SampleProject, adoption: Adoption, revision: str
) -> None:
    (difference,) = kept_hooks(bare, adoption, revision)
    assert "ruff v0.0.1" in difference


def test_hooks_that_can_not_be_read_are_reported(bare: SampleProject, adoption: Adoption) -> None:
    bare.write(HOOKS, "repos: 3\n")
    assert [kept.path for kept in find_kept_hooks(adoption)] == [HOOKS]


def test_a_project_without_hooks_keeps_none(adoption: Adoption) -> None:
    assert [*find_kept_hooks(adoption)] == []


def test_git_ignores_every_folder_that_sessions_write(bare: SampleProject, adoption: Adoption) -> None:
    write_gitignore(adoption)
    written = bare.read(".gitignore")
    assert {f"/{folder}" for folder in OUTPUTS} <= set(written.splitlines())
    write_gitignore(adoption)
    assert bare.read(".gitignore") == written


def test_github_hides_the_changes_of_the_noxfiles_lock(bare: SampleProject, adoption: Adoption) -> None:
    bare.write(".gitattributes", "* text=auto\n")
    for _ in range(2):
        write_gitattributes(adoption)
        assert bare.read(".gitattributes") == "* text=auto\nnoxfile.py.lock linguist-generated\n"
    bare.write(".gitattributes", "*.lock -linguist-generated\n")
    write_gitattributes(adoption)
    assert bare.read(".gitattributes") == "*.lock -linguist-generated\n"


def test_the_line_that_ignores_a_lock_is_removed_and_the_users_lock_stays(bare: SampleProject) -> None:
    bare.git("rm", "--quiet", "--cached", "uv.lock")
    bare.write(".gitignore", "*.pyc\n/uv.lock\nuv.lock\ncoverage_target.txt")
    lock = bare.read("uv.lock")
    with scratch_copy(bare.root) as scratch:
        adoption = Adoption(root=bare.root, scratch=scratch, header="")
        unignore_files(adoption)
        assert adoption.read(".gitignore") == "*.pyc\n"
        assert adoption.read("uv.lock") == lock
        assert adoption.written == {".gitignore", "uv.lock"}
    assert len(adoption.notes) == 2


def test_a_lock_that_another_rule_ignores_is_rejected_with_the_rule(bare: SampleProject, adoption: Adoption) -> None:
    bare.write(".gitignore", "*.pyc\n*.lock\n")
    bare.git("rm", "--quiet", "--cached", "uv.lock")
    with pytest.raises(EvenfallError) as caught:
        unignore_files(adoption)
    assert ".gitignore:2:*.lock" in caught.value.message


def test_a_file_of_the_release_that_git_ignores_is_rejected_with_a_release(
    bare: SampleProject, adoption: Adoption
) -> None:
    bare.write(".gitignore", "docs/\n")
    unignore_files(adoption)
    adoption.release = True
    with pytest.raises(EvenfallError, match="docs/"):
        unignore_files(adoption)


def test_a_file_that_git_includes_again_or_tracks_is_accepted(bare: SampleProject, adoption: Adoption) -> None:
    bare.write(".gitignore", "*.lock\n!uv.lock\n!noxfile.py.lock\ncoverage_target.txt\na\tb\n")
    bare.write("coverage_target.txt", "0.0\n")
    bare.git("add", "--force", "coverage_target.txt")
    bare.commit("ignore most locks")
    unignore_files(adoption)
    assert adoption.written == set()
