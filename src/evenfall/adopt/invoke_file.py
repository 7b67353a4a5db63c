"""The tasks of Invoke in `tasks.py`: what they run, read from its source without executing it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from evenfall.adopt.nox_file import Functions, commands_of, parsed
from evenfall.adopt.task import EVERY, Task
from evenfall.pipeline.marker import read_text

_FILE = "tasks.py"


def invoke_tasks(root: Path, arguments: Sequence[str]) -> list[Task]:
    """Return the tasks that a command of Invoke runs, with those that they require; an unknown one has no script."""
    functions = {node.name: node for node in parsed(read_text(root / _FILE)).body if isinstance(node, ast.FunctionDef)}
    tasks = {name.replace("_", "-"): function for name, function in functions.items() if _is_task(function)}
    named = [word.replace("_", "-") for word in arguments if not word.startswith("-")]
    chosen = [*tasks] if arguments == EVERY else [name for name in named if name in tasks] or named[:1]
    return [
        Task(name=f"inv {name}", script="\n".join(_lines(tasks.get(name), functions)), file=_FILE) for name in chosen
    ]


def _is_task(function: ast.FunctionDef) -> bool:
    return any("task" in ast.unparse(decorator).partition("(")[0].split(".") for decorator in function.decorator_list)


def _lines(function: ast.FunctionDef | None, functions: Functions) -> Iterator[str]:
    """Yield the commands of a task, after those of the tasks that its decorator names."""
    if function is None:
        return
    names = {node.id for each in function.decorator_list for node in ast.walk(each) if isinstance(node, ast.Name)}
    for name in (*sorted(names & {*functions} - {function.name}), function.name):
        yield from commands_of(functions[name], {}, functions, {name})
