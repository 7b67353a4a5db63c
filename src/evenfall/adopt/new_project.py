"""A new project in an empty folder."""

from __future__ import annotations

from evenfall.adopt.adoption import Adoption
from evenfall.git.tracked import unstaged_files
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
    adoption.append("README.md", f"# {project.pyproject.name}\n")
    adoption.append(".gitignore", "__pycache__/\n.*_cache/\n.venv/\n")
