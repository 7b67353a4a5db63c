"""Compiled modules without what depends on the folder in which they were built, and the paths that show this folder."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_COMPILED = (".so", ".pyd", ".dylib")
# A linker derives the build ID from all other bytes.
_OPTIONS = ("-S",) if sys.platform == "darwin" else ("--strip-debug", "--remove-section=.note.gnu.build-id")
_PATH = re.compile(rb"(?:/|[A-Za-z]:\\)[\x21-\x7e]{3,}")


def is_compiled(name: str) -> bool:
    """Return whether a file is a compiled module or library, by its name."""
    return name.endswith(_COMPILED)


def without_debug_information(content: bytes) -> bytes:
    """Return a compiled module without debug information; as it is if `strip`, which every compiler needs, is missing or can't read it."""
    strip = shutil.which("strip")
    if strip is None:
        return content
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        file = Path(folder, "module")
        file.write_bytes(content)
        subprocess.run([strip, *_OPTIONS, str(file)], capture_output=True)
        return file.read_bytes()


def different_paths(first: bytes, second: bytes) -> tuple[str, ...]:
    """Return the shortest path in a file that another file does not have, and the other way round; nothing if there is none."""
    paths, others = ({*_PATH.findall(content)} for content in (first, second))
    found = (min(each, key=lambda path: (len(path), path), default=b"") for each in (paths - others, others - paths))
    return tuple(path.decode("ascii") for path in found if path)
