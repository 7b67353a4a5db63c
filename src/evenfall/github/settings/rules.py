"""Settings that are parts of a ruleset: the ruleset itself, one of its rules, and who can bypass it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from evenfall.errors import EvenfallError
from evenfall.github.live import ADMIN_WRITE, Live, Unreadable
from evenfall.github.rulesets import ADMIN_ROLE, Parameters, Ruleset, RulesetSpec
from evenfall.github.setting import Difference, Setting, difference
from evenfall.github.wanted import WantedSettings
from evenfall.github_api.client import GitHubApi
from evenfall.project.github_settings import Feature

WHERE = "Settings → Rules → Rulesets"
Spec = Callable[[WantedSettings], RulesetSpec]


def update_ruleset(api: GitHubApi, ruleset: Ruleset | None, **values: object) -> None:
    """Replace fields of a ruleset. GitHub keeps those that the request does not have.

    Raises `EvenfallError` if there is no ruleset.
    """
    if ruleset is None:
        raise EvenfallError("its ruleset does not exist", hint="evenfall github apply, when the ruleset can be created")
    api.put(f"rulesets/{ruleset.id}", msgspec.to_builtins(values), permission=ADMIN_WRITE)


def ruleset_setting(
    key: str, *, title: str, why: str, spec: Spec, feature: Feature | None = None
) -> Setting[Ruleset | None]:
    """Return the setting that a ruleset exists, is active, and applies to what it must protect."""

    def compare(ruleset: Ruleset | None, wanted: WantedSettings) -> tuple[Difference, ...]:
        name = f"ruleset {spec(wanted).name!r}"
        if ruleset is None:
            return difference(name, "missing", "active")
        state = "applied" if ruleset.applies(spec(wanted)) else "not applied"
        return (
            *difference(name, ruleset.enforcement, "active"),
            *difference(f"{name} on {spec(wanted).refs[0]}", state, "applied"),
        )

    def write(api: GitHubApi, ruleset: Ruleset | None, wanted: WantedSettings) -> None:
        if ruleset:
            conditions = {} if ruleset.applies(spec(wanted)) else {"conditions": ruleset.conditions_for(spec(wanted))}
            return update_ruleset(api, ruleset, enforcement="active", **conditions)
        ref_name = {"include": [spec(wanted).refs[0]], "exclude": []}
        body = {
            "name": spec(wanted).name,
            "target": spec(wanted).target,
            "enforcement": "active",
            "bypass_actors": [],
            "conditions": {"ref_name": ref_name},
            "rules": [{"type": rule} for rule in spec(wanted).rules],
        }
        api.post("rulesets", body, permission=ADMIN_WRITE)
        return None

    return Setting(
        key=key,
        title=title,
        why=why,
        where=WHERE,
        read=lambda live, wanted: live.ruleset(spec(wanted)),
        compare=compare,
        write=write,
        feature=feature,
    )


def rule_setting(
    key: str,
    *,
    title: str,
    why: str,
    spec: Spec,
    rule: str,
    parameters: Callable[[WantedSettings], Parameters | None] = lambda wanted: {},
    names: Mapping[str, str] | None = None,
    feature: Feature | None = None,
) -> Setting[Ruleset | None]:
    """Return the setting that a ruleset has a rule with some `parameters`, or that it does not have the rule (None).

    `names` are the words for all of these parameters. Other parameters of the rule are kept.
    """

    def compare(ruleset: Ruleset | None, wanted: WantedSettings) -> tuple[Difference, ...]:
        live, should = ruleset.parameters(rule) if ruleset else None, parameters(wanted)
        found = difference("required" if names else "", live is not None, should is not None)
        for name, value in (should or {}).items():
            found += difference((names or {})[name], (live or {}).get(name, type(value)()), value)
        return found

    def write(api: GitHubApi, ruleset: Ruleset | None, wanted: WantedSettings) -> None:
        should = parameters(wanted)
        rules = ruleset and (ruleset.rules_without(rule) if should is None else ruleset.rules_with(rule, should))
        update_ruleset(api, ruleset, rules=rules)

    return Setting(
        key=key,
        title=title,
        why=why,
        where=WHERE,
        read=lambda live, wanted: live.ruleset(spec(wanted)),
        compare=compare,
        write=write,
        feature=feature,
    )


def bypass_setting(
    key: str,
    *,
    title: str,
    why: str,
    spec: Spec,
    admins: Callable[[WantedSettings], bool],
    feature: Feature | None = None,
) -> Setting[Ruleset | None]:
    """Return the setting that a ruleset has no bypass actor, or only the `admins`."""

    def read(live: Live, wanted: WantedSettings) -> Ruleset | Unreadable | None:
        ruleset = live.ruleset(spec(wanted))
        if ruleset and ruleset.bypass_actors is None:
            return Unreadable(reason="GitHub's answer does not include the bypass list", permission=ADMIN_WRITE)
        return ruleset

    def compare(ruleset: Ruleset | None, wanted: WantedSettings) -> tuple[Difference, ...]:
        actors = (ruleset and ruleset.bypass_actors) or ()
        missing = admins(wanted) and ruleset is not None and not any(each.is_admin_role for each in actors)
        return (
            *(difference("bypass by admins", False, True) if missing else ()),
            *(
                Difference(what=f"bypass by {each}", live=f"on ({each.bypass_mode})", wanted="off")
                for each in actors
                if not (admins(wanted) and each.is_admin_role)
            ),
        )

    def write(api: GitHubApi, ruleset: Ruleset | None, wanted: WantedSettings) -> None:
        kept = [each for each in (ruleset and ruleset.bypass_actors) or () if each.is_admin_role]
        role = {"actor_id": ADMIN_ROLE, "actor_type": "RepositoryRole", "bypass_mode": "always"}
        update_ruleset(api, ruleset, bypass_actors=(kept or [role]) if admins(wanted) else [])

    return Setting(key=key, title=title, why=why, where=WHERE, read=read, compare=compare, write=write, feature=feature)
