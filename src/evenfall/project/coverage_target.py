"""Read `coverage_target.txt`, the percentage that the session `coverage` requires."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.input_file import read_utf8

NAME = "coverage_target.txt"


def read_coverage_target(root: Path) -> Fraction:
    """Return the exact target in percent. Raises `EvenfallError` (usage) if the file is missing or is not a number from 0 to 100."""
    hint = f"echo 100.0 > {NAME}"
    text = read_utf8(root / NAME, missing=hint, hint=hint).strip()
    if not (re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,9})?", text) and Fraction(text) <= 100):
        raise EvenfallError(f"{NAME}:1: {text[:40]!r} is not a number from 0 to 100", hint=hint)
    return Fraction(text)
