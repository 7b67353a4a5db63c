"""The programs that a script starts, with those of the tasks of tox, Nox, make and other runners that it starts."""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from evenfall.adopt.expressions import is_known
from evenfall.adopt.program import Program, programs
from evenfall.adopt.task import Task
from evenfall.adopt.task_runners import tasks_of

DEPTH = 8
"""How deeply workflows, actions and tasks can call each other."""
_MODULE_PATHS = frozenset({"MYPYPATH", "PYTHONPATH"})
"""The variables that set where Python and mypy find modules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A program with its folder below the root, the file that has its command, and the Pythons that it names.

    `tasks` are those of a task runner, whose programs follow; None for another program.
    """

    program: Program
    file: str
    pythons: tuple[str, ...]
    tasks: tuple[Task, ...] | None


def started(root: Path, task: Task, variables: Mapping[str, str], depth: int = 0) -> Iterator[Started]:
    """Yield the programs that a task starts with these variables. `depth` is how many others called it."""
    functions = {*re.findall(r"(?m)^\s*(?:function\s+)?([\w-]+)\s*\(\)\s*\{", task.script)}
    for program in programs(_with_values(task.script, variables)):
        if program.name in functions:
            continue
        if program.name == "export":
            assigned = (word.partition("=") for word in program.arguments if "=" in word)
            variables = {**variables, **{name: value for name, _, value in assigned}}
            continue
        paths = tuple((name, value) for name, value in variables.items() if name in _MODULE_PATHS)
        place = posixpath.normpath(posixpath.join(task.folder, program.command.folder))
        known = {**variables, **dict(program.command.variables)}
        folder = inside(root, place)
        tasks = tasks_of(program, root / folder, known) if depth < DEPTH else None
        command = replace(
            program.command,
            folder=place,
            variables=(*paths, *program.command.variables),
            is_required=program.command.is_required and task.is_required,
        )
        named = (program.python, *_installed_pythons(program), known.get("UV_PYTHON", ""))
        yield Started(
            program=replace(program, command=command),
            file=task.file,
            pythons=(*named, *(python for each in tasks or () for python in each.pythons)),
            tasks=None if tasks is None else tuple(tasks),
        )
        for each in tasks or ():
            inner = replace(
                each,
                folder=posixpath.join(folder, each.folder),
                file=posixpath.normpath(posixpath.join(folder, each.file)) if each.file else task.file,
                is_required=command.is_required,
            )
            yield from started(root, inner, known, depth + 1)


def inside(root: Path, folder: str) -> str:
    """Return a folder relative to `root`, which is `.` for one that does not exist or is outside."""
    path = posixpath.normpath(folder)
    is_inside = not path.startswith(("/", "..")) and (root / path).resolve().is_relative_to(root.resolve())
    return path if is_inside and (root / path).exists() else "."


def _with_values(script: str, variables: Mapping[str, str]) -> str:
    """Return a script with the values of its known variables, and without the dots that it removes: `$(echo 3.12 | tr -d .)` is 312."""
    script = re.sub(
        r"\$(?:env:)?(?:\{(\w+)\}|(\w+))",
        lambda match: value if is_known(value := variables.get(match[1] or match[2], "${{")) else match[0],
        script,
    )
    removed = r"\$\(\s*echo\s+[\"']?([\w.-]+)[\"']?\s*\|\s*tr\s+-d\s+[\"']?([.-])[\"']?\s*\)"
    return re.sub(removed, lambda match: match[1].replace(match[2], ""), script)


def _installed_pythons(program: Program) -> tuple[str, ...]:
    """Return the Pythons of `uv python install 3.12` and `uv venv --python 3.12`."""
    words = program.arguments
    if program.name != "uv":
        return ()
    if words[:2] in {("python", "install"), ("python", "pin")}:
        return words[2:]
    return tuple(value for option, value in itertools.pairwise(words) if option in {"--python", "-p"})
