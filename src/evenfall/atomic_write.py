"""Atomic writing: a file is replaced as a whole or stays as it was."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacement(path: Path) -> Iterator[Path]:
    """Yield a path to write to; the file replaces `path` when the block ends, and is removed if the block raises.

    The yielded path is in a temporary folder on the same file system, which is removed with everything in it. The mode of
    the old file is kept. A symbolic link is replaced, not followed. Folders above `path` are created. Raises `OSError`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".evenfall-", dir=path.parent) as folder:
        part = Path(folder, path.name)
        yield part
        if path.exists():
            shutil.copymode(path, part)
        part.replace(path)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Replace the content of a file, text as UTF-8 without changing its line ends; see `replacement`."""
    with replacement(path) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)
