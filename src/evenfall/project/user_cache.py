"""Where Evenfall remembers what can be had again."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path

from evenfall.errors import EvenfallError, Exit


def user_cache() -> Path:
    """The user's own folder, which need not be there yet. Raises `EvenfallError` (unknown) for a user who has no home."""
    try:
        found = user_cache_path("evenfall", appauthor=False)
    except RuntimeError:
        found = Path("~")
    if not found.is_absolute():  # as in a container that runs as a user whom its system does not know
        raise EvenfallError(
            "cache: this user has no home directory", hint="set HOME, or XDG_CACHE_HOME", exit_code=Exit.UNKNOWN
        )
    return found
