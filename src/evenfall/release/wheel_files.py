"""The files of a wheel that are installed for import, and whether the wheel is for this Python and system."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

_EXTENSION_TAG = re.compile(r"\.[^/]+(\.(?:so|pyd))\Z")


def importable_files(wheel: Path) -> frozenset[str]:
    """Return the files that are installed in site-packages, except the metadata. Extension modules lose the tag of their Python.

    https://packaging.python.org/en/latest/specifications/binary-distribution-format/
    """
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith(("/", ".pyc"))]
    moved = (re.sub(r"\A[^/]+\.data/(purelib|platlib)/", "", name) for name in names)
    return frozenset(
        _EXTENSION_TAG.sub(r"\1", name) for name in moved if not re.match(r"[^/]+\.(dist-info|data)/", name)
    )


def is_for_other_platform(wheel: Path, message: str) -> bool:
    """Return whether uv refused a wheel because it is compiled for another Python or system. `message` is uv's."""
    texts = ("has no wheels with a matching", "is incompatible with the current platform")
    return not wheel.name.endswith("-none-any.whl") and any(text in message for text in texts)
