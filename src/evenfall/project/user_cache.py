"""The folder for data that can be downloaded or computed again."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path

from evenfall.errors import EvenfallError, Exit


def user_cache() -> Path:
    """Return the user's cache folder, which may not exist yet. Raises `EvenfallError` (unknown) if the user has no home directory."""
    try:
        found = user_cache_path("evenfall", appauthor=False)
    except RuntimeError:
        found = Path("~")
    if not found.is_absolute():  # for example in a container whose user is not in /etc/passwd
        raise EvenfallError(
            "cache: this user has no home directory", hint="set HOME, or XDG_CACHE_HOME", exit_code=Exit.UNKNOWN
        )
    return found
