"""Generated files that give way to a hand-written one: these are not generated, because they would replace or repeat it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from evenfall.generate.codeowners import CODEOWNERS
from evenfall.generate.dependabot import DEPENDABOT
from evenfall.generate.guide.deployment import DEPLOYMENT
from evenfall.generate.guide.source import AUTO_MERGE_FILE
from evenfall.generate.releasing import RELEASING
from evenfall.pipeline.gates import AUTO_MERGE, WORKFLOWS
from evenfall.pipeline.marker import read_text
from evenfall.pipeline.model import Pipeline
from evenfall.pipeline.own_workflows import ACTION_NAMES, NOX_ACTIONS, is_own, own_workflows, same_name
from evenfall.project.project import Project

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


def hand_written(project: Project, *, release: bool) -> dict[str, str]:
    """Return the generated files that give way to a hand-written one, each with the path of that one.

    The other workflows get another name instead. `release` means that the pipeline has the sessions of a release.
    """
    root = project.root
    alternatives: dict[str, Iterator[str]] = {RELEASING: _own(root, RELEASING)} if release else {}
    if project.pyproject.settings.github:
        alternatives |= {
            DEPENDABOT: _updates(project),
            CODEOWNERS: _own(root, *CODE_OWNERS_FILES),
            AUTO_MERGE_FILE: _merges(project),
            DEPLOYMENT: _own(root, DEPLOYMENT),
        }
    files = ((path, next(own, "")) for path, own in alternatives.items())
    return {path: own for path, own in files if own}


def own_files(project: Project, pipeline: Pipeline, *, release: bool) -> dict[str, str]:
    """Return the hand-written files that have the name or the purpose of a generated one, each with the path of that one.

    Files that have other purposes too, such as the configuration of Renovate, are left out.
    """
    root = project.root
    files = {
        own: f"{WORKFLOWS}/{workflow}.yml"
        for workflow in pipeline.workflows
        if workflow != AUTO_MERGE
        for own in same_name(workflow, root)
    }
    action, _ = NOX_ACTIONS
    files |= dict.fromkeys(_own(root, *(f"{action}/{name}" for name in ACTION_NAMES)), f"{action}/action.yml")
    others = hand_written(project, release=release).items()
    return files | {own: path for path, own in others if own not in (*_RENOVATE, "pyproject.toml")}


def kept_reason(path: str, own: str) -> str:
    """Return what follows from a hand-written file for a generated one."""
    return (
        f"to have it generated: evenfall init --replace {shlex.quote(own)}, or delete it"
        if own == path
        else f"{path} is not generated because of it"
    )


def _own(root: Path, *paths: str) -> Iterator[str]:
    """Yield those of the paths that have a file with content that is not generated."""
    return (path for path in paths if is_own(root / path))


def _updates(project: Project) -> Iterator[str]:
    """Yield the files that configure a bot that updates dependencies."""
    yield from _own(project.root, DEPENDABOT, DEPENDABOT.replace(".yml", ".yaml"))
    yield from _renovate(project)


def _merges(project: Project) -> Iterator[str]:
    """Yield the workflows that merge pull requests. Renovate merges without a workflow."""
    yield from same_name(AUTO_MERGE, project.root)
    yield from (path for path in own_workflows(project.root) if _MERGES.search(read_text(project.root / path)))
    yield from _renovate(project)


def _renovate(project: Project) -> Iterator[str]:
    yield from (path for path in _RENOVATE if (project.root / path).is_file())
    if "renovate" in project.pyproject.tools:
        yield "pyproject.toml"
