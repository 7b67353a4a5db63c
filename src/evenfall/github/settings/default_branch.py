"""The default branch: it must be the one that the workflows and the rules are for."""

from __future__ import annotations

from collections.abc import Iterator

from evenfall.github.setting import Difference, Setting, difference
from evenfall.github.wanted import WantedSettings


def _compare(branch: str, wanted: WantedSettings) -> Iterator[Difference]:
    by_hand = f'Change it, or set default-branch = "{branch}" in [tool.evenfall]'
    yield from difference("", branch, wanted.branch.branch, by_hand=by_hand)


DEFAULT_BRANCH = Setting(
    key="default-branch",
    title="Default branch",
    why="the workflows run on pushes to the wanted one, and the rules protect the live one",
    where="Settings → General → Default branch",
    read=lambda live, wanted: live.repository.default_branch,
    compare=_compare,
)
