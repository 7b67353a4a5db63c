"""`evenfall release build`: the wheel, the sdist, the SBOM and the manifest."""

from __future__ import annotations

from pathlib import Path

import click

from evenfall.cli.release_options import index_option, json_option, release_root
from evenfall.release.build import BuildRequest, build_release
from evenfall.release.build_report import as_json, text
from evenfall.release.manifest import IndexName
from evenfall.report.output import json_text, print_progress, write_output_file
from evenfall.supply_chain.sbom.generate import SbomRequest, generate_sbom


@click.command()
@index_option
@click.option(
    "--development-number",
    type=click.IntRange(min=0),
    metavar="N",
    help="The N of the development version for TestPyPI, such as 1.0.1.devN. [default: the workflow run's number, or the time]",
)
@json_option
def build(index: IndexName, development_number: int | None, print_json: bool) -> int:
    """Build the wheel, the sdist, the SBOM and the manifest of a release.

    The files are built once, from the tracked files, and checked. They are in release-files/INDEX; later steps use them and build nothing.
    The files for TestPyPI are a build of their own, with a development version. In a workflow run for a published GitHub release
    with the files of `evenfall release draft`, these files are taken, and the build is only compared with them.
    """
    root = release_root()
    report = build_release(
        BuildRequest(
            root=root,
            index=index,
            write_sbom=write_sbom,
            development_number=development_number,
            progress=print_progress,
        )
    )
    click.echo(json_text(as_json(report)) if print_json else text(report))
    return report.exit_code


def write_sbom(root: Path, version: str, path: Path) -> None:
    """Write the SBOM of the runtime packages of the project in `root`, as `version`. Raises `EvenfallError` as `generate_sbom` does."""
    document = generate_sbom(SbomRequest(folder=root, runtime=True, version=version))
    write_output_file(path, document.text)
