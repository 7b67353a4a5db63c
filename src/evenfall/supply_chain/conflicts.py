"""Edges of a lock that hold only while an extra or a group is asked for that is declared to conflict with another.

https://docs.astral.sh/uv/concepts/projects/config/#conflicting-dependencies
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import cache

from packaging.utils import canonicalize_name

from evenfall.project.lockfile import Dependency

Asked = Callable[[str, bool], bool]
"""Whether something (`extra-4-lamp-fast`, `group-4-lamp-dev`) may be asked for, or, with `False`, may not be."""


def anything(_name: str, _is_asked: bool) -> bool:
    """Any extra and any group may be asked for, and need not be."""
    return True


def no_group(name: str, is_asked: bool) -> bool:
    """Any extra may be asked for, and need not be; no group is."""
    return not (is_asked and name.startswith("group-"))


def just(names: Collection[str]) -> Asked:
    """These are asked for, and nothing else."""
    return lambda name, is_asked: (name in names) is is_asked


def name_of(extra: str, package: str) -> str:
    """An extra of a package, as uv writes it in a marker."""
    name = canonicalize_name(package)
    return f"extra-{len(name)}-{name}-{canonicalize_name(extra)}"


def beside(edge: Dependency, asked: Asked) -> Asked:
    """This, and the extras that an edge asks for: uv writes them into its own marker, too."""
    if not edge.extra:
        return asked
    own = {name_of(extra, edge.name) for extra in edge.extra}
    return lambda name, is_asked: (is_asked and name in own) or asked(name, is_asked)


def may_hold(marker: str, asked: Asked) -> bool:
    """Whether a marker can be true while this is asked for, whatever the system is.

    uv writes the condition as `extra == 'group-4-lamp-dev'`, and the whole as terms with "or" between them. Of a marker that is
    written in another way some term holds, too, wherever all of it can be true.
    """
    return any(all(asked(name, is_asked) for name, is_asked in term) for term in _terms(marker))


@cache
def _terms(marker: str) -> tuple[tuple[tuple[str, bool], ...], ...]:
    """What each term asks of extras and groups."""
    terms = re.split(r"(?<![\w-])or(?![\w-])", marker) if "extra" in marker else ("",)
    return tuple(tuple(_conditions(term)) for term in terms)


def _conditions(term: str) -> list[tuple[str, bool]]:
    found = [(name, sign) for sign, _, name in re.findall(r"extra\s*([=!])=\s*(['\"])([^'\"]*)['\"]", term)]
    found += [(name, sign) for _, name, sign in re.findall(r"(['\"])([^'\"]*)['\"]\s*([=!])=\s*extra", term)]
    return [(name, sign == "=") for name, sign in found if name.startswith(("extra-", "group-"))]
