"""Detect the groups and extras with a project's tests, linters and documentation, and its upload to Codecov."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenfall.adopt.own_tests import find_test_command
from evenfall.project.lint_command import TOOLS
from evenfall.project.project import USUAL_GROUPS, Project
from evenfall.project.python_names import allows_minor, minor_version, sort_pythons

TEST_TOOLS = frozenset({"pytest", "coverage"})
LINTERS = frozenset(tool.package for tool in TOOLS)
DOCUMENTATION_TOOLS = frozenset({"sphinx", "mkdocs", "mkdocs-material", "zensical"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """The groups for each purpose, by the tools in them; the extras that the tests need; how coverage is uploaded to Codecov.

    `pythons` are the free-threaded builds and those of PyPy on which the project's own workflows test.
    """

    tests: tuple[str, ...]
    lint: tuple[str, ...]
    docs: tuple[str, ...]
    extras: tuple[str, ...]
    codecov: str = "off"
    pythons: tuple[str, ...] = ()

    def settings(self, project: Project) -> dict[str, Any]:
        """Return the keys and tables of `[tool.evenfall]` for what differs from the defaults."""
        named = (("tests", self.tests), ("lint", self.lint), ("docs", self.docs))
        groups = {
            purpose: list(project.combine_groups(groups, project.groups(purpose), every_python=purpose == "tests"))
            for purpose, groups in named
            if not set(groups) <= set(project.groups(purpose))
        }
        codecov = {"codecov": self.codecov} if self.codecov != "off" else {}
        settings = {"pythons": list(self.pythons), "extras": list(self.extras), "groups": groups, "coverage": codecov}
        return {name: value for name, value in settings.items() if value}


def detect(project: Project) -> Detection:
    """Search the project's groups and extras in `uv.lock`, and the commands that install it.

    Raises `EvenfallError` (usage) as `Project.locked_requirements` does.
    """
    groups, extras = project.locked_requirements("groups"), project.locked_requirements("extras")
    has_test_group = any(names & TEST_TOOLS for names in groups.values())
    has_lint_group = any(names & LINTERS for names in groups.values())
    wanted = {*(() if has_test_group else TEST_TOOLS), *(() if has_lint_group else LINTERS)}
    tool_extras = tuple(extra for extra, names in extras.items() if names & wanted)
    scripts = _scripts(project.root)
    own = find_test_command(project.root)
    own_groups = tuple(group for group in groups if own.file and group in own.groups(project))
    own_extras = own.extras(extras)
    return Detection(
        tests=tuple(dict.fromkeys((*_groups_with(TEST_TOOLS, groups, "tests"), *own_groups))),
        lint=tuple(group for group, names in groups.items() if names & LINTERS),
        docs=_groups_with(DOCUMENTATION_TOOLS, groups, "docs"),
        extras=tuple(
            extra
            for extra in extras
            if extra in tool_extras or extra in own_extras or any("--all-extras" in text for text in scripts)
        ),
        codecov=_codecov(scripts),
        pythons=_other_pythons(project, scripts),
    )


def _other_pythons(project: Project, scripts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the Pythons that `requires-python` allows and the classifiers can't name, as in `python-version: [3.14t, pypy-3.11]`."""
    found = re.findall(r"(?<![\w.-])(?:(pypy)-?v?(3\.\d+)|(3\.(?:1[3-9]|[2-9]\d)t))\b(?!\.)", "\n".join(scripts))
    names = sort_pythons("".join(parts) for parts in found)
    return tuple(name for name in names if allows_minor(project.allowed_pythons, minor_version(name)))


def _groups_with(tools: Set[str], groups: Mapping[str, Set[str]], purpose: str) -> tuple[str, ...]:
    """Return the groups with one of the tools: those with a usual name, or the first, so that `dev` does not install everything."""
    matching = tuple(group for group, names in groups.items() if names & tools)
    usual = tuple(group for group in matching if group.lower() in USUAL_GROUPS[purpose])
    return usual or matching[:1]


def _scripts(root: Path) -> tuple[str, ...]:
    """Return the texts of the files that usually contain the commands to install and check a project."""
    files = [
        *root.glob(".github/workflows/*.y*ml"),
        *(root / name for name in ("tox.ini", "noxfile.py", "Makefile", "justfile")),
    ]
    return tuple(file.read_text(encoding="utf-8", errors="replace") for file in files if file.is_file())


def _codecov(scripts: tuple[str, ...]) -> str:
    """Return the value of `[tool.evenfall.coverage] codecov`: how a workflow authenticates to Codecov, or that none uploads."""
    uploads = [text for text in scripts if "codecov/codecov-action@" in text]
    if not uploads:
        return "off"
    return "oidc" if any("use_oidc: true" in text for text in uploads) else "token"
