"""Find the scripts of the tasks that a command starts: of tox, Nox, make, just, hatch, poe, PDM, taskipy, and of shell scripts."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evenfall.adopt.nox_file import nox_tasks
from evenfall.adopt.program import Program
from evenfall.adopt.task import Task, tables_of
from evenfall.adopt.tox_file import tox_tasks
from evenfall.pipeline.marker import read_text

_Rules = dict[str, tuple[list[str], list[str]]]
"""The targets of a Makefile or a justfile, each with those that it requires and with its commands."""
_MAKE_VARIABLE = re.compile(r"\$[({]([\w.-]+)[)}]")


def tasks_of(program: Program, root: Path, variables: Mapping[str, str]) -> list[Task] | None:
    """Return the tasks that a program starts, or None if it is not a task runner.

    `root` is the folder in which it runs. A task that is not found, or can't be read, has no script.
    """
    find = _RUNNERS.get(program.name)
    if program.name == "tox":
        found = tox_tasks(root, program.arguments, variables)
    elif find:
        found = find(root, program.arguments)
    elif script := _shell_script(program, root):
        return [Task(name=program.text, script=script)]
    else:
        return _declared(program, root)
    return found or [Task(name=program.text, script="")]


def _shell_script(program: Program, root: Path) -> str:
    """Return the text of the shell script that a program is, or that a shell runs; else nothing."""
    is_shell = program.name in {"bash", "sh", "zsh", "source", "."}
    path = program.subcommand if is_shell else program.name
    file = root / path if path and re.fullmatch(r"[\w./-]+", path) else root
    text = read_text(file) if file.resolve().is_relative_to(root.resolve()) else ""
    return text if is_shell or re.match(r"#!.*\b(?:ba|z|da)?sh\b", text) else ""


def _make(root: Path, arguments: Sequence[str]) -> list[Task]:
    """Return the recipes of the targets, and of those that they require."""
    words, folder = [*arguments], "."
    if "-C" in words[:-1]:
        position = words.index("-C")
        folder = words[position + 1]
        words = words[:position] + words[position + 2 :]
    if not (root / folder).resolve().is_relative_to(root.resolve()):
        return []
    files = (read_text(root / folder / name) for name in ("GNUmakefile", "makefile", "Makefile"))
    text = next((text for text in files if text), "").replace("\\\n", " ")
    values = dict(re.findall(r"(?m)^\s*(?:export\s+)?([\w.-]+)\s*[:?+]*=[ \t]*(.*?)\s*$", text))
    values |= dict(word.partition("=")[::2] for word in words if "=" in word and not word.startswith("-"))
    rules: _Rules = {}
    current: list[str] = []
    for line in text.splitlines():
        if line.startswith("\t"):
            for target in current:
                rules[target][1].append(line.strip().lstrip("@+-"))
        elif rule := re.match(r"([\w./ %-]+?)\s*::?(?!=)\s*([^#=]*)", line):
            current = rule[1].split()
            for target in current:
                rules.setdefault(target, ([], []))[0].extend(rule[2].partition(";")[0].split())
    named = [word for word in words if not word.startswith("-") and "=" not in word]
    first = next((target for target in rules if not target.startswith(".")), "")
    return [
        Task(name=f"make {target}", script=_expand(target, rules, values, set()), folder=folder)
        for target in named or [first]
    ]


def _expand(target: str, rules: _Rules, values: Mapping[str, str], seen: set[str]) -> str:
    """Return the commands of a target and of the targets that it requires, each once, with the values of variables."""
    pattern = "%" if target not in rules and not seen else target
    seen.add(target)
    required, recipe = rules.get(pattern, ([], []))
    scripts = [_expand(each, rules, values, seen) for each in required if each not in seen]
    for line in recipe:
        for _ in range(5):  # variables in the values of variables
            line = _MAKE_VARIABLE.sub(lambda match: values.get(match[1], "make" if match[1] == "MAKE" else "$?"), line)
        scripts.append(line.replace("$@", target).replace("$$", "$"))
    return "\n".join(script for script in scripts if script)


def _just(root: Path, arguments: Sequence[str]) -> list[Task]:
    text = next((text for name in ("justfile", "Justfile", ".justfile") if (text := read_text(root / name))), "")
    values = {name: value for name, _, value in re.findall(r"(?m)^(\w+)\s*:=\s*(['\"])(.*?)\2\s*$", text)}
    rules: _Rules = {}
    current: tuple[list[str], list[str]] = ([], [])
    for line in text.splitlines():
        if line[:1].isspace():
            current[1].append(
                re.sub(r"\{\{\s*(\w+)?.*?\}\}", lambda match: values.get(match[1], "$?"), line.strip().lstrip("@-"))
            )
        elif rule := re.match(r"@?([\w-]+)(?:\s[^:]*)?:(?!=)(.*)", line):
            current = rules[rule[1]] = (re.findall(r"[\w-]+", rule[2].partition("#")[0]), [])
    named = [word for word in arguments if not word.startswith("-")]
    chosen = [word for word in named if word in rules] or named[:1] or [*rules][:1]
    return [Task(name=f"just {name}", script=_expand(name, rules, {}, set())) for name in chosen]


def _hatch(root: Path, arguments: Sequence[str]) -> list[Task]:
    """Return what `hatch run ENV:SCRIPT`, `hatch test` and `hatch fmt` run."""
    first, *rest = [word for word in arguments if not word.startswith("-")] or [""]
    if first == "test":
        return [Task(name="hatch test", script=f"pytest {shlex.join(rest)}".strip())]
    if first == "fmt":
        return [Task(name="hatch fmt", script="ruff check\nruff format --check")]
    if first != "run" or not rest:
        return [Task(name=f"hatch {first}", script=f"uv {first}")]
    env, _, script = rest[0].rpartition(":")
    envs = _tool(root, "hatch", "envs") or tables_of(root / "hatch.toml").get("envs", {})
    table = envs.get(env.lstrip("+") or "default")
    lines = "\n".join(_hatch_lines(table.get("scripts") if isinstance(table, dict) else None, script, set()))
    command = "" if env else shlex.join(arguments[[*arguments].index(script) :])
    return [Task(name=f"hatch run {rest[0]}", script=lines.strip() or command)]


def _hatch_lines(scripts: object, name: str, seen: set[str]) -> Iterator[str]:
    """Yield the commands of a script, in which others are named without the environment. `seen` are the scripts so far."""
    seen.add(name)
    found = scripts.get(name) if isinstance(scripts, dict) else None
    for line in found if isinstance(found, list) else [found] if found else []:
        first = str(line).split()[0].lstrip("-") if str(line).split() else ""
        if isinstance(scripts, dict) and first in scripts and first != name:
            yield from _hatch_lines(scripts, first, seen) if first not in seen else ()
        else:
            yield re.sub(r"\{args(?::((?:\{[^{}]*\}|[^{}])*))?\}", lambda match: match[1] or "", str(line))


def _poe(root: Path, arguments: Sequence[str]) -> list[Task]:
    return _named(root, "poe", arguments, ("poe", "tasks"))


def _taskipy(root: Path, arguments: Sequence[str]) -> list[Task]:
    return _named(root, "task", arguments, ("taskipy", "tasks"))


def _named(root: Path, runner: str, arguments: Sequence[str], table: tuple[str, ...]) -> list[Task]:
    tasks = _tool(root, *table)
    name = next((word for word in arguments if not word.startswith("-")), "")
    return [Task(name=f"{runner} {name}", script="\n".join(_texts(tasks, name, set())))]


def _texts(tasks: object, name: str, seen: set[str]) -> Iterator[str]:
    """Yield the commands of a task, and of the tasks that it is made of. `seen` are the tasks so far."""
    seen.add(name)
    task = tasks.get(name) if isinstance(tasks, dict) else None
    parts = task if isinstance(task, list) else [task]
    for part in parts:
        if isinstance(part, dict):
            values = (part.get(key) for key in ("deps", "sequence", "composite", "cmd", "shell", "ref"))
            parts += [
                item for value in values for item in (value if isinstance(value, list) else [value] if value else [])
            ]
        elif isinstance(part, str):
            first = part.split()[0] if part.split() else ""
            if isinstance(tasks, dict) and first in tasks and first != name:
                yield from _texts(tasks, first, seen) if first not in seen else ()
            else:
                yield part


def _declared(program: Program, root: Path) -> list[Task] | None:
    """Return the script of `pdm run NAME` and `poetry run NAME`, if the project declares one of the name."""
    runner = next(iter(program.launchers), "")
    pixi = tables_of(root / "pixi.toml") or _tool(root, "pixi")
    features = pixi.get("feature")
    scripts: dict[str, list[object]] = {
        "pdm": [_tool(root, "pdm", "scripts")],
        "rye": [_tool(root, "rye", "scripts")],
        "pixi": [part.get("tasks") for part in (pixi, *(features.values() if isinstance(features, dict) else ()))],
    }
    for tasks in scripts.get(runner, []):
        if script := "\n".join(_texts(tasks, program.name, set())):
            return [Task(name=f"{runner} run {program.name}", script=script)]
    return None


def _tool(root: Path, *path: str) -> dict[str, Any]:
    table: Any = tables_of(root / "pyproject.toml").get("tool")
    for key in path:
        table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else {}


_RUNNERS: Mapping[str, Callable[[Path, Sequence[str]], list[Task]]] = {
    "nox": nox_tasks,
    "noxfile.py": nox_tasks,
    "make": _make,
    "just": _just,
    "hatch": _hatch,
    "poe": _poe,
    "poethepoet": _poe,
    "task": _taskipy,
    "taskipy": _taskipy,
}
"""The functions that find the tasks of a runner."""
