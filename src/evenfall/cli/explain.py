"""`evenfall explain`: describe a session of this project, or print its source."""

from __future__ import annotations

from pathlib import Path

import click

from evenfall.cli.completion import complete_session
from evenfall.errors import EvenfallError, Exit
from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.model import NOXFILE, Session
from evenfall.pipeline.script_environment import enter_script_environment
from evenfall.project.project import read_project
from evenfall.project.root import find_locked_root
from evenfall.sessions.session_source import session_source
from evenfall.sessions.standard import SESSION_NAMES
from evenfall.text import did_you_mean, one_line


@click.command()
@click.argument("name", metavar="SESSION", shell_complete=complete_session)
@click.option(
    "--source", is_flag=True, help="Print the code of a standard session, to paste into the noxfile and change."
)
def explain(name: str, source: bool) -> int:
    """Explain what a session runs, or print its source.

    SESSION is the name of a session or of one of its jobs.
    """
    root = find_locked_root(Path.cwd())
    enter_script_environment(root)
    if source:
        _check_standard(name)
        click.echo(session_source(name, read_project(root)), nl=False)
        return Exit.FINE
    session = read_pipeline(root).find(name)
    for label, value in _describe(session):
        click.echo(f"{label:<12} {value}")
    for trouble in session.facts.troubleshooting:
        click.echo(f"\nif: {one_line(trouble.symptom)}\n  {one_line(trouble.advice)}")
        for command in trouble.commands:
            click.echo(f"  $ {one_line(command)}")
    return Exit.FINE


def _check_standard(name: str) -> None:
    """Raise `EvenfallError` (usage) if there is no standard session of that name."""
    if name not in SESSION_NAMES:
        raise EvenfallError(
            f"there is no standard session {name!r}{did_you_mean(name, SESSION_NAMES)}",
            hint="evenfall explain SESSION --source",
        )


def _describe(session: Session) -> list[tuple[str, str]]:
    """Return the facts of a session as labels and values, without those that it does not declare."""
    facts = session.facts
    groups = "none" if facts.groups is None else ", ".join(facts.groups) or "only the project"
    flags = [flag for flag in ("history", "network", "side_effects") if getattr(facts, flag)]
    rows = [
        ("session", session.name),
        ("does", session.description),
        ("declared in", session.module if session.module.startswith("evenfall.") else f"{NOXFILE}:{session.line}"),
        ("jobs", ", ".join(job.name for job in session.jobs)),
        ("systems", ", ".join(facts.systems)),
        ("workflows", ", ".join(facts.workflows)),
        ("groups", groups),
        ("events", ", ".join(facts.events)),
        ("requires", ", ".join(session.requires)),
        ("artifacts", ", ".join(facts.artifacts)),
        ("timeout", f"{facts.timeout} minutes"),
        ("permissions", ", ".join(f"{scope}: {access}" for scope, access in facts.permissions)),
        ("environment", facts.environment),
        ("secrets", ", ".join(facts.secrets)),
        ("needs", ", ".join(flags)),
        ("run it", f"nox -s {session.name}"),
    ]
    return [(label, value) for label, value in rows if value]
