"""The environment that runs the noxfile, as `noxfile.py.lock` pins it (PEP 723)."""

from __future__ import annotations

from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.pipeline.model import NOXFILE
from evenfall.project.uv import uv

SCRIPT_LOCK = f"{NOXFILE}.lock"
SCRIPT_MODE = "NOX_SCRIPT_MODE"
"""Nox's own variable; `none` means that this process already runs in the environment of the script header."""


def script_python(root: Path) -> Path:
    """The interpreter of that environment, made or brought up to date.

    Raises `EvenfallError`: no noxfile, no lock, a stale one or one without Evenfall (usage); uv can't make the environment (unknown).
    """
    if not (root / NOXFILE).is_file():
        raise EvenfallError(f"{NOXFILE}: not found in {root}", hint="evenfall init")
    if not (root / SCRIPT_LOCK).is_file():
        raise EvenfallError(f"{SCRIPT_LOCK}: not found in {root}", hint=f"uv lock --script {NOXFILE}")
    uv(root, "sync", "--quiet", "--locked", "--script", NOXFILE)
    if '\nname = "evenfall"\n' not in (root / SCRIPT_LOCK).read_text(encoding="utf-8"):
        raise EvenfallError(
            f"{SCRIPT_LOCK}: it does not lock evenfall", hint=f'uv add --script {NOXFILE} "evenfall[sessions]"'
        )
    return Path(uv(root, "python", "find", "--script", NOXFILE).strip())
