"""Finding in a pipeline what a user names: a session, one of its jobs, or the job that GitHub shows."""

from __future__ import annotations

from evenfall.errors import EvenfallError
from evenfall.pipeline.model import Pipeline, Session
from evenfall.text import did_you_mean


def find_session(pipeline: Pipeline, name: str) -> Session:
    """The session of that name, or the one with a job of that name. Raises `EvenfallError` (usage) where there is none."""
    found = pipeline.find(name)
    hosted = next((job for job in pipeline.hosted_jobs if job.name == name.partition(" @ ")[0]), None)
    if found is None and hosted is not None:
        raise EvenfallError(
            f"{name!r} is a job that only GitHub can do", hint=f"nox -s {hosted.local}, its counterpart here"
        )
    if found is None:
        known = (*(session.name for session in pipeline.sessions), *pipeline.local)
        why = (
            " is local only: it is a plain nox.session"
            if name in pipeline.local
            else f" is not a session{did_you_mean(name, known)}"
        )
        raise EvenfallError(f"{name!r}{why}", hint="nox -l lists the sessions")
    return found
