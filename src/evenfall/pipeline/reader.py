"""The child process that executes a noxfile and writes down its pipeline: `python -m evenfall.pipeline.reader ROOT ANSWER SECONDS`.

It shares nothing with its parent but the answer file, so that a noxfile that prints, exits or hangs can't garble anything.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import traceback
from pathlib import Path
from types import FrameType

import msgspec

from evenfall.errors import EvenfallError
from evenfall.pipeline.model import NOXFILE, Answer, Refusal


class _Silence:
    """Stands in for stdout: the first write is an error that names the noxfile's line."""

    encoding = "utf-8"

    def __init__(self, noxfile: Path) -> None:
        self._noxfile = os.fspath(noxfile)

    def write(self, text: str) -> int:
        """Refuse. Raises `EvenfallError` (usage)."""
        line = _line_in(self._noxfile, sys._getframe(1))
        raise EvenfallError(
            f"{NOXFILE}{line}: it prints while it is read: {text[:60]!r}", hint="move the print into a session"
        )

    def flush(self) -> None:
        """Nothing to do: nothing was written."""


def _line_in(noxfile: str, frame: FrameType | None) -> str:
    while frame is not None:
        if frame.f_code.co_filename == noxfile:
            return f":{frame.f_lineno}"
        frame = frame.f_back
    return ""


def answer(root: Path) -> Answer:
    """The pipeline of the noxfile in `root`, or why it can't be had."""
    noxfile = root / NOXFILE
    from evenfall.pipeline import host

    printed = sys.stdout
    sys.stdout = _Silence(noxfile)
    try:
        return Answer(pipeline=host.load(noxfile))
    except EvenfallError as error:
        return Answer(refusal=Refusal(message=error.message, hint=error.hint, exit_code=int(error.exit_code)))
    except SyntaxError as error:
        return _refused(f"{_own(error.filename, root)}:{error.lineno}: {type(error).__name__}: {error.msg}")
    except SystemExit as error:
        return _refused(f"{NOXFILE}{_raised_at(noxfile, error)}: it exits while it is read (exit code {error.code})")
    except Exception as error:  # noqa: BLE001 - whatever the user's file raises is the answer
        return _refused(f"{NOXFILE}{_raised_at(noxfile, error)}: {type(error).__name__}: {error}")
    finally:
        sys.stdout = printed


def _refused(message: str) -> Answer:
    return Answer(refusal=Refusal(message=message, hint=f"correct {NOXFILE}; nox -l shows it as Nox does"))


def _own(filename: str | None, root: Path) -> str:
    path = Path(filename or NOXFILE)
    return os.fspath(path.relative_to(root)) if path.is_relative_to(root) else os.fspath(path)


def _raised_at(noxfile: Path, error: BaseException) -> str:
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == os.fspath(noxfile)
    ]
    return f":{lines[-1]}" if lines else ""


def main(root: str, written_to: str, seconds: str) -> None:
    """Answer into a file. After `seconds`, the place where the noxfile hangs goes to stderr, and the process ends."""
    faulthandler.dump_traceback_later(float(seconds), exit=True)
    os.chdir(root)
    sys.path.insert(0, root)
    Path(written_to).write_bytes(msgspec.json.encode(answer(Path(root))))
    faulthandler.cancel_dump_traceback_later()
    os._exit(0)  # nothing that the noxfile started may keep its reader alive


if __name__ == "__main__":
    main(*sys.argv[1:])
