"""The edge to `cyclonedx-py`, which sees an environment with other eyes than a lock's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.supply_chain.sbom.reading import Component, parse_document


def observed(program: str, environment: Path) -> tuple[Component, ...]:
    """Every distribution that is installed in an environment, given by its Python or its folder.

    Raises `EvenfallError`: there is none (usage), or nothing is in it, or it can't be found out what (unknown).
    """
    if not environment.exists():
        raise EvenfallError(
            f"{environment}: no Python environment is there", hint="give the Python of an environment: .venv/bin/python"
        )
    done = subprocess.run(
        [program, "environment", "--no-validate", "--output-reproducible", "--sv", "1.6", os.fspath(environment)],
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise EvenfallError(
            f"cyclonedx-py environment {environment} failed: {said}",
            hint="give the Python of an environment: .venv/bin/python",
            exit_code=Exit.UNKNOWN,
        )
    found = parse_document(done.stdout, "what cyclonedx-py prints").components
    if not found:
        raise EvenfallError(
            f"{environment}: nothing is installed there, so nothing can be compared",
            hint="uv sync",
            exit_code=Exit.UNKNOWN,
        )
    return found
