"""`coverage_target.txt`: the percentage that the coverage gate holds the measured one against."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from evenfall.errors import EvenfallError

NAME = "coverage_target.txt"


def read_coverage_target(root: Path) -> Fraction:
    """The target in percent, exactly as written. Raises `EvenfallError` (usage): not there, or no number from 0 to 100."""
    try:
        text = (root / NAME).read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise EvenfallError(f"{NAME}: not found in {root}", hint=f"echo 100.0 > {NAME}") from error
    except UnicodeDecodeError as error:
        raise EvenfallError(f"{NAME}: it is not text", hint=f"echo 100.0 > {NAME}") from error
    plain = text.replace(".", "", 1)
    if not (plain.isascii() and plain.isdigit() and Fraction(text) <= 100):
        raise EvenfallError(f"{NAME}:1: {text[:40]!r} is not a number from 0 to 100", hint=f"echo 100.0 > {NAME}")
    return Fraction(text)
