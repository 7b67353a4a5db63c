"""Compare the wanted settings with those that are live. It changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from evenfall.errors import EvenfallError, Exit
from evenfall.github.live import Live, Unreadable
from evenfall.github.mergeability import MergeRules, mergeability
from evenfall.github.mergeability_report import assumption, mergeability_text
from evenfall.github.setting import Difference, Setting
from evenfall.github.settings.catalog import SETTINGS
from evenfall.github.settings.other_rules import unknown_rules
from evenfall.github.wanted import WantedSettings
from evenfall.github_api.errors import DeniedError


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingPlan:
    """What a setting's live value lacks, or has too much; or why it could not be read."""

    setting: Setting[Any]
    differences: tuple[Difference, ...] = ()
    unreadable: Unreadable | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The settings of a repository (`owner/name`) that differ or could not be read. `notes` are assumptions of the plan."""

    repository: str
    settings: tuple[SettingPlan, ...]
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> Exit:
        """The exit code of the command; a difference outweighs what could not be read."""
        if any(each.differences for each in self.settings):
            return Exit.FINDINGS
        return Exit.UNKNOWN if any(each.unreadable for each in self.settings) else Exit.FINE


def plan_notes(wanted: WantedSettings, rules: MergeRules) -> Iterator[str]:
    """Yield what a plan assumes, what the project accepts, and what can't be compared."""
    if note := assumption(wanted):
        yield note
    yield from (mergeability_text(result, rules) for result in mergeability(rules) if result.conflicts)
    if "grouped-security-updates" in wanted.features:
        page = "Settings → Advanced Security → Grouped security updates"
        yield f"GitHub's API does not have grouped security updates, so they are not compared: {page}"


def make_plan(live: Live, wanted: WantedSettings, *, notes: Iterable[str] = ()) -> Plan:
    """Return what differs. Raises `EvenfallError` if the repository itself can't be read."""
    live.check_repository()
    plans = (plan_setting(setting, live, wanted) for setting in SETTINGS if setting.is_wanted(wanted))
    return Plan(
        repository=live.api.repository,
        settings=tuple(each for each in plans if each.differences or each.unreadable),
        notes=(*notes, *_unknown_rules(live)),
    )


def _unknown_rules(live: Live) -> Iterator[str]:
    with suppress(EvenfallError):  # the plan of the setting other-rulesets has the error
        if types := unknown_rules(live):
            yield f"these rules of the default branch are not compared: {', '.join(types)}"


def plan_setting(setting: Setting[Any], live: Live, wanted: WantedSettings) -> SettingPlan:
    """Return what differs in one setting."""
    value = read_setting(setting, live, wanted)
    if isinstance(value, Unreadable):
        return SettingPlan(setting=setting, unreadable=value)
    return SettingPlan(setting=setting, differences=tuple(setting.compare(value, wanted)))


def read_setting(setting: Setting[Any], live: Live, wanted: WantedSettings) -> Any:
    """Return the live value of a setting, or `Unreadable`."""
    try:
        return setting.read(live, wanted)
    except DeniedError as error:
        return Unreadable(reason=error.message, permission="" if error.is_plan_limit else error.permission)
    except EvenfallError as error:
        return Unreadable(reason=error.message)
