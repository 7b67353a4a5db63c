"""SPDX license expressions as frozen values: https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

LONGEST = 2000
"""Characters of an expression; numpy's has some hundred."""
REFERENCE = "LicenseRef-"
_REFERENCE = re.compile(r"(DocumentRef-[a-z0-9.-]+:)?LicenseRef-([a-z0-9.-]+)\Z", re.IGNORECASE)

# Identifiers of old that are a license and an exception in one: https://spdx.org/licenses/#deprecated
_WITH_EXCEPTION = {
    "gpl-2.0-with-autoconf-exception": ("GPL-2.0-only", "Autoconf-exception-2.0"),
    "gpl-2.0-with-bison-exception": ("GPL-2.0-only", "Bison-exception-2.2"),
    "gpl-2.0-with-classpath-exception": ("GPL-2.0-only", "Classpath-exception-2.0"),
    "gpl-2.0-with-font-exception": ("GPL-2.0-only", "Font-exception-2.0"),
    "gpl-2.0-with-gcc-exception": ("GPL-2.0-only", "GCC-exception-2.0"),
    "gpl-3.0-with-autoconf-exception": ("GPL-3.0-only", "Autoconf-exception-3.0"),
    "gpl-3.0-with-gcc-exception": ("GPL-3.0-only", "GCC-exception-3.1"),
}

_NOT_SPDX = {"GPL"}
"""Names that the list takes for one license and that may mean several."""


@dataclass(frozen=True, slots=True)
class License:
    """One license by its identifier, and the exception that comes with it."""

    key: str
    exception: str = ""

    def __str__(self) -> str:
        return f"{self.key} WITH {self.exception}" if self.exception else self.key


@dataclass(frozen=True, slots=True)
class Every:
    """All of them hold at once: AND."""

    parts: tuple[Expression, ...]

    def __str__(self) -> str:
        return " AND ".join(f"({part})" if isinstance(part, AnyOf) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Whoever takes it chooses one: OR."""

    parts: tuple[Expression, ...]

    def __str__(self) -> str:
        return " OR ".join(map(str, self.parts))


Expression: TypeAlias = License | Every | AnyOf


def parse(text: str, *, also: Callable[[str], str | None] | None = None) -> Expression | None:
    """An expression with canonical identifiers (`gpl-3.0+` is `GPL-3.0-or-later`), or `None` where it is none.

    Every identifier is one of the SPDX list, such a one with `+`, or a `LicenseRef-`; or `also` tells which one a name means.
    """
    from license_expression import ExpressionError, Licensing, ParseError  # type: ignore[import-untyped]

    if not text.strip() or len(text) > LONGEST:
        return None
    try:
        return _converted(Licensing().parse(text), also or _nothing_else)
    except (ExpressionError, ParseError, _UnknownNameError):
        return None
    except (
        AssertionError,
        IndexError,
        RecursionError,
    ):  # how `boolean.py` takes "(AND" and "()", and what is nested too deep
        return None


class _UnknownNameError(Exception):
    """A name that is no identifier."""


def _nothing_else(_name: str) -> None:
    """Identifiers are all that counts."""


def _converted(node: Any, also: Callable[[str], str | None]) -> Expression:
    """From the tree of `license-expression`, which is not typed."""
    parts = getattr(node, "args", ())
    if parts:
        together = every if node.operator.strip() == "AND" else any_of
        return together(_converted(part, also) for part in parts)
    if not hasattr(node, "exception_symbol"):
        return _license(node.key, also)
    license = _license(node.license_symbol.key, also)
    exception = spdx_list().exceptions.get(node.exception_symbol.key.lower())
    if exception is None or license.exception:
        raise _UnknownNameError
    return License(license.key, exception)


def _license(name: str, also: Callable[[str], str | None]) -> License:
    lower, known = name.lower(), spdx_list().licenses
    if reference := _REFERENCE.match(name):
        return License(f"{reference[1] or ''}{REFERENCE}{reference[2]}")
    if lower in _WITH_EXCEPTION:
        return License(*_WITH_EXCEPTION[lower])
    if lower in known:
        return License(known[lower])
    if lower.endswith("+") and lower[:-1] in known:
        return License(known[lower[:-1]] + "+")
    meant = also(name)
    if meant is None:
        raise _UnknownNameError
    return License(meant)


def licenses(expression: Expression) -> Iterator[License]:
    """All licenses in an expression, as they come."""
    if isinstance(expression, License):
        yield expression
    else:
        for part in expression.parts:
            yield from licenses(part)


def every(parts: Iterable[Expression]) -> Expression:
    """All of them at once, each once; a single one stays as it is."""
    distinct = _flat(parts, Every)
    return distinct[0] if len(distinct) == 1 else Every(distinct)


def any_of(parts: Iterable[Expression]) -> Expression:
    """A choice of them, each once; a single one stays as it is."""
    distinct = _flat(parts, AnyOf)
    return distinct[0] if len(distinct) == 1 else AnyOf(distinct)


def _flat(parts: Iterable[Expression], kind: type[Every] | type[AnyOf]) -> tuple[Expression, ...]:
    """The parts, with those of parts of the same kind in their place."""
    flat = (inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,)))
    return tuple(dict.fromkeys(flat))


@dataclass(frozen=True, slots=True)
class SpdxList:
    """https://spdx.org/licenses/: identifiers as they are written, by what they are in lower case; those of old lead to their heirs."""

    licenses: Mapping[str, str]
    exceptions: Mapping[str, str]


@cache
def spdx_list() -> SpdxList:
    """The list that comes with `license-expression`, without what is not SPDX's in it."""
    from license_expression import get_license_index

    names: dict[bool, dict[str, str]] = {False: {}, True: {}}
    for entry in get_license_index():
        key = entry["spdx_license_key"]
        if key and not key.startswith(REFERENCE):
            others = (
                other
                for other in entry["other_spdx_license_keys"]
                if other not in _NOT_SPDX and not other.startswith(REFERENCE)
            )
            names[entry["is_exception"]].update((name.lower(), key) for name in (*others, key))
    return SpdxList(licenses=names[False], exceptions=names[True])
