"""One noxfile for every check a Python package has: the same on your machine and in CI.

The public face, for a noxfile: `session`, `hosted_job`, `standard_sessions` and `pythons`. Everything is imported when it is
first used, so that `import evenfall` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evenfall.pipeline.declare import hosted_job, session
    from evenfall.sessions.standard import pythons, standard_sessions

__all__ = ["hosted_job", "pythons", "session", "standard_sessions"]

_HOME = {
    "hosted_job": "evenfall.pipeline.declare",
    "session": "evenfall.pipeline.declare",
    "pythons": "evenfall.sessions.standard",
    "standard_sessions": "evenfall.sessions.standard",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'evenfall' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
