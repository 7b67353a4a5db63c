"""A private copy of a repository's index: git stages and commits there, and the user's repository stays as it is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evenfall.git.alternates import alternates_variable
from evenfall.git.command import GitOutput, git
from evenfall.git.options import IDENTITY, NO_SIDE_EFFECTS
from evenfall.git.repository import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateIndex:
    """A copy of a repository's index in `folder`, and a folder for the objects that git writes when it uses this index."""

    repository: Repository
    folder: Path

    @property
    def objects(self) -> Path:
        """The folder of new objects."""
        return self.folder / "objects"

    @property
    def env(self) -> dict[str, str]:
        """The variables with which git uses this index, and sees commits as they are, without replacements and grafts."""
        return {
            "GIT_DIR": os.fspath(self.repository.git_dir),
            "GIT_WORK_TREE": os.fspath(self.repository.top),
            "GIT_INDEX_FILE": os.fspath(self.folder / "index"),
            "GIT_OBJECT_DIRECTORY": os.fspath(self.objects),
            **alternates_variable(self.repository.objects),
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_GRAFT_FILE": os.fspath(
                self.folder / "grafts"
            ),  # it does not exist; git warns about every file that does
        }

    def git(self, *arguments: str, codes: Sequence[int] = (0,), stdin: bytes = b"") -> GitOutput:
        """Run git with this index at the top of the work tree."""
        lfs = ("-c", f"lfs.storage={self.folder / 'lfs'}")
        options = (*NO_SIDE_EFFECTS, *lfs, *arguments)
        return git(self.repository.top, *options, env=self.env, codes=codes, stdin=stdin)

    def unmerged_paths(self) -> tuple[str, ...]:
        """Return the paths with a merge conflict."""
        entries = self.git("ls-files", "-z", "--unmerged").fields
        return tuple(dict.fromkeys(entry.partition("\t")[2] for entry in entries))

    def write_tree(self) -> str:
        """Write the index as a tree and return its name."""
        return self.git("write-tree").line

    def commit(self, tree: str, *parents: str) -> str:
        """Make a commit of a tree and return its name. It belongs to no branch."""
        configuration = ("-c", "commit.gpgSign=false", "-c", "i18n.commitEncoding=UTF-8")
        options = [option for parent in parents for option in ("-p", parent)]
        arguments = (*configuration, "commit-tree", tree, *options, "-m", "evenfall snapshot")
        return git(self.repository.top, *arguments, env={**self.env, **IDENTITY}).line


def make_private_index(repository: Repository, folder: Path) -> PrivateIndex:
    """Copy a repository's index to an existing folder."""
    index = PrivateIndex(repository=repository, folder=folder)
    index.objects.mkdir()
    if repository.index.is_file():
        copy_index(repository.index, folder)
    return index


def copy_index(index: Path, folder: Path) -> None:
    """Copy an index file to `folder/index`, with the shared index files beside it, to which a split index refers.

    The copies keep their times: git compares them with a file's time to notice an edit within the same second.
    """
    shutil.copy2(index, folder / "index")
    for shared in index.parent.glob("sharedindex.*"):
        shutil.copy2(shared, folder / shared.name)
