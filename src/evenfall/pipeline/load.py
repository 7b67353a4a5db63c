"""From `noxfile.py` to a `Pipeline`: in a child process, because a noxfile is code."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec

from evenfall.errors import EvenfallError, Exit
from evenfall.pipeline.model import NOXFILE, Answer, Pipeline

SECONDS = 20.0
"""How long a noxfile may take to be read."""

_GRACE = 5.0
"""How long after that the reader itself may take to say where the noxfile hangs."""

_KEPT = 65536
_READER = "import sys; from evenfall.pipeline.reader import main; main(*sys.argv[1:])"  # sooner there than `-m` is


def read_pipeline(
    root: Path, *, seconds: float = SECONDS, python: str = sys.executable, environ: Mapping[str, str] | None = None
) -> Pipeline:
    """The pipeline that `noxfile.py` in `root` declares, as a `python` that has Evenfall reads it, with the variables of `environ`.

    Raises `EvenfallError` (usage), with the line where it is known: there is no noxfile; it does not compile; it raises,
    prints, exits or does not return within `seconds`; it declares something wrongly.
    """
    root = root.resolve()
    if not (root / NOXFILE).is_file():
        raise EvenfallError(f"{NOXFILE}: not found in {root}", hint="evenfall init")
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        written_to = Path(folder, "answer.json")
        printed, said, ended = _run_reader(
            [python, "-P", "-c", _READER, str(root), str(written_to), str(seconds)], root, seconds, environ
        )
        if printed.strip():
            raise EvenfallError(
                f"{NOXFILE}: a program that it starts prints while it is read: {printed.strip().splitlines()[0][:60]!r}",
                hint="move it into a session",
            )
        if not written_to.exists():
            raise _no_answer(root, said, ended, seconds)
        given = msgspec.json.decode(written_to.read_bytes(), type=Answer)
    if given.refusal is not None:
        refusal = given.refusal
        raise EvenfallError(refusal.message, hint=refusal.hint, exit_code=Exit(refusal.exit_code))
    assert given.pipeline is not None  # the reader writes one of the two
    return given.pipeline


def _run_reader(
    command: Sequence[str], root: Path, seconds: float, environ: Mapping[str, str] | None
) -> tuple[str, str, int | None]:
    """What the reader printed, what it said on stderr, and its exit code; `None` where it had to be killed."""
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=root,
        env=environ,
        start_new_session=True,
    )
    assert child.stdout is not None
    assert child.stderr is not None  # both are pipes
    out, err = _Drain(child.stdout), _Drain(child.stderr)
    ending = threading.Thread(target=child.wait, daemon=True)  # Popen.wait(timeout=…) polls; a thread's join does not
    try:
        ending.start()
        ending.join(seconds + _GRACE)
        ended = child.returncode
    finally:
        _end_group(child)
    return out.text(), err.text(), ended


class _Drain(threading.Thread):
    """Reads a pipe to its end and keeps the last of it, so that a noxfile can neither fill the memory nor stand still."""

    def __init__(self, pipe: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self._kept = b""
        self.start()

    def run(self) -> None:
        """Until no process holds the other end."""
        with self._pipe:
            while piece := os.read(self._pipe.fileno(), _KEPT):
                self._kept = (self._kept + piece)[-_KEPT:]

    def text(self) -> str:
        """What there is; a process that left the reader's group may hold the pipe open, and is not waited for."""
        self.join(1)
        return self._kept.decode("utf-8", "replace")


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """End the reader and whatever the noxfile started in its process group."""
    if os.name == "nt":  # pragma: no cover - Windows has no process groups to kill
        child.kill()
    else:
        # macOS does not permit it where only a zombie is left
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _no_answer(root: Path, said: str, ended: int | None, seconds: float) -> EvenfallError:
    line = re.search(rf'File "{re.escape(os.fspath(root / NOXFILE))}", line (\d+)', said)
    place = f"{NOXFILE}:{line[1]}" if line else NOXFILE
    if ended is None or "Timeout (" in said:
        return EvenfallError(
            f"{place}: it did not return within {seconds:g} s", hint="move what it waits for into a session"
        )
    last = said.strip().splitlines()[-1:] or [f"exit code {ended}"]
    return EvenfallError(f"{place}: it ended the process that reads it ({last[0]})", hint=f"correct {NOXFILE}")
