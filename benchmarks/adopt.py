"""A real project, ready to compete: adopted in a copy, with the sessions that pass there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from benchmarks import as_tox, measure
from benchmarks.comparison import Contest, commit
from benchmarks.measure import run
from evenfall.git.command import git
from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.script_environment import script_python


def adopted(clone: Path, folder: Path, wheel: Path) -> tuple[Contest, tuple[str, ...]]:
    """A copy of a project that has adopted Evenfall, with tox's configuration beside; and the sessions that do not pass with plain Nox."""
    root = folder / "project"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(clone), str(root)], check=True)
    git(root, "remote", "remove", "origin")
    if not (root / "noxfile.py").is_file():
        run([sys.executable, "-m", "evenfall", "init", "--yes", "--source", str(wheel)], root)
        commit(root)
    log, failed = _trial(root, folder / "report.json")
    if failed:
        _leave_out(root / "noxfile.py", failed)
        run([str(script_python(root)), "-m", "evenfall", "generate"], root)
        commit(root)
        log, _ = _trial(root, folder / "report.json")
    jobs = as_tox.write(root, read_pipeline(root, python=str(script_python(root))), log)
    with (root / ".git/info/exclude").open("a", encoding="utf-8") as file:
        file.write(f"{as_tox.FILE}\n{as_tox.COMBINED}\n")
    return Contest(root, script_python(root), jobs), failed


def _trial(root: Path, report: Path) -> tuple[str, tuple[str, ...]]:
    """What plain Nox prints of all sessions, and which of them failed."""
    nox = [str(script_python(root).with_name("nox")), "--report", str(report)]
    done = subprocess.run(nox, cwd=root, env=measure.environ(), capture_output=True, text=True)
    return done.stdout + done.stderr, _failed(report)


def _failed(report: Path) -> tuple[str, ...]:
    """A session that requires a failed one is left out with it."""
    sessions = json.loads(report.read_text(encoding="utf-8"))["sessions"]
    failed = dict.fromkeys(each["name"] for each in sessions if each["result"] not in {"success", "skipped"})
    return tuple(failed | ({"coverage": None} if "tests" in failed else {}))


def _leave_out(noxfile: Path, names: tuple[str, ...]) -> None:
    """Name them in `omit`, where some may stand already."""
    text = noxfile.read_text(encoding="utf-8")
    call = re.search(r"standard_sessions\((.*?)\)\n", text, re.DOTALL)
    assert call is not None  # `evenfall init` writes one
    omit = (*re.findall(r'["\'](\w+)["\']', call[1]), *names)
    noxfile.write_text(text.replace(call[0], f"standard_sessions(omit={omit!r})\n"), encoding="utf-8")
