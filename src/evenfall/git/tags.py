"""The tags of a repository, and the commits that they name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from evenfall.git.command import git
from evenfall.git.options import IDENTITY


def tagged_commits(root: Path) -> Mapping[str, str]:
    """Return the commit of each tag by the tag's name. Tags of other objects are left out."""
    return _tags(root)


def tags_before(root: Path, commit: str) -> Mapping[str, str]:
    """Return the tags of a commit and of the commits that it is based on, as `tagged_commits` does."""
    return _tags(root, f"--merged={commit}")


def _tags(root: Path, *options: str) -> Mapping[str, str]:
    # An annotated tag is an object, and its commit is the object that it names.
    form = "--format=%(refname:strip=2)%09%(objecttype)%09%(objectname)%09%(*objecttype)%09%(*objectname)"
    fields = (line.split("\t") for line in git(root, "for-each-ref", form, *options, "refs/tags").text.splitlines())
    return {
        name: annotated or direct
        for name, direct_kind, direct, annotated_kind, annotated in fields
        if (annotated_kind or direct_kind) == "commit"
    }


def add_tag(root: Path, name: str) -> None:
    """Make an annotated tag of HEAD, as Evenfall. Raises `EvenfallError` (usage) if the tag exists, or if git rejects its name."""
    git(root, "-c", "tag.gpgSign=false", "tag", "--annotate", "--message", name, "--", name, env=IDENTITY)
