"""A test that runs as root can check what another user is refused."""

from __future__ import annotations

import contextlib
import ctypes
import struct
from collections.abc import Iterator

_FILE_CAPABILITIES = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


@contextlib.contextmanager
def unprivileged() -> Iterator[None]:
    """Drop this thread's privileges over files for the length of the block (capabilities(7)); Linux only."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = struct.pack("Ii", 0x20080522, 0)
    before = ctypes.create_string_buffer(24)
    assert libc.capget(header, before) == 0
    effective, *others = struct.unpack("6I", before.raw)
    assert libc.capset(header, struct.pack("6I", effective & ~_FILE_CAPABILITIES, *others)) == 0
    try:
        yield
    finally:
        assert libc.capset(header, before) == 0
