"""The section of the guide that the maintainer writes by hand. `evenfall generate` keeps everything between its two markers."""

from __future__ import annotations

from pathlib import Path

from evenfall.errors import EvenfallError

BEGIN = "<!-- begin: by hand -->"
END = "<!-- end: by hand -->"


def read_by_hand(path: Path, name: str) -> str:
    """Return the lines between the markers of a generated file. `name` is the path for error messages.

    Raises `EvenfallError` (usage) unless each marker is there once, on a line of its own, the first one first; or if the file is not
    UTF-8: the text between them could be lost.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    except UnicodeDecodeError as error:
        raise EvenfallError(
            f"{name}: not UTF-8, so its section written by hand can't be kept", hint=f"save {name} as UTF-8"
        ) from error
    places = [(number, line.strip()) for number, line in enumerate(lines) if line.strip() in (BEGIN, END)]
    if [marker for _, marker in places] != [BEGIN, END]:
        found = ", ".join(f"line {number + 1}: {marker}" for number, marker in places) or "none"
        raise EvenfallError(
            f"{name}: expected one line {BEGIN} and after it one line {END}, which enclose what is written by hand; found {found}",
            hint=f"correct the markers in {name}; git show HEAD:{name} prints the committed file",
        )
    (first, _), (last, _) = places
    return "".join(lines[first + 1 : last])


def by_hand_section(text: str) -> str:
    """Return the section with the text between its markers."""
    return f"{BEGIN}\n{text}{END}\n"
