"""What is worth a line before the jobs run: what is tested, what was left out of it, and what a sandbox can't give."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.project import lockfile
from evenfall.project.lockfile import read_lockfile
from evenfall.project.precommit_config import HOOKS, beside_the_lock, read_hooks
from evenfall.run.job import Run
from evenfall.run.planner import Plan
from evenfall.run.portable_paths import refused
from evenfall.run.runner_environment import KEPT, dropped
from evenfall.text import and_more

PREPARE = ".github/actions/prepare"
FEW = 5


def notes_on(run: Run, plan: Plan, checkout: Path, *, verbose: bool) -> Iterator[str]:
    """One line each; `checkout` is one of the snapshot."""
    snapshot = run.snapshot
    yield f"snapshot {snapshot.tree[:12]}: {snapshot.request}"
    reasons: dict[str, list[str]] = {}
    for each in snapshot.excluded:
        reasons.setdefault(each.reason, []).append(each.path)
    for why, paths in reasons.items():
        yield f"{why}: {few(paths, verbose=verbose)}"
    tracked = snapshot.paths()
    systems = {system for session in run.pipeline.sessions for system in session.facts.systems}
    yield from refused(tracked, systems)
    yield from hooks_beside_the_lock(checkout)
    if snapshot.repository.is_shallow and any(each.session.facts.history for each in plan.jobs):
        yield "this clone is shallow, so sessions with history see less of it than a runner: git fetch --unshallow"
    if f"{PREPARE}/action.yml" in tracked or f"{PREPARE}/action.yaml" in tracked:
        yield f"{PREPARE} is not run here: it prepares a runner, not your machine"
    for session in {each.session.name: each.session for each in plan.jobs}.values():
        if session.facts.secrets:
            yield f"{session.name} gets no secrets here ({', '.join(session.facts.secrets)})"
        if passed := [name for name in session.facts.pass_env if name in run.environ]:
            yield f"{session.name} is given {', '.join(passed)} of your shell's, which a runner has not"
    if not run.confined:
        yield "this kernel has no Landlock, so a session that looks for your checkout or your HOME by their paths finds them"
    if verbose:
        kept = [name for name in KEPT if name in run.environ]
        yield f"kept: {', '.join(kept) or 'no variable'}; caches {', '.join(map(str, run.caches.folders))}"
        yield f"dropped: {', '.join(dropped(run.environ))}"


def hooks_beside_the_lock(checkout: Path) -> Iterator[str]:
    """Hooks that check with another version than the sessions; a file that can't be read is the precommit session's to say."""
    with contextlib.suppress(EvenfallError):
        for lacks in beside_the_lock(read_hooks(checkout), read_lockfile(checkout / lockfile.NAME)):
            yield f"{HOOKS}: {lacks}"


def few(names: list[str], *, verbose: bool) -> str:
    """A list that stays readable."""
    if verbose or len(names) <= FEW:
        return ", ".join(names)
    return f"{and_more(names, FEW)} (--verbose names all)"
