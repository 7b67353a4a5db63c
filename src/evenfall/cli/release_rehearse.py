"""`evenfall release rehearse`: the whole release on this machine, against an index of its own."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import Any

import click
import msgspec

from evenfall.cli.release_build import write_sbom
from evenfall.cli.release_install import find_pythons
from evenfall.cli.signals import stop_on_signals
from evenfall.errors import Exit
from evenfall.project.project import Project, find_root, read_project
from evenfall.project.user_cache import user_cache
from evenfall.release.index import index_urls
from evenfall.release.rehearse import STEPS, Rehearsal, RehearseRequest, rehearse_release, release_commands
from evenfall.release.summary import summary_markdown
from evenfall.report.output import json_text
from evenfall.report.result_table import result_rows
from evenfall.report.stderr_screen import stderr_screen
from evenfall.text import plural, printable


@click.command()
@click.option("--tag", metavar="TAG", default="", help="The tag to rehearse, if the version comes from a tag.")
@click.option(
    "--step",
    "steps",
    multiple=True,
    type=click.Choice([step.name for step in STEPS]),
    help="Repeat a step with the files of the last rehearsal.",
)
@click.option(
    "--python", "pythons", multiple=True, metavar="VERSION|PATH", help="A Python to test with. [default: all]"
)
@click.option("--offline", is_flag=True, help="Ask neither the public index nor GitHub about this project.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on stdout.")
def rehearse(tag: str, steps: tuple[str, ...], pythons: tuple[str, ...], offline: bool, as_json: bool) -> int:
    """Run the whole release on this machine, against an index of its own.

    Nothing is published, and nothing is written into the project. The installation test runs on every Python that the project supports
    and that is installed.
    """
    stop_on_signals()
    project = read_project(find_root(Path.cwd()))
    found, missing = find_pythons(project, pythons)
    request = RehearseRequest(
        root=project.root,
        folder=rehearsal_folder(project.root),
        pythons=found,
        missing_pythons=missing,
        tag=tag,
        steps=steps,
        network=not offline,
        write_sbom=write_sbom,
    )
    started = time.monotonic()
    screen = stderr_screen(noun="step")
    try:
        rehearsal = rehearse_release(request, screen)
    finally:
        screen.close()
    seconds = time.monotonic() - started
    click.echo(json_text(_as_json(rehearsal, project, seconds)) if as_json else _text(rehearsal, project, seconds))
    return rehearsal.exit_code


def rehearsal_folder(root: Path) -> Path:
    """Return the folder of a project's rehearsals, in the user's cache. Raises `EvenfallError` as `user_cache` does."""
    digest = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:8]
    return user_cache() / "rehearsals" / f"{root.resolve().name}-{digest}"


def _text(rehearsal: Rehearsal, project: Project, seconds: float) -> str:
    """Return the results, and after a success the summary of the real release and the commands that make it."""
    number = sum(result.word != "skipped" for result in rehearsal.results)
    table = f"{result_rows(rehearsal.results)}{plural(number, 'step')} in {seconds:.1f} s\n"
    if rehearsal.manifest is None or rehearsal.exit_code != Exit.FINE:
        return printable(f"{table}\n{_last_line(rehearsal)}")
    steps = [(result.job, result.word) for result in rehearsal.results]
    summary = summary_markdown(rehearsal.manifest, index_urls(project.pyproject, "pypi"), steps=steps)
    commands = "\n".join(f"  {command}" for command in _commands(rehearsal, project))
    return printable(f"{table}\n{summary}\nthe real release:\n{commands}")


def _last_line(rehearsal: Rehearsal) -> str:
    """Return the steps that did not pass, and the command that repeats the first of them."""
    bad = [result.job for result in rehearsal.results if result.word in ("failed", "inconclusive")]
    again = "" if bad[0] in ("version", "build") else f" --step={bad[0]}, if the files stay as they are"
    return f"not ready to release: {', '.join(bad)}\n  next: correct it, then: evenfall release rehearse{again}"


def _commands(rehearsal: Rehearsal, project: Project) -> tuple[str, ...]:
    trigger = project.pyproject.settings.release.trigger
    return release_commands(rehearsal.manifest, trigger=trigger) if rehearsal.manifest else ()


def _as_json(rehearsal: Rehearsal, project: Project, seconds: float) -> dict[str, Any]:
    return {
        "version": 1,
        "exit_code": int(rehearsal.exit_code),
        "seconds": round(seconds, 3),
        "steps": [
            {
                "step": result.job,
                "result": result.word,
                "reason": printable(result.reason),
                "seconds": round(result.seconds, 3),
                "notes": [printable(note) for note in result.notes],
            }
            for result in rehearsal.results
        ],
        "manifest": msgspec.to_builtins(rehearsal.manifest),
        "commands": _commands(rehearsal, project),
    }
