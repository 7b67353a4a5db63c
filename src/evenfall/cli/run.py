"""`evenfall run`: what CI will say, before the push."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import click

from evenfall.errors import EvenfallError, Exit
from evenfall.git.snapshot import SnapshotRequest
from evenfall.pipeline.script_environment import enter_script_environment
from evenfall.project.project import find_root
from evenfall.report.annotations import annotated
from evenfall.report.json import json_text
from evenfall.report.plain import Lines, pieces
from evenfall.report.result_table import last_line, table
from evenfall.report.screen import Screen
from evenfall.run.history import record_of
from evenfall.run.mirror import Request, Result, mirror
from evenfall.run.supervisor import adopt_orphans
from evenfall.text import printable


def _named(_: click.Context, option: click.Parameter, value: str | None) -> str:
    """Raises `click.BadParameter` for an empty value: a variable that is not set would otherwise name something else."""
    if value == "":
        raise click.BadParameter("it is empty.", param=option)
    return value or ""


@click.command()
@click.argument("sessions", nargs=-1, metavar="[SESSION]...")
@click.option("--staged", is_flag=True, help="What is staged, not the tracked files as they are.")
@click.option("--commit", metavar="REV", callback=_named, help="A commit.")
@click.option("--onto", metavar="BASE", callback=_named, help="Merged with BASE first, as a pull request is tested.")
@click.option("-x", "--exitfirst", is_flag=True, help="Stop at the first job that fails.")
@click.option("-j", "--jobs", type=click.IntRange(min=1), default=None, help="Jobs at once. [default: one a core]")
@click.option("--keep", is_flag=True, help="Keep the sandboxes of failed jobs to look into.")
@click.option(
    "--log", metavar="JOB", callback=_named, help="Print what a job has printed the last time, and run nothing."
)
@click.option("--json", "as_json", is_flag=True, help="The job_results as JSON on stdout.")
@click.option("-v", "--verbose", is_flag=True, help="Say what is kept and dropped of your environment.")
def run(
    sessions: tuple[str, ...],
    staged: bool,
    commit: str,
    onto: str,
    exitfirst: bool,
    jobs: int | None,
    keep: bool,
    log: str,
    as_json: bool,
    verbose: bool,
) -> int:
    """Run each job here as CI would: in a sandbox of its own, under a runner's conditions.

    SESSION is a session, a job (tests-3.12) or a job of GitHub ("tests-3.12 @ ubuntu-latest"), with all that it requires;
    without any: the whole workflow ci.
    """
    _check_system()
    if staged and commit:
        raise click.UsageError("--staged and --commit name two different things to run.")
    root = find_root(Path.cwd())
    if log:
        return show_log(root, log)
    enter_script_environment(root)
    adopt_orphans()
    end_as_interrupted()
    screen = choose_screen()
    request = Request(
        root=root,
        source=SnapshotRequest(kind="commit" if commit else "staged" if staged else "now", revision=commit, onto=onto),
        sessions=sessions,
        exit_first=exitfirst,
        keep=keep,
        verbose=verbose,
        jobs=jobs or os.cpu_count() or 1,
        environ={name: value for name, value in os.environ.items() if name != "NOX_SCRIPT_MODE"},
    )
    try:
        result = mirror(request, screen)
    finally:
        screen.close()
    conclude(result, as_json=as_json)
    return result.exit_code


def _check_system() -> None:
    """Raises `EvenfallError` (unknown) on Windows."""
    if sys.platform == "win32":  # pragma: no cover - not on this system
        raise EvenfallError(
            "evenfall run: it does not run on Windows yet", hint="run it in WSL, or: nox", exit_code=Exit.UNKNOWN
        )


def end_as_interrupted() -> None:
    """Let what ends this process clean up as Ctrl-C does; not what it was told to ignore, as nohup(1) does."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupted)


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def show_log(root: Path, job: str) -> int:
    """Print a past log."""
    from evenfall.git.repository import find_repository

    for piece in pieces(record_of(find_repository(root)).read_log(job)):
        click.echo(piece, nl=False)
    return Exit.FINE


def choose_screen() -> Screen:
    """A board on a terminal, plain lines elsewhere; both on stderr, for stdout is the result."""
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        from rich.console import Console

        from evenfall.report.terminal import Board

        return Board(Console(stderr=True))
    annotate = annotated if os.environ.get("GITHUB_ACTIONS") == "true" else None
    return Lines(lambda text: click.echo(text, err=True, nl=False), annotate)


def conclude(result: Result, *, as_json: bool) -> None:
    """The table, or the JSON, on stdout; the last line on stderr."""
    if as_json:
        click.echo(as_text(result))
    else:
        click.echo(table(result.job_results, wall=result.wall), nl=False)
    if result.trouble:
        click.echo(result.trouble, err=True)
    click.echo(last_line(result.job_results, next_step=result.next_step), err=True)


def as_text(result: Result) -> str:
    """The result as JSON, one object."""
    jobs = [
        {
            "name": job_result.name,
            "result": job_result.word,
            "reason": printable(job_result.reason),
            "seconds": round(job_result.seconds, 3),
            "preparing": round(job_result.preparing, 3),
            "notes": [printable(note) for note in job_result.notes],
        }
        for job_result in result.job_results
    ]
    told = {
        "tree": result.tree,
        "source": printable(result.source),
        "exit_code": int(result.exit_code),
        "seconds": round(result.wall, 3),
        "jobs": jobs,
    }
    return json_text(told)
