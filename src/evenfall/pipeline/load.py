"""Read the pipeline of a `noxfile.py` in a child process, because the noxfile is code."""

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
from evenfall.input_file import read_utf8
from evenfall.pipeline.model import NOXFILE, Pipeline
from evenfall.pipeline.own_workflows import with_names
from evenfall.pipeline.reader import Answer
from evenfall.pipeline.script_environment import SCRIPT_LOCK

SECONDS = 20.0
"""How long a noxfile may take to load."""

_GRACE = 5.0
"""How much longer the child process may take to report where the noxfile hangs."""

_TAIL_BYTES = 65536
_READER = "import sys; from evenfall.pipeline.reader import main; main(*sys.argv[1:])"  # starts faster than `-m`


def read_pipeline(
    root: Path, *, seconds: float = SECONDS, python: str = sys.executable, environ: Mapping[str, str] | None = None
) -> Pipeline:
    """Return the pipeline that `noxfile.py` in `root` declares, with the names that its workflows have in that repository.

    `python` is an interpreter that has Evenfall, `environ` its variables. Raises `EvenfallError`, with the line if it is known:
    there is no noxfile; it does not compile; it raises, prints, exits or does not return within `seconds`; a declaration is
    invalid (usage); `python` has another version of Evenfall (unknown).
    """
    root = root.resolve()
    read_utf8(root / NOXFILE, missing="evenfall init")
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        answer_file = Path(folder, "answer.json")
        command = [python, "-P", "-c", _READER, str(root), str(answer_file), str(seconds)]
        stdout, stderr, exit_code = _run_reader(command, root, seconds, environ)
        if printed := stdout.strip():
            raise EvenfallError(
                f"{NOXFILE}: a program that it starts prints while it is loaded: {printed.splitlines()[0][:60]!r}",
                hint="start it in a session",
            )
        if not answer_file.exists():
            raise _no_answer(root, stderr, exit_code, seconds)
        return with_names(_decode(answer_file.read_bytes()), root)


def _run_reader(
    command: Sequence[str], root: Path, seconds: float, environ: Mapping[str, str] | None
) -> tuple[str, str, int | None]:
    """Return the stdout, the stderr and the exit code of the reader; the code is `None` if it had to be killed."""
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
    stdout, stderr = _PipeReader(child.stdout), _PipeReader(child.stderr)
    waiter = threading.Thread(target=child.wait, daemon=True)  # Popen.wait(timeout=…) polls; a thread's join does not
    try:
        waiter.start()
        waiter.join(seconds + _GRACE)
        exit_code = child.returncode
    finally:
        _kill_group(child)
    return stdout.text(), stderr.text(), exit_code


class _PipeReader(threading.Thread):
    """Reads a pipe to its end and keeps the last bytes, so that a noxfile's output can neither fill the memory nor block it."""

    def __init__(self, pipe: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self._tail = b""
        self._runs = threading.Event()
        self.start()
        self._runs.wait(
            1
        )  # of two threads that start at once under a tracer, such as coverage, Python 3.11 may end one

    def run(self) -> None:
        """Read until no process has the other end open."""
        self._runs.set()
        with self._pipe:
            while data := os.read(self._pipe.fileno(), _TAIL_BYTES):
                self._tail = (self._tail + data)[-_TAIL_BYTES:]

    def text(self) -> str:
        """Return the output so far, without waiting for a process that left the reader's group and keeps the pipe open."""
        self.join(1)
        return self._tail.decode("utf-8", "replace")


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    """End the reader and everything that the noxfile started in its process group."""
    if os.name == "nt":  # pragma: no cover - Windows has no process groups to kill
        child.kill()
    else:
        # macOS raises PermissionError if only zombies are left in the group
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _decode(content: bytes) -> Pipeline:
    try:
        answer = msgspec.json.decode(content, type=Answer)
    except msgspec.ValidationError as error:
        raise EvenfallError(
            f"{NOXFILE}: it was loaded with another version of evenfall, whose answer this one can't read ({error})",
            hint=f"evenfall run in a checkout of the commit whose {SCRIPT_LOCK} pins that version",
            exit_code=Exit.UNKNOWN,
        ) from error
    if answer.error is not None:
        raise EvenfallError(answer.error.message, hint=answer.error.hint, exit_code=Exit(answer.error.exit_code))
    assert answer.pipeline is not None  # the reader writes one of the two
    return answer.pipeline


def _no_answer(root: Path, stderr: str, exit_code: int | None, seconds: float) -> EvenfallError:
    line = re.search(rf'File "{re.escape(os.fspath(root / NOXFILE))}", line (\d+)', stderr)
    location = f"{NOXFILE}:{line[1]}" if line else NOXFILE
    if exit_code is None or "Timeout (" in stderr:
        return EvenfallError(
            f"{location}: it did not return within {seconds:g} s", hint="move what it waits for into a session"
        )
    last_line = stderr.strip().splitlines()[-1:] or [f"exit code {exit_code}"]
    return EvenfallError(f"{location}: it ended the process that loads it ({last_line[0]})", hint=f"correct {NOXFILE}")
