"""Notes before the jobs run: the snapshot, the files that it does not contain, and the differences between a sandbox and a runner."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.git.snapshot import Snapshot
from evenfall.pipeline.model import platform_of
from evenfall.project import lockfile
from evenfall.project.lockfile import read_lockfile
from evenfall.project.precommit_config import HOOKS, hooks_unlike_lock, read_hooks
from evenfall.run.job import RunContext
from evenfall.run.runner_environment import KEPT, dropped_variables
from evenfall.run.services import names_of
from evenfall.text import and_more

PREPARE = ".github/actions/prepare"
LIMIT = 5
"""The number of paths in a note, unless the user asked for all."""


def notes_on(context: RunContext, checkout: Path) -> Iterator[str]:
    """Yield the notes on a run, one line each. `checkout` is a checkout of the snapshot."""
    request, snapshot = context.request, context.snapshot
    yield f"snapshot {snapshot.tree[:12]}: {snapshot.request}"
    yield from _excluded_paths(snapshot, verbose=request.verbose)
    tracked = snapshot.paths()
    systems = {system for session in context.pipeline.sessions for system in session.facts.systems}
    yield from portability_notes(tracked, systems)
    yield from hook_notes(checkout)
    if snapshot.repository.is_shallow and any(job.session.facts.history for job in context.plan.jobs):
        yield "this clone is shallow, so sessions with history see less history than in CI: git fetch --unshallow"
    if f"{PREPARE}/action.yml" in tracked or f"{PREPARE}/action.yaml" in tracked:
        yield f"{PREPARE} does not run here, because it prepares a GitHub runner"
    for session in {job.session.name: job.session for job in context.plan.jobs}.values():
        if session.facts.secrets:
            yield f"{session.name} gets no secrets here ({', '.join(session.facts.secrets)})"
        if passed := [name for name in session.facts.pass_env if name in request.environ]:
            yield f"{session.name} gets {', '.join(passed)} from your shell, which CI does not have"
    if context.services.reachable:
        yield f"reachable from jobs, but not on a runner: {names_of(context.services.reachable)}"
    if context.isolation.line:
        yield context.isolation.line
    if request.verbose:
        kept = [name for name in KEPT if name in request.environ]
        caches = ", ".join(map(str, (*context.caches.folders, context.caches.hooks)))
        yield f"kept variables: {', '.join(kept) or 'none'}; caches: {caches}"
        yield f"dropped variables: {', '.join(dropped_variables(request.environ))}"


def _excluded_paths(snapshot: Snapshot, *, verbose: bool) -> Iterator[str]:
    by_reason: dict[str, list[str]] = {}
    for excluded in snapshot.excluded:
        by_reason.setdefault(excluded.reason, []).append(excluded.path)
    for reason, paths in by_reason.items():
        yield f"{reason}: {shorten(paths, verbose=verbose)}"


def shorten(paths: list[str], *, verbose: bool) -> str:
    """Return a list of paths, with a limit unless the user asked for all."""
    if verbose or len(paths) <= LIMIT:
        return ", ".join(paths)
    return f"{and_more(paths, LIMIT)} (--verbose lists all)"


def hook_notes(checkout: Path) -> Iterator[str]:
    """Yield the hooks that run another version of a tool than the sessions. The precommit session reports a file that can't be read."""
    with contextlib.suppress(EvenfallError):
        for note in hooks_unlike_lock(read_hooks(checkout), read_lockfile(checkout / lockfile.NAME)):
            yield f"{HOOKS}: {note}"


# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_FORBIDDEN_ON_WINDOWS = set('<>:"\\|?*') | {chr(code) for code in range(32)}
_DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{digit}" for name in ("com", "lpt") for digit in range(1, 10))}
LONGEST_ON_WINDOWS = 260 - len("D:\\a\\name\\name\\") - 40
"""The characters that Windows's default limit leaves below a runner's checkout, whose path contains the repository's name twice."""


def portability_notes(paths: Sequence[str], labels: Collection[str]) -> Iterator[str]:
    """Yield the tracked paths that the systems of some runners can't check out; their jobs don't run on this machine."""
    systems = {platform_of(label) for label in labels}
    if systems & {"win32", "darwin"}:
        by_folded: dict[str, str] = {}
        for path in paths:
            other = by_folded.setdefault(path.casefold(), path)
            if other != path:
                yield f"{other} and {path} differ only by case: on macOS and Windows one overwrites the other"
    if "win32" in systems:
        if forbidden := [path for path in paths if _is_forbidden(path)]:
            yield f"Windows can't check these out: {', '.join(map(repr, forbidden[:3]))}"
        if long := [path for path in paths if len(path) > LONGEST_ON_WINDOWS]:
            yield f"too long for Windows: {long[0]!r} ({len(long[0])} characters)"


def _is_forbidden(path: str) -> bool:
    return any(
        set(part) & _FORBIDDEN_ON_WINDOWS or part.endswith((".", " ")) or part.partition(".")[0].lower() in _DEVICES
        for part in path.split("/")
    )
