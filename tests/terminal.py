"""Running a program on a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Mapping

from tests.made_project import Made


def in_terminal(project: Made, *command: str, env: Mapping[str, str], typed: str = "") -> tuple[int, str]:
    """Return the exit code and the output of a program whose three streams are a terminal, on which `typed` is typed."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        command, cwd=project.root, env=project.environ(env), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    os.write(ours, typed.encode())
    written = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # EIO: nobody holds the other end any more
            break
        if not piece:
            break
        written += piece
    os.close(ours)
    return child.wait(), written.decode("utf-8", "replace")
