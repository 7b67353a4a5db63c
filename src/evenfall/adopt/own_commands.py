"""The commands that a project's own files run: its workflows, Makefile, justfile, tox, Nox, task runners and scripts."""

from __future__ import annotations

import ast
import posixpath
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evenfall.adopt.workflow_file import jobs_of, read_workflow, triggers_of
from evenfall.pipeline.marker import read_text
from evenfall.pipeline.own_workflows import own_workflows
from evenfall.project.shell import ShellCommand, shell_commands
from evenfall.project.tool_config import ini_sections

_EVENTS = frozenset({"push", "pull_request", "pull_request_target", "merge_group", "workflow_call"})
"""The events of a workflow that checks changes."""

_Read = tuple[frozenset[str], ShellCommand]
"""The targets of a Makefile that run a command, and the command."""

UNKNOWN = "$?"
"""What stands in a command for a value that is only known when it runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCommand:
    """A command, the file that has it, whether it is a step of a workflow, and the targets of a Makefile that run it."""

    file: str
    command: ShellCommand
    is_step: bool = False
    targets: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        """The command for a message."""
        return self.command.text.replace(f"'{UNKNOWN}'", "…").replace(UNKNOWN, "…")


def own_commands(root: Path) -> tuple[OwnCommand, ...]:
    """Return the commands of a project's own files: first the steps of its workflows, then those of the files for local use."""
    steps = [
        OwnCommand(file=path, command=command, is_step=True) for path, command in _steps(root) if command.is_required
    ]
    others = [
        OwnCommand(file=file.relative_to(root).as_posix(), command=command, targets=targets)
        for pattern, read in _READERS
        for file in sorted(root.glob(pattern))
        if file.is_file()
        for targets, command in read(file)
        if command.is_required
    ]
    return (*steps, *others)


def _steps(root: Path) -> Iterator[tuple[str, ShellCommand]]:
    """Yield the commands of the workflows that check changes, and of the repository's own actions."""
    for path in own_workflows(root):
        workflow = read_workflow(root / path)
        if triggers_of(workflow) and not _EVENTS & {*triggers_of(workflow)}:
            continue
        for job in jobs_of(workflow).values():
            if isinstance(job, dict) and not _is_off(job):
                yield from ((path, command) for command in _commands_of_steps(job, _folder(workflow, job)))
    for file in sorted(root.glob(".github/actions/**/action.y*ml")):
        runs = read_workflow(file).get("runs")
        if isinstance(runs, dict):
            path = file.relative_to(root).as_posix()
            yield from ((path, command) for command in _commands_of_steps(runs, "."))


def _is_off(part: Mapping[str, Any]) -> bool:
    """Return whether a job or a step never runs, or never fails its workflow."""
    return str(part.get("if")).strip(" ${}").lower() == "false" or part.get("continue-on-error") is True


def _folder(*parts: Mapping[str, Any]) -> str:
    """Return the working directory that a workflow or its job sets."""
    folder = "."
    for part in parts:
        defaults = part.get("defaults")
        run = defaults.get("run") if isinstance(defaults, dict) else None
        folder = str(run.get("working-directory", folder)) if isinstance(run, dict) else folder
    return folder


def _commands_of_steps(job: Mapping[str, Any], folder: str) -> Iterator[ShellCommand]:
    steps = job.get("steps")
    for step in steps if isinstance(steps, list) else []:
        if not isinstance(step, dict) or _is_off(step):
            continue
        if "run" in step:
            place = str(step.get("working-directory", folder))
            variables = step.get("env")
            yield from (
                _in_folder(_with_variables(command, variables), place)
                for command in shell_commands(_without_expressions(str(step["run"])))
            )
        elif script := _action_command(str(step.get("uses", "")), step.get("with")):
            yield from shell_commands(_without_expressions(script))


def _without_expressions(script: str) -> str:
    return re.sub(r"\$\{\{.*?\}\}", UNKNOWN, script, flags=re.DOTALL)


def _in_folder(command: ShellCommand, folder: str) -> ShellCommand:
    return replace(command, folder=posixpath.normpath(posixpath.join(_without_expressions(folder), command.folder)))


