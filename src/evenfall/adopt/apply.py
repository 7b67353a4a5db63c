"""Applying the plan of an adoption."""

from __future__ import annotations

from pathlib import Path

from evenfall.adopt.adoption import AdoptionPlan
from evenfall.atomic_write import write_atomically
from evenfall.generate.files import write_files
from evenfall.git.repository import init_repository, is_top


def apply_plan(root: Path, plan: AdoptionPlan) -> None:
    """Write the planned files, in a new git repository if `root` is in none, and install the hook.

    Raises `EvenfallError` as `write_files` does, which writes all files or none.
    """
    write_files(root, {change.path: change.new for change in plan.changes})
    if plan.changes and not is_top(root):
        init_repository(root)
    if plan.hook:
        path = root / plan.hook.path
        write_atomically(path, plan.hook.new or "")
        path.chmod(0o755)
