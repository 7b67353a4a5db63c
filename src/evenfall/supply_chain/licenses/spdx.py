"""SPDX license expressions: https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/

The one module that knows `license_expression`, which parses and renders them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any, Literal, NewType, TypeVar

from license_expression import (  # type: ignore[import-untyped]
    ExpressionError,
    LicenseSymbol,
    LicenseWithExceptionSymbol,
    Licensing,
    ParseError,
    combine_expressions,
    get_license_index,
)

SpdxExpression = NewType("SpdxExpression", str)
"""An expression in canonical form, such as `MIT OR Apache-2.0`."""
Value = TypeVar("Value", bound=IntEnum)

MAX_LENGTH = 2000
"""The maximum number of characters of an expression. That of numpy has some hundred."""
REFERENCE = "LicenseRef-"
_REFERENCE = re.compile(r"(DocumentRef-[a-z0-9.-]+:)?LicenseRef-([a-z0-9.-]+)\Z", re.IGNORECASE)
_LICENSING = Licensing()

# Deprecated identifiers of a license with an exception: https://spdx.org/licenses/#deprecated
_WITH_EXCEPTION = {
    "gpl-2.0-with-autoconf-exception": ("GPL-2.0-only", "Autoconf-exception-2.0"),
    "gpl-2.0-with-bison-exception": ("GPL-2.0-only", "Bison-exception-2.2"),
    "gpl-2.0-with-classpath-exception": ("GPL-2.0-only", "Classpath-exception-2.0"),
    "gpl-2.0-with-font-exception": ("GPL-2.0-only", "Font-exception-2.0"),
    "gpl-2.0-with-gcc-exception": ("GPL-2.0-only", "GCC-exception-2.0"),
    "gpl-3.0-with-autoconf-exception": ("GPL-3.0-only", "Autoconf-exception-3.0"),
    "gpl-3.0-with-gcc-exception": ("GPL-3.0-only", "GCC-exception-3.1"),
}
_AMBIGUOUS = {"GPL"}
"""Names that the index of `license_expression` takes for one license although they may mean several."""


@dataclass(frozen=True, slots=True)
class SpdxLicense:
    """A license in an expression, by its identifier, and its exception."""

    key: str
    exception: str = ""


@dataclass(frozen=True, slots=True)
class SpdxList:
    """https://spdx.org/licenses/: the current identifiers by all of their identifiers, old ones included, in lower case."""

    licenses: Mapping[str, str]
    exceptions: Mapping[str, str]


class _UnknownLicenseError(Exception):
    """A name that is not an identifier."""


def _no_names(_name: str) -> None:
    """Return None, so that only identifiers are accepted."""


def parse(text: str, *, names: Callable[[str], str | None] = _no_names) -> SpdxExpression | None:
    """Return an expression in canonical form (`gpl-3.0+` becomes `GPL-3.0-or-later`), or None if it is not valid.

    Every identifier must be on the SPDX list, also with a `+`, or be a `LicenseRef-`. `names` returns the identifier for any other name,
    if there is one.
    """
    if not text.strip() or len(text) > MAX_LENGTH:
        return None
    try:
        tree = _LICENSING.parse(text)
        symbols = _LICENSING.license_symbols(tree, decompose=False)
        canonical = tree.subs({symbol: _canonical(symbol, names) for symbol in symbols})
        return SpdxExpression(_LICENSING.dedup(canonical).render())
    except (ExpressionError, ParseError, _UnknownLicenseError):
        return None
    except (
        AssertionError,
        IndexError,
        RecursionError,
    ):  # what the parser raises for "(AND", "()" and too deep a nesting
        return None


def combine(expressions: Iterable[str], relation: Literal["AND", "OR"]) -> SpdxExpression:
    """Return the expressions, each once, with the operator between them."""
    return SpdxExpression(combine_expressions([*expressions], relation, licensing=_LICENSING).render())


