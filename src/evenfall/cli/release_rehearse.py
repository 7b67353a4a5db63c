"""`evenfall release rehearse`: the whole release on this machine, against an index of its own."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from evenfall.cli.release_build import write_sbom
from evenfall.cli.release_install import find_pythons
from evenfall.cli.release_options import json_option, release_root
from evenfall.cli.signals import stop_on_signals
from evenfall.errors import Exit
from evenfall.findings import Severity
from evenfall.project.project import Project, read_project
from evenfall.project.user_cache import user_cache
from evenfall.release.index import index_urls
from evenfall.release.rehearsal_steps import STEPS, RehearseRequest
from evenfall.release.rehearse import Rehearsal, rehearse_release, release_commands
from evenfall.release.summary import summary_markdown, summary_text
from evenfall.report.github_actions import add_to_summary
from evenfall.report.output import finding_as_json, findings_as_text, json_text, report_as_json
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
@json_option
def rehearse(tag: str, steps: tuple[str, ...], pythons: tuple[str, ...], offline: bool, print_json: bool) -> int:
    """Run the whole release on this machine, against an index of its own.

    Nothing is published, and nothing is written into the project. The installation test runs on every Python that the project supports
    and that is installed.
    """
    stop_on_signals()
    root = release_root()
    project = read_project(root)
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
    with closing(stderr_screen(noun="step")) as screen:
        rehearsal = rehearse_release(request, screen)
    seconds = time.monotonic() - started
    if rehearsal.manifest:
        steps_run = [(result.job, result.word) for result in rehearsal.results]
        add_to_summary(summary_markdown(rehearsal.manifest, index_urls(root, "pypi"), steps=steps_run))
    if print_json:
        click.echo(json_text(_as_json(rehearsal, project, seconds)))
    else:
        number = sum(result.word != "skipped" for result in rehearsal.results)
        click.echo(f"{result_rows(rehearsal.results)}{plural(number, 'step')} in {seconds:.1f} s")
        click.echo(printable(_next_steps(rehearsal, project)), err=rehearsal.exit_code != Exit.FINE)
    return rehearsal.exit_code


def rehearsal_folder(root: Path) -> Path:
    """Return the folder of a project's rehearsals, in the user's cache. Raises `EvenfallError` as `user_cache` does."""
    digest = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:8]
    return user_cache() / "rehearsals" / f"{root.resolve().name}-{digest}"


def _next_steps(rehearsal: Rehearsal, project: Project) -> str:
    """Return the steps that did not pass and the next command; after a success, the summary of the real release and its commands."""
    results = rehearsal.results
    if failed := [result.job for result in results if result.word == "failed"]:
        found = [finding for job in failed for finding in rehearsal.findings[job]]
        findings = findings_as_text(finding for finding in found if finding.severity is Severity.ERROR)
        shown = f"\n\n{findings}\n\n" if findings else "\n  "
        return f"failed: {', '.join(failed)}{shown}next: correct it, then: evenfall release rehearse"
    if inconclusive := [result.job for result in results if result.word == "inconclusive"]:
        repeatable = not {"version", "build"} & {*inconclusive}  # the others use the files of these
        again = "".join(f" --step={name}" for name in inconclusive) if repeatable else ""
        return f"inconclusive: {', '.join(inconclusive)}\n  next: evenfall release rehearse{again}"
    if len(results) < len(STEPS) or rehearsal.manifest is None:
        return "next: evenfall release rehearse, which runs every step"
    urls = index_urls(project.root, "pypi")
    commands = "".join(f"\n  {command}" for command in _commands(rehearsal, project))
    summary = summary_text(rehearsal.manifest, urls)
    return f"\nnothing was uploaded; the real release is:\n{summary}\nits commands are:{commands}"


def _commands(rehearsal: Rehearsal, project: Project) -> tuple[str, ...]:
    trigger = project.pyproject.settings.release.trigger
    return release_commands(rehearsal.manifest, trigger=trigger) if rehearsal.manifest else ()


def _as_json(rehearsal: Rehearsal, project: Project, seconds: float) -> dict[str, Any]:
    steps = [
        {
            "step": result.job,
            "result": result.word,
            "reason": printable(result.reason),
            "seconds": round(result.seconds, 3),
            "notes": [printable(note) for note in result.notes],
            "findings": [finding_as_json(finding) for finding in rehearsal.findings[result.job]],
        }
        for result in rehearsal.results
    ]
    return report_as_json(
        rehearsal.exit_code,
        [finding for findings in rehearsal.findings.values() for finding in findings],
        inconclusive=[
            f"{each.job}: {printable(each.reason)}" for each in rehearsal.results if each.word == "inconclusive"
        ],
        seconds=round(seconds, 3),
        steps=steps,
        manifest=rehearsal.manifest,
        commands=_commands(rehearsal, project),
    )
