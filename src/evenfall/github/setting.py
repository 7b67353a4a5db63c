"""A setting of a repository on GitHub as a value: its texts, and how it is read, compared and written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from evenfall.github.live import Live, Unreadable
from evenfall.github.wanted import WantedSettings
from evenfall.github_api.client import GitHubApi
from evenfall.project.github_settings import Feature

V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A part of a setting that is `live` and must be `wanted`. `what` is empty if it is the setting itself.

    `by_hand` says what a person must do if `apply` can't change it.
    """

    what: str
    live: str
    wanted: str
    by_hand: str = ""

    def __str__(self) -> str:
        return f"{self.what and f'{self.what}: '}{self.live}, must be {self.wanted}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Generic[V]):
    """A setting whose live value is a `V`.

    `key` names it in JSON and in finding codes. `why` is what goes wrong without it. `where` is its page on GitHub. `read` raises
    `EvenfallError` for what can't be read, or returns `Unreadable` for what GitHub leaves out of its answer. `write` changes what
    `compare` reports and keeps everything else; a setting without it is changed by hand. A setting with a `feature` is left as it is if
    the project omits the feature.
    """

    key: str
    title: str
    why: str
    where: str
    read: Callable[[Live, WantedSettings], V | Unreadable]
    compare: Callable[[V, WantedSettings], Iterable[Difference]]
    write: Callable[[GitHubApi, V, WantedSettings], object] | None = None
    feature: Feature | None = None

    def is_wanted(self, wanted: WantedSettings) -> bool:
        """Return whether the project wants this setting."""
        return self.feature is None or self.feature in wanted.features


def difference(what: str, live: object, wanted: object, *, by_hand: str = "") -> tuple[Difference, ...]:
    """Return the difference of two values, or nothing if they are equal."""
    if live == wanted:
        return ()
    return (Difference(what=what, live=_words(live), wanted=_words(wanted), by_hand=by_hand),)


def _words(value: object) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
