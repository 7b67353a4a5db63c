"""List the distributions in an environment with `cyclonedx-py`, independently of `uv.lock`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from cyclonedx.model.component import Component

from evenfall.errors import EvenfallError, Exit
from evenfall.project.tools import require_tool
from evenfall.supply_chain.sbom.document import parse_bom

_OPTIONS = ("--no-validate", "--output-reproducible", "--sv", "1.6")


def installed_components(environment: Path) -> tuple[Component, ...]:
    """Return every distribution that is installed in an environment, given by its Python or its folder.

    Raises `EvenfallError`: usage if the environment does not exist; unknown if `cyclonedx-py` is missing, fails or finds nothing.
    """
    if not environment.exists():
        raise EvenfallError(
            f"{environment}: this environment does not exist", hint="name the Python of one: .venv/bin/python"
        )
    done = subprocess.run(
        [require_tool("cyclonedx-py"), "environment", *_OPTIONS, os.fspath(environment)],
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        message = done.stderr.decode("utf-8", "replace").strip()
        raise EvenfallError(
            f"cyclonedx-py environment {environment} failed: {message}",
            hint="name the Python of an environment: .venv/bin/python",
            exit_code=Exit.UNKNOWN,
        )
    components = tuple(parse_bom(done.stdout).components)
    if not components:
        raise EvenfallError(
            f"{environment}: no distribution is installed, so there is nothing to compare",
            hint="uv sync",
            exit_code=Exit.UNKNOWN,
        )
    return components
