"""`evenfall release draft`: create the draft of the GitHub release, with all files."""

from __future__ import annotations

import os
from pathlib import Path

import click

from evenfall.errors import EvenfallError
from evenfall.project.project import find_root, read_project
from evenfall.release.github_api import GitHub, github_repository, github_token
from evenfall.release.github_release import DraftRequest, as_json, as_text
from evenfall.release.github_release import draft as draft_release
from evenfall.release.manifest import release_folder
from evenfall.report.output import json_text, print_progress


@click.command()
@click.option("--publish", is_flag=True, help="Publish the draft; for CI, after the files on PyPI are verified.")
@click.option("--json", "print_json", is_flag=True, help="Print the report as JSON.")
def draft(publish: bool, print_json: bool) -> int:
    """Create the draft of the GitHub release, with all files.

    The files are those in release-files/pypi and its manifest. A draft that exists is completed. The token in GH_TOKEN or GITHUB_TOKEN
    needs the permission contents: write.
    """
    project = read_project(find_root(Path.cwd()))
    repository = github_repository(project.root)
    if not repository:
        raise EvenfallError(
            "the project's repository on GitHub is not known",
            hint="git remote add origin URL, or set GITHUB_REPOSITORY",
        )
    api = os.environ.get("GITHUB_API_URL") or "https://api.github.com"
    with GitHub(repository, github_token(), api=api) as github:
        report = draft_release(
            DraftRequest(
                folder=release_folder(project.root, "pypi"),
                github=github,
                progress=print_progress,
                publish=publish,
                trigger=project.pyproject.settings.release.trigger,
            )
        )
    click.echo(json_text(as_json(report)) if print_json else as_text(report))
    return report.exit_code
