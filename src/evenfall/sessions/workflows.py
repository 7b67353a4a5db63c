"""`workflows`: the derived files are current, and the linters of workflows have nothing to say."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import nox
from nox.command import CommandFailed

from evenfall.derive import derived_files, drift
from evenfall.pipeline.noxfile import read_pipeline
from evenfall.project import Project, read_project
from evenfall.sessions.own_tools import own_tool

FOLDER = Path(".github", "workflows")


def declare(project: Project) -> dict[str, Any]:
    """On one Python; it reads files and needs none of the project's groups."""
    return {"python": project.primary_python}


def workflows(session: nox.Session) -> None:
    """Check that the derived files are current and that actionlint and zizmor have nothing to say about the workflows."""
    project = read_project(Path.cwd())
    problems = []
    if difference := drift(project.root, derived_files(project, read_pipeline(project.root))):
        session.log(difference)
        problems.append("derived files are not current; next: evenfall derive")
    if FOLDER.is_dir():
        problems += [
            name for name, passed in (("actionlint", _actionlint(session)), ("zizmor", _zizmor(session))) if not passed
        ]
    if problems:
        session.error("failed: " + ", ".join(problems))


def _actionlint(session: nox.Session) -> bool:
    """Lint the workflows twice: as they are, and with pins turned back into tags, whose inputs actionlint knows."""
    copy = session.env_dir / "unpinned"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    files = sorted([*FOLDER.glob("*.yml"), *FOLDER.glob("*.yaml")])
    for file in files:
        (copy / file.name).write_text(unpinned(file.read_text(encoding="utf-8")), encoding="utf-8")
    copies = [str(copy / file.name) for file in files]
    return _passes(
        session, own_tool("actionlint"), "-shellcheck", own_tool("shellcheck"), "-pyflakes=", *map(str, files), *copies
    )


def unpinned(workflow: str) -> str:
    """`uses: owner/action@<sha> # v4.2.1` as `uses: owner/action@v4`."""
    return re.sub(r"(uses:\s*[\w./-]+)@[0-9a-f]{40}\s+#\s*(v\d+)\S*", r"\1@\2", workflow)


def _zizmor(session: nox.Session) -> bool:
    """A file that zizmor can't read is an error, not a skip; `./` actions are the project's own and need no pin."""
    options = ("--offline", "--strict-collection", "--no-progress", "--min-severity", "medium", "--quiet")
    return _passes(session, own_tool("zizmor"), *options, ".github")


def _passes(session: nox.Session, *command: str) -> bool:
    try:
        session.run(*command, external=True)
    except CommandFailed:
        return False
    return True
