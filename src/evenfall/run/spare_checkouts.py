"""Checkouts that a job left as it found them, for later jobs of the same run.

Jobs without a file system of their own can't share a checkout. In a repository with many files, a new checkout for each job, and its
removal, take much longer than a look at each file after a job.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from evenfall.run.folder_state import State, reliable_state, restore

if TYPE_CHECKING:
    from evenfall.run.checkout_cache import KeptCheckouts
    from evenfall.run.sandbox import Sandbox


class SpareCheckouts:
    """The checkouts of one run that no job uses. No job can have changed a file of one, its repository included."""

    def __init__(self, kept: KeptCheckouts | None = None, *, coarse_granularity: int = 1_000_000_000) -> None:
        """`kept`: the checkouts of other runs. `coarse_granularity`: as in `reliable_state`."""
        self.kept = kept
        self._coarse_granularity = coarse_granularity
        self._lock = threading.Lock()
        self._states: dict[Path, State] = {}
        self._spare: defaultdict[str, list[tuple[Path, State]]] = defaultdict(list)

    def take(self, sandbox: Sandbox) -> bool:
        """Move a spare checkout into a sandbox; return whether there was one."""
        with self._lock:
            if not self._spare[sandbox.commit]:
                return False
            spare, state = self._spare[sandbox.commit].pop()
        spare.rename(sandbox.checkout)
        self._states[sandbox.checkout] = state
        return True

    def record(self, sandbox: Sandbox) -> None:
        """Record the state of a new checkout, before its job runs."""
        if state := reliable_state(sandbox.checkout, coarse_granularity=self._coarse_granularity):
            self._states[sandbox.checkout] = state

    def add(self, sandbox: Sandbox) -> bool:
        """Add the checkout of a sandbox whose job has ended, if the job changed no file of it; return whether that is so.

        New files are moved out of it, and removed with the sandbox.
        """
        state = self._states.pop(sandbox.checkout, None)
        if state is None:
            return False
        spare = sandbox.folder.with_name(f"{sandbox.folder.name}-checkout")
        try:
            if not restore(sandbox.checkout, state, sandbox.folder / "new"):
                return False
            sandbox.checkout.rename(spare)
        except OSError:
            return False
        with self._lock:
            self._spare[sandbox.commit].append((spare, state))
        return True

    def keep(self, sandboxes: Iterable[Sandbox] = ()) -> None:
        """Keep all spare checkouts for later runs, and those of `sandboxes`, which no job can have changed."""
        if self.kept:
            spares = (spare for same_commit in self._spare.values() for spare, _ in same_commit)
            for checkout in (*spares, *(sandbox.checkout for sandbox in sandboxes)):
                self.kept.keep(checkout)
