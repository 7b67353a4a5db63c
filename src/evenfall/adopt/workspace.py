"""What the adoption of a workspace says about its members, before anything is written."""

from __future__ import annotations

from evenfall.adopt.adoption import Adoption
from evenfall.errors import EvenfallError
from evenfall.project.project import Project
from evenfall.project.pyproject import NAME
from evenfall.project.pythons import supported_pythons
from evenfall.project.suites import untested_members


def check_workspace(adoption: Adoption) -> None:
    """Check that the members can be tested together, and note what the sessions leave out.

    Raises `EvenfallError` (usage) as `Project.pythons` does, and if a release is requested for a root that is no project.
    """
    project = adoption.project
    _ = project.pythons
    if not project.is_workspace:
        return
    if adoption.release and not project.name:
        raise EvenfallError(
            f"{NAME}: the root of the workspace is not a package, and a release of its members is not supported",
            hint="evenfall init, without --release",
        )
    if untested := untested_members(project):
        names = ", ".join(member.name for member in untested)
        adoption.notes.append(f"no tests in the folder of {names}, so the session tests has no job for it")
    adoption.notes += [note for member in project.members if (note := _note_on_pythons(member))]


def _note_on_pythons(member: Project) -> str:
    excluded = [
        python for python in supported_pythons(member.pyproject, is_member=True) if python not in member.pythons
    ]
    if not excluded:
        return ""
    return (
        f"{member.name} is not tested on Python {', '.join(excluded)}, because uv installs the workspace only on Python "
        f"{member.lock.requires_python}, which all members allow"
    )
