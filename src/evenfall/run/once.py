"""Makes what several jobs need when the first of them needs it."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Objects by key, each of which is made once; jobs that need the same one at the same time wait for it."""

    def __init__(self) -> None:
        self._objects: dict[str, T] = {}
        self._lock = threading.Lock()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def put(self, key: str, made: T) -> None:
        """Add an object that exists."""
        self._objects[key] = made

    @property
    def made(self) -> tuple[T, ...]:
        """The objects that exist."""
        return tuple(self._objects.values())

    def get(self, key: str, make: Callable[[], T]) -> T:
        """Return the object, which `make` makes if it does not exist yet. Raises what `make` raises; then the next call tries again."""
        with self._lock:
            lock = self._locks[key]
        with lock:
            if key not in self._objects:
                self._objects[key] = make()
            return self._objects[key]
