"""Tracked paths that another system can't have: known here, though the jobs of that system do not run here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from evenfall.pipeline.model import platform_of

# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_FORBIDDEN = set('<>:"\\|?*') | {chr(code) for code in range(32)}
_DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{digit}" for name in ("com", "lpt") for digit in range(1, 10))}
LONGEST = 260 - len("D:\\a\\name\\name\\") - 40
"""Characters; beyond, a path with a repository's name before it is too long for a Windows that is not told otherwise."""


def refused(paths: Sequence[str], labels: Collection[str]) -> Iterator[str]:
    """A line for each kind of trouble that the systems of these runners would have."""
    systems = {platform_of(label) for label in labels}
    if systems & {"win32", "darwin"}:
        seen: dict[str, str] = {}
        for path in paths:
            other = seen.setdefault(path.casefold(), path)
            if other != path:
                yield f"{other} and {path} differ by case only: one overwrites the other on macOS and Windows"
    if "win32" in systems:
        if bad := [path for path in paths if _forbidden(path)]:
            yield f"Windows can't check these out: {', '.join(map(repr, bad[:3]))}"
        if long := [path for path in paths if len(path) > LONGEST]:
            yield f"too long for Windows: {long[0]!r} ({len(long[0])} characters)"


def _forbidden(path: str) -> bool:
    return any(
        set(part) & _FORBIDDEN or part.endswith((".", " ")) or part.partition(".")[0].lower() in _DEVICES
        for part in path.split("/")
    )
