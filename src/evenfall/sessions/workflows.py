"""`workflows`: the generated files are current, and actionlint and zizmor report nothing."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import nox

from evenfall.errors import EvenfallError
from evenfall.pipeline.load import read_pipeline
from evenfall.project.project import Project, read_project
from evenfall.project.tools import require_tool
from evenfall.sessions.run_command import passes

FOLDER = Path(".github", "workflows")


TROUBLESHOOTING = (
    (
        "Generated files are not current",
        "Generate them again, and commit them with the change that made them stale. Do not edit them by hand.",
        ("evenfall generate", "evenfall generate --check"),
    ),
    (
        "A lock is out of date",
        "`uv.lock` belongs to `pyproject.toml`, and `noxfile.py.lock` to the header of `noxfile.py`.",
        ("uv lock", "uv lock --script noxfile.py"),
    ),
    (
        "actionlint or zizmor fails",
        "They also check the workflows that are written by hand. The message names the file and the line.",
        ("nox -s workflows",),
    ),
)


def declare(project: Project) -> dict[str, Any]:
    """Return the arguments of `evenfall.session`: one Python, and no groups, because the session only reads files."""
    return {"python": project.python_for(()), "troubleshooting": TROUBLESHOOTING}


def workflows(session: nox.Session) -> None:
    """Check that the generated files are current, with actionlint and zizmor.

    The two linters also check the workflows that were not generated.
    """
    from evenfall.generate.files import (  # slow to import, and not needed when a noxfile is loaded
        check_locks,
        check_ready,
        drift,
        generated_files,
    )

    project = read_project(Path.cwd())
    check_ready(project.root)
    check_locks(project)
    problems = []
    if difference := drift(project.root, generated_files(project, read_pipeline(project.root))):
        session.log(difference)
        problems.append("generated files are not current")
    if files := sorted([*FOLDER.glob("*.yml"), *FOLDER.glob("*.yaml")]):
        linters = {"actionlint": _actionlint(session, files), "zizmor": _zizmor(session)}
        problems += [f"{name} failed" for name, passed in linters.items() if not passed]
    if problems:
        raise EvenfallError("; ".join(problems), hint="evenfall generate" if difference else "")


def _actionlint(session: nox.Session, files: list[Path]) -> bool:
    """Lint the workflows, and a copy whose pins are tags again, because actionlint knows the inputs of an action by its tag."""
    copy = session.env_dir / "unpinned"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for file in files:
        (copy / file.name).write_text(unpinned(file.read_text(encoding="utf-8", errors="replace")), encoding="utf-8")
    command = (require_tool("actionlint"), "-shellcheck", require_tool("shellcheck"), "-pyflakes=")
    folders = (FOLDER, copy)
    return all(
        passes(session, *command, *(str(folder / file.name) for file in files), external=True) for folder in folders
    )


def unpinned(workflow: str) -> str:
    """Return the workflow with each `uses: owner/action@<sha> # v4.2.1` as `uses: owner/action@v4`."""
    return re.sub(r"(uses:\s*[\w./-]+)@[0-9a-f]{40}\s+#\s*(v\d+)\S*", r"\1@\2", workflow)


def _zizmor(session: nox.Session) -> bool:
    """Lint everything in `.github`; with `--strict-collection`, a file that zizmor can't read is an error and not skipped."""
    options = ("--offline", "--strict-collection", "--no-progress", "--min-severity", "medium", "--quiet")
    return passes(session, require_tool("zizmor"), *options, ".github", external=True)
