"""A new project in an empty folder."""

from __future__ import annotations

from evenfall.adopt.adoption import Adoption
from evenfall.git.tracked import unstaged_files
from evenfall.project.precommit_config import HOOKS
from evenfall.project.pyproject import NAME
from evenfall.project.uv import uv

_TEST = '''\
"""The first test: the package can be imported."""

import {module}


def test_hello() -> None:
    """The package greets by its name."""
    assert "{name}" in {module}.hello()
'''

_TOOLS = """\
[tool.isort]
profile = "black"

[tool.ruff.lint]
extend-select = ["B", "UP"]

[tool.ruff.format]
docstring-code-format = true

[tool.mypy]
files = ["src", "tests"]
strict = true

[tool.pytest.ini_options]
testpaths = ["tests"]
"""

_HOOKS = """\
# uv runs the locked tools, so the hooks, the session lint and CI use the same versions.
repos:
  - repo: local
    hooks:
      - id: isort
        name: isort
        entry: uv run --locked --group lint isort
        language: system
        types_or: [python, pyi]
        require_serial: true
      - id: ruff-format
        name: ruff format
        entry: uv run --locked --group lint ruff format --force-exclude
        language: system
        types_or: [python, pyi]
        require_serial: true
      - id: ruff-check
        name: ruff check
        entry: uv run --locked --group lint ruff check --fix --force-exclude
        language: system
        types_or: [python, pyi]
        require_serial: true
"""

_OPTIONS = ("--lib", "--build-backend", "hatch", "--no-pin-python", "--no-workspace", "--vcs", "none")


def start_project(adoption: Adoption) -> None:
    """Start a project as `uv init` does, and add groups for the sessions, the configuration of their tools, and a first test."""
    uv(adoption.scratch, "init", "--quiet", *_OPTIONS)
    adoption.record(*unstaged_files(adoption.scratch))
    for group, tools in (("test", ("pytest", "coverage")), ("lint", ("isort", "mypy", "pre-commit", "ruff"))):
        adoption.uv("add", "--quiet", "--no-sync", "--group", group, *tools)
    project = adoption.project
    module = project.name.replace("-", "_")
    adoption.append(NAME, _TOOLS)
    adoption.write(f"tests/test_{module}.py", _TEST.format(module=module, name=project.pyproject.name))
    adoption.write(HOOKS, _HOOKS)
    adoption.append("README.md", f"# {project.pyproject.name}\n")
    adoption.append(".gitignore", "__pycache__/\n.*_cache/\n.venv/\n")
