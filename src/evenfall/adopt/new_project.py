"""A project where there is none yet."""

from __future__ import annotations

from evenfall.adopt import templates
from evenfall.adopt.adoption import Adoption
from evenfall.project.pyproject import NAME
from evenfall.project.uv import uv


def start_project(adoption: Adoption) -> None:
    """What `uv init` starts, with the groups that the sessions need and a first test."""
    scratch = adoption.scratch
    uv(
        scratch,
        "init",
        "--quiet",
        "--lib",
        "--build-backend",
        "hatch",
        "--no-pin-python",
        "--no-workspace",
        "--vcs",
        "none",
    )
    uv(scratch, "add", "--quiet", "--no-sync", "--group", "test", "pytest", "coverage")
    uv(scratch, "add", "--quiet", "--no-sync", "--group", "lint", "isort", "mypy", "pre-commit", "ruff")
    name = adoption.project.pyproject.name
    module = adoption.project.name.replace("-", "_")
    adoption.append(NAME, templates.FIRST_TOOLS.lstrip())
    adoption.write(f"tests/test_{module}.py", templates.FIRST_TEST.format(module=module, name=name))
    adoption.append("README.md", f"# {name}\n")
    adoption.append(".gitignore", "__pycache__/\n.*_cache/\n.venv/\n")
