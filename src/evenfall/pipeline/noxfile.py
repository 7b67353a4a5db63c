"""From `noxfile.py` to a `Pipeline`: in a child process, because a noxfile is code."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from evenfall.errors import EvenfallError, Exit
from evenfall.pipeline.model import NOXFILE, Answer, Pipeline

SECONDS = 20.0
"""How long a noxfile may take to be read."""


def read_pipeline(root: Path, *, seconds: float = SECONDS) -> Pipeline:
    """The pipeline that `noxfile.py` in `root` declares.

    Raises `EvenfallError` (usage), with the line where it is known: there is no noxfile; it does not compile; it raises,
    prints, exits or does not return within `seconds`; it declares something wrongly.
    """
    root = root.resolve()
    if not (root / NOXFILE).is_file():
        raise EvenfallError(f"{NOXFILE}: not found in {root}", hint="evenfall init")
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        written_to = Path(folder, "answer.json")
        printed, said, ended = _run_reader(root, written_to, seconds)
        if printed.strip():
            first = printed.strip().splitlines()[0]
            raise EvenfallError(
                f"{NOXFILE}: a program that it starts prints while it is read: {first[:60]!r}",
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


def _run_reader(root: Path, written_to: Path, seconds: float) -> tuple[str, str, int | None]:
    """What the reader printed, what it said on stderr, and its exit code; `None` where it had to be killed."""
    command = [sys.executable, "-m", "evenfall.pipeline.reader", os.fspath(root), os.fspath(written_to), str(seconds)]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, tempfile.TemporaryFile("w+", encoding="utf-8") as err:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=root, start_new_session=True
        )
        try:
            ended = child.wait(timeout=seconds + 5)
        except subprocess.TimeoutExpired:
            ended = None
        finally:
            _end_group(child)
        out.seek(0)
        err.seek(0)
        return out.read(), err.read(), ended


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """End the reader and whatever the noxfile started in its process group."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    else:
        child.kill()
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
