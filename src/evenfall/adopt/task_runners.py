"""Find the scripts of tasks: of tox, Nox, Invoke, make, just, hatch, poe, PDM, taskipy, and of shell scripts."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from evenfall.adopt.invoke_file import invoke_tasks
from evenfall.adopt.nox_file import nox_tasks
from evenfall.adopt.program import Program
from evenfall.adopt.task import EVERY, Task, shell_line, tables_of
from evenfall.adopt.tox_file import tox_tasks
from evenfall.input_file import mapping_at
from evenfall.pipeline.marker import read_text
from evenfall.project.pyproject import NAME

_Rules = dict[str, tuple[list[str], list[str]]]
"""The targets of a Makefile or a justfile, each with those that it requires and with its commands."""
_MAKE_VARIABLE = re.compile(r"\$\((?:([\w.-]+)|[^)]*)\)|\$\{([\w.-]+)\}")
_SHELL = re.compile(r"#!.*\b(?:ba|z|da)?sh\b")
_SCRIPTS = ("scripts", "script", "bin")
"""The folders with scripts for local use."""


def tasks_of(program: Program, root: Path, variables: Mapping[str, str]) -> list[Task] | None:
    """Return the tasks that a program starts, or None if it is not a task runner.

    `root` is the folder in which it runs. A task that is not found, or can't be read, has no script. A runner that only lists its
    tasks or prints its version starts none.
    """
    find = _RUNNERS.get(program.name)
    if _runs_nothing(program):
        return []
    if program.name == "tox":
        found = tox_tasks(root, program.arguments, variables)
    elif find is nox_tasks:
        found = nox_tasks(root, program.arguments, variables)
    elif find:
        found = find(root, program.arguments)
    else:
        return _shell_script(program, root) or _declared(root, next(iter(program.launchers), ""), program.name) or None
    return found or [Task(name=program.text, script="")]


def local_tasks(root: Path) -> Iterator[Task]:
    """Yield all tasks that the files of a project declare, and its shell scripts."""
    for find in (_make, _just):
        yield from find(root, EVERY)
    yield from tox_tasks(root, EVERY, {})
    for find in (_poe, _hatch, _taskipy, nox_tasks, invoke_tasks):
        yield from find(root, EVERY)
    for runner in ("pdm", "rye", "pixi"):
        yield from _declared(root, runner, *EVERY)
    for file in sorted(file for folder in _SCRIPTS for file in (root / folder).glob("*")):
        text = read_text(file)
        if _SHELL.match(text) or file.suffix == ".sh":
            path = file.relative_to(root).as_posix()
            yield Task(name=path, script=text, file=path)


def _runs_nothing(program: Program) -> bool:
    words = [*itertools.takewhile(lambda word: word != "--", program.arguments)]
    first = next((word for word in words if not re.fullmatch(r"-[qv]+", word)), "")
    options, subcommands = _WITHOUT_TASKS.get(program.name, (frozenset(), frozenset()))
    return first in subcommands or not options.isdisjoint(words)


def _shell_script(program: Program, root: Path) -> list[Task]:
    """Return the shell script that a program is, or that a shell runs; else nothing."""
    is_shell = program.name in {"bash", "sh", "zsh", "source", "."}
    path = program.subcommand if is_shell else program.name
    file = root / path if path and re.fullmatch(r"[\w./-]+", path) else root
    text = read_text(file) if file.resolve().is_relative_to(root.resolve()) else ""
    return [Task(name=program.text, script=text, file=path)] if text and (is_shell or _SHELL.match(text)) else []


def _make(root: Path, arguments: Sequence[str]) -> list[Task]:
    """Return the recipes of the targets, and of those that they require."""
    words, folder = [*arguments], "."
    if "-C" in words[:-1]:
        position = words.index("-C")
        folder = words[position + 1]
        words = words[:position] + words[position + 2 :]
    if not (root / folder).resolve().is_relative_to(root.resolve()):
        return []
    file, text = _first(root / folder, "GNUmakefile", "makefile", "Makefile")
    text = text.replace("\\\n", " ")
    values = {"MAKE": "make", "CURDIR": "."} | dict(
        re.findall(r"(?m)^\s*(?:export\s+)?([\w.-]+)\s*[:?+]*=[ \t]*(.*?)\s*$", text)
    )
    values |= dict(word.partition("=")[::2] for word in words if "=" in word and not word.startswith("-"))
    rules: _Rules = {}
    current: list[str] = []
    for line in text.splitlines():
        if line.startswith("\t"):
            for target in current:
                rules[target][1].append(shell_line(line.strip()))
        elif rule := re.match(r"([\w./ %-]+?)\s*::?(?!=)\s*([^#=]*)", line):
            current = rule[1].split()
            for target in current:
                rules.setdefault(target, ([], []))[0].extend(rule[2].partition(";")[0].split())
    named = [word for word in words if not word.startswith("-") and "=" not in word]
    every = [target for target in rules if not target.startswith(".") and "%" not in target]
    chosen = every if arguments == EVERY else named or every[:1] or [""]
    return [
        Task(name=f"make {target}", script=_expand(target, rules, values, set()), folder=folder, file=file)
        for target in chosen
    ]


def _first(folder: Path, *names: str) -> tuple[str, str]:
    """Return the name and the text of the first of some files that exists."""
    return next(((name, text) for name in names if (text := read_text(folder / name))), ("", ""))


def _expand(target: str, rules: _Rules, values: Mapping[str, str], seen: set[str]) -> str:
    """Return the commands of a target and of the targets that it requires, each once, with the values of variables."""
    pattern = "%" if target not in rules and not seen else target
    seen.add(target)
    required, recipe = rules.get(pattern, ([], []))
    scripts = [_expand(each, rules, values, seen) for each in required if each not in seen]
    for line in recipe:
        for _ in range(5):  # variables in the values of variables
            line = _MAKE_VARIABLE.sub(lambda match: values.get(match[1] or match[2], "$?"), line)
        scripts.append(line.replace("$@", target).replace("$$", "$"))
    return "\n".join(script for script in scripts if script)


def _just(root: Path, arguments: Sequence[str]) -> list[Task]:
    file, text = _first(root, "justfile", "Justfile", ".justfile")
    values = {name: value for name, _, value in re.findall(r"(?m)^(\w+)\s*:=\s*(['\"])(.*?)\2\s*$", text)}
    rules: _Rules = {}
    current: tuple[list[str], list[str]] = ([], [])
    for line in text.splitlines():
        if line[:1].isspace():
            line = re.sub(r"\{\{\s*(\w+)?.*?\}\}", lambda match: values.get(match[1], "$?"), line.strip())
            current[1].append(shell_line(line))
        elif rule := re.match(r"@?([\w-]+)(?:\s[^:]*)?:(?!=)(.*)", line):
            current = rules[rule[1]] = (re.findall(r"[\w-]+", rule[2].partition("#")[0]), [])
    named = [word for word in arguments if not word.startswith("-")]
    chosen = [word for word in named if word in rules] or named[:1] or [*rules][:1]
    chosen = [*rules] if arguments == EVERY else chosen
    return [Task(name=f"just {name}", script=_expand(name, rules, {}, set()), file=file) for name in chosen]


def _hatch(root: Path, arguments: Sequence[str]) -> list[Task]:
    """Return what `hatch run ENV:SCRIPT`, `hatch test` and `hatch fmt` run."""
    own = mapping_at(tables_of(root / NAME), "tool", "hatch", "envs")
    file, envs = (NAME, own) if own else ("hatch.toml", tables_of(root / "hatch.toml").get("envs", {}))
    scripts = {name: mapping_at(table, "scripts") for name, table in envs.items() if isinstance(table, dict)}
    if arguments == EVERY:
        names = [(env, name) for env, found in scripts.items() for name in found]
        return [_hatch_task(file, env, name, _lines(scripts[env], name, set())) for env, name in names]
    first, *rest = [word for word in arguments if not word.startswith("-")] or [""]
    if first == "test":
        return [Task(name="hatch test", script=f"pytest {shlex.join(rest)}".strip())]
    if first == "fmt":
        return [Task(name="hatch fmt", script="ruff check\nruff format --check")]
    if first != "run" or not rest:
        return [Task(name=f"hatch {first}", script=f"uv {first}")]
    env, _, name = rest[0].rpartition(":")
    lines = [*_lines(scripts.get(env.lstrip("+") or "default", {}), name, set())]
    if not lines and (not env or env in scripts):  # a command
        lines = [shlex.join((name, *arguments[[*arguments].index(rest[0]) + 1 :]))]
    return [_hatch_task(file, env, name, lines)]


def _hatch_task(file: str, env: str, name: str, lines: Iterable[str]) -> Task:
    return Task(name=f"hatch run {f'{env}:' if env else ''}{name}", script="\n".join(lines).strip(), file=file)


def _filled(line: str) -> str:
    """Return a command of hatch or PDM with what is known of its fields: `{args:src}` is `src`."""
    line = re.sub(r"\{args(?::((?:\{[^{}]*\}|[^{}])*))?\}", lambda match: match[1] or "", line)
    return re.sub(r"(?<!\$)\{(root)?[^{}]*\}", lambda match: "." if match[0] == "{root}" else "$?", line)


def _named(runner: str, tool: str, root: Path, arguments: Sequence[str]) -> list[Task]:
    """Return what a runner starts whose tasks are in `[tool.TOOL.tasks]` of `pyproject.toml`."""
    name = next((word for word in arguments if not word.startswith("-")), "")
    return _tasks(runner, NAME, mapping_at(tables_of(root / NAME), "tool", tool, "tasks"), name)


_poe = partial(_named, "poe", "poe")
_taskipy = partial(_named, "task", "taskipy")


def _tasks(runner: str, file: str, tasks: Mapping[str, Any], name: str) -> list[Task]:
    """Return a task of a table, which has no script if it is not known, or all of them."""
    names = [*tasks] if (name,) == EVERY else [name]
    return [Task(name=f"{runner} {each}", script="\n".join(_lines(tasks, each, set())), file=file) for each in names]


def _lines(tasks: Mapping[str, Any], name: str, seen: set[str]) -> Iterator[str]:
    """Yield the commands of a task, and of the tasks of the table that it is made of. `seen` are the tasks so far."""
    seen.add(name)
    task = tasks.get(name)
    parts = [*task] if isinstance(task, list) else [task]
    for part in parts:
        if isinstance(part, dict):
            values = (part.get(key) for key in ("deps", "sequence", "parallel", "composite", "cmd", "shell", "ref"))
            parts += [
                item for value in values for item in (value if isinstance(value, list) else [value] if value else [])
            ]
        elif isinstance(part, str):
            first = next(iter(part.split()), "").lstrip("-")
            if first in tasks and first != name:
                yield from _lines(tasks, first, seen) if first not in seen else ()
            else:
                yield shell_line(_filled(part))


def _declared(root: Path, runner: str, name: str) -> list[Task]:
    """Return what `pdm run NAME`, `rye run NAME` and `pixi run NAME` start, if the project declares it."""
    file, tables = NAME, []
    if runner in {"pdm", "rye"}:
        tables = [mapping_at(tables_of(root / NAME), "tool", runner, "scripts")]
    elif runner == "pixi":
        own = tables_of(root / "pixi.toml")
        file, pixi = ("pixi.toml", own) if own else (NAME, mapping_at(tables_of(root / NAME), "tool", "pixi"))
        tables = [mapping_at(part, "tasks") for part in (pixi, *mapping_at(pixi, "feature").values())]
    found = (task for table in tables for task in _tasks(f"{runner} run", file, table, name))
    return [task for task in found if task.script]


_INFORMATION = frozenset({"--version", "--help", "-h"})
_DRY_RUN = frozenset({"-n", "--dry-run"})
_WITHOUT_TASKS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "nox": (_INFORMATION | {"--list", "--list-sessions", "-l", "--install-only", "--usage"}, frozenset()),
    "tox": (
        _INFORMATION | {"--notest", "-n", "-l", "--listenvs", "-a", "--listenvs-all", "--showconfig"},
        frozenset({"list", "l", "config", "c", "devenv", "d", "depends", "de", "quickstart", "q", "schema"}),
    ),
    "make": (_INFORMATION | _DRY_RUN | {"--just-print", "--recon"}, frozenset()),
    "just": (_INFORMATION | _DRY_RUN | {"--list", "-l", "--summary"}, frozenset()),
}
"""The options and the subcommands of a runner with which it starts no task."""
_RUNNERS: Mapping[str, Callable[[Path, Sequence[str]], list[Task]]] = {
    "nox": nox_tasks,
    "noxfile.py": nox_tasks,
    "invoke": invoke_tasks,
    "inv": invoke_tasks,
    "make": _make,
    "just": _just,
    "hatch": _hatch,
    "poe": _poe,
    "poethepoet": _poe,
    "task": _taskipy,
    "taskipy": _taskipy,
}
"""The functions that find the tasks of a runner."""
