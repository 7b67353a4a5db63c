"""Run a program to which the kernel denies system calls, as containers and some systems do: `python denied.py NAMES PROGRAM …`."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

# asm/unistd.h
_NUMBERS = {
    "x86_64": {"mount": 165, "unshare": 272, "landlock": 444},
    "aarch64": {"mount": 40, "unshare": 97, "landlock": 444},
}
_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _MODE_FILTER = 22, 38, 2
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06  # linux/bpf_common.h
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000  # linux/seccomp.h


def deny(*names: str) -> None:
    """Let these system calls fail in this process and all that it starts: Landlock is missing, the others are not permitted."""
    numbers = _NUMBERS[platform.machine()]
    program = struct.pack("HBBI", _LOAD, 0, 0, 0)  # the number of the system call
    for name in names:
        error = errno.ENOSYS if name == "landlock" else errno.EPERM
        program += struct.pack("HBBI", _JUMP_IF_EQUAL, 0, 1, numbers[name])
        program += struct.pack("HBBI", _RETURN, 0, 0, _ERRNO | error)
    program += struct.pack("HBBI", _RETURN, 0, 0, _ALLOW)
    buffer = ctypes.create_string_buffer(program)
    filters = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    assert libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.create_string_buffer(filters)) == 0, ctypes.get_errno()


if __name__ == "__main__":
    deny(*sys.argv[1].split(","))
    os.execvp(sys.argv[2], sys.argv[2:])
