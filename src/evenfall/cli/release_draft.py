"""`evenfall release draft`: create the draft of the GitHub release, with all files."""

from __future__ import annotations

import os

import click
from packaging.version import Version

from evenfall.cli.release_options import json_option, release_root
from evenfall.git.repository import find_repository
from evenfall.github_api.repository import repository_with_token
from evenfall.project.project import Project, read_project
from evenfall.release.changelog import read_changelog
from evenfall.release.github_release import DraftRequest, as_json
from evenfall.release.github_release import draft as draft_release
from evenfall.release.github_release import text
from evenfall.release.github_releases import PERMISSION, GitHub
from evenfall.release.manifest import read_manifest, release_folder
from evenfall.report.output import json_text, print_progress


@click.command()
@click.option("--publish", is_flag=True, help="Publish the draft; for CI, after the files on PyPI are verified.")
@json_option
def draft(publish: bool, print_json: bool) -> int:
    """Create the draft of the GitHub release, with all files.

    The files are those in release-files/pypi and its manifest. A draft that exists is completed. The token in GH_TOKEN or GITHUB_TOKEN
    needs the permission contents: write.
    """
    root = release_root()
    project = read_project(root)
    origin = find_repository(root).origin
    with GitHub(repository_with_token(origin, os.environ, permission=PERMISSION)) as github:
        report = draft_release(
            DraftRequest(
                folder=release_folder(project.root, "pypi"),
                github=github,
                progress=print_progress,
                notes=_notes(project),
                publish=publish,
                trigger=project.pyproject.settings.release.trigger,
            )
        )
    click.echo(json_text(as_json(report)) if print_json else text(report))
    return report.exit_code


def _notes(project: Project) -> str:
    """Return the section of the changelog for the version, or an empty text."""
    version = Version(read_manifest(release_folder(project.root, "pypi")).version)
    changelog = read_changelog(project.root, project.pyproject.settings.release.changelog, project.pyproject.name)
    section = changelog.section(version) if changelog else None
    if section is None:
        print_progress("the changelog has no section for this version; the notes of a new release are empty")
    return section.body if section else ""
