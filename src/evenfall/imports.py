"""Import many modules at once, for the commands and for a noxfile."""

from __future__ import annotations

import gc
import sys
from importlib import import_module

TYPE_CHECKING = False  # type checkers read it as True; `typing` takes long to import
if TYPE_CHECKING:
    from types import ModuleType


def import_without_gc(name: str) -> ModuleType:
    """Return a module. While it is imported, the garbage collector does not run; later, it skips all objects that exist now.

    Modules stay to the end, but the collector would look at all of their objects several times during the import, which takes a
    fifth of the time, and again when the process ends.
    """
    if name in sys.modules or not gc.isenabled():
        return import_module(name)
    gc.disable()
    try:
        return import_module(name)
    finally:
        gc.freeze()
        gc.enable()
