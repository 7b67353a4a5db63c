"""Adoption, step by step, in a scratch copy: what differs afterwards is the plan, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from evenfall.adopt import existing_files
from evenfall.adopt.adoption import Adoption
from evenfall.adopt.coverage_target import write_coverage_target, write_ignored
from evenfall.adopt.detect import learn
from evenfall.adopt.generated_files import generate
from evenfall.adopt.new_project import start_project
from evenfall.adopt.noxfile import write_noxfile
from evenfall.adopt.plan import Plan, changes_between
from evenfall.adopt.sdist import record_sdist
from evenfall.adopt.settings import write_settings
from evenfall.adopt.source import absent_in_ci, script_header
from evenfall.adopt.tools import add_tools, write_hooks
from evenfall.errors import EvenfallError
from evenfall.generate.files import check_top
from evenfall.git.project_copy import scratch_copy
from evenfall.git.repository import is_top
from evenfall.git.tracked import ignore_rules, stage
from evenfall.pipeline.model import NOXFILE
from evenfall.pipeline.script_environment import SCRIPT_LOCK, script_python
from evenfall.project import coverage_target, lockfile
from evenfall.project.precommit_config import HOOKS
from evenfall.project.pyproject import NAME
from evenfall.project.uv import uv


def plan_adoption(root: Path, *, source: str = "", progress: Callable[[str], object] = print) -> Plan:
    """Everything that adopting Evenfall in `root` would change.

    `root` is the top of a git repository with a uv project, or an empty folder. Raises `EvenfallError`: it is neither, its
    metadata disagree, `source` is not there (usage); uv can't lock (unknown).
    """
    is_new = _check_folder(root)
    header = script_header(source, root)
    absent = absent_in_ci(source, root)
    with scratch_copy(root) as scratch:
        check_not_ignored(scratch)
        adoption = Adoption(root=root, scratch=scratch, header=header, notes=[absent] if absent else [])
        if is_new:
            progress("starting a new project")
            start_project(adoption)
        progress("reading the project and its lock")
        adoption.project.pythons  # noqa: B018 - raises where the metadata disagree
        uv(scratch, "lock", "--quiet")
        learned = learn(adoption.project)
        write_settings(adoption, learned)
        progress("adding what the sessions need and the lock has not")
        add_tools(adoption)
        write_coverage_target(adoption, is_new=is_new)
        write_hooks(adoption)
        write_ignored(adoption)
        progress("writing the noxfile and locking it")
        if write_noxfile(adoption):
            python = script_python(scratch)
            progress("generating the workflows")
            generate(adoption, python)
            stage(scratch)
            record_sdist(adoption, python)
        adoption.kept += existing_files.kept_files(root, scratch)
        stage(scratch)
        changes = changes_between(root, scratch)
    return Plan(changes=changes, kept=tuple(adoption.kept), notes=tuple(adoption.notes), missing=adoption.missing)


def _check_folder(root: Path) -> bool:
    """Whether a new project must be started. Raises `EvenfallError` (usage) where there is something else than a project."""
    there = [entry.name for entry in root.iterdir() if entry.name != ".git"]
    if there and NAME not in there:
        raise EvenfallError(
            f"{root}: no {NAME}, and the folder is not empty", hint="uv init --package, then evenfall init"
        )
    if there or any(is_top(folder) for folder in (root, *root.parents)):
        check_top(root)
    return not there


def check_not_ignored(scratch: Path) -> None:
    """Raises `EvenfallError` (usage) where git would keep from a runner what every session needs."""
    needed = (lockfile.NAME, NOXFILE, SCRIPT_LOCK, coverage_target.NAME, HOOKS, ".github/workflows/ci.yml")
    for rule in ignore_rules(scratch, needed):
        raise EvenfallError(
            f"{rule.path}: git ignores it ({rule.file}:{rule.line}:{rule.pattern}), so no runner would have it",
            hint="remove that line, then evenfall init",
        )
