"""The generated files, by the Evenfall that the new noxfile locks."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from evenfall.adopt import existing_files
from evenfall.adopt.adoption import Adoption
from evenfall.errors import EvenfallError, Exit


def generate(adoption: Adoption, python: Path) -> None:
    """Generate in the scratch copy, where what was written by hand stands aside; what takes the place of such a file is said."""
    root, scratch = adoption.root, adoption.scratch
    manual = {path: (scratch / path).read_bytes() for path in existing_files.not_generated(scratch)}
    for path in manual:
        (scratch / path).unlink()
    _evenfall(python, scratch, "generate")
    for path, content in manual.items():
        if (scratch / path).exists():
            adoption.notes.append(existing_files.replaced(root, path))
        else:
            (scratch / path).write_bytes(content)


def _evenfall(python: Path, root: Path, *arguments: str) -> None:
    """Run the Evenfall that the noxfile's lock names, in the scratch copy. Raises its error as our own."""
    environ = {**os.environ, "NOX_SCRIPT_MODE": "none"}
    done = subprocess.run(
        [python, "-P", "-m", "evenfall", *arguments],
        cwd=root,
        env=environ,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode:
        message, _, hint = done.stderr.strip().removeprefix("evenfall: ").rpartition("\n  next: ")
        raise EvenfallError(
            message or hint or f"evenfall {arguments[0]} ended with {done.returncode}",
            hint=hint if message else "",
            exit_code=Exit(done.returncode) if done.returncode in [*Exit] else Exit.UNKNOWN,
        )
