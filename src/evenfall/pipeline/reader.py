"""The child process that executes a noxfile and writes down its pipeline.

It shares nothing with its parent but the answer file, so that a noxfile that prints, exits or hangs can't garble anything.
"""

from __future__ import annotations

import faulthandler
import io
import os
import sys
import traceback
from pathlib import Path
from types import FrameType

import msgspec

from evenfall.errors import EvenfallError
from evenfall.pipeline.model import NOXFILE, Answer, Refusal


class _Silence(io.TextIOWrapper):
    """A stdout whose first write is an error that names the noxfile's line."""

    def __init__(self, noxfile: Path) -> None:
        super().__init__(sys.stdout.buffer, encoding="utf-8")
        self._noxfile = os.fspath(noxfile)

    def write(self, text: str) -> int:
        """Refuse. Raises `EvenfallError` (usage)."""
        line = _line_in(self._noxfile, sys._getframe(1))
        raise EvenfallError(
            f"{NOXFILE}{line}: it prints while it is read: {text[:60]!r}", hint="move the print into a session"
        )


def _line_in(noxfile: str, frame: FrameType | None) -> str:
    while frame is not None:
        if frame.f_code.co_filename == noxfile:
            return f":{frame.f_lineno}"
        frame = frame.f_back
    return ""


def answer(noxfile: Path, seconds: float) -> Answer:
    """The pipeline of a noxfile, or why it can't be had. After `seconds`, the place where it hangs goes to stderr, and the process ends."""
    from evenfall.pipeline import nox_adapter

    sys.stdout = _Silence(noxfile)
    sys.dont_write_bytecode = (
        True  # reading writes nothing beside the noxfile; what is imported above may be compiled for good
    )
    faulthandler.dump_traceback_later(seconds, exit=True)
    try:
        return Answer(pipeline=nox_adapter.load(noxfile))
    except EvenfallError as error:
        return Answer(refusal=Refusal(message=error.message, hint=error.hint, exit_code=int(error.exit_code)))
    except SyntaxError as error:
        return _refused(f"{_place(error, noxfile)}: {type(error).__name__}: {error.msg}")
    except SystemExit as error:
        return _refused(f"{NOXFILE}{_raised_at(noxfile, error)}: it exits while it is read (exit code {error.code})")
    except Exception as error:  # noqa: BLE001 - whatever the user's file raises is the answer
        return _refused(f"{NOXFILE}{_raised_at(noxfile, error)}: {type(error).__name__}: {error}")
    finally:
        faulthandler.cancel_dump_traceback_later()


def _refused(message: str) -> Answer:
    return Answer(refusal=Refusal(message=message, hint=f"correct {NOXFILE}; nox -l shows it as Nox does"))


def _place(error: SyntaxError, noxfile: Path) -> str:
    """Where it is, relative to the noxfile; Python knows no line for a file that it can't decode."""
    path = Path(error.filename or noxfile)
    own = path.relative_to(noxfile.parent) if path.is_relative_to(noxfile.parent) else path
    return f"{own}:{error.lineno}" if error.lineno else os.fspath(own)


def _raised_at(noxfile: Path, error: BaseException) -> str:
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == os.fspath(noxfile)
    ]
    return f":{lines[-1]}" if lines else ""


def main(root: str, written_to: str, seconds: str) -> None:
    """Answer into a file, and end."""
    Path(written_to).write_bytes(msgspec.json.encode(answer(Path(root, NOXFILE), float(seconds))))
    os._exit(0)  # nothing that the noxfile started may keep its reader alive