def _with_variables(command: ShellCommand, variables: object) -> ShellCommand:
    """Return the command with those variables of its step that set where Python and mypy find modules."""
    named = variables if isinstance(variables, dict) else {}
    paths = ((name, str(value)) for name, value in named.items() if name in {"MYPYPATH", "PYTHONPATH"})
    return replace(command, variables=(*paths, *command.variables))


# Actions that run a linter, and the command that they run with their inputs.
_ACTIONS: Mapping[str, Callable[[Mapping[str, object]], str]] = {
    "astral-sh/ruff-action": lambda given: f"ruff {given.get('args', 'check')} {given.get('src', '')}",
    "chartboost/ruff-action": lambda given: f"ruff {given.get('args', 'check')} {given.get('src', '')}",
    "psf/black": lambda given: f"black {given.get('options', '--check --diff')} {given.get('src', '.')}",
    "isort/isort-action": lambda given: (
        f"isort {given.get('configuration', '--check-only --diff')} {given.get('sort-paths', '.')}"
    ),
    "jakebailey/pyright-action": lambda given: f"pyright {given.get('extra-args', '')}",
    "pre-commit/action": lambda given: f"pre-commit run {given.get('extra_args', '--all-files')}",
    "j178/prek-action": lambda given: f"prek run {given.get('extra-args', '--all-files')}",
    "crate-ci/typos": lambda given: f"typos {given.get('files', '')}",
}


def _action_command(action: str, given: object) -> str:
    """Return the command that an action runs; empty for an action that is not known to run one."""
    make = _ACTIONS.get(action.partition("@")[0].lower())
    return make(given if isinstance(given, dict) else {}) if make else ""


_MAKE_VARIABLE = re.compile(r"\$\((?:([\w.-]+)|[^)]*)\)|\$\{([\w.-]+)\}")


def _from_makefile(file: Path) -> Iterator[_Read]:
    """Yield the commands of the recipes, with the variables of the file, each for its target and for those that require it."""
    text = read_text(file).replace("\\\n", " ")
    values = dict(re.findall(r"(?m)^\s*(?:export\s+)?([\w.-]+)\s*[:?]*=[ \t]*(.*?)\s*$", text))
    rules = [(name, required.split()) for name, required in re.findall(r"(?m)^([\w./-]+)\s*:(?!=)([^#\n]*)", text)]
    target = ""
    for line in text.splitlines():
        if not line.startswith("\t"):
            target = named[0] if (named := re.match(r"[\w./-]+(?=\s*:(?!=))", line)) else target
        elif not (recipe := line.lstrip("\t @+")).startswith("-"):
            targets = {target}
            for _ in rules:
                targets |= {name for name, required in rules if targets & {*required}}
            for _ in range(5):  # variables in the values of variables
                recipe = _MAKE_VARIABLE.sub(lambda match: values.get(match[1] or match[2], UNKNOWN), recipe)
            yield from ((frozenset(targets), command) for command in shell_commands(recipe))


def _from_justfile(file: Path) -> Iterator[_Read]:
    """Yield the commands of the recipes, with the variables of the file."""
    text = read_text(file)
    values = {name: value for name, _, value in re.findall(r"(?m)^(\w+)\s*:=\s*(['\"])(.*?)\2\s*$", text)}
    for line in text.splitlines():
        if line[:1].isspace() and not line.lstrip(" \t@").startswith("-"):
            recipe = re.sub(r"\{\{\s*(\w+)?.*?\}\}", lambda match: values.get(match[1], UNKNOWN), line)
            yield from _without_target(shell_commands(recipe.strip().lstrip("@")))


def _from_tox(file: Path) -> Iterator[_Read]:
    for name, section in ini_sections(file).items():
        if name.startswith("testenv"):
            for line in section.get("commands", "").splitlines():
                yield from _without_target(
                    _tox_commands(line, folder=section.get("changedir", section.get("change_dir", ".")))
                )


