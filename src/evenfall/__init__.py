"""The public API for a noxfile: `session`, `hosted_job`, `standard_sessions`, `release_sessions` and `pythons`.

One noxfile declares every check of a Python package, locally and in CI. Each name is imported on first use, so that
`import evenfall` takes almost no time.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers read it as True; `typing` takes long to import
if TYPE_CHECKING:
    from typing import Any

    from evenfall.pipeline.declare import hosted_job, session
    from evenfall.sessions.release import release_sessions
    from evenfall.sessions.standard import pythons, standard_sessions

__all__ = ["hosted_job", "pythons", "release_sessions", "session", "standard_sessions"]

_MODULES = {
    "hosted_job": "evenfall.pipeline.declare",
    "session": "evenfall.pipeline.declare",
    "pythons": "evenfall.sessions.standard",
    "release_sessions": "evenfall.sessions.release",
    "standard_sessions": "evenfall.sessions.standard",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'evenfall' has no attribute {name!r}")
    from evenfall.imports import import_without_gc

    return getattr(import_without_gc(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