def conjuncts(expression: SpdxExpression) -> tuple[SpdxExpression, ...]:
    """Return the parts of an expression that apply together: the operands of its outermost AND, or the expression itself."""
    tree = _LICENSING.parse(expression)
    parts = tree.args if isinstance(tree, _LICENSING.AND) else (tree,)
    return tuple(SpdxExpression(part.render()) for part in parts)


def substitute(expression: SpdxExpression, replacements: Mapping[str, str]) -> SpdxExpression:
    """Return the expression with other expressions in place of some of its licenses."""
    symbols = {LicenseSymbol(key): _LICENSING.parse(replacement) for key, replacement in replacements.items()}
    return SpdxExpression(_LICENSING.dedup(_LICENSING.parse(expression).subs(symbols)).render())


def evaluate(expression: SpdxExpression, value_of: Callable[[SpdxLicense], Value]) -> Value:
    """Return the value of an expression: AND is the least value of its parts, OR the greatest."""
    return _evaluate(_LICENSING.parse(expression), value_of)


def _evaluate(node: Any, value_of: Callable[[SpdxLicense], Value]) -> Value:
    if node.args:
        combined = min if isinstance(node, _LICENSING.AND) else max
        return combined(_evaluate(part, value_of) for part in node.args)
    if isinstance(node, LicenseWithExceptionSymbol):
        return value_of(SpdxLicense(node.license_symbol.key, node.exception_symbol.key))
    return value_of(SpdxLicense(node.key))


def identifiers(expression: SpdxExpression) -> frozenset[str]:
    """Return the identifiers of all licenses and exceptions in an expression."""
    return frozenset(_LICENSING.license_keys(expression))


def _canonical(symbol: Any, names: Callable[[str], str | None]) -> Any:
    """Return the symbol with the current identifiers. Raises `_UnknownLicenseError`."""
    if not isinstance(symbol, LicenseWithExceptionSymbol):
        return _canonical_license(symbol.key, names)
    license = _canonical_license(symbol.license_symbol.key, names)
    exception = spdx_list().exceptions.get(symbol.exception_symbol.key.lower())
    if exception is None or isinstance(license, LicenseWithExceptionSymbol):
        raise _UnknownLicenseError
    return LicenseWithExceptionSymbol(license, LicenseSymbol(exception))


def _canonical_license(name: str, names: Callable[[str], str | None]) -> Any:
    if name.lower() in _WITH_EXCEPTION:
        license, exception = _WITH_EXCEPTION[name.lower()]
        return LicenseWithExceptionSymbol(LicenseSymbol(license), LicenseSymbol(exception))
    key = _identifier(name) or names(name)
    if key is None:
        raise _UnknownLicenseError
    return LicenseSymbol(key)


def reference(name: str) -> str | None:
    """Return the canonical form of a `LicenseRef-`, or None for any other name."""
    match = _REFERENCE.match(name)
    return f"{match[1] or ''}{REFERENCE}{match[2]}" if match else None


def _identifier(name: str) -> str | None:
    """Return the current identifier for an identifier of the SPDX list, or for a `LicenseRef-`."""
    if key := reference(name):
        return key
    licenses, lower = spdx_list().licenses, name.lower()
    if lower not in licenses and lower.removesuffix("+") in licenses:
        return f"{licenses[lower.removesuffix('+')]}+"
    return licenses.get(lower)


@cache
def spdx_list() -> SpdxList:
    """Return the list that `license_expression` contains, without the identifiers that are not SPDX's."""
    names: dict[bool, dict[str, str]] = {False: {}, True: {}}
    for entry in get_license_index():
        key = entry["spdx_license_key"]
        if key and not key.startswith(REFERENCE):
            others = (other for other in entry["other_spdx_license_keys"] if not other.startswith(REFERENCE))
            names[entry["is_exception"]].update(
                (name.lower(), key) for name in (*others, key) if name not in _AMBIGUOUS
            )
    return SpdxList(licenses=names[False], exceptions=names[True])
