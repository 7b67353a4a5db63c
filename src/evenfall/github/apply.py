"""Change the settings that differ, one after the other, and read each back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from evenfall.errors import EvenfallError, Exit
from evenfall.github.live import Live, Unreadable
from evenfall.github.plan import read_setting
from evenfall.github.setting import Difference, Setting
from evenfall.github.settings.catalog import SETTINGS
from evenfall.github.wanted import WantedSettings
from evenfall.github_api.client import GitHubApi


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingResult:
    """What was done about one setting: the differences that are `changed`, those that remain (`by_hand`), and why it failed.

    `unreadable` is why nothing was done.
    """

    setting: Setting[Any]
    changed: tuple[Difference, ...] = ()
    by_hand: tuple[Difference, ...] = ()
    failure: str = ""
    unreadable: Unreadable | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What was done in a repository (`owner/name`), in this order."""

    repository: str
    results: tuple[SettingResult, ...]
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> Exit:
        """The exit code of the command; what remains to be done outweighs what could not be read."""
        if any(each.failure or each.by_hand for each in self.results):
            return Exit.FINDINGS
        return Exit.UNKNOWN if any(each.unreadable for each in self.results) else Exit.FINE


def apply_settings(
    live: Live,
    wanted: WantedSettings,
    *,
    progress: Callable[[str], object],
    notes: Iterable[str] = (),
) -> Application:
    """Change all settings that differ. A failure of one does not stop the others.

    Raises `EvenfallError` if the repository itself can't be read.
    """
    live.check_repository()
    results = []
    for setting in SETTINGS:
        if setting.is_wanted(wanted):
            result, live = _apply(setting, live, wanted)
            results.append(result)
            if result.changed or result.failure:
                progress(f"{setting.title}: {'failed' if result.failure else 'changed'}")
    return Application(repository=live.api.repository, results=tuple(results), notes=tuple(notes))


def _apply(setting: Setting[Any], live: Live, wanted: WantedSettings) -> tuple[SettingResult, Live]:
    """Change one setting. Return what was done, and what is live afterwards."""
    value = read_setting(setting, live, wanted)
    if isinstance(value, Unreadable):
        return SettingResult(setting=setting, unreadable=value), live
    differences = tuple(setting.compare(value, wanted))
    by_hand = tuple(each for each in differences if each.by_hand)
    to_change = tuple(each for each in differences if not each.by_hand)
    if not to_change:
        return SettingResult(setting=setting, by_hand=by_hand), live
    live = live.again()
    failure = _write(live.api, setting, value, wanted) or _remaining(setting, live, wanted)
    changed = () if failure else to_change
    return SettingResult(setting=setting, changed=changed, by_hand=by_hand, failure=failure), live


def _write(api: GitHubApi, setting: Setting[Any], value: Any, wanted: WantedSettings) -> str:
    """Change a setting. Return why that failed, or an empty text."""
    assert setting.write  # every difference of a setting without it is one to change by hand
    try:
        setting.write(api, value, wanted)
    except EvenfallError as error:
        return str(error)
    return ""


def _remaining(setting: Setting[Any], live: Live, wanted: WantedSettings) -> str:
    """Read a changed setting back. Return what still differs, or an empty text."""
    value = read_setting(setting, live, wanted)
    if isinstance(value, Unreadable):
        return f"GitHub accepted the change, but it can't be read back: {value.reason}"
    remaining = "; ".join(str(each) for each in setting.compare(value, wanted) if not each.by_hand)
    return remaining and f"GitHub accepted the change, but still reports: {remaining}"
