"""The sessions of a project's own noxfile: what they run, read from its source without executing it."""

from __future__ import annotations

import ast
import itertools
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from evenfall.adopt.task import EVERY, Task
from evenfall.pipeline.marker import read_text
from evenfall.pipeline.model import NOXFILE

_RUN = frozenset({"run", "run_always", "run_install", "check_call"})
_SESSION = frozenset({"nox.session", "session", "evenfall.session", "nox_uv.session", "nox_poetry.session"})
"""The decorators that make a function a session."""
Functions = Mapping[str, ast.FunctionDef]


def nox_tasks(root: Path, arguments: Sequence[str], variables: Mapping[str, str] | None = None) -> list[Task]:
    """Return the sessions that a command of Nox runs; none without a noxfile that can be read. An unknown one has no script."""
    words = [*itertools.takewhile(lambda word: word != "--", arguments)]
    file = root / next(_values(words, ("-f", "--noxfile")), NOXFILE)
    tree = parsed(read_text(file) if file.resolve().is_relative_to(root.resolve()) else "")
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    sessions = {
        _keyword(decorator, "name") or name: function
        for name, function in functions.items()
        for decorator in _decorators(function)
    }
    names = [*_values(words, ("-s", "--session", "--sessions", "-e"))]
    named = (variables or {}).get("NOXSESSION", "")
    names = names or [name.strip() for name in named.split(",") if name.strip()]
    tags = {*_values(words, ("-t", "--tag", "--tags"))}
    if tags:
        names += [name for name, function in sessions.items() if tags & _tags(function)]
    default = _default(tree) if arguments != EVERY else []
    chosen = names or ([] if tags else default or [*sessions])
    found = [_task(name, sessions, functions) for name in chosen]
    # A decorator of the project can make a function a session, or do something around one.
    names_of = {function.name: name for name, function in sessions.items()}
    changed = [names_of.get(name, name) for name, function in functions.items() if _is_decorated(function)]
    is_default = not names and not tags and not default
    found += [Task(name=f"nox -s {name}", script="") for name in changed if is_default or name in chosen]
    return [*found, *(Task(name="nox -k", script="") for word in words if word in {"-k", "--keywords"})]


def _is_decorated(function: ast.FunctionDef) -> bool:
    """Return whether a function with the argument `session` has a decorator that is not one of Nox."""
    first = next((argument.arg for argument in function.args.args), "")
    targets = {ast.unparse(each.func if isinstance(each, ast.Call) else each) for each in function.decorator_list}
    return first == "session" and bool(targets - _SESSION - {"nox.parametrize", "parametrize"})


@lru_cache  # a matrix reads the file for each of its runs
def parsed(text: str) -> ast.Module:
    """Return the module of a source; an empty one if it is not valid, because its own tool reports that."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return ast.parse("")


def _task(name: str, sessions: Functions, functions: Functions) -> Task:
    """Return the session of a name such as `tests-3.12` or `tests(django='4')`."""
    base = (
        name
        if name in sessions
        else max((each for each in sessions if re.match(rf"{re.escape(each)}[-(]", name)), key=len, default="")
    )
    if not base:
        return Task(name=f"nox -s {name}", script="")
    python = re.match(r"-((?:pypy-?)?3\.\d+t?)", name.removeprefix(base))
    pythons = (
        (python[1],) if python else tuple(version for each in _decorators(sessions[base]) for version in _pythons(each))
    )
    lines = commands_of(sessions[base], sessions, functions, {sessions[base].name})
    return Task(name=f"nox -s {name}", script="\n".join(lines), pythons=pythons, file=NOXFILE)


def commands_of(function: ast.FunctionDef, sessions: Functions, functions: Functions, seen: set[str]) -> Iterator[str]:
    """Yield the commands of a function, of those that it calls, and of the sessions that it notifies, each once; `seen` are their names.

    A command of one text is a script: `context.run("mypy src && flake8")`.
    """
    for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
        match call.func:
            case ast.Attribute(attr="notify"):
                other = sessions.get(_text(call.args[0]) if call.args else "")
            case ast.Attribute(attr=attribute) if attribute in _RUN:
                other = None
                given = call.args[0].elts if call.args and isinstance(call.args[0], ast.List) else call.args
                words = [word for word in map(_text, given) if word != "*"]
                yield words[0] if len(words) == 1 else shlex.join(words)
            case ast.Name(id=name):
                other = functions.get(name)
            case _:
                other = None
        if other and other.name not in seen:
            seen.add(other.name)
            yield from commands_of(other, sessions, functions, seen)


def _text(node: ast.expr) -> str:
    """Return the text of an argument; `$?` for what is only known when the session runs, and `*` for unpacked arguments."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Starred(value=value) if "posargs" in ast.unparse(value):
            return "*"
        case ast.JoinedStr(values=values):
            return "".join(map(_text, values))
        case _:
            return "$?"


def _decorators(function: ast.FunctionDef) -> Iterator[ast.expr]:
    """Yield the decorators that make a function a session."""
    for decorator in function.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if ast.unparse(target) in _SESSION:
            yield decorator


def _argument(decorator: ast.expr, *names: str) -> ast.expr | None:
    if not isinstance(decorator, ast.Call):
        return None
    return next((keyword.value for keyword in decorator.keywords if keyword.arg in names), None)


def _keyword(decorator: ast.expr, name: str) -> str:
    value = _argument(decorator, name)
    return _text(value) if value else ""


def _tags(function: ast.FunctionDef) -> set[str]:
    return {text for each in _decorators(function) for text in _texts(_argument(each, "tags"))}


def _pythons(decorator: ast.expr) -> tuple[str, ...]:
    return tuple(text for text in _texts(_argument(decorator, "python", "py")) if re.match(r"(?:pypy-?)?3\.\d", text))


def _texts(node: ast.expr | None) -> list[str]:
    """Return the texts in an argument: a text, or a list of them."""
    items = node.elts if isinstance(node, (ast.List, ast.Tuple, ast.Set)) else [node] if node else []
    return [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]


def _default(tree: ast.Module) -> list[str]:
    """Return `nox.options.sessions`."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "nox.options.sessions":
            return _texts(node.value)
    return []


def _values(words: Sequence[str], names: tuple[str, ...]) -> Iterator[str]:
    """Yield the values of an option, which takes all words up to the next option."""
    is_value = False
    for word in words:
        name, _, value = word.partition("=")
        if word.startswith("-"):
            is_value = name in names
            if value and is_value:
                yield value
        elif is_value:
            yield word
