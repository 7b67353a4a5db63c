"""Running a check whose failure must not keep the next one from running."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import nox
from nox.command import CommandFailed


def passes(
    session: nox.Session, *command: str, external: bool | Literal["error"], env: Mapping[str, str | None] | None = None
) -> bool:
    """Run a program as `session.run` does, and say whether it succeeded."""
    try:
        session.run(*command, external=external, env=env)
    except CommandFailed:
        return False
    return True
