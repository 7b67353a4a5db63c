"""The noxfile and its lock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.detect import LINTERS
from evenfall.git.tracked import stage
from evenfall.pipeline.model import NOXFILE
from evenfall.pipeline.script_environment import SCRIPT_LOCK
from evenfall.project.precommit_config import HOOKS
from evenfall.project.project import USUAL_GROUPS, Project
from evenfall.project.uv import uv

_TEMPLATE = '''\
{header}"""Every check of {name}, locally and in CI."""

import evenfall
import nox

evenfall.standard_sessions({omit})

if __name__ == "__main__":
    nox.main()
'''

# The formatters that may change the new noxfile, if the project uses them.
_FORMATTERS = {
    "ruff": (("check", "--fix", "--quiet", "--exit-zero"), ("format", "--quiet")),
    "isort": (("--quiet",),),
}


def write_noxfile(adoption: Adoption) -> bool:
    """Write the noxfile, or keep an existing one, and lock it.

    Returns False, and records the missing lines, if an existing noxfile is not a pipeline yet.
    """
    path = adoption.scratch / NOXFILE
    if path.exists():
        adoption.missing = _missing_lines(path, adoption.header)
        if adoption.missing:
            return False
    else:
        project = adoption.project
        if unused := _unused_groups(project):
            adoption.notes.append(
                f"no session installs {', '.join(unused)}; if the tests need such a group, add it to [tool.evenfall.groups] tests"
            )
        omit = ", ".join(f'"{session}"' for session in _omitted_sessions(adoption))
        text = _TEMPLATE.format(
            header=adoption.header, name=project.pyproject.name, omit=f"omit=[{omit}]" if omit else ""
        )
        adoption.write(NOXFILE, text)
        _format_noxfile(adoption)
    uv(adoption.scratch, "lock", "--quiet", "--script", NOXFILE)
    stage(adoption.scratch, SCRIPT_LOCK)
    return True


def _missing_lines(noxfile: Path, header: str) -> str:
    """Return what the user must add to an existing noxfile before it can be read as a pipeline, or an empty text."""
    text = noxfile.read_text(encoding="utf-8", errors="replace")
    lines = []
    if not re.search(r"(?m)^# /// script$", text) or "evenfall" not in text.partition("# ///\n")[0]:
        lines += ["at the top:", "", *header.splitlines(), ""]
    if not re.search(r"(?m)^\s*(import|from) evenfall\b", text):
        lines += ["below its imports:", "", "import evenfall", "", "evenfall.standard_sessions()", ""]
    if "nox.main()" not in text:
        lines += ["at the end:", "", 'if __name__ == "__main__":', "    nox.main()", ""]
    return "\n".join(lines)


def _unused_groups(project: Project) -> tuple[str, ...]:
    """Return the project's groups that no standard session installs."""
    used = {group for purpose in USUAL_GROUPS for group in project.groups(purpose)}
    return tuple(group for group in project.pyproject.groups if group not in used)


def _omitted_sessions(adoption: Adoption) -> Sequence[str]:
    """Return the standard sessions that have nothing to run in this project yet."""
    project = adoption.project
    omitted = []
    if not project.locked_names(project.lint_and_test_groups) & LINTERS:
        omitted.append("lint")
        adoption.notes.append(
            "no linter is locked, so the noxfile omits the session lint; uv add --group lint ruff, then remove it from omit="
        )
    if not (adoption.scratch / HOOKS).exists():
        omitted.append("precommit")
        adoption.notes.append(f"there is no {HOOKS}, so the noxfile omits the session precommit")
    return omitted


def _format_noxfile(adoption: Adoption) -> None:
    """Format the new noxfile with the project's own formatters in their locked versions."""
    project = adoption.project
    for tool, commands in _FORMATTERS.items():
        package = project.lock.find(tool)
        if package is None or tool not in project.pyproject.tools:
            continue
        for command in commands:
            uv(adoption.scratch, "tool", "run", "--quiet", f"{tool}@{package.version}", *command, NOXFILE)
