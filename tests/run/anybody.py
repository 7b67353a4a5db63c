"""A test that runs as root, refused what a file's mode refuses anybody else."""

from __future__ import annotations

import contextlib
import ctypes
import struct
from collections.abc import Iterator

_OVERRIDING = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


@contextlib.contextmanager
def as_anybody() -> Iterator[None]:
    """Lay down this thread's privileges over files, where it has any (capabilities(7)); Linux only."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = struct.pack("Ii", 0x20080522, 0)
    own = ctypes.create_string_buffer(24)
    assert libc.capget(header, own) == 0
    effective, *others = struct.unpack("6I", own.raw)
    assert libc.capset(header, struct.pack("6I", effective & ~_OVERRIDING, *others)) == 0
    try:
        yield
    finally:
        assert libc.capset(header, own) == 0
