"""The folder of a release is replaced as a whole or stays as it was, even if the build is killed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def new_folder(place: Path) -> Iterator[Path]:
    """Yield an empty folder beside `place`, for `replace_folder`, and remove it in the end if it still exists.

    Git ignores it and `place`, so that the files of a release do not make the work tree unclean.
    """
    above = place.parent
    above.mkdir(exist_ok=True)
    if not (above / ".gitignore").exists():
        (above / ".gitignore").write_text("*\n", encoding="utf-8")
    _restore(place)
    with tempfile.TemporaryDirectory(prefix=".build-", dir=above) as folder:
        (new := Path(folder, "new")).mkdir()
        yield new


def replace_folder(place: Path, new: Path) -> None:
    """Move the folder `new` to `place`, and remove the older folder there.

    There is no portable way to exchange two folders in one step. If this process is killed between the two steps, the next `new_folder`
    restores the older folder.
    """
    try:
        if place.exists():
            place.rename(_backup(place))
        new.rename(place)
    finally:
        _restore(place)


def _restore(place: Path) -> None:
    """Move the older folder back if there is no newer one, else remove it."""
    backup = _backup(place)
    if place.exists():
        shutil.rmtree(backup, ignore_errors=True)
    elif backup.exists():
        backup.rename(place)


def _backup(place: Path) -> Path:
    return place.with_name(f".{place.name}-before")
