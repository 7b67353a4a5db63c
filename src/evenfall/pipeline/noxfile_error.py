"""Errors about a noxfile: they name the session's line, and end Nox without a traceback."""

from __future__ import annotations

import contextlib
import functools
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from evenfall.errors import EvenfallError
from evenfall.pipeline.model import NOXFILE

P = ParamSpec("P")
R = TypeVar("R")


def exit_on_error(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function with each `EvenfallError` printed on stderr and raised as `SystemExit`, because Nox prints a traceback.

    The error stays available as the cause.
    """

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except EvenfallError as error:
            sys.stderr.write(f"evenfall: {error}\n")
            raise SystemExit(int(error.exit_code)) from error

    return wrapper


def location_of(function: Any) -> str:
    """Return where a session is declared: `noxfile.py:12`, or `noxfile.py` if its function is in another file."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None or Path(code.co_filename).name != NOXFILE:
        return NOXFILE
    return f"{NOXFILE}:{code.co_firstlineno}"


@contextlib.contextmanager
def error_location(function: Any) -> Iterator[None]:
    """Add the line of a session to each error about the noxfile."""
    try:
        yield
    except EvenfallError as error:
        error.message = re.sub(rf"\A{re.escape(NOXFILE)}(?=: )", location_of(function), error.message)
        raise
