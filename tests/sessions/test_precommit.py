from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration

HOOKS = """\
repos:
  - repo: local
    hooks:
      - id: branch
        name: finds no branch
        entry: python -c "import subprocess, sys; sys.exit(subprocess.run(['git', 'symbolic-ref', 'HEAD']).returncode == 0)"
        language: system
        pass_filenames: false
      - id: tracked
        name: gets every file
        entry: python -c "import sys; sys.exit(sorted(sys.argv[1:]) != ['src/lantern/__init__.py', 'tests/test_lantern.py'])"
        language: system
        require_serial: true
        files: ^(src|tests)/
      - id: ruff
        name: runs ruff
        entry: ruff --version
        language: system
        pass_filenames: false
        verbose: true
"""

REWRITES = """\
repos:
  - repo: local
    hooks:
      - id: rewrites
        name: rewrites
        entry: python -c "open('README.md', 'w').write('other')"
        language: system
        pass_filenames: false
"""


def contents(folder: Path) -> dict[str, str]:
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_hooks_run_with_the_locked_tools_and_a_detached_head_and_the_repository_stays_unchanged(
    project: SampleProject, tmp_path: Path
) -> None:
    other = tmp_path / "bin" / "ruff"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\necho another ruff\n", encoding="utf-8")
    other.chmod(0o755)
    project.write(".pre-commit-config.yaml", HOOKS)
    project.write("README.md", "# Not staged\n")
    before = contents(project.root / ".git")
    done = project.nox("-s", "precommit", env={"PATH": f"{other.parent}{os.pathsep}{os.environ['PATH']}"})
    assert done.returncode == 0, done.stdout
    assert "finds no branch" in done.stdout
    assert "another ruff" not in done.stdout
    assert "\nruff " in done.stdout
    assert contents(project.root / ".git") == before
    assert project.git("symbolic-ref", "HEAD").strip() == "refs/heads/main"


def test_a_hook_that_changes_a_file_fails_the_session_even_if_the_user_skips_it(project: SampleProject) -> None:
    """A runner does not have the user's variable SKIP."""
    project.write(".pre-commit-config.yaml", REWRITES)
    project.commit()
    before = contents(project.root / ".git")
    done = project.nox("-s", "precommit", env={"SKIP": "rewrites"})
    assert done.returncode == 1
    assert "files were modified by this hook" in done.stdout
    assert "-# Lantern\n+other\n" in done.stdout
    assert contents(project.root / ".git") == before


STAGES = """\
default_stages: [manual]
repos:
  - repo: local
    hooks:
      - &hook
        id: always
        name: runs at every stage
        entry: python -c "import sys; sys.exit(1)"
        language: system
        pass_filenames: false
        stages: [pre-commit, pre-push]
      - {<<: *hook, id: pushed, name: runs at a push, stages: [pre-push]}
      - {<<: *hook, id: manual, name: runs manually, stages: []}
"""


PREK = """\
default_stages = ["manual"]

[[repos]]
repo = "local"
hooks = [
    {id = "branch", name = "finds no branch", entry = "git symbolic-ref HEAD", language = "fail", stages = ["pre-merge-commit"]},
    {id = "pushed", name = "runs at a push", entry = "python -c 'import sys; sys.exit(1)'", language = "system", stages = ["pre-push"]},
]
"""


def test_prek_runs_the_hooks_of_a_project_that_uses_it(project: SampleProject) -> None:
    project.replace("pyproject.toml", '"pre-commit", ', '"prek", ')
    project.lock()
    project.write("prek.toml", PREK)
    project.commit()
    before = contents(project.root / ".git")
    done = project.nox("-s", "precommit")
    assert done.returncode == 1
    assert "nox > prek run --show-diff-on-failure --all-files --hook-stage pre-push pushed\n" in done.stdout
    assert "runs at a push....." in done.stdout
    assert "neither commit nor push: branch\n" in done.stdout
    assert "Session precommit aborted: prek failed" in done.stdout
    assert contents(project.root / ".git") == before


def test_hooks_of_a_push_run_and_those_of_other_stages_are_listed_as_not_run(project: SampleProject) -> None:
    project.write(".pre-commit-config.yaml", STAGES)
    project.commit()
    done = project.nox("-s", "precommit")
    assert done.returncode == 1
    assert done.stdout.count("runs at every stage....") == 1
    assert done.stdout.count("runs at a push....") == 1
    assert "runs manually" not in done.stdout
    assert "not run, because their stage is neither commit nor push: manual\n" in done.stdout
    assert "Session precommit aborted: pre-commit failed" in done.stdout


@pytest.mark.parametrize("program", ["pre-commit", "prek"])
def test_hooks_that_can_not_be_installed_are_inconclusive(project: SampleProject, program: str) -> None:
    if program == "prek":
        project.replace("pyproject.toml", '"pre-commit", ', '"prek", ')
        project.lock()
    hooks = f"repos:\n  - repo: {project.root.parent.as_uri()}/none\n    rev: v1\n    hooks: [{{id: tidy}}]\n"
    project.write(".pre-commit-config.yaml", hooks)
    project.commit()
    done = project.nox("-s", "precommit")
    assert done.returncode == 1
    assert f"Session precommit aborted: inconclusive: {program} could not run the hooks (exit code" in done.stdout


def test_arguments_select_the_hook_and_the_files(project: SampleProject) -> None:
    project.write(".pre-commit-config.yaml", HOOKS + REWRITES.partition("hooks:\n")[2])
    done = project.nox("-s", "precommit", "--", "ruff", "--files", "README.md")
    assert done.returncode == 0, done.stdout
    assert "rewrites" not in done.stdout.partition("nox > pre-commit")[0]
    assert project.read("README.md") == "# Lantern\n"


def test_a_project_without_hooks_is_an_error_with_the_next_command(project: SampleProject) -> None:
    (project.root / ".pre-commit-config.yaml").unlink()
    done = project.nox("-s", "precommit")
    assert done.returncode == 1
    assert (
        f".pre-commit-config.yaml: not found in {project.root}\n  next: add hooks, or omit the session" in done.stdout
    )


def test_pre_commit_must_be_locked(project: SampleProject) -> None:
    project.replace("pyproject.toml", '"pre-commit", ', "")
    project.lock()
    done = project.nox("-s", "precommit")
    assert done.returncode == 1
    assert "pre-commit: not in the project's lint groups\n  next: uv add --group lint pre-commit" in done.stdout


def test_the_packages_of_a_hook_are_not_installed_in_the_environment_of_the_session(project: SampleProject) -> None:
    """pre-commit-uv installs them with uv, which would install them where Nox's UV_PYTHON points."""
    project.replace("pyproject.toml", '"pre-commit", ', '"pre-commit", "pre-commit-uv", ')
    project.lock()
    hook = (
        "repos:\n  - repo: local\n    hooks:\n      - id: pad\n        name: pad\n        language: python\n"
        '        additional_dependencies: [iniconfig]\n        entry: python -c "import iniconfig, sys; print(sys.prefix)"\n'
        "        verbose: true\n        pass_filenames: false\n        always_run: true\n"
    )
    project.write(".pre-commit-config.yaml", hook)
    project.commit()
    done = project.nox("-s", "precommit", env={"PRE_COMMIT_HOME": str(project.root.parent / "hooks")})
    assert done.returncode == 0, done.stdout
    assert str(project.root.parent / "hooks") in done.stdout
