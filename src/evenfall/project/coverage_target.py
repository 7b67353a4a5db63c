"""Read `coverage_target.txt`, the percentage that the session `coverage` requires."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

from evenfall.errors import EvenfallError

NAME = "coverage_target.txt"


def read_coverage_target(root: Path) -> Fraction:
    """Return the exact target in percent. Raises `EvenfallError` (usage) if the file is missing or is not a number from 0 to 100."""
    try:
        text = (root / NAME).read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise EvenfallError(f"{NAME}: not found in {root}", hint=f"echo 100.0 > {NAME}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise EvenfallError(f"{NAME}: it can't be read as text: {error}", hint=f"echo 100.0 > {NAME}") from error
    if not (re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,9})?", text) and Fraction(text) <= 100):
        raise EvenfallError(f"{NAME}:1: {text[:40]!r} is not a number from 0 to 100", hint=f"echo 100.0 > {NAME}")
    return Fraction(text)
