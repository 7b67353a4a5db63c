from __future__ import annotations

from pathlib import Path

from evenfall.adopt.existing_files import kept_files
from tests.made_project import Made

FROZEN = "c60c980e561ed3e73101667fe8365c609d19a438"


def hooks(project: Made, revision: str) -> list[str]:
    project.write(
        ".pre-commit-config.yaml",
        f"repos:\n  - repo: https://github.com/astral-sh/ruff-pre-commit\n    rev: {revision}\n    hooks: [{{id: ruff}}]\n"
        "  - repo: https://github.com/codespell-project/codespell\n    rev: v2\n    hooks: [{id: codespell}]\n",
    )
    return [kept.lacks for kept in kept_files(Path("nowhere"), project.root)]


def locked(project: Made) -> str:
    return project.read("uv.lock").partition('name = "ruff"\nversion = "')[2].partition('"')[0]


def test_a_hook_with_the_locks_version_lacks_nothing(project: Made) -> None:
    assert hooks(project, f"v{locked(project)}") == []


def test_a_frozen_hook_is_known_by_its_comment(project: Made) -> None:
    assert hooks(project, f"{FROZEN}  # frozen: v{locked(project)}") == []
    (lacks,) = hooks(project, f"{FROZEN}  # frozen: v0.0.1")
    assert lacks.startswith(f"its hook runs ruff v0.0.1, the lock holds {locked(project)}")


def test_a_project_without_hooks_keeps_none(project: Made) -> None:
    (project.root / ".pre-commit-config.yaml").unlink()
    assert kept_files(project.root, project.root) == []
