"""The guide of a project, and the commands in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import tomlkit

from evenfall.generate.guide.deployment import deployment_text
from evenfall.generate.guide.source import GuideSource
from evenfall.github.wanted import wanted_settings
from evenfall.pipeline.model import Pipeline
from evenfall.project.project import Project
from evenfall.project.pyproject import Pyproject

TABLES: dict[str, Any] = {
    "build-system": {"requires": ["uv_build"], "build-backend": "uv_build"},
    "project": {"name": "lantern", "version": "1.0", "requires-python": ">=3.11,<3.14"},
}
GITHUB: dict[str, Any] = {"owners": ["@night", "@dawn"], "profile": "team"}


def guide_source(
    root: Path, pipeline: Pipeline, *, github: dict[str, Any] | None = None, **settings: Any
) -> GuideSource:
    tables = TABLES | {"tool": {"evenfall": {"github": GITHUB | (github or {}), **settings}}}
    if not (root / "pyproject.toml").exists():
        (root / "pyproject.toml").write_text(tomlkit.dumps(tables), encoding="utf-8")
    project = Project(root=root, pyproject=Pyproject(tables))
    table = project.pyproject.settings.github
    assert table is not None
    return GuideSource(
        project=project,
        pipeline=pipeline,
        github=table,
        wanted=wanted_settings(project.pyproject.settings, table, pipeline),
        codeowners="* @night\n",
        own={},
    )


def guide(root: Path, pipeline: Pipeline, **settings: Any) -> str:
    return deployment_text(guide_source(root, pipeline, **settings), "")


def commands(text: str) -> list[str]:
    """Return the lines after a prompt in all blocks of commands."""
    blocks = re.findall(r"^```console\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]


def section(text: str, title: str) -> str:
    """Return the text below a heading, up to the next heading of the same level or above."""
    level = title.partition(" ")[0]
    after = f"\n{text}".partition(f"\n{title}\n")[2]
    return re.split(rf"^#{{1,{len(level)}}} ", after, maxsplit=1, flags=re.MULTILINE)[0]
