"""The text of what adoption writes anew."""

from __future__ import annotations

from collections.abc import Sequence

_NOXFILE = '''\
{header}"""Every check that {name} has, for this machine and for CI alike."""

import evenfall
import nox

evenfall.standard_sessions({omit})

if __name__ == "__main__":
    nox.main()
'''

_HOOK = """\
      - id: {id}
        name: {id}
        entry: uv run --locked {where} {command}
        language: system
        types_or: [python, pyi]
        require_serial: true
"""

_HOOKS = """\
# The tools are the lock's, so that this hook, the lint session and CI run one version.
repos:
  - repo: local
    hooks:
"""

COMMANDS = {"isort": ("isort",), "ruff": ("ruff format --force-exclude", "ruff check --fix --force-exclude")}
"""What a hook runs on the files of a commit; what reads the whole project (mypy, contracts) is the lint session's."""

FIRST_TEST = '''\
"""The first test: what is shipped can be imported."""

import {module}


def test_it_greets() -> None:
    """The function that uv wrote answers."""
    assert "{name}" in {module}.hello()
'''

FIRST_TOOLS = """
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


def noxfile(*, header: str, name: str, omit: Sequence[str]) -> str:
    """The noxfile; `omit` names standard sessions."""
    names = ", ".join(f'"{session}"' for session in omit)
    omitted = f"omit=[{names}]" if omit else ""
    return _NOXFILE.format(header=header, name=name, omit=omitted)


def hooks(where: dict[str, str]) -> str:
    """`.pre-commit-config.yaml` with hooks for some tools; `where` gives uv's option for what holds each: `--group lint`."""
    entries = [
        _HOOK.format(
            id="-".join(command.split()[:2]) if " " in command else command, where=where[tool], command=command
        )
        for tool, commands in COMMANDS.items()
        if tool in where
        for command in commands
    ]
    return _HOOKS + "".join(entries)
