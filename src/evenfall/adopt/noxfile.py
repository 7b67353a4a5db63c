"""The noxfile and its lock."""

from __future__ import annotations

from collections.abc import Sequence

from evenfall.adopt import existing_files, templates
from evenfall.adopt.adoption import Adoption
from evenfall.git.tracked import stage
from evenfall.pipeline.model import NOXFILE
from evenfall.pipeline.script_environment import SCRIPT_LOCK
from evenfall.project.precommit_config import HOOKS
from evenfall.project.project import USUAL_GROUPS, Project
from evenfall.project.uv import uv

LINTERS = ("isort", "ruff", "mypy", "import-linter")


def write_noxfile(adoption: Adoption) -> bool:
    """The noxfile and its lock; an existing one is kept. Whether there is one now that can be read."""
    project = adoption.project
    path = adoption.scratch / NOXFILE
    if path.exists():
        adoption.missing = existing_files.noxfile_lacks(path, adoption.header)
        if adoption.missing:
            return False
    else:
        if unused := _groups_of_no_session(project):
            adoption.notes.append(
                f"no session installs {', '.join(unused)}; a group that tests need is named in [tool.evenfall.groups] tests"
            )
        adoption.write(
            NOXFILE,
            templates.noxfile(header=adoption.header, name=project.pyproject.name, omit=_left_out(adoption)),
        )
        _in_their_style(adoption)
    uv(adoption.scratch, "lock", "--quiet", "--script", NOXFILE)
    stage(adoption.scratch, SCRIPT_LOCK)
    return True


def _groups_of_no_session(project: Project) -> tuple[str, ...]:
    """The project's groups that are for none of the purposes that Evenfall knows."""
    used = {group for purpose in USUAL_GROUPS for group in project.groups(purpose)}
    return tuple(group for group in project.pyproject.groups if group not in used)


def _left_out(adoption: Adoption) -> Sequence[str]:
    """Standard sessions that have nothing to run in this project yet."""
    left_out = []
    if not _locked(adoption.project) & set(LINTERS):
        left_out.append("lint")
        adoption.notes.append(
            "no linter is locked, so the lint session is left out; uv add --group lint ruff, then remove it from omit="
        )
    if not (adoption.scratch / HOOKS).exists():
        left_out.append("precommit")
        adoption.notes.append(f"there is no {HOOKS} and no tool for a hook, so the precommit session is left out")
    return left_out


def _in_their_style(adoption: Adoption) -> None:
    """Let the project's own formatters, in their locked versions, have a go at the new noxfile; what they can't do is theirs to say."""
    lock = adoption.project.lock
    for tool, commands in {
        "ruff": (("check", "--fix", "--quiet", "--exit-zero"), ("format", "--quiet")),
        "isort": (("--quiet",),),
    }.items():
        package = lock.find(tool)
        if package is None or tool not in adoption.project.pyproject.tools:
            continue
        for command in commands:
            uv(adoption.scratch, "tool", "run", "--quiet", f"{tool}@{package.version}", *command, NOXFILE)


def _locked(project: Project) -> frozenset[str]:
    """What sessions find: the groups for linters and tests, and the extras that `[tool.evenfall]` names."""
    return project.locked_names(project.lint_and_test_groups)
