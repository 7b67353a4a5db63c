"""`workflows`: the generated files are current, and actionlint and zizmor report nothing in them, and warn of the others."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nox

from evenfall.errors import EvenfallError
from evenfall.pipeline.marker import is_generated, read_text
from evenfall.project.project import Project, read_project
from evenfall.project.tools import require_tool
from evenfall.sessions.run_command import environment_folder, passes

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
        "The message names the file and the line. Problems in workflows that are written by hand are warnings.",
        ("nox -s workflows",),
    ),
)


def declare(project: Project) -> dict[str, Any]:
    """Return the arguments of `evenfall.session`: one Python, and no groups, because the session only reads files."""
    return {"python": project.python_for(()), "troubleshooting": TROUBLESHOOTING}


def workflows(session: nox.Session) -> None:
    """Check that the generated files are current and pass actionlint and zizmor.

    In the workflows that were not generated, the two linters only warn.
    """
    from evenfall.generate.files import (  # slow to import, and not needed when a noxfile is loaded
        check_locks,
        check_ready,
        drift,
        generated_files,
    )
    from evenfall.pipeline.load import read_pipeline

    project = read_project(Path.cwd())
    check_ready(project.root)
    environment = os.fspath(environment_folder(session)) if session.bin_paths else ""  # there is none with --no-venv
    check_locks(project, environment)
    problems = []
    if difference := drift(project.root, generated_files(project, read_pipeline(project.root))):
        session.log(difference)
        problems.append("generated files are not current")
    hint = "evenfall generate" if difference else ""
    files = [path.relative_to(project.root) for path in _files(project.root)]
    generated = [file for file in files if is_generated(read_text(file))]
    failed = _lint(session, generated, "--strict-collection")
    problems += [f"{name} failed" for name in failed]
    if "actionlint" in failed:
        hint = hint or _label_hint(session, generated)
    own = [file for file in files if file not in generated]
    if failed := _lint(session, own):
        session.warn(
            f"{' and '.join(failed)} found problems in files that Evenfall did not generate; they do not fail this session"
        )
    if problems:
        raise EvenfallError("; ".join(problems), hint=hint)


def _files(root: Path) -> Iterator[Path]:
    """Yield the files that actionlint and zizmor read."""
    for pattern in ("workflows/*.y*ml", "actions/**/action.y*ml", "dependabot.y*ml"):
        yield from sorted((root / ".github").glob(pattern))


def _lint(session: nox.Session, files: Sequence[Path], *options: str) -> list[str]:
    """Return the names of the linters that report something in the files, after they have printed it; the options are zizmor's."""
    workflows = [file for file in files if file.parent == FOLDER]
    linters = {
        "actionlint": not workflows or _actionlint(session, workflows),
        "zizmor": not files or _zizmor(session, files, options),
    }
    return [name for name, passed in linters.items() if not passed]


def _actionlint(session: nox.Session, files: Sequence[Path]) -> bool:
    """Lint the workflows, and copies whose pins are tags again, because actionlint knows the inputs of an action by its tag."""
    copies = session.env_dir / "unpinned"
    shutil.rmtree(copies, ignore_errors=True)
    copies.mkdir()
    command = (require_tool("actionlint"), "-shellcheck", require_tool("shellcheck"), "-pyflakes=")
    passed = passes(session, *command, *map(str, files), external=True)
    texts = {copies / file.name: unpinned(text) for file in files if unpinned(text := read_text(file)) != text}
    for copy, text in texts.items():
        copy.write_text(text, encoding="utf-8")
    return (not texts or passes(session, *command, *map(str, texts), external=True)) and passed


def _label_hint(session: nox.Session, files: Sequence[Path]) -> str:
    """Return what to do if actionlint does not know the label of a runner; else nothing."""
    workflows = [str(file) for file in files if file.parent == FOLDER]
    command = (require_tool("actionlint"), "-oneline", "-shellcheck=", "-pyflakes=", *workflows)
    output = session.run(*command, external=True, silent=True, success_codes=[0, 1])
    labels = dict.fromkeys(re.findall(r'label "([^"]+)" is unknown.*\[runner-label\]', str(output)))
    return f"in .github/actionlint.yaml: self-hosted-runner: {{labels: [{', '.join(labels)}]}}" if labels else ""


def unpinned(workflow: str) -> str:
    """Return the workflow with each `uses: owner/action@<sha> # v4.2.1` as `uses: owner/action@v4`."""
    return re.sub(r"(uses:\s*[\w./-]+)@[0-9a-f]{40}\s+#\s*(v\d+)\S*", r"\1@\2", workflow)


def _zizmor(session: nox.Session, files: Sequence[Path], options: Sequence[str]) -> bool:
    """Lint the files. With `--strict-collection`, a file that zizmor can't read is an error; else it is left to actionlint."""
    command = (require_tool("zizmor"), "--offline", "--no-progress", "--min-severity", "medium", "--quiet", *options)
    return passes(session, *command, *map(str, files), external=True)
