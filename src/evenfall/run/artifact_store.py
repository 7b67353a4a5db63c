"""The artifacts of a run: the files of one job are kept here for the jobs that require it.

The rules are those of GitHub's actions (https://github.com/actions/upload-artifact,
https://github.com/actions/download-artifact): files keep their folders below the artifact's own, lose their executable bit, and a
link becomes a copy of its target.
"""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from evenfall.pipeline.model import Artifact


@dataclass(frozen=True, slots=True)
class ArtifactStore:
    """The artifacts of all jobs, in a folder."""

    folder: Path

    def save(self, artifacts: Iterable[Artifact], checkout: Path, *, job: str, system: str) -> tuple[str, ...]:
        """Copy a job's artifacts from its checkout; return the declared paths without a file."""
        missing = []
        for artifact in artifacts:
            target = self.folder / artifact.prefix / artifact.stored_name(job, system).replace(os.sep, "_")
            files = [*_files(checkout, artifact.path)]
            for file in files:
                _copy(file, target / file.relative_to(checkout / artifact.folder))
            if not files:
                missing.append(artifact.path)
        return tuple(missing)

    def restore(self, artifacts: Iterable[Artifact], checkout: Path) -> None:
        """Copy the files of all jobs that saved these artifacts to their paths in another checkout."""
        for artifact in artifacts:
            for saved in sorted((self.folder / artifact.prefix).glob("*")):
                for file in sorted(saved.rglob("*")):
                    if file.is_file():
                        target = checkout / artifact.folder / file.relative_to(saved)
                        _remove_links(target, checkout)
                        _copy(file, target)


def _files(checkout: Path, pattern: str) -> Iterator[Path]:
    """Yield the files of a declared path or pattern; not those outside the checkout, to which a link may lead."""
    found = glob.glob(pattern, root_dir=checkout, recursive=True, include_hidden=True)
    for path in sorted(checkout / name for name in found):
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.is_file() and file.resolve().is_relative_to(checkout.resolve()):
                yield file


def _remove_links(target: Path, checkout: Path) -> None:
    """Remove the links through which a file would be written outside the checkout, or into another file."""
    folders = [folder for folder in reversed(target.parents) if folder.is_relative_to(checkout)]
    for path in (*folders, target):
        if path.is_symlink() and (path == target or not path.resolve().is_relative_to(checkout.resolve())):
            path.unlink()


def _copy(source: Path, target: Path) -> None:
    """Copy the content of a file, not its mode."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
