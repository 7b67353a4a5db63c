"""Complete the names of sessions and jobs in a shell: https://click.palletsprojects.com/en/stable/shell-completion/"""

from __future__ import annotations

from pathlib import Path

import click

from evenfall.errors import EvenfallError
from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.script_environment import enter_script_environment
from evenfall.project.root import find_locked_root


def complete_session(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Return the sessions and the jobs of Nox whose names start with `incomplete`; none where no pipeline can be read."""
    try:
        root = find_locked_root(Path.cwd())
        enter_script_environment(root)
        sessions = read_pipeline(root).sessions
    except EvenfallError:
        return []
    names = dict.fromkeys(name for session in sessions for name in (session.name, *(job.name for job in session.jobs)))
    return [name for name in names if name.startswith(incomplete)]
