"""The sandboxes whose checkouts are the read-only layers of the others: one with the history, one without."""

from __future__ import annotations

import threading
from pathlib import Path

from evenfall.git.snapshot import Snapshot
from evenfall.run.isolation import Isolation
from evenfall.run.sandbox import Sandbox, make_sandbox


class BaseSandboxes:
    """Makes the base of each kind when the first job needs it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[str, Sandbox] = {}

    def add(self, sandbox: Sandbox) -> None:
        """Use a sandbox without history, whose checkout nobody has changed, as a base."""
        self._made[sandbox.commit] = sandbox

    def get(self, folder: Path, snapshot: Snapshot, *, history: bool) -> Sandbox:
        """Return the base with a commit of the snapshot, in the run's folder. Raises `EvenfallError` as `make_sandbox` does."""
        commit = snapshot.checkout_commit(history=history)
        with self._lock:
            if commit not in self._made:
                self._made[commit] = make_sandbox(
                    folder / f"base-{commit[:12]}", snapshot, history=history, isolation=Isolation.NAMESPACES
                )
            return self._made[commit]
