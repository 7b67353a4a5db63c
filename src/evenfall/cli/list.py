"""`evenfall list`: the sessions of this project and their jobs."""

from __future__ import annotations

from pathlib import Path

import click

from evenfall.errors import Exit
from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.model import HostedJob, Pipeline, Session
from evenfall.pipeline.script_environment import enter_script_environment
from evenfall.project.root import find_locked_root
from evenfall.report.output import json_text
from evenfall.text import one_line


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the sessions and jobs as JSON.")
def list_sessions(as_json: bool) -> int:
    """List the sessions of this project and their jobs."""
    root = find_locked_root(Path.cwd())
    enter_script_environment(root)
    pipeline = read_pipeline(root)
    click.echo(json_text({"sessions": _as_values(pipeline)}) if as_json else _as_text(pipeline), nl=as_json)
    return Exit.FINE


def _as_text(pipeline: Pipeline) -> str:
    """Return a line for each session, and below it the names of its jobs if it has several."""
    rows = _rows(pipeline)
    width = max((len(row.name) for row in rows), default=0)
    lines = []
    for row in rows:
        description = one_line(row.description.partition("\n")[0])
        lines.append(f"{row.name:<{width}}  {_workflows(row)}{': ' if description else ''}{description}")
        jobs = _jobs(row)
        if len(jobs) > 1:
            lines.append(f"{'':<{width}}  {', '.join(jobs)}")
    if pipeline.local:
        lines.append(f"only here, not in CI: {', '.join(pipeline.local)}")
    return "".join(f"{line}\n" for line in lines)


def _as_values(pipeline: Pipeline) -> list[dict[str, object]]:
    return [
        {
            "name": row.name,
            "description": row.description,
            "workflows": _workflows(row).split(", "),
            "jobs": _jobs(row),
            "requires": [*row.requires] if isinstance(row, Session) else [],
            "hosted": isinstance(row, HostedJob),
        }
        for row in _rows(pipeline)
    ]


def _rows(pipeline: Pipeline) -> tuple[Session | HostedJob, ...]:
    return (*pipeline.sessions, *pipeline.hosted_jobs)


def _workflows(row: Session | HostedJob) -> str:
    return row.workflow if isinstance(row, HostedJob) else ", ".join(row.facts.workflows)


def _jobs(row: Session | HostedJob) -> list[str]:
    """Return the names of the jobs as GitHub shows them."""
    if isinstance(row, HostedJob):
        return [row.name]
    return [row.job_name(job.name, system) for job in row.jobs for system in row.facts.systems]
