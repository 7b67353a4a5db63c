"""`evenfall explain`: what a session does in this project, and its source."""

from __future__ import annotations

from pathlib import Path

import click

from evenfall.cli.reexec import in_script_environment
from evenfall.errors import EvenfallError, Exit
from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.lookup import find_session
from evenfall.pipeline.model import NOXFILE, Session
from evenfall.project.project import find_root, read_project
from evenfall.sessions.session_source import session_source
from evenfall.sessions.standard import SESSION_NAMES
from evenfall.text import did_you_mean


@click.command()
@click.argument("name", metavar="SESSION")
@click.option("--source", is_flag=True, help="Print a standard session as code to paste into the noxfile and change.")
def explain(name: str, source: bool) -> int:
    """Say what SESSION runs here and in CI, and why."""
    root = find_root(Path.cwd())
    in_script_environment(root)
    if source:
        click.echo(session_source(standard(name), read_project(root)), nl=False)
        return Exit.FINE
    pipeline = read_pipeline(root)
    for label, value in described(find_session(pipeline, name)):
        click.echo(f"{label:<12} {value}")
    return Exit.FINE


def standard(name: str) -> str:
    """The name of a standard session. Raises `EvenfallError` (usage) for any other."""
    if name not in SESSION_NAMES:
        raise EvenfallError(
            f"there is no standard session {name!r}{did_you_mean(name, SESSION_NAMES)}",
            hint="evenfall explain SESSION --source",
        )
    return name


def described(session: Session) -> list[tuple[str, str]]:
    """What is worth knowing of a session, as labels and values; what is not declared is left out."""
    facts = session.facts
    groups = "none" if facts.groups is None else ", ".join(facts.groups) or "the project alone"
    flags = [flag for flag in ("history", "network", "side_effects") if getattr(facts, flag)]
    rows = [
        ("session", session.name),
        ("does", session.description),
        ("declared", session.module if session.module.startswith("evenfall.") else f"{NOXFILE}:{session.line}"),
        ("jobs", ", ".join(job.name for job in session.jobs)),
        ("systems", ", ".join(facts.systems)),
        ("workflows", ", ".join(facts.workflows)),
        ("groups", groups),
        ("after", ", ".join(session.requires)),
        ("artifacts", ", ".join(facts.artifacts)),
        ("timeout", f"{facts.timeout} minutes"),
        ("permissions", ", ".join(f"{scope}: {access}" for scope, access in facts.permissions)),
        ("environment", facts.environment),
        ("secrets", ", ".join(facts.secrets)),
        ("needs", ", ".join(flags)),
        ("run it", f"nox -s {session.name}"),
    ]
    return [(label, value) for label, value in rows if value]
