"""Explain why a module that the installed project imports is missing."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable
from contextlib import suppress

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.project.project import Project

# https://docs.python.org/3/whatsnew/3.12.html#removed, https://docs.python.org/3/whatsnew/3.13.html#removed-modules-and-apis
_REMOVED = frozenset(
    "aifc asynchat asyncore audioop cgi cgitb chunk crypt distutils imghdr imp lib2to3 mailcap msilib nis nntplib ossaudiodev pipes "  # noqa: SIM905
    "smtpd sndhdr spwd sunau telnetlib uu xdrlib".split()
)


_INSTALL_WITH = "install-with in [tool.evenfall.release]"


def explain_missing_module(
    module: str, requires: Iterable[str], own: Collection[str], project: Project
) -> tuple[str, str]:
    """Return why a module is missing and the change to make. Both are empty if its package is a dependency.

    `requires` are the values of `Requires-Dist`, and `own` are the project's name and modules.
    """
    top = module.partition(".")[0]
    name = canonicalize_name(top)
    if name in map(canonicalize_name, own) or any(module.startswith(f"{each}.") for each in own):
        fix = "correct its name, or include it by the settings of the build backend"
        return f"{module} is not in the installed files", fix
    if top in _REMOVED | sys.stdlib_module_names:
        return f"{top} is in the standard library of other Python versions or systems", ""
    for requirement in _requirements(requires):
        if canonicalize_name(requirement.name) == name:
            return _condition(top, requirement)
    if any(each.startswith(f"{top}.") for each in own):  # a namespace that other packages share
        return f"{module} is in no dependency of the project", f"uv add the package that contains the module {module}"
    host = f"if {name} is a host that loads this project, add it to {_INSTALL_WITH}"
    for group in _groups_with(name, project):
        return f"{top} is only in the dependency group {group}", f"uv add {name}; {host}"
    return (
        f"{top} is not a dependency of the project",
        f"uv add {name}, or the package that contains the module {top}; {host}",
    )


def _requirements(texts: Iterable[str]) -> Iterable[Requirement]:
    for text in texts:
        with suppress(InvalidRequirement):
            yield Requirement(text)


def _condition(top: str, requirement: Requirement) -> tuple[str, str]:
    name = canonicalize_name(requirement.name)
    if extra := re.search(r"""\bextra == ['"]([^'"]+)""", str(requirement.marker or "")):
        fix = f"uv add {name}; if only that extra needs it, add {name} to {_INSTALL_WITH}"
        return f"{top} is only in the extra {extra[1]}", fix
    if requirement.marker:
        return f"{top} is a dependency only where {requirement.marker}", f"uv add {name}"
    return "", ""


def _groups_with(name: str, project: Project) -> list[str]:
    """Return the dependency groups that bring a package which the project does not require."""
    with suppress(EvenfallError):  # without a readable lock the reason is only less exact
        if name not in project.locked_names(()):
            return [group for group in project.pyproject.groups if name in project.locked_names((group,))]
    return []
