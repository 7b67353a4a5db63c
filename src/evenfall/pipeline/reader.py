"""The child process that executes a noxfile and writes its pipeline to a file.

The parent gets nothing else, so that a noxfile that prints, exits or hangs can't garble the answer.
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
from evenfall.pipeline.model import NOXFILE, Pipeline
from evenfall.pipeline.script_environment import check_nox_version


class SerializedError(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of an `EvenfallError`."""

    message: str
    hint: str
    exit_code: int = 2


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the child process writes: the pipeline, or the reason why it could not be read."""

    pipeline: Pipeline | None = None
    error: SerializedError | None = None


class _ForbiddenOutput(io.TextIOWrapper):
    """A stdout that raises an error with the line of the noxfile that prints."""

    def __init__(self, noxfile: Path) -> None:
        super().__init__(sys.stdout.buffer, encoding="utf-8")
        self._noxfile = os.fspath(noxfile)

    def write(self, text: str) -> int:
        """Raise `EvenfallError` (usage) with the line that prints."""
        line = _line_in(self._noxfile, sys._getframe(1))
        raise EvenfallError(
            f"{NOXFILE}{line}: it prints while it is loaded: {text[:60]!r}", hint="move the print into a session"
        )


def _line_in(noxfile: str, frame: FrameType | None) -> str:
    while frame is not None:
        if frame.f_code.co_filename == noxfile:
            return f":{frame.f_lineno}"
        frame = frame.f_back
    return ""


def load_noxfile(noxfile: Path, seconds: float) -> Answer:
    """Execute a noxfile, and return its pipeline or the error.

    If it does not return within `seconds`, print its stack on stderr and end the process.
    """
    try:
        check_nox_version()
        from evenfall.pipeline import nox_adapter  # imports Nox's internals, which another version may not have

        sys.stdout = _ForbiddenOutput(noxfile)
        # From here on, the noxfile's folder must not change, not even by programs that the noxfile starts.
        sys.dont_write_bytecode, os.environ["PYTHONDONTWRITEBYTECODE"] = True, "1"
        faulthandler.dump_traceback_later(seconds, exit=True)
        return Answer(pipeline=nox_adapter.execute_noxfile(noxfile))
    except EvenfallError as error:
        return _error_answer(error)
    except SyntaxError as error:
        return _invalid(f"{_location(error, noxfile)}: {type(error).__name__}: {error.msg}")
    except SystemExit as error:
        if isinstance(error.__cause__, EvenfallError):
            return _error_answer(error.__cause__)
        return _invalid(
            f"{NOXFILE}{_raising_line(noxfile, error)}: it exits while it is loaded (exit code {error.code})"
        )
    except Exception as error:  # noqa: BLE001 - every exception of the user's file is an answer
        return _invalid(f"{NOXFILE}{_raising_line(noxfile, error)}: {type(error).__name__}: {error}")
    finally:
        faulthandler.cancel_dump_traceback_later()


def _error_answer(error: EvenfallError) -> Answer:
    return Answer(error=SerializedError(message=error.message, hint=error.hint, exit_code=int(error.exit_code)))


def _invalid(message: str) -> Answer:
    return Answer(error=SerializedError(message=message, hint=f"correct {NOXFILE}; nox -l shows Nox's own message"))


def _location(error: SyntaxError, noxfile: Path) -> str:
    """Return the file, relative to the noxfile's folder, and the line. For a file that it can't decode, Python reports no line."""
    path = Path(error.filename or noxfile)
    name = path.relative_to(noxfile.parent) if path.is_relative_to(noxfile.parent) else path
    return f"{name}:{error.lineno}" if error.lineno else os.fspath(name)


def _raising_line(noxfile: Path, error: BaseException) -> str:
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == os.fspath(noxfile)
    ]
    return f":{lines[-1]}" if lines else ""


def main(root: str, answer_file: str, seconds: str) -> None:
    """Write the answer to a file, and end the process."""
    Path(answer_file).write_bytes(msgspec.json.encode(load_noxfile(Path(root, NOXFILE), float(seconds))))
    os._exit(0)  # even if a thread of the noxfile still runs
