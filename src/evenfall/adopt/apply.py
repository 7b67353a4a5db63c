"""Applying the plan of an adoption."""

from __future__ import annotations

from pathlib import Path

from evenfall.adopt.adoption import AdoptionPlan, exact_text
from evenfall.errors import EvenfallError
from evenfall.generate.files import write_files
from evenfall.git.repository import init_repository, is_top


def apply_plan(root: Path, plan: AdoptionPlan) -> None:
    """Write the planned files and the hook, in a new git repository if `root` is in none.

    Raises `EvenfallError` (usage) if a file changed since the plan was made, or as `write_files` does; it writes all files or none.
    """
    if changed := [change.path for change in plan.all_changes if exact_text(root / change.path) != change.old]:
        raise EvenfallError(
            f"{', '.join(changed)}: changed since the plan was made; nothing was written", hint="evenfall init"
        )
    is_new = bool(plan.changes) and not is_top(root)
    hooks = {plan.hook.path: plan.hook.new} if plan.hook else {}
    write_files(root, {change.path: change.new for change in plan.changes}, hooks=hooks)
    if is_new:
        init_repository(root)
