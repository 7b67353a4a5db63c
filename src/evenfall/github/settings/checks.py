"""The required checks of the default branch. They are the gates of the pipeline, and only GitHub Actions can report them.

https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evenfall.github.live import Live
from evenfall.github.rulesets import Parameters, Ruleset
from evenfall.github.setting import Difference, Setting, difference
from evenfall.github.settings.branch import branch_spec
from evenfall.github.settings.rules import WHERE, update_ruleset
from evenfall.github.wanted import ACTIONS_APP, WantedSettings
from evenfall.github_api.client import GitHubApi
from evenfall.pipeline.gates import is_gate

RULE = "required_status_checks"
STRICT = "strict_required_status_checks_policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checks:
    """The required checks of Evenfall's ruleset by name, with the app that must report them, or None for any.

    `reported` are those that GitHub Actions has reported. `unreported` are required, but nothing reports them.
    """

    ruleset: Ruleset | None
    required: Mapping[str, int | None]
    reported: frozenset[str]
    unreported: tuple[str, ...]

    def missing(self, wanted: WantedSettings) -> tuple[str, ...]:
        """Return the wanted checks that are not required from GitHub Actions."""
        return tuple(name for name in wanted.branch.required_checks if self.required.get(name) != ACTIONS_APP)

    def removed(self, wanted: WantedSettings) -> tuple[str, ...]:
        """Return the checks to remove: those from GitHub Actions that no job reports, when all that are missing can be added.

        One that any app may report stays, because some apps report on pull requests only, which are not read.
        """
        if not {*self.missing(wanted)} <= self.reported:
            return ()
        return tuple(name for name in self.unreported if self.required[name] == ACTIONS_APP)


def required_in(parameters: Parameters) -> Mapping[str, int | None]:
    """Return the checks that a rule requires by name, with the app that must report them, or None for any."""
    return {each["context"]: each.get("integration_id") for each in parameters.get(RULE, ())}


def unreported(required: Mapping[str, int | None], live: Live, wanted: WantedSettings) -> tuple[str, ...]:
    """Return the required checks that no job of the workflows and no other app reports. Those of a named other app are not known.

    The gate of another workflow is one of them even if it was reported for the commit of the work tree: a change renames it.
    """
    unknown = [
        name
        for name, app in required.items()
        if name not in wanted.branch.required_checks and name not in live.jobs and app in (None, ACTIONS_APP)
    ]
    without_job = [name for name in unknown if is_gate(name) or name not in live.commit_checks]
    return tuple(name for name in without_job if required[name] == ACTIONS_APP or name not in live.other_checks)


def _read(live: Live, wanted: WantedSettings) -> _Checks:
    ruleset = live.ruleset(branch_spec(wanted))
    required = required_in((ruleset and ruleset.parameters(RULE)) or {})
    is_missing = any(required.get(name) != ACTIONS_APP for name in wanted.branch.required_checks)
    return _Checks(
        ruleset=ruleset,
        required=required,
        reported=live.workflow_checks if is_missing else frozenset(),
        unreported=unreported(required, live, wanted),
    )


def _compare(checks: _Checks, wanted: WantedSettings) -> Iterator[Difference]:
    again = "Push a commit, wait for its checks, and run evenfall github apply again"
    for name in checks.missing(wanted):
        state = "required from another app or from any" if name in checks.required else "not required"
        by_hand = "" if name in checks.reported else f"GitHub Actions has not reported it yet. {again}"
        yield Difference(what=_what(name), live=state, wanted="required from GitHub Actions", by_hand=by_hand)
    for name in checks.unreported:
        live, by_hand = "required, but no job reports it", ""
        if checks.required[name] != ACTIONS_APP:
            live = "required from any app, but none has reported it on the default branch"
            by_hand = "Remove it; if an app reports it on pull requests only, choose that app as its source"
        elif name not in checks.removed(wanted):
            by_hand = f"It can be replaced when the missing checks are reported. {again}"
        yield Difference(what=_what(name), live=live, wanted="not required", by_hand=by_hand)
    if checks.required:
        yield from difference("branches must be up to date", _is_strict(checks.ruleset), wanted.branch.strict_checks)


def _what(name: str) -> str:
    return f"required check {name!r}"


def _is_strict(ruleset: Ruleset | None) -> bool:
    return bool(ruleset and (ruleset.parameters(RULE) or {}).get(STRICT))


def _write(api: GitHubApi, checks: _Checks, wanted: WantedSettings) -> None:
    added = [name for name in checks.missing(wanted) if name in checks.reported]
    required = [
        *_kept(checks, {*added, *checks.removed(wanted)}),
        *({"context": name, "integration_id": ACTIONS_APP} for name in added),
    ]
    rules = None
    if checks.ruleset:
        parameters = {RULE: required, STRICT: wanted.branch.strict_checks}
        rules = checks.ruleset.rules_with(RULE, parameters) if required else checks.ruleset.rules_without(RULE)
    update_ruleset(api, checks.ruleset, rules=rules)


def _kept(checks: _Checks, gone: Collection[str]) -> list[dict[str, Any]]:
    """Return the required checks that stay as they are, with fields that Evenfall does not know."""
    parameters = (checks.ruleset and checks.ruleset.parameters(RULE)) or {}
    return [each for each in parameters.get(RULE, ()) if each["context"] not in gone]


REQUIRED_CHECKS = Setting(
    key="required-checks",
    title="Required checks",
    why="a required check that no job reports blocks every merge, and a check that is not required blocks none",
    where=WHERE,
    read=_read,
    compare=_compare,
    write=_write,
)
