"""Which licenses a project takes, and whether an expression is among them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import assert_never

from evenfall.errors import EvenfallError
from evenfall.project import pyproject
from evenfall.project.settings import LicensePolicy
from evenfall.supply_chain.licenses.license_names import FAMILIES
from evenfall.supply_chain.licenses.spdx import REFERENCE, AnyOf, Every, Expression, License, spdx_list
from evenfall.text import did_you_mean

DEFAULT_DENY = ("AGPL-3.0", "GPL-3.0")
_TABLE = f"{pyproject.NAME}: tool.evenfall.licenses"


class PolicyResult(IntEnum):
    """In this order AND is the least of its parts and OR the greatest: Kleene's logic of three values."""

    DENIED = 0
    UNKNOWN = 1
    ALLOWED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedPolicy:
    """The identifiers that are `listed`, as all that is allowed or as all that is not, and the exceptions that make up for any."""

    listed: frozenset[str]
    allows: bool
    exceptions: frozenset[str] = frozenset()


def resolve_policy(settings: LicensePolicy) -> ResolvedPolicy:
    """The policy that the settings state.

    `GPL-3.0` on a list means all of its forms: `GPL-3.0-only`, `GPL-3.0-or-later` and what they were called before. Raises
    `EvenfallError` (usage) for an entry that is no identifier, with its key.
    """
    allows = settings.allow is not None
    key = "allow" if allows else "deny"
    entries = settings.allow or (DEFAULT_DENY if settings.deny is None else settings.deny)
    return ResolvedPolicy(
        listed=frozenset(form for place, entry in enumerate(entries) for form in _forms(entry, f"{key}[{place}]")),
        allows=allows,
        exceptions=frozenset(
            _exception(entry, f"exceptions[{place}]") for place, entry in enumerate(settings.exceptions)
        ),
    )


def _forms(entry: str, key: str) -> tuple[str, ...]:
    """The identifiers that an entry of a list means."""
    known = spdx_list().licenses
    if entry.startswith(REFERENCE):
        return (entry,)
    forms = tuple(known[form] for ending in ("-only", "-or-later") if (form := f"{entry}{ending}".lower()) in known)
    if not forms and entry.lower() not in known:
        raise _no_identifier(entry, key, "license", known.values())
    return forms or (known[entry.lower()],)


def _exception(entry: str, key: str) -> str:
    known = spdx_list().exceptions
    if entry.lower() not in known:
        raise _no_identifier(entry, key, "exception", known.values())
    return known[entry.lower()]


def _no_identifier(entry: str, key: str, kind: str, known: Iterable[str]) -> EvenfallError:
    close = did_you_mean(entry, known)
    return EvenfallError(
        f"{_TABLE}.{key}: {entry!r} is no {kind} of the SPDX list{close if 'mean' in close else ''}",
        hint="write one identifier of https://spdx.org/licenses/",
    )


def evaluate(expression: Expression | None, policy: ResolvedPolicy) -> PolicyResult:
    """Whether the policy allows it: a choice where one of its parts is allowed, all at once where every part is."""
    match expression:
        case None:
            return PolicyResult.UNKNOWN
        case License():
            return _of(expression, policy)
        case Every(parts):
            return min(evaluate(part, policy) for part in parts)
        case AnyOf(parts):
            return max(evaluate(part, policy) for part in parts)
        case _:
            assert_never(expression)


def _of(license: License, policy: ResolvedPolicy) -> PolicyResult:
    """One license. An exception only permits more, so without a word of the policy about it the license alone counts."""
    if license.exception in policy.exceptions:
        return PolicyResult.ALLOWED
    if license.key in policy.listed or license.key.removesuffix("+") in policy.listed:
        return PolicyResult.ALLOWED if policy.allows else PolicyResult.DENIED
    if license.key in FAMILIES:
        return _of_family(FAMILIES[license.key], policy)
    if REFERENCE in license.key:
        return PolicyResult.UNKNOWN
    return PolicyResult.DENIED if policy.allows else PolicyResult.ALLOWED


def _of_family(members: Iterable[str], policy: ResolvedPolicy) -> PolicyResult:
    """A name that may mean several licenses: known only where it makes no difference which one."""
    results = {_of(License(member), policy) for member in members}
    return results.pop() if len(results) == 1 else PolicyResult.UNKNOWN
