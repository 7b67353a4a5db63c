"""Secrets that a test plants in the environment of a command, and a search for them in everything that it prints and leaves."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from unittest.mock import patch

from tests.sample_project import SampleProject

MARK = "pL4nt3d"
"""A part of every secret."""

_NAMES = (
    *("PYPI_API_TOKEN", "TEST_PYPI_API_TOKEN", "UV_PUBLISH_TOKEN", "UV_PUBLISH_PASSWORD"),
    *("UV_INDEX_PYPI_PASSWORD", "GH_TOKEN", "GITHUB_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
)
SECRETS = {name: f"{MARK}-{name.lower()}" for name in _NAMES}
WITH_PASSWORD = f"me:{MARK}-in-address@"
"""The start of an address of an index, which only pyproject.toml and uv.lock may repeat."""


def run_with_secrets(
    project: SampleProject,
    folder: Path,
    *command: str,
    env: Mapping[str, str] | None = None,
    more: tuple[str, ...] = (),
) -> subprocess.CompletedProcess[str]:
    """Run `evenfall` with all secrets in its environment, and check that it shows none of them, nor those in `more`.

    The output, every file in `folder`, where also the temporary folder is, and the command lines of all processes are searched.
    """
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    environ = {**SECRETS, "TMPDIR": str(temporary), **(env or {})}
    with patch.object(tempfile, "tempdir", str(temporary)), _command_lines() as command_lines:
        done = project.command(*command, env=environ)
    assert sys.platform != "linux" or command_lines
    for secret in (MARK, *more):
        found = [
            *(name for name, text in (("stdout", done.stdout), ("stderr", done.stderr)) if secret in text),
            *(line for line in command_lines if secret in line),
            *(str(path) for path in _files(folder) if secret.encode() in path.read_bytes()),
        ]
        assert found == [], f"{secret} is in them"
    return done


def _files(folder: Path) -> Iterator[Path]:
    sources = {"pyproject.toml", "uv.lock"}
    return (path for path in folder.rglob("*") if path.is_file() and path.name not in sources)


@contextmanager
def _command_lines() -> Iterator[set[str]]:
    """Collect the command lines of all processes meanwhile; on Linux only."""
    lines: set[str] = set()
    stop = Event()

    def collect() -> None:
        while not stop.wait(0.02):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    lines.add(path.read_text(encoding="utf-8", errors="replace").replace("\0", " "))

    thread = Thread(target=collect)
    thread.start()
    try:
        yield lines
    finally:
        stop.set()
        thread.join()
