"""A pre-push hook that runs the mirror on each commit that is being pushed (githooks(5))."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from evenfall.adopt.plan import Change
from evenfall.errors import EvenfallError
from evenfall.generate.files import read_text
from evenfall.git.repository import Repository
from evenfall.project.tools import uv_program

_FIRST = "#!/bin/sh\n# Written by evenfall init --pre-push; delete this file to be without it, or push with --no-verify once.\n"

_HOOK = (
    _FIRST
    + """\
PATH=$PATH:{uv}
seen=
while read -r _ commit ref _; do
    case $ref in refs/heads/*) ;; *) continue ;; esac # CI judges branches
    case $commit in *[!0]*) ;; *) continue ;; esac # all zeros: a branch is deleted
    case $seen in *$commit*) continue ;; esac
    seen="$seen $commit"
    git cat-file -e "$commit:noxfile.py" 2>/dev/null || continue # from before evenfall
    uv sync --quiet --locked --script noxfile.py </dev/null || exit 1
    "$(uv python find --script noxfile.py)" -P -m evenfall run --commit "$commit" </dev/null || exit 1
done
"""
)


def plan_hook(repository: Repository) -> Change | None:
    """The hook to write, its path relative to the repository; `None` where it is there already.

    Raises `EvenfallError` (usage) where another hook is there, or git looks for hooks outside the repository.
    """
    folder = repository.hooks
    if not folder.resolve().is_relative_to(repository.common_dir.resolve()) and not folder.resolve().is_relative_to(
        repository.top.resolve()
    ):
        raise EvenfallError(
            f"{folder}: core.hooksPath names a folder outside this repository, whose hooks others run too",
            hint="git config --local core.hooksPath .git/hooks, then evenfall init --pre-push",
        )
    path = folder / "pre-push"
    new = _HOOK.format(uv=shlex.quote(os.fspath(uv_program().parent)))
    old = read_text(path)
    if old and not old.startswith(_FIRST):
        raise EvenfallError(
            f"{path}: there is a pre-push hook already",
            hint='call `evenfall run --commit "$sha"` in it, for each commit that it reads',
        )
    if old == new:
        return None
    return Change(path=os.path.relpath(path, repository.top), old=old or None, new=new)


def write_hook(repository: Repository, change: Change) -> None:
    """Write it, to be executed."""
    path = Path(repository.top, change.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(change.new, encoding="utf-8", newline="\n")
    path.chmod(0o755)