def _tox_commands(line: str, *, folder: str = ".") -> Iterator[ShellCommand]:
    """Yield the commands of a line, without its factors, in a folder."""
    text = re.sub(r"^[\w{},.!-]+:\s+", "", line.strip())
    if not text.startswith("-"):
        yield from (_in_folder(command, _tox_values(folder)) for command in shell_commands(_tox_values(text)))


def _tox_values(text: str) -> str:
    """Return a text with tox's substitutions: no arguments, and the folder of tox.ini as the current one."""
    text = re.sub(r"\{posargs(?::((?:\{[^{}]*\}|[^{}])*))?\}", lambda match: match[1] or "", text)
    text = re.sub(r"\{(toxinidir|tox_root)\}", ".", text)
    text = re.sub(r"\{(?:env_?python|basepython)\}", "python", text)
    return re.sub(r"\{[^{}]*\}", UNKNOWN, text)


def _from_python(file: Path) -> Iterator[_Read]:
    """Yield what calls such as `session.run("mypy", "src")` and `context.run("mypy src")` run."""
    try:
        tree = ast.parse(read_text(file))
    except (SyntaxError, ValueError, RecursionError):
        return
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in {"run", "run_always", "check_call"}:
            continue
        given = call.args[0].elts if call.args and isinstance(call.args[0], ast.List) else call.args
        words = [_constant(argument) for argument in given if not isinstance(argument, ast.Starred)]
        if len(words) == 1:
            yield from _without_target(shell_commands(words[0]))
        elif words:
            yield frozenset(), ShellCommand(words=tuple(words))


def _constant(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else UNKNOWN


def _from_toml(file: Path) -> Iterator[_Read]:
    """Yield the commands of the task runners in `pyproject.toml`, `tox.toml` or `pixi.toml`."""
    try:
        tables = tomllib.loads(read_text(file))
    except (ValueError, RecursionError):
        return
    tool: Any = tables.get("tool")
    tool = tool if isinstance(tool, dict) else {}
    for path in ("poe.tasks", "hatch.envs", "pdm.scripts", "taskipy.tasks", "pixi"):
        inner: Any = tool
        for key in path.split("."):
            inner = inner.get(key) if isinstance(inner, dict) else None
        yield from _without_target(command for text in _texts(inner) for command in shell_commands(text))
    tox = tables if file.name == "tox.toml" else tool.get("tox")
    for words in _lists(tox, "commands"):
        yield from _without_target(_tox_commands(" ".join(words)))
    legacy = tox.get("legacy_tox_ini") if isinstance(tox, dict) else None
    for line in str(legacy or "").splitlines():
        yield from _without_target(_tox_commands(line.partition("commands =")[2] or line))


def _texts(value: object) -> Iterator[str]:
    """Yield the texts in a table of tasks that can be commands: not the name of another task."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in {"help", "deps", "description", "dependencies", "features", "extra-dependencies"}:
                yield from (text for text in _texts(item) if text not in value)


def _lists(value: object, name: str) -> Iterator[list[str]]:
    """Yield the lists of texts in the tables' key `name`, which has lists of lists."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == name and isinstance(item, list):
                yield from (
                    [text for text in words if isinstance(text, str)] for words in item if isinstance(words, list)
                )
            else:
                yield from _lists(item, name)


def _from_script(file: Path) -> Iterator[_Read]:
    text = read_text(file)
    if re.match(r"#!.*\b(?:ba|z|da)?sh\b", text) or file.suffix == ".sh":
        yield from _without_target(shell_commands(text))


def _without_target(commands: Iterable[ShellCommand]) -> Iterator[_Read]:
    return ((frozenset(), command) for command in commands)


_READERS: tuple[tuple[str, Callable[[Path], Iterator[_Read]]], ...] = (
    ("[Mm]akefile", _from_makefile),
    ("[Jj]ustfile", _from_justfile),
    ("tox.ini", _from_tox),
    ("tox.toml", _from_toml),
    ("pyproject.toml", _from_toml),
    ("noxfile.py", _from_python),
    ("tasks.py", _from_python),
    ("scripts/*", _from_script),
    ("script/*", _from_script),
    ("bin/*", _from_script),
)
