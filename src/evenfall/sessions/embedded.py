"""The software bill of materials inside of the wheel: https://peps.python.org/pep-0770/"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.sessions.archives import read_members


def make_sbom(source: Path, name: str, epoch: str, environment: Path | None = None) -> bytes:
    """Write the document of what the wheel needs at run time into a source tree, for its backend to take; return it.

    `environment` is one that has the project, whose version no other file states. The user's own has no say.

    Raises `EvenfallError`: beginning with "inconclusive: ", where a package's metadata can't be had; else what the verb said.
    """
    where = [f"--python={environment}"] if environment else []
    command = (sys.executable, "-P", "-m", "evenfall", "sbom", "--runtime", f"--output={name}", *where)
    environ = {key: value for key, value in os.environ.items() if key != "UV_PROJECT_ENVIRONMENT"}
    code = subprocess.run(command, cwd=source, env={**environ, "SOURCE_DATE_EPOCH": epoch}, check=False).returncode
    if code:
        inconclusive = "inconclusive: " if code == Exit.UNKNOWN else ""
        raise EvenfallError(
            f"{inconclusive}evenfall sbom ended with {code}; it says why above",
            exit_code=Exit.UNKNOWN if inconclusive else Exit.USAGE,
        )
    return (source / name).read_bytes()


def embedding_problems(wheel: Path, name: str, sbom: bytes) -> list[str]:
    """That the wheel does not hold the document: a backend takes it only where its own configuration says so."""
    held = [
        content for member, (content, _) in read_members(wheel).items() if member.endswith(f".dist-info/sboms/{name}")
    ]
    if held == [sbom]:
        return []
    lacks = "another" if held else "no"
    return [
        f"{wheel.name} holds {lacks} .dist-info/sboms/{name}: [tool.evenfall.build] sbom asks for it, the backend must take it"
    ]
