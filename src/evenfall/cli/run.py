"""`evenfall run`: run the pipeline's jobs on this machine as CI would."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path

import click

from evenfall.cli.completion import complete_session
from evenfall.cli.signals import stop_on_signals
from evenfall.errors import EvenfallError, Exit
from evenfall.git.repository import find_repository
from evenfall.git.snapshot import SnapshotRequest
from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.script_environment import SCRIPT_MODE, enter_script_environment
from evenfall.project.interpreters import find_interpreter
from evenfall.project.project import read_project
from evenfall.project.root import find_locked_root
from evenfall.report.output import json_text
from evenfall.report.result_table import last_line, result_rows, result_table
from evenfall.report.screen import printable_lines
from evenfall.report.stderr_screen import stderr_screen
from evenfall.results import JobResult
from evenfall.run.cache_folder import remove_all
from evenfall.run.checkout_cache import checkouts_folder
from evenfall.run.environments import environments_folder
from evenfall.run.history import history_of
from evenfall.run.hook_home import hooks_folder
from evenfall.run.machine import cores
from evenfall.run.mirror import mirror
from evenfall.run.planner import make_plan
from evenfall.run.request import RunRequest, RunResult
from evenfall.run.supervisor import adopt_orphans
from evenfall.text import plural, printable


@click.command()
@click.argument("sessions", nargs=-1, metavar="[SESSION]...", shell_complete=complete_session)
@click.option("--staged", is_flag=True, help="Run the staged files instead of the tracked files as they are.")
@click.option("--commit", metavar="REV", default="", help="Run a commit.")
@click.option("--onto", metavar="BASE", default="", help="Merge with BASE first, as CI does for a pull request.")
@click.option("-x", "--exitfirst", is_flag=True, help="Stop at the first job that fails.")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=cores,
    help="Number of jobs at a time. [default: one per core that a container and the CPU affinity allow]",
)
@click.option("--dry-run", is_flag=True, help="List the jobs that would run, and those that this machine can't run.")
@click.option("--keep", is_flag=True, help="Keep the sandboxes of failed jobs.")
@click.option("--log", metavar="JOB", default="", help="Print the output of a job's last run, and run nothing.")
@click.option(
    "--prune",
    is_flag=True,
    help="Remove the checkouts, environments and hooks that are kept for later runs, and run nothing.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@click.option("-v", "--verbose", is_flag=True, help="List the kept and dropped environment variables, and all paths.")
def run(
    sessions: tuple[str, ...],
    staged: bool,
    commit: str,
    onto: str,
    exitfirst: bool,
    jobs: int,
    dry_run: bool,
    keep: bool,
    log: str,
    prune: bool,
    as_json: bool,
    verbose: bool,
) -> int:
    """Run the pipeline's jobs on this machine as CI would.

    Each job runs in its own sandbox. SESSION is a session (tests), a job of Nox (tests-3.12) or a job of GitHub
    ("tests-3.12 @ ubuntu-latest"). The sessions that it requires run, too. Without a SESSION, the workflow ci runs.
    """
    _check_system()
    if staged and commit:
        raise click.UsageError("--staged and --commit exclude each other.")
    if prune:
        return _remove_kept()
    root = find_locked_root(Path.cwd())
    if log:
        return _print_log(root, log)
    enter_script_environment(root)
    if dry_run:
        return _print_plan(root, sessions)
    adopt_orphans()
    stop_on_signals()
    request = RunRequest(
        root=root,
        snapshot=SnapshotRequest(
            kind="commit" if commit else "staged" if staged else "now", revision=commit, onto=onto
        ),
        sessions=sessions,
        exit_first=exitfirst,
        keep=keep,
        verbose=verbose,
        parallel=jobs,
        environ={name: value for name, value in os.environ.items() if name != SCRIPT_MODE},
    )
    with closing(stderr_screen()) as screen:
        result = mirror(request, screen)
    _print_result(result, as_json=as_json)
    return result.exit_code


def _check_system() -> None:
    """Raise `EvenfallError` (unknown) on Windows."""
    if sys.platform == "win32":  # pragma: no cover - not on this system
        raise EvenfallError(
            "evenfall run: not available on Windows", hint="run it in WSL, or: nox", exit_code=Exit.UNKNOWN
        )


def _remove_kept() -> int:
    removed = sum(map(remove_all, (environments_folder(), checkouts_folder(), hooks_folder())))
    click.echo(f"removed {plural(removed, 'folder')} of checkouts, environments and hooks")
    return Exit.FINE


def _print_log(root: Path, job: str) -> int:
    for text in printable_lines(history_of(find_repository(root)).find_log(job)):
        click.echo(text, nl=False)
    return Exit.FINE


def _print_plan(root: Path, sessions: tuple[str, ...]) -> int:
    """Print each job that would run, with its last duration, and the skipped jobs with the reasons."""
    allowed = read_project(root).allowed_pythons
    pipeline = read_pipeline(root)
    plan = make_plan(  # downloads no Python, unlike a run
        pipeline, sessions, lambda pythons: {each: find_interpreter(each, allowed) for each in pythons}, allowed
    )
    seconds = history_of(find_repository(root)).seconds
    for job in plan.jobs:
        duration = f"{seconds[job.name]:7.1f} s" if job.name in seconds else " " * 9
        after = f"  after {', '.join(job.after)}" if job.after else ""
        click.echo(f"{job.name:<40} {duration}{after}")
    click.echo(result_rows([JobResult(job=name, result=reason) for name, reason in plan.skipped.items()]), nl=False)
    return Exit.FINE


def _print_result(result: RunResult, *, as_json: bool) -> None:
    """Print the table or the JSON on stdout, and warnings and the last line on stderr."""
    if as_json:
        click.echo(json_text(_as_json(result)))
    else:
        click.echo(result_table(result.results, wall=result.seconds), nl=False)
    for warning in result.warnings:
        click.echo(warning, err=True)
    click.echo(printable(result.machine), err=True)
    click.echo(last_line(result.results, next_step=result.next_step), err=True)


def _as_json(result: RunResult) -> dict[str, object]:
    return {
        "tree": result.tree,
        "source": printable(result.source),
        "exit_code": int(result.exit_code),
        "seconds": round(result.seconds, 3),
        "machine": printable(result.machine),
        "results": [
            {
                "job": job.job,
                "result": job.word,
                "reason": printable(job.reason),
                "seconds": round(job.seconds, 3),
                "setup_seconds": round(job.setup_seconds, 3),
                "notes": [printable(note) for note in job.notes],
                "causes": [printable(cause) for cause in job.causes],
            }
            for job in result.results
        ],
    }
