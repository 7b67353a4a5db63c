"""Evaluate GitHub's expressions in workflows, as far as their values are known before a run.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

_TOKENS = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d[\w.]*)|(?P<name>[A-Za-z_][\w-]*)|(?P<operator>\|\||&&|[=!<>]=|[()\[\].,!<>*]))"
)
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_CONSTANTS: Mapping[str, object] = {"true": True, "false": False, "null": None}


class UnknownValueError(Exception):
    """The value of an expression is only known when the workflow runs."""


Contexts = Mapping[str, Mapping[str, Any]]
"""The known contexts, such as `matrix` and `inputs`."""


def evaluate(expression: str, contexts: Contexts) -> Any:
    """Return the value of an expression without its braces. Raises `UnknownValueError` if it is not known, or not an expression."""
    try:
        parser = _Parser(expression, contexts)
        value = parser.disjunction()
        parser.end()
    except (LookupError, TypeError, ValueError, RecursionError) as error:
        raise UnknownValueError(expression) from error
    return value


def rendered(value: object, contexts: Contexts) -> Any:
    """Return a value of a workflow with its expressions replaced by their values; those that are not known stay."""
    if isinstance(value, dict):
        return {key: rendered(item, contexts) for key, item in value.items()}
    if isinstance(value, list):
        return [rendered(item, contexts) for item in value]
    if not isinstance(value, str):
        return value
    if whole := re.fullmatch(r"\s*\$\{\{((?:(?!\}\}).)*)\}\}\s*", value, re.DOTALL):
        try:
            return evaluate(whole[1], contexts)
        except UnknownValueError:
            return value
    return EXPRESSION.sub(lambda match: _text(match, contexts), value)


def is_known(value: object) -> bool:
    """Return whether a rendered value has no expression left."""
    return "${{" not in str(value)


def never_true(condition: object, contexts: Contexts) -> bool:
    """Return whether the condition of a job or a step is known to be false."""
    if condition is None:
        return False
    try:
        return not _is_true(evaluate(re.sub(r"^\s*\$\{\{|\}\}\s*$", "", str(condition)), contexts))
    except UnknownValueError:
        return False


def as_text(value: object) -> str:
    """Return a value as GitHub writes it into a text."""
    return "" if value is None else json.dumps(value) if isinstance(value, (bool, dict, list)) else str(value)


def texts(values: object) -> dict[str, str]:
    """Return the items of a mapping such as `env` or `with` as GitHub writes them into texts."""
    return {str(name): as_text(value) for name, value in values.items()} if isinstance(values, dict) else {}


def _text(match: re.Match[str], contexts: Contexts) -> str:
    try:
        return as_text(evaluate(match[1], contexts))
    except UnknownValueError:
        return match[0]


class _Parser:
    """A parser by recursive descent. An unknown part raises, unless `&&` and `||` make it irrelevant."""

    def __init__(self, expression: str, contexts: Contexts) -> None:
        self._tokens = [*_tokens(expression)]
        self._contexts = contexts
        self._position = 0

    def _next(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def _take(self, *expected: str) -> str:
        token = self._next()
        if not token or (expected and token not in expected):
            raise ValueError(token)
        self._position += 1
        return token

    def end(self) -> None:
        if self._next():
            raise ValueError(self._next())

    def disjunction(self) -> Any:
        value = self._conjunction()
        while self._next() == "||":
            self._take()
            other = self._conjunction()
            value = value if _is_true(_known(value)) else other
        return _known(value)

    def _conjunction(self) -> Any:
        value = self._comparison()
        while self._next() == "&&":
            self._take()
            other = self._comparison()
            # GitHub runs neither side for its effects, so a known false side decides.
            if _is_true(value) and not (isinstance(value, UnknownValueError) and _is_true(other)):
                value = other
        return value

    def _comparison(self) -> Any:
        value = self._unary()
        if self._next() in {"==", "!="}:
            is_equal = self._take() == "=="
            other = self._unary()
            if isinstance(value, UnknownValueError) or isinstance(other, UnknownValueError):
                return UnknownValueError()
            return _equal(value, other) is is_equal
        return value

    def _unary(self) -> Any:
        if self._next() == "!":
            self._take()
            value = self._unary()
            return value if isinstance(value, UnknownValueError) else not _is_true(value)
        return self._primary()

    def _primary(self) -> Any:
        word = self._take()
        if word == "(":
            value = self.disjunction()
            self._take(")")
            return value
        if word.startswith("'"):
            return word[1:-1].replace("''", "'")
        if word.lower() in _CONSTANTS:
            return _CONSTANTS[word.lower()]
        if re.match(r"-?\d", word):
            return json.loads(word)
        return self._call(word) if self._next() == "(" else self._context(word)

    def _call(self, name: str) -> Any:
        self._take("(")
        arguments: list[Any] = []
        while self._next() != ")":
            arguments.append(self.disjunction())
            if self._next() == ",":
                self._take()
        self._take(")")
        match name.lower(), arguments:
            case "fromjson", [text]:
                return json.loads(as_text(text))
            case "tojson", [value]:
                return json.dumps(value)
            case "format", [template, *values]:
                return re.sub(r"\{(\d+)\}", lambda match: as_text(values[int(match[1])]), template)
            case "startswith", [text, start]:
                return as_text(text).lower().startswith(as_text(start).lower())
            case "endswith", [text, end]:
                return as_text(text).lower().endswith(as_text(end).lower())
            case "contains", [list() as items, part]:
                return any(_equal(item, part) for item in items)
            case "contains", [text, part]:
                return as_text(part).lower() in as_text(text).lower()
            case _:
                return UnknownValueError()

    def _context(self, name: str) -> Any:
        path = []
        while self._next() in {".", "["}:
            if self._take() == ".":
                path.append(self._take())
            else:
                path.append(as_text(self.disjunction()))
                self._take("]")
        context = name.lower()
        # A step can set more variables with `GITHUB_ENV`.
        is_set_later = context == "env" and not {*path[:1]} & {*self._contexts.get("env", {})}
        if context not in self._contexts or is_set_later or "*" in path:
            return UnknownValueError()
        value: Any = self._contexts[context]
        for key in path:
            if isinstance(value, list):
                return UnknownValueError()
            keys = {str(each).lower(): each for each in value} if isinstance(value, dict) else {}
            value = value[keys[key.lower()]] if key.lower() in keys else None
        return value if is_known(value) else UnknownValueError()


def _is_true(value: object) -> bool:
    """Return whether GitHub takes a value for true. An empty list is true."""
    return isinstance(value, (list, dict)) or bool(value)


def _equal(value: object, other: object) -> bool:
    """Return whether two values are equal for GitHub: texts in any case, and values of different types as numbers."""
    if isinstance(value, str) and isinstance(other, str):
        return value.lower() == other.lower()
    return _number(value) == _number(other)


def _number(value: object) -> float:
    """Return a value as a number; NaN, which equals nothing, if it is not one. Raises `ValueError` if that is not known."""
    match value:
        case None | "":
            return 0
        case str() if "_" not in value:
            try:
                return float(value)
            except ValueError:
                return math.nan
        case str() | list() | dict():
            return math.nan
        case bool() | int() | float():
            return value
        case _:
            raise ValueError(value)


def _known(value: Any) -> Any:
    if isinstance(value, UnknownValueError):
        raise ValueError
    return value


def _tokens(expression: str) -> Iterator[str]:
    position = 0
    while expression[position:].strip():
        match = _TOKENS.match(expression, position)
        if match is None:
            raise ValueError(expression)
        yield match[match.lastgroup or 0]
        position = match.end()
