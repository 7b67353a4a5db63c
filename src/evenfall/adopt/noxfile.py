"""The noxfile and its lock."""

from __future__ import annotations

from collections.abc import Sequence

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.lint import has_linters
from evenfall.adopt.noxfile_completion import complete_noxfile
from evenfall.adopt.own_noxfile import STANDARD, declaration
from evenfall.adopt.release import RELEASE, has_release
from evenfall.adopt.source import exclude_newer
from evenfall.adopt.style import add_type_comments, format_noxfile
from evenfall.errors import EvenfallError
from evenfall.pipeline.matrix import untested_claims
from evenfall.pipeline.model import NOXFILE
from evenfall.project.precommit_config import HOOKS, find_hooks_file
from evenfall.project.project import USUAL_GROUPS, Project
from evenfall.project.pytest_config import PytestConfig, pytest_config

_TEMPLATE = '''\
"""Every check of {name}, locally and in CI."""

import evenfall
import nox

{sessions}
{release}
if __name__ == "__main__":
    nox.main()
'''


def write_noxfile(adoption: Adoption) -> None:
    """Write the noxfile, or complete the project's own one, and lock it. With `adoption.release` it gets the sessions of a release.

    Raises `EvenfallError` as `complete_noxfile` does.
    """
    adoption.release = adoption.release or has_release(adoption.read(NOXFILE))
    if (adoption.scratch / NOXFILE).exists():
        before = adoption.read(NOXFILE)
        format_noxfile(adoption)
        is_formatted = adoption.read(NOXFILE) == before
        adoption.write(NOXFILE, before)
        complete_noxfile(adoption, _code(adoption, omit=()), idle=lambda: _idle_sessions(adoption))
        add_type_comments(adoption)
        if is_formatted:
            format_noxfile(adoption)
        return
    _describe_jobs(adoption)
    _describe_tests(adoption)
    adoption.write(NOXFILE, adoption.header + _code(adoption, omit=_idle_sessions(adoption)))
    add_type_comments(adoption)
    format_noxfile(adoption)
    _lock_noxfile(adoption)


def _describe_tests(adoption: Adoption) -> None:
    """Note that there is no test, and that the project's own pytest will import the new noxfile, which the session `tests` ignores."""
    config = pytest_config(adoption.scratch) or PytestConfig()
    if not any(config.test_files(adoption.scratch)):
        adoption.notes.append(
            f"no file is a test ({', '.join(config.python_files)}), and pytest fails without one: tests and coverage fail until there is "
            "one, or until the noxfile omits them"
        )
    if "--doctest-modules" in config.addopts and not config.testpaths:
        adoption.notes.append(
            f"pytest --doctest-modules also imports {NOXFILE}, which fails outside of Nox: add --ignore={NOXFILE} to addopts"
        )


def _lock_noxfile(adoption: Adoption) -> None:
    """Lock a new noxfile, with any release of the tools if Evenfall is newer than the project's `exclude-newer` allows."""
    line = exclude_newer(adoption.root)
    try:
        adoption.uv("lock", "--quiet", "--script", NOXFILE)
    except EvenfallError as error:
        if not line or "`exclude-newer`" not in error.message:
            raise
        adoption.write(NOXFILE, adoption.read(NOXFILE).replace(f"# {line}", "# exclude-newer = false", 1))
        adoption.uv("lock", "--quiet", "--script", NOXFILE)
        adoption.notes.append(f"{line} does not apply to the tools of {NOXFILE}, because Evenfall needs newer releases")


def _code(adoption: Adoption, *, omit: Sequence[str]) -> str:
    """Return the code of a new noxfile, which follows the script header."""
    return _TEMPLATE.format(
        name=adoption.project.title,
        sessions=declaration(f"evenfall.{STANDARD}", omit),
        release=f"{RELEASE}\n" if adoption.release else "",
    )


def _describe_jobs(adoption: Adoption) -> None:
    """Note the groups that the sessions do not install, and what the metadata claim and CI does not test."""
    adoption.notes += [f"CI does not test {claim}" for claim in untested_claims(adoption.project)]
    if unused := _unused_groups(adoption.project):
        adoption.notes.append(
            f"tests and lint do not install {', '.join(unused)}; if the tests need such a group, add it to [tool.evenfall.groups] tests"
        )


def _unused_groups(project: Project) -> tuple[str, ...]:
    """Return the project's groups with packages that none of the sessions installs to run tests or linters."""
    used = {group for purpose in USUAL_GROUPS for group in project.groups(purpose)}
    names = (group for group in project.pyproject.groups if group not in used)
    return tuple(group for group in names if project.locked_names((group,)))


def _idle_sessions(adoption: Adoption) -> Sequence[str]:
    """Return the standard sessions that have nothing to run in this project yet, without those that the noxfile declares itself."""
    omitted = []
    if "lint" not in adoption.omitted and not has_linters(adoption):
        omitted.append("lint")
        adoption.notes.append(
            "lint has nothing to run, so the noxfile omits it; to start it: uv add --group lint ruff, "
            'add [tool.evenfall.lint] commands = ["ruff check"], and remove it from omit='
        )
    if "precommit" not in adoption.omitted and find_hooks_file(adoption.scratch) is None:
        omitted.append("precommit")
        adoption.notes.append(f"there is no {HOOKS}, so the noxfile omits the session precommit")
    return omitted
