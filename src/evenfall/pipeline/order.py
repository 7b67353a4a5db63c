"""Check the order of the jobs: every name in `requires` must exist, and no session may require itself through others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from evenfall.errors import EvenfallError
from evenfall.pipeline.model import NOXFILE
from evenfall.text import did_you_mean


def check_order(
    requires: Mapping[str, Sequence[str]],
    members: Mapping[str, Sequence[str]],
    *,
    locations: Mapping[str, str] | None = None,
) -> None:
    """Check that the names exist and that the graph of jobs has no cycle.

    `requires` maps each job to the names it requires, `members` the name of a session with several jobs to these jobs, and
    `locations` a job to the line that declares it, if that is known.
    Raises `EvenfallError` (usage) that names all unknown requirements, or the cycle.
    """
    location = defaultdict(lambda: NOXFILE, locations or {})
    known = {*requires, *members}
    unknown = [
        f"{location[job]}: session {job!r} requires {name!r}, which is not a session ({did_you_mean(name, sorted(known))[2:]})"
        for job, names in requires.items()
        for name in names
        if name not in known
    ]
    if unknown:
        raise EvenfallError("; ".join(unknown), hint="correct requires=; nox -l lists the sessions")
    graph = {
        job: [member for name in names for member in members.get(name, (name,))] for job, names in requires.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        cycle = error.args[1][::-1]
        raise EvenfallError(
            f"{location[cycle[0]]}: sessions require each other in a cycle: {' -> '.join(cycle)}",
            hint="remove one requires=",
        ) from error
