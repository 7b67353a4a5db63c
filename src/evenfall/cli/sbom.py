"""`evenfall sbom`: write the software bill of materials of the lock, or check one."""

from __future__ import annotations

from pathlib import Path

import click

from evenfall.cli.lock_options import script_option
from evenfall.errors import Exit
from evenfall.pipeline.script_environment import prefer_script_environment
from evenfall.project.lock_subject import find_lock_subject
from evenfall.report.output import json_text, print_progress, write_output_file
from evenfall.supply_chain.sbom import report
from evenfall.supply_chain.sbom.check import check_sbom
from evenfall.supply_chain.sbom.generate import SbomRequest, generate_sbom

_PATH = click.Path(path_type=Path)


@click.command()
@script_option
@click.option("--output", type=_PATH, metavar="FILE", help="Write or check this file. [default: stdout]")
@click.option(
    "--check", is_flag=True, help="Write nothing. Fail if FILE [default: sbom.cdx.json] and the lock disagree."
)
@click.option(
    "--installed",
    type=_PATH,
    metavar="PYTHON",
    help="With --check: fail if a distribution is installed there, but not in FILE.",
)
@click.option("--runtime", is_flag=True, help="Only the packages that the project and its extras need, no groups.")
@click.option(
    "--python",
    "environments",
    type=_PATH,
    multiple=True,
    metavar="PATH",
    help="A Python, or the folder of an environment, to read metadata from. [default: .venv]",
)
@click.option(
    "--offline", is_flag=True, help="Do not use the index; licenses of packages that are not installed are left out."
)
@click.option("--json", "as_json", is_flag=True, help="With --check: print the result as JSON.")
def sbom(
    script: Path | None,
    output: Path | None,
    check: bool,
    installed: Path | None,
    runtime: bool,
    environments: tuple[Path, ...],
    offline: bool,
    as_json: bool,
) -> int:
    """Write the locked packages as a CycloneDX document.

    The format is CycloneDX 1.6 in JSON. Licenses and suppliers come from the metadata of each package. If metadata is missing,
    nothing is written, and the exit code is 3.
    """
    if not check and (installed or as_json):
        raise click.UsageError("--installed and --json need --check.")
    if output == Path("-"):
        if check:
            raise click.UsageError("--check needs a file, not stdin.")
        output = None
    if check:
        if installed:
            prefer_script_environment(find_lock_subject(Path.cwd(), script).settings_root)
        request = SbomRequest(folder=Path.cwd(), script=script, runtime=runtime)
        result = check_sbom(request, output, environment=installed)
        if as_json:
            click.echo(json_text(report.as_json(result)))
        else:
            click.echo(report.text(result), err=not result.findings)
        return result.exit_code
    document = generate_sbom(
        SbomRequest(
            folder=Path.cwd(),
            script=script,
            runtime=runtime,
            environments=environments,
            network=not offline,
        )
    )
    if document.warning:
        print_progress(f"evenfall: {document.warning}")
    if output:
        write_output_file(output, document.text)
        print_progress(f"wrote {output}")
    else:
        click.echo(document.text, nl=False)
    return Exit.FINE
