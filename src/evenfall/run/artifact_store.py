"""The run's own store of artifacts: what one job leaves lies here until the jobs that require it take it.

It does what GitHub's does (https://github.com/actions/upload-artifact, https://github.com/actions/download-artifact): an
artifact of several files keeps their folders below its own, an executable is one no longer, and a link is what it points to.
"""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from evenfall.pipeline.model import Artifact


def keep(artifacts: Iterable[Artifact], checkout: Path, store: Path, *, job: str, system: str) -> tuple[str, ...]:
    """Copy what a job has left from its checkout into the store; return what it declares and has not left."""
    missing = []
    for artifact in artifacts:
        target = store / artifact.prefix / artifact.stored_name(job, system).replace(os.sep, "_")
        files = [*_files(checkout, artifact.path)]
        for file in files:
            _copy(file, target / file.relative_to(checkout / artifact.folder))
        if not files:
            missing.append(artifact.path)
    return tuple(missing)


def _files(checkout: Path, pattern: str) -> Iterator[Path]:
    """The files that a declaration means. What a link leads to outside the checkout is none of a session's."""
    found = glob.glob(pattern, root_dir=checkout, recursive=True, include_hidden=True)
    for path in sorted(checkout / name for name in found):
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.is_file() and file.resolve().is_relative_to(checkout.resolve()):
                yield file


def hand_over(artifacts: Iterable[Artifact], store: Path, checkout: Path) -> None:
    """Put what all jobs have left of these artifacts where they lay in those jobs' checkouts."""
    for artifact in artifacts:
        for kept in sorted((store / artifact.prefix).glob("*")):
            for file in sorted(kept.rglob("*")):
                if file.is_file():
                    target = checkout / artifact.folder / file.relative_to(kept)
                    _unlink_ways_out(target, checkout)
                    _copy(file, target)


def _unlink_ways_out(target: Path, checkout: Path) -> None:
    """Remove the links that would lead a file out of the checkout, or into another file."""
    above = [folder for folder in reversed(target.parents) if folder.is_relative_to(checkout)]
    for place in (*above, target):
        if place.is_symlink() and (place == target or not place.resolve().is_relative_to(checkout.resolve())):
            place.unlink()


def _copy(source: Path, target: Path) -> None:
    """Contents only."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
