"""The license policy of a project, and its result for an expression: allowed, denied or unknown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from evenfall.errors import EvenfallError
from evenfall.project import pyproject
from evenfall.project.settings import DEFAULT_DENY, LicensePolicy
from evenfall.supply_chain.licenses.license_names import FAMILIES
from evenfall.supply_chain.licenses.spdx import (
    REFERENCE,
    SpdxExpression,
    SpdxLicense,
    evaluate,
    reference,
    spdx_list,
)
from evenfall.text import did_you_mean

_TABLE = f"{pyproject.NAME}: tool.evenfall.licenses"


class PolicyResult(IntEnum):
    """The result of a policy. AND is the least of its parts and OR the greatest: Kleene's three-valued logic."""

    DENIED = 0
    UNKNOWN = 1
    ALLOWED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedPolicy:
    """A policy with current SPDX identifiers.

    `others` is the result for every SPDX license that is neither `allowed` nor `denied`. `exceptions` make a license allowed.
    `exempt` are the licenses of each exemption, in the order of the policy.
    """

    allowed: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    others: PolicyResult = PolicyResult.ALLOWED
    exceptions: frozenset[str] = frozenset()
    exempt: tuple[frozenset[str], ...] = ()


def resolve_policy(policy: LicensePolicy) -> ResolvedPolicy:
    """Return the policy with current identifiers. `GPL-3.0` means all of its forms, such as `GPL-3.0-only` and `GPL-3.0-or-later`.

    Raises `EvenfallError` (usage), with the key, if an entry is not an identifier.
    """
    allow_alone = policy.allow is not None and policy.deny is None
    deny = DEFAULT_DENY if policy.allow is policy.deny is None else policy.deny
    return ResolvedPolicy(
        allowed=_all_forms(policy.allow or (), "allow"),
        denied=_all_forms(deny or (), "deny"),
        others=PolicyResult.DENIED if allow_alone else PolicyResult.ALLOWED,
        exceptions=frozenset(
            _exception(entry, f"exceptions[{index}]") for index, entry in enumerate(policy.exceptions)
        ),
        exempt=tuple(
            frozenset(_forms(entry.license, f"exempt[{index}].license") if entry.license else ())
            for index, entry in enumerate(policy.exempt)
        ),
    )


def _all_forms(entries: Iterable[str], key: str) -> frozenset[str]:
    return frozenset(form for index, entry in enumerate(entries) for form in _forms(entry, f"{key}[{index}]"))


def _forms(entry: str, key: str) -> tuple[str, ...]:
    """Return the identifiers that an entry means."""
    licenses = spdx_list().licenses
    if named := reference(entry):
        return (named,)
    forms = tuple(
        licenses[form] for suffix in ("-only", "-or-later") if (form := f"{entry}{suffix}".lower()) in licenses
    )
    if not forms and entry.lower() not in licenses:
        hint = "write an identifier of https://spdx.org/licenses/, or the LicenseRef-… that evenfall licenses --verbose shows"
        raise _invalid_entry(entry, key, "a license", licenses.values(), hint)
    return forms or (licenses[entry.lower()],)


def _exception(entry: str, key: str) -> str:
    exceptions = spdx_list().exceptions
    if entry.lower() not in exceptions:
        hint = "write an identifier of https://spdx.org/licenses/exceptions-index.html; a license belongs in allow or exempt"
        raise _invalid_entry(entry, key, "an exception", exceptions.values(), hint)
    return exceptions[entry.lower()]


def _invalid_entry(entry: str, key: str, kind: str, identifiers: Iterable[str], hint: str) -> EvenfallError:
    suggestion = did_you_mean(entry, identifiers)
    return EvenfallError(
        f"{_TABLE}.{key}: {entry!r} is not {kind} of the SPDX list{suggestion if 'mean' in suggestion else ''}",
        hint=hint,
    )


def policy_result(expression: SpdxExpression | None, policy: ResolvedPolicy) -> PolicyResult:
    """Return the result of the policy for an expression; unknown without an expression."""
    if expression is None:
        return PolicyResult.UNKNOWN
    return evaluate(expression, lambda license: _license_result(license, policy))


def _license_result(license: SpdxLicense, policy: ResolvedPolicy) -> PolicyResult:
    """Return the result for one license. An exception only permits more, so without an entry for it the license alone decides."""
    names = {license.key, license.key.removesuffix("+")}
    if license.exception in policy.exceptions or not names.isdisjoint(policy.allowed):
        return PolicyResult.ALLOWED
    if not names.isdisjoint(policy.denied):
        return PolicyResult.DENIED
    if license.key in FAMILIES:
        return _family_result(FAMILIES[license.key], policy)
    return PolicyResult.UNKNOWN if REFERENCE in license.key else policy.others


def _family_result(members: Iterable[str], policy: ResolvedPolicy) -> PolicyResult:
    """Return the result for a name that may mean several licenses; unknown unless all of them have the same result."""
    results = {_license_result(SpdxLicense(member), policy) for member in members}
    return results.pop() if len(results) == 1 else PolicyResult.UNKNOWN
