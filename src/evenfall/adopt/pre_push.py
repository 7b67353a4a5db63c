"""A git hook that runs `evenfall run` on each commit before it is pushed (githooks(5))."""

from __future__ import annotations

import os
import shlex

from evenfall.adopt.adoption import FileChange
from evenfall.errors import EvenfallError
from evenfall.git.repository import Repository
from evenfall.pipeline.marker import read_text
from evenfall.project.tools import uv_program

_START = "#!/bin/sh\n# Written by evenfall init --pre-push. To remove the hook, delete this file; to skip it once, push with --no-verify.\n"

_HOOK = (
    _START
    + """\
PATH=$PATH:{uv}
seen=
while read -r _ commit ref _; do
    case $ref in refs/heads/*) ;; *) continue ;; esac # CI checks branches, not tags
    case $commit in *[!0]*) ;; *) continue ;; esac # all zeros: the push deletes a branch
    case $seen in *$commit*) continue ;; esac
    seen="$seen $commit"
    git cat-file -e "$commit:noxfile.py" 2>/dev/null || continue # the commit has no noxfile yet
    uv sync --quiet --locked --script noxfile.py </dev/null || exit 1
    "$(uv python find --script noxfile.py)" -P -m evenfall run --commit "$commit" </dev/null || exit 1
done
"""
)


def plan_hook(repository: Repository) -> FileChange | None:
    """Return the hook to write, with its path relative to the work tree, or None if it is installed already.

    Raises `EvenfallError` (usage) if there is another hook, or if git looks for hooks outside the repository.
    """
    folder = repository.hooks
    if not any(folder.resolve().is_relative_to(top.resolve()) for top in (repository.common_dir, repository.top)):
        raise EvenfallError(
            f"{folder}: core.hooksPath is outside this repository, and other repositories may use its hooks",
            hint="git config --local core.hooksPath .git/hooks, then evenfall init --pre-push",
        )
    path = folder / "pre-push"
    new = _HOOK.format(uv=shlex.quote(os.fspath(uv_program().parent)))
    old = read_text(path)
    if old and not old.startswith(_START):
        raise EvenfallError(
            f"{path}: there is another pre-push hook",
            hint='add evenfall run --commit "$sha" to it, for each commit that it reads from stdin',
        )
    if old == new:
        return None
    return FileChange(path=os.path.relpath(path, repository.top), old=old or None, new=new)
