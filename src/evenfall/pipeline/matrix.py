"""The systems on which the tests run, and what the metadata claim: `tool.uv.environments`, and the classifiers of systems and Pythons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from evenfall.errors import EvenfallError
from evenfall.pipeline.model import is_arm, platform_of
from evenfall.project.marker_environment import MACHINES, MarkerEnvironment, marker_environment, may_hold_in
from evenfall.project.project import Project
from evenfall.project.pyproject import NAME
from evenfall.project.python_names import is_cpython

UBUNTU = "ubuntu-latest"

# https://pypi.org/classifiers/
_CLAIMS = {
    "POSIX :: Linux": ("linux", "Linux"),
    "MacOS": ("darwin", "macOS"),
    "Microsoft": ("win32", "Windows"),
}
_IMPLEMENTATION = "Programming Language :: Python :: Implementation :: "
_FREE_THREADING = "Programming Language :: Python :: Free Threading"
_LABELS = {"linux": UBUNTU, "darwin": "macos-latest", "win32": "windows-latest"}


def systems_of_tests(project: Project) -> tuple[str, ...]:
    """Return the systems of the tests: those of `[tool.evenfall] systems`, by default Ubuntu, or those that the metadata allow instead.

    Raises `EvenfallError` (usage) if uv can't install the project on one of them, because `tool.uv.environments` excludes it.
    """
    systems = project.pyproject.settings.systems
    if "systems" not in project.pyproject.tool_keys("evenfall"):
        claimed = {platform for platform, _ in _claimed_systems(project)} or {*_LABELS}
        usable = [label for name, label in _LABELS.items() if name in claimed and _is_possible(project, label)]
        systems = systems if UBUNTU in usable or not usable else tuple(usable)
    for system in systems:
        excluded = [python for python in project.pythons if not _is_possible(project, system, (python,))]
        if excluded:
            what = system if len(excluded) == len(project.pythons) else f"Python {', '.join(excluded)} on {system}"
            raise EvenfallError(
                f"{NAME}: tool.uv.environments excludes {what}, on which the tests run",
                hint="correct systems or pythons in [tool.evenfall], or environments in [tool.uv]",
            )
    return systems


def single_system(project: Project) -> str:
    """Return the system for sessions that run on one system: Ubuntu, unless uv can't install the project there."""
    return UBUNTU if _is_possible(project, UBUNTU) else systems_of_tests(project)[0]


def untested_claims(project: Project) -> Iterator[str]:
    """Yield what the metadata claim to support and the tests of CI do not cover, as clauses with the setting that changes it."""
    yield from _untested_pythons(project)
    systems, pythons = systems_of_tests(project), project.pythons
    for platform, name in _claimed_systems(project):
        if platform not in map(platform_of, systems):
            yield f'{name}, which the classifiers name; "{_LABELS[platform]}" in [tool.evenfall] systems changes that'
    environments = [_environment(python, system) for system in systems for python in pythons]
    for marker in project.pyproject.uv_environments("required-environments"):
        if not any(may_hold_in(marker, environment) for environment in environments if environment):
            yield f"{marker}, which tool.uv.required-environments names; a runner in [tool.evenfall] systems changes that"


_PYPY = ("3.8", "3.9", "3.10", "3.11")
"""The versions of Python that PyPy implements: https://pypy.org/download.html"""


def _untested_pythons(project: Project) -> Iterator[str]:
    pythons = project.pythons
    tested = project.pythons_for(project.groups("tests"))
    if not project.is_workspace and not project.pyproject.requires_python:
        yield f"Pythons other than {', '.join(pythons)}, because uv locks only for one while project.requires-python is missing"
    if untested := [python for python in pythons if python not in tested]:
        yield f"Python {', '.join(untested)}, because the groups of the tests require another one in [tool.uv.dependency-groups]"
    for name in _claimed_implementations(project):
        if not any(python.startswith(name.lower()) for python in pythons):
            has_release = name == "PyPy" and pythons[0] in _PYPY
            advice = f'; "pypy{pythons[0]}" in [tool.evenfall] pythons changes that' if has_release else ""
            yield f"{name}, which the classifiers name{advice}"
    if any(line.startswith(_FREE_THREADING) for line in _classifiers(project)):
        newest = [python for python in pythons if is_cpython(python)][-1]
        if not any(python.endswith("t") for python in pythons):
            yield f'free-threaded Python, which the classifiers name; "{newest}t" in [tool.evenfall] pythons changes that'


def _classifiers(project: Project) -> list[str]:
    return [line for member in project.members for line in member.pyproject.classifiers]


def _claimed_systems(project: Project) -> list[tuple[str, str]]:
    """Return the platforms that the classifiers name, and their names; none if the project is independent of the system."""
    named = [line.removeprefix("Operating System :: ") for line in _classifiers(project)]
    if {"OS Independent", "POSIX", "Unix"} & {*named}:
        return []
    return [
        claim for prefix, claim in _CLAIMS.items() if any(f"{name} ::".startswith(f"{prefix} ::") for name in named)
    ]


def _claimed_implementations(project: Project) -> list[str]:
    """Return the implementations of Python that the classifiers name, except CPython."""
    names = [line.removeprefix(_IMPLEMENTATION) for line in _classifiers(project) if line.startswith(_IMPLEMENTATION)]
    return [name for name in dict.fromkeys(names) if name != "CPython"]


def _is_possible(project: Project, system: str, pythons: Iterable[str] = ()) -> bool:
    """Return whether `tool.uv.environments` allows one of the Pythons on a system; True for a system that is not known."""
    markers = project.pyproject.uv_environments("environments")
    environments = [_environment(python, system) for python in (*pythons,) or project.pythons]
    return not markers or any(
        environment is None or may_hold_in(marker, environment) for environment in environments for marker in markers
    )


def _environment(python: str, system: str) -> MarkerEnvironment | None:
    platform = platform_of(system)
    if platform not in _LABELS:
        return None
    return marker_environment(python, platform, machine=MACHINES[platform][is_arm(system)])
