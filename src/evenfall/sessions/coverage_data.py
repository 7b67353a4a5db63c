"""The coverage data of each job: one visible file, named after the job, the system and the code, which the coverage gate combines."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import nox

from evenfall.errors import EvenfallError
from evenfall.git.tracked import tracked_files
from evenfall.pipeline.model import SKIPPED_JOBS, SYSTEM, is_arm, platform_of
from evenfall.sessions.installed_project import InstalledProject
from evenfall.text import and_more

FOLDER = "coverage-data"

_PRINT_EXECUTED = """
import coverage, json, sys
data = coverage.CoverageData(sys.argv[1])
data.read()
print(json.dumps(sorted(file for file in data.measured_files() if data.lines(file))))
"""


def code_digest(root: Path) -> str:
    """Return a digest of every tracked Python file as it is now. Line endings and symbolic links give the same digest on every system."""
    digest = hashlib.sha256()
    for name in sorted(name for name in tracked_files(root) if name.endswith(".py")):
        content = hashlib.sha256(_content(root / name).replace(b"\r\n", b"\n"))
        digest.update(os.fsencode(name) + b"\0" + content.digest())
    return digest.hexdigest()[:16]


def _content(file: Path) -> bytes:
    """Return the target of a link as its content, because a system without links stores the target in a plain file."""
    return os.fsencode(file.readlink().as_posix()) if file.is_symlink() else file.read_bytes()


def new_data_file(job: str, digest: str) -> Path:
    """Return the path for the data of a job, and remove the job's earlier data. On GitHub its name contains the runner."""
    system = os.environ.get(SYSTEM, sys.platform)
    for old in Path(FOLDER).glob(_data_file(job, system, "*").name):
        old.unlink()
    return _data_file(job, system, digest)


def find_job_data(jobs: Iterable[tuple[str, str]], digest: str) -> tuple[list[Path], tuple[str, ...]]:
    """Return the data files of the test jobs for this code, and the jobs without one, such as `tests-3.12 @ windows-latest`.

    In CI, every job must have left its data; in the mirror, every job that can run there. Raises `EvenfallError` if data are missing.
    """
    labels: dict[str, list[str]] = {}
    for name, system in jobs:
        labels.setdefault(name, []).append(system)
    files = {
        (name, system): file
        for name, systems in labels.items()
        for system, file in find_data(name, systems, digest).items()
    }
    missing = tuple(f"{name} @ {system}" for (name, system), file in files.items() if file is None)
    expected = [name for name in missing if name not in os.environ.get(SKIPPED_JOBS, "").split("\n")]
    if expected and os.environ.get("GITHUB_ACTIONS") == "true":
        raise EvenfallError(f"{FOLDER}: no coverage data from {and_more(expected)}", hint="read the log of that job")
    return sorted({file for file in files.values() if file}), missing


def find_data(job: str, labels: Sequence[str], digest: str) -> dict[str, Path | None]:
    """Return the data of a job for this code by the label of the runner.

    Data without a label are from one machine: they count for the first label with its system, and if it is this one, its processor.
    """
    local = {platform_of(label): label for label in reversed(labels) if _can_be_this_machine(label)}
    found: dict[str, Path | None] = {}
    for label in labels:
        system = platform_of(label)
        files = [_data_file(job, name, digest) for name in (label, *([system] if local.get(system) == label else []))]
        found[label] = next((file for file in files if file.is_file()), None)
    return found


def _can_be_this_machine(label: str) -> bool:
    return platform_of(label) != sys.platform or is_arm(label) == (platform.machine().lower() in {"arm64", "aarch64"})


def stale_data(digest: str) -> tuple[str, ...]:
    """Return the names of the data files that were measured with other code."""
    return tuple(file.name for file in sorted(Path(FOLDER).glob("*.dat")) if not file.stem.endswith(f"@{digest}"))


def _data_file(job: str, system: str, digest: str) -> Path:
    """Return the path of a job's data. It is not a hidden file, because GitHub's artifacts omit hidden files."""
    job, system = (re.sub(r"[^A-Za-z0-9._-]", "_", part) for part in (job, system))
    return Path(FOLDER, f"{job}@{system}@{digest}.dat")


def combine(session: nox.Session, raw: Path, data_file: Path) -> None:
    """Combine the data of all processes of one job, with unchanged paths.

    The names of the processes' files begin with `raw`. pytest-cov has combined those that it knows in `raw` itself.
    """
    data_file.parent.mkdir(exist_ok=True)
    found = [*raw.parent.iterdir()]
    if len(found) > 1:
        options = ("--append", "--quiet", "--rcfile=", f"--data-file={raw}")
        session.run("coverage", "combine", *options, str(raw.parent), external="error")
        found = [raw]
    shutil.move(found[0], data_file)


def check_outside_source_tree(session: nox.Session, data_file: Path, installed: InstalledProject) -> None:
    """Raise `EvenfallError` (usage), and remove the data, if the tests executed the source of a package instead of the installed package.

    Tests may load single modules by their path: the session only names these.
    """
    root, site = Path.cwd(), Path(installed.site)
    sources = installed.source_files(root)
    recorded = _recorded_files(data_file)
    if recorded is not None and recorded.isdisjoint(root / path for path in sources.values()):
        return
    arguments = ("-I", "-c", _PRINT_EXECUTED, str(data_file))
    output = session.run("python", *arguments, silent=True, log=False, external="error")
    executed = {Path(root, file) for file in json.loads(str(output))}
    for name in installed.source_paths(root):
        files = [file for file in sources if file == name or file.startswith(f"{name}/")]
        if not (in_tree := [path for file in files if root / (path := sources[file]) in executed]):
            continue
        if not any(site / file in executed for file in files):
            data_file.unlink()
            raise EvenfallError(
                f"{and_more(in_tree, 1)}: the tests executed the source tree, not the installed package",
                hint="remove code that loads files by path, such as spec_from_file_location",
            )
        session.log(f"the tests also executed files of the source tree by their path: {and_more(in_tree)}")


def _recorded_files(data_file: Path) -> frozenset[Path] | None:
    """Return all files in coverage's database, not only the executed ones; None if only coverage itself can read it.

    https://coverage.readthedocs.io/en/latest/dbschema.html
    """
    try:
        from sqlite3 import Error, connect
    except ImportError:  # some Pythons are built without it
        return None
    try:
        with contextlib.closing(connect(data_file)) as database:
            return frozenset(Path(file).absolute() for (file,) in database.execute("SELECT path FROM file"))
    except Error:
        return None
