"""Run a program on a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Mapping

from tests.sample_project import SampleProject


def in_terminal(project: SampleProject, *command: str, env: Mapping[str, str], typed: str = "") -> tuple[int, str]:
    """Return the exit code and the output of a program whose three streams are a terminal, on which `typed` is typed."""
    reader, terminal = pty.openpty()
    child = subprocess.Popen(
        command, cwd=project.root, env=project.environ(env), stdin=terminal, stdout=terminal, stderr=terminal
    )
    os.close(terminal)
    os.write(reader, typed.encode())
    output = b""
    while True:
        try:
            piece = os.read(reader, 65536)
        except OSError:  # EIO: no process has the terminal open
            break
        if not piece:
            break
        output += piece
    os.close(reader)
    return child.wait(), output.decode("utf-8", "replace")
