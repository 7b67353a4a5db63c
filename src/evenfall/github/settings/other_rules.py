"""Rules of the default branch from other sources: rulesets that Evenfall does not manage, and classic protection.

GitHub applies the strictest of all rules, so they can't weaken the ruleset of Evenfall. They contradict it if they exclude merges that it
allows. Evenfall does not change them, because others may rely on them.
https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/about-rulesets
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from evenfall.github.answers import ClassicProtection
from evenfall.github.live import Live
from evenfall.github.rulesets import Parameters
from evenfall.github.setting import Difference, Setting
from evenfall.github.settings.branch import PULL_REQUEST_NAMES, branch_spec, pull_request
from evenfall.github.settings.checks import RULE, STRICT, required_in, unreported
from evenfall.github.settings.rules import WHERE
from evenfall.github.wanted import WantedSettings

HARMLESS = ("deletion", "non_fast_forward", "creation")
"""Rules that exclude no merge."""
COMPARED = ("pull_request", RULE, "required_linear_history", "update")


@dataclass(frozen=True, slots=True, kw_only=True)
class _OtherRule:
    """A rule, the words for where it comes from, and the checks that it requires and nothing reports."""

    source: str
    type: str
    parameters: Parameters
    unreported: tuple[str, ...] = ()


def _other_rule(live: Live, wanted: WantedSettings, *, source: str, rule: str, parameters: Parameters) -> _OtherRule:
    never = unreported(required_in(parameters), live, wanted) if rule == RULE else ()
    return _OtherRule(source=source, type=rule, parameters=parameters, unreported=never)


def _read_rulesets(live: Live, wanted: WantedSettings) -> tuple[_OtherRule, ...]:
    own = live.ruleset(branch_spec(wanted))
    names = {each.id: each.name for each in live.rulesets}
    return tuple(
        _other_rule(
            live,
            wanted,
            source=f"ruleset {names.get(rule.ruleset_id, str(rule.ruleset_id))!r} of {rule.ruleset_source}",
            rule=rule.type,
            parameters=rule.parameters or {},
        )
        for rule in live.branch_rules
        if own is None or rule.ruleset_id != own.id
    )


def _read_classic(live: Live, wanted: WantedSettings) -> tuple[_OtherRule, ...]:
    protection = live.classic_protection
    source = f"classic protection of {live.repository.default_branch}"
    return tuple(
        _other_rule(live, wanted, source=source, rule=rule, parameters=parameters)
        for rule, parameters in (_as_rules(protection) if protection else ())
    )


def _as_rules(protection: ClassicProtection) -> Iterator[tuple[str, Parameters]]:
    """Yield classic protection as the rules of a ruleset that mean the same."""
    reviews = protection.required_pull_request_reviews
    conversations = {"required_review_thread_resolution": protection.required_conversation_resolution.enabled}
    yield "pull_request", {**(_as_parameters(msgspec.structs.asdict(reviews)) if reviews else {}), **conversations}
    if checks := protection.required_status_checks:
        required = [{"context": each.context, "integration_id": each.app_id} for each in checks.checks]
        yield RULE, {RULE: required, STRICT: checks.strict}
    if protection.required_linear_history.enabled:
        yield "required_linear_history", {}
    if protection.lock_branch.enabled or protection.restrictions is not None:
        yield "update", {}


def _as_parameters(reviews: Parameters) -> Parameters:
    """Return the fields of classic protection under the names that they have in a ruleset."""
    names = {
        "dismiss_stale_reviews": "dismiss_stale_reviews_on_push",
        "require_code_owner_reviews": "require_code_owner_review",
    }
    return {names.get(name, name): value for name, value in reviews.items()}


def unknown_rules(live: Live) -> tuple[str, ...]:
    """Return the types of the rules of the default branch that are not compared."""
    types = {rule.type for rule in live.branch_rules}
    return tuple(sorted(types - {*HARMLESS, *COMPARED}))


def _compare(rules: tuple[_OtherRule, ...], wanted: WantedSettings) -> Iterator[Difference]:
    for rule in rules:
        for what, live, should in _contradictions(rule, wanted):
            where = f"{what} in the {rule.source}"
            yield Difference(what=where, live=live, wanted=should, by_hand="Change or remove the rule there")


def _contradictions(rule: _OtherRule, wanted: WantedSettings) -> Iterator[tuple[str, str, str]]:
    """Yield what excludes merges that the wanted settings allow, with its live and its wanted value."""
    match rule.type:
        case "pull_request":
            yield from _stricter_reviews(rule.parameters, wanted)
        case "required_status_checks":
            for name in rule.unreported:
                yield f"required check {name!r}", "required, but no job reports it", "not required"
            if rule.parameters.get(STRICT) and not wanted.branch.strict_checks:
                yield "branches must be up to date", "on", "off"
        case "required_linear_history" if not wanted.branch.linear_history:
            yield "linear history", "on", "off"
        case "update":
            yield "restriction of updates", "on", "off"
        case _:  # it excludes no merge, as far as is known
            pass


def _stricter_reviews(parameters: Parameters, wanted: WantedSettings) -> Iterator[tuple[str, str, str]]:
    for name, should in pull_request(wanted).items():
        live = parameters.get(name, 0)
        if live > should:
            words = ("on", "off") if live is True else (str(live), f"at most {should}")
            yield (PULL_REQUEST_NAMES[name], *words)
    allowed = parameters.get("allowed_merge_methods", wanted.merge.methods)
    if not {*wanted.merge.methods} <= {*allowed}:
        yield "allowed merge methods", ", ".join(allowed), f"at least {', '.join(wanted.merge.methods)}"


OTHER_RULESETS = Setting(
    key="other-rulesets",
    title="Other rulesets of the default branch",
    why="the strictest of all rules applies, so another ruleset can exclude every merge",
    where=WHERE,
    read=_read_rulesets,
    compare=_compare,
)
CLASSIC_PROTECTION = Setting(
    key="classic-protection",
    title="Classic protection of the default branch",
    why="the strictest of all rules applies, so classic protection can exclude every merge",
    where="Settings → Branches",
    read=_read_classic,
    compare=_compare,
)
