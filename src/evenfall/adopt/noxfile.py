"""The noxfile and its lock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.lint import has_linters
from evenfall.adopt.release import RELEASE, has_release, with_release
from evenfall.pipeline.marker import read_text
from evenfall.pipeline.model import NOXFILE
from evenfall.pipeline.own_workflows import own_workflows
from evenfall.project.precommit_config import HOOKS, find_hooks_file
from evenfall.project.project import USUAL_GROUPS, Project
from evenfall.project.uv import uv

_TEMPLATE = '''\
{header}"""Every check of {name}, locally and in CI."""

import evenfall
import nox

evenfall.standard_sessions({omit})
{release}
if __name__ == "__main__":
    nox.main()
'''

# The formatters that may change the new noxfile, if the project uses them.
_FORMATTERS = {
    "ruff": (("check", "--fix", "--quiet", "--exit-zero"), ("format", "--quiet")),
    "isort": (("--quiet",),),
}


def write_noxfile(adoption: Adoption) -> bool:
    """Write the noxfile, or keep an existing one, and lock it. With `adoption.release` it gets the sessions of a release.

    Returns False, and records the missing lines, if an existing noxfile is not a pipeline yet.
    """
    path = adoption.scratch / NOXFILE
    if path.exists():
        adoption.missing = _missing_lines(path, adoption)
        if adoption.missing:
            return False
        _complete_noxfile(path, adoption)
    else:
        project = adoption.project
        if unused := _unused_groups(project):
            adoption.notes.append(
                f"tests and lint do not install {', '.join(unused)}; if the tests need such a group, add it to [tool.evenfall.groups] tests"
            )
        if systems := _new_systems(adoption):
            adoption.notes.append(
                f"the tests also run on {', '.join(systems)}, which your workflows do not use; [tool.evenfall] systems changes that"
            )
        omit = ", ".join(f'"{session}"' for session in _omitted_sessions(adoption))
        text = _TEMPLATE.format(
            header=adoption.header,
            name=project.pyproject.name,
            omit=f"omit=[{omit}]" if omit else "",
            release=f"{RELEASE}\n" if adoption.release else "",
        )
        adoption.write(NOXFILE, text)
        _format_noxfile(adoption)
    adoption.uv("lock", "--quiet", "--script", NOXFILE)
    return True


def _missing_lines(noxfile: Path, adoption: Adoption) -> str:
    """Return what the user must add to an existing noxfile before it can be read as a pipeline, or an empty text."""
    text = noxfile.read_text(encoding="utf-8", errors="replace")
    lines = []
    if not re.search(r"(?m)^# /// script$", text) or "evenfall" not in text.partition("# ///\n")[0]:
        lines += ["at the top:", "", *adoption.header.splitlines(), ""]
    if not re.search(r"(?m)^\s*(import|from) evenfall\b", text):
        release = [RELEASE] if adoption.release else []
        lines += ["below its imports:", "", "import evenfall", "", "evenfall.standard_sessions()", *release, ""]
    elif adoption.release and not has_release(text) and not with_release(text):
        lines += ["below its imports:", "", RELEASE, ""]
    if "nox.main()" not in text:
        lines += ["at the end:", "", 'if __name__ == "__main__":', "    nox.main()", ""]
    return "\n".join(lines)


def _complete_noxfile(noxfile: Path, adoption: Adoption) -> None:
    """Add the sessions of a release to an existing noxfile if they are requested, and note that `--source` changes no header."""
    text = noxfile.read_text(encoding="utf-8")
    if adoption.source and adoption.header not in text:
        adoption.notes.append(
            f"{NOXFILE} keeps its script header, so --source {adoption.source} has no effect; "
            "delete the header first, and init prints the new one"
        )
    if has_release(text):
        adoption.release = True
    elif adoption.release:
        adoption.write(NOXFILE, with_release(text))


def _unused_groups(project: Project) -> tuple[str, ...]:
    """Return the project's groups with packages that none of the sessions installs to run tests or linters."""
    used = {group for purpose in USUAL_GROUPS for group in project.groups(purpose)}
    names = (group for group in project.pyproject.groups if group not in used)
    return tuple(group for group in names if project.locked_names((group,)))


def _new_systems(adoption: Adoption) -> tuple[str, ...]:
    """Return the systems of the tests that the project's own workflows do not mention; empty if it has no workflows."""
    text = "".join(read_text(adoption.root / path) for path in own_workflows(adoption.root)).lower()
    systems = adoption.project.pyproject.settings.systems
    return tuple(system for system in systems if system.partition("-")[0].lower() not in text) if text else ()


def _omitted_sessions(adoption: Adoption) -> Sequence[str]:
    """Return the standard sessions that have nothing to run in this project yet."""
    omitted = []
    if not has_linters(adoption):
        omitted.append("lint")
        adoption.notes.append(
            "lint has nothing to run, so the noxfile omits it; to start it: uv add --group lint ruff, "
            'add [tool.evenfall.lint] commands = ["ruff check"], and remove it from omit='
        )
    if find_hooks_file(adoption.scratch) is None:
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
