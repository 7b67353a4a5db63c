"""Generated files that give way to a hand-written one: these are not generated, because they would replace or repeat it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from evenfall.generate.codeowners import CODEOWNERS
from evenfall.generate.dependabot import DEPENDABOT
from evenfall.generate.guide.deployment import DEPLOYMENT
from evenfall.generate.guide.source import AUTO_MERGE
from evenfall.generate.releasing import MARKDOWN_MARKER, RELEASING
from evenfall.generate.yaml import MARKER
from evenfall.project.project import Project

WORKFLOWS = ".github/workflows"
CODE_OWNERS_FILES = (CODEOWNERS, "CODEOWNERS", "docs/CODEOWNERS")
"""GitHub reads only the first one that exists: https://docs.github.com/articles/about-code-owners"""
_RENOVATE = tuple(
    f"{folder}{name}"
    for folder in ("", ".github/")
    for name in ("renovate.json", "renovate.json5", ".renovaterc", ".renovaterc.json", ".renovaterc.json5")
)
"""https://docs.renovatebot.com/configuration-options/"""
_MERGES = re.compile(
    r"gh pr merge|@dependabot (?:squash and )?merge|enablePullRequestAutoMerge|enable-pull-request-automerge"
    r"|uses:\s*['\"]?[\w./-]*(?:auto-?merge|merge-dependabot)[\w./-]*@"
)
"""What a workflow contains that enables auto-merge or merges pull requests."""


def read_text(path: Path) -> str:
    """Return a file's text with universal newlines, or an empty string if there is no such file."""
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def is_generated(text: str) -> bool:
    """Return whether the text of a file starts with the line that Evenfall writes."""
    return text.startswith((MARKER, MARKDOWN_MARKER))


def hand_written(project: Project, *, release: bool) -> dict[str, str]:
    """Return the generated files that give way to a hand-written one, each with the path of that one.

    The workflows with the checks never do, because another file would run in their place. `release` means that the pipeline has the
    sessions of a release.
    """
    root = project.root
    alternatives: dict[str, Iterator[str]] = {RELEASING: _own(root, RELEASING)} if release else {}
    if project.pyproject.settings.github:
        alternatives |= {
            DEPENDABOT: _updates(project),
            CODEOWNERS: _own(root, *CODE_OWNERS_FILES),
            AUTO_MERGE: _merges(project),
            DEPLOYMENT: _own(root, DEPLOYMENT),
        }
    files = ((path, next(own, "")) for path, own in alternatives.items())
    return {path: own for path, own in files if own}


def kept_reason(path: str, own: str) -> str:
    """Return what follows from a hand-written file for a generated one."""
    return "to have it generated, delete it" if own == path else f"{path} is not generated because of it"


def _own(root: Path, *paths: str) -> Iterator[str]:
    """Yield those of the paths that have a file with content that is not generated."""
    return (path for path in paths if (text := read_text(root / path)) and not is_generated(text))


def _updates(project: Project) -> Iterator[str]:
    """Yield the files that configure a bot that updates dependencies."""
    yield from _own(project.root, DEPENDABOT, DEPENDABOT.replace(".yml", ".yaml"))
    yield from _renovate(project)


def _merges(project: Project) -> Iterator[str]:
    """Yield the workflows that merge pull requests. Renovate merges without a workflow."""
    yield from _own(project.root, AUTO_MERGE)
    for file in sorted((project.root / WORKFLOWS).glob("*.y*ml")):
        path = f"{WORKFLOWS}/{file.name}"
        yield from (own for own in _own(project.root, path) if _MERGES.search(read_text(file)))
    yield from _renovate(project)


def _renovate(project: Project) -> Iterator[str]:
    yield from (path for path in _RENOVATE if (project.root / path).is_file())
    if "renovate" in project.pyproject.tools:
        yield "pyproject.toml"
