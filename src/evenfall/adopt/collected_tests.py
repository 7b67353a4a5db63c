"""Compare the tests that the project's own command collects with those that the session `tests` collects."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.own_tests import OwnTestCommand, find_test_command
from evenfall.errors import EvenfallError
from evenfall.project.interpreters import find_interpreter
from evenfall.project.project import Project
from evenfall.project.pyproject import NAME
from evenfall.project.uv import run_uv
from evenfall.text import one_line, plural

_COUNT = "EVENFALL_COLLECTED"

# A plugin of pytest. Its output would depend on the project's options, such as -q in addopts.
_PLUGIN = f"""\
import os, pathlib

def pytest_collection_finish(session):
    pathlib.Path(os.environ["{_COUNT}"]).write_text(f"{{len(session.items)}} {{session.testsfailed}}")
"""


def compare_collected_tests(adoption: Adoption, *, seconds: float = 600) -> None:
    """Note both numbers if the project's own command and the session `tests` collect different tests, or why they can't be compared.

    Both run in the scratch copy, and only if they install other packages or select other tests. Each may take `seconds`.
    """
    project = adoption.project
    command = find_test_command(adoption.scratch)
    if not (adoption.root / NAME).is_file() or (project.workspace or project).is_workspace:
        return
    extras = frozenset(project.locked_requirements("extras"))
    groups = project.groups("tests")
    own_extras = frozenset(project.pyproject.settings.extras)
    installed = project.dependency_groups.installed
    is_same = installed(command.groups(project)) == installed(groups) and command.extras(extras) == own_extras
    if is_same and not (command.adds_packages or command.selects_tests or command.module_path):
        return
    session = (
        "--no-default-groups",
        *(f"--group={group}" for group in groups),
        *(f"--extra={extra}" for extra in project.pyproject.settings.extras),
    )
    arguments = project.pyproject.settings.tests.pytest_args
    if not command.file and not _has_pytest(project):
        adoption.notes.append(
            "the number of tests is not compared, because no file shows how the tests are run, and uv run pytest has no pytest"
        )
        return
    python = _find_python(project)
    if python is None:
        adoption.notes.append(
            f"the number of tests is not compared with {command.text}, because no supported Python is installed"
        )
        return
    own = _collect(
        adoption.scratch / command.folder, python, command.options, command.arguments, seconds, command.module_path
    )
    ours = _collect(adoption.scratch, python, session, arguments, seconds)
    if isinstance(own, str):
        adoption.notes.append(f"the number of tests is not compared with {command.text}, because it fails: {own}")
    elif own != ours:
        adoption.notes.append(_difference(command, own, ours))
        if own and not ours:
            adoption.refusals += (f"the session tests would collect no test, but {command.text} collects {own}",)


def _has_pytest(project: Project) -> bool:
    """Return whether `uv run` installs pytest without options."""
    locked = project.lock.find(project.name)
    names = {edge.name for edge in locked.dependencies} if locked else set()
    return "pytest" in names | project.locked_names(project.dependency_groups.default)


def _difference(command: OwnTestCommand, own: int, ours: int | str) -> str:
    where = f" ({command.file})" if command.file else ""
    text = f"{command.text}{where} collects {plural(own, 'test')}, but the session tests "
    advice = "; name the groups and extras that the tests need in [tool.evenfall] groups.tests and extras"
    if command.module_path:
        folders = ", ".join(f'"{folder}"' for folder in command.module_path.split(":") if folder)
        advice = f"; the session does not set PYTHONPATH: add pythonpath = [{folders}] to the options of pytest"
    return f"{text}{ours if isinstance(ours, int) else f'fails: {ours}'}{'' if isinstance(ours, int) and ours > own else advice}"


def _find_python(project: Project) -> Path | None:
    """Return an interpreter for both environments; None if no supported Python is installed."""
    names = dict.fromkeys((project.python_for(project.groups("tests")), *reversed(project.pythons)))
    return next((path for name in names if (path := find_interpreter(name, project.allowed_pythons))), None)


def _collect(
    folder: Path,
    python: Path,
    options: Sequence[str],
    arguments: Sequence[str],
    seconds: float,
    module_path: str = "",
) -> int | str:
    """Return the number of tests that pytest collects with the packages of these options, or the reason why it fails."""
    with tempfile.TemporaryDirectory(prefix="evenfall-") as name:
        count = Path(name, "count")
        Path(name, "evenfall_collected.py").write_text(_PLUGIN, encoding="utf-8")
        try:
            done = run_uv(
                folder,
                *("run", "--quiet", "--exact", "--frozen", f"--python={python}", *options, "python", "-m", "pytest"),
                *(*arguments, "--collect-only", "-q", "-p", "evenfall_collected", "-p", "no:cacheprovider"),
                env={
                    "UV_PROJECT_ENVIRONMENT": os.fspath(Path(name, "environment")),
                    "UV_PYTHON_DOWNLOADS": "never",
                    "PYTHONPATH": os.pathsep.join((name, module_path) if module_path else (name,)),
                    "PYTHONDONTWRITEBYTECODE": "1",
                    _COUNT: os.fspath(count),
                },
                timeout=seconds,
            )
        except EvenfallError as error:
            return one_line(error.message)
        collected, failed = map(int, count.read_text().split()) if count.is_file() else (0, 1)
    return _problem(done.stderr + done.stdout) if failed else collected


def _problem(output: str) -> str:
    """Return the line that says why uv or pytest failed, or else the last one."""
    lines = [line for line in output.splitlines() if line.strip()] or ["without a message"]
    named = (line for line in lines if re.match(r"E  |ERROR|error|.*: No module named", line))
    return one_line(next(named, lines[-1]).removeprefix("E "))
