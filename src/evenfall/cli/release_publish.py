"""`evenfall release publish`: the upload of the built files to an index."""

from __future__ import annotations

import click

from evenfall.cli.release_options import index_option, json_option, release_root
from evenfall.release.credentials import find_credentials
from evenfall.release.index import SimpleIndex, index_urls
from evenfall.release.manifest import IndexName, release_folder
from evenfall.release.publish import PublishRequest
from evenfall.release.publish import publish as publish_files
from evenfall.release.publish_report import as_json, text
from evenfall.release.summary import summary_markdown
from evenfall.report.github_actions import add_to_summary
from evenfall.report.output import json_text, print_progress


@click.command()
@index_option
@json_option
def publish(index: IndexName, print_json: bool) -> int:
    """Upload the built files to PyPI or TestPyPI.

    All files are compared with the index before the first is uploaded. A file that the index has already is not uploaded again; if the
    index has another file with the same name, nothing is uploaded. An interrupted upload continues when the command runs again.

    The credentials are the token in PYPI_API_TOKEN or TEST_PYPI_API_TOKEN, or else UV_PUBLISH_TOKEN, or UV_PUBLISH_USERNAME and
    UV_PUBLISH_PASSWORD, or else trusted publishing in GitHub Actions.
    """
    root = release_root()
    urls = index_urls(root, index)
    report = publish_files(
        PublishRequest(
            folder=release_folder(root, index),
            index=SimpleIndex(urls),
            credentials=lambda: find_credentials(index),
            progress=print_progress,
        )
    )
    click.echo(json_text(as_json(report)) if print_json else text(report))
    if not report.exit_code:
        add_to_summary(summary_markdown(report.manifest, urls))
    return report.exit_code
