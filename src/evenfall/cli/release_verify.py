"""`evenfall release verify`: wait for the index to offer the files, then install them from there."""

from __future__ import annotations

import os

import click

from evenfall.cli.release_install import find_pythons
from evenfall.cli.release_options import index_option, json_option, release_root
from evenfall.git.repository import Repository, find_repository
from evenfall.github_api.repository import github_repository
from evenfall.pipeline.own_workflows import file_name_in
from evenfall.project.project import read_project
from evenfall.release.index import SimpleIndex, index_urls
from evenfall.release.manifest import IndexName, release_folder
from evenfall.release.provenance import CD, Publisher
from evenfall.release.summary import summary_markdown
from evenfall.release.verify import VerifyRequest
from evenfall.release.verify import verify as verify_release
from evenfall.release.verify_report import as_json, result, text
from evenfall.report.github_actions import add_to_summary
from evenfall.report.output import json_text, print_progress


@click.command()
@index_option
@click.option(
    "--python",
    metavar="VERSION|PATH",
    help="The Python to install the release with. [default: the project's oldest]",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    metavar="MINUTES",
    default=30,
    show_default=True,
    help="How long to wait for the index.",
)
@json_option
def verify(index: IndexName, python: str | None, timeout: float, print_json: bool) -> int:
    """Wait for the index to offer the files, then install them from there.

    The files on the index must have the hashes of the manifest, and their provenance, if the index has it, must name a workflow of this
    repository. In GitHub Actions the summary of the deployment goes to the summary of the job.
    """
    root = release_root()
    project = read_project(root)
    (interpreter,), _ = find_pythons(project, (python or project.python_for(()),))
    urls = index_urls(project.root, index)
    report = verify_release(
        VerifyRequest(
            folder=release_folder(project.root, index),
            index=SimpleIndex(urls),
            python=interpreter,
            progress=print_progress,
            project=project,
            publisher=publisher_of(find_repository(root), index),
            timeout=timeout * 60,
        )
    )
    click.echo(json_text(as_json(report)) if print_json else text(report))
    add_to_summary(summary_markdown(report.manifest, urls, links=report.links, steps=[("verify", result(report))]))
    return report.exit_code


def publisher_of(repository: Repository, environment: str) -> Publisher | None:
    """Return the project's publisher, or None if no remote is on GitHub.

    In a clone of a fork, a remote such as `upstream` is the project's repository. GitHub Actions names the repository itself.
    """
    found = (github_repository(url, os.environ) for url in repository.remotes or ("",))
    names = tuple(dict.fromkeys(each.name for each in found if each))
    workflows = sorted(path.name for path in (repository.top / ".github/workflows").glob("*.y*ml"))
    generated = file_name_in(repository.top, "cd")
    return (
        Publisher(repositories=names, workflows=(*workflows,) or (CD,), generated=generated, environment=environment)
        if names
        else None
    )
