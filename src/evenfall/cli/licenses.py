"""`evenfall licenses`: under which licenses the locked packages are, and whether the project takes them."""

from __future__ import annotations

from pathlib import Path

import click

from evenfall.errors import Exit
from evenfall.project import lockfile, pyproject
from evenfall.project.current_lock import read_project_lock
from evenfall.project.lock_graph import LockGraph
from evenfall.project.project import find_locked_root
from evenfall.report.findings import fails
from evenfall.report.job_summary import add_to_summary
from evenfall.report.json import json_text
from evenfall.supply_chain.licenses import report
from evenfall.supply_chain.licenses.policy import resolve_policy
from evenfall.supply_chain.licenses.rules import LicenseCheck, apply_policy
from evenfall.supply_chain.metadata.find_metadata import MetadataSources, find_metadata, project_environment
from evenfall.text import printable


@click.command()
@click.option(
    "--python",
    "environments",
    metavar="PATH",
    multiple=True,
    type=click.Path(path_type=Path),
    help="The Python or the folder of an environment to look into first. [default: .venv, where it is]",
)
@click.option("--offline", is_flag=True, help="Do not ask the index for what is installed nowhere here.")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout.")
def licenses(environments: tuple[Path, ...], offline: bool, as_json: bool) -> int:
    """Hold the licenses of all packages in uv.lock against the policy, [tool.evenfall.licenses] of pyproject.toml.

    Each package's own metadata say its license. Where they can't be had nobody knows: exit code 3.
    """
    root = find_locked_root(Path.cwd())
    settings = pyproject.read_policies(root / pyproject.NAME).licenses
    resolve_policy(settings)  # what is wrong with it is said before the index is asked
    packages = LockGraph(read_project_lock(root / lockfile.NAME)).dependencies()
    metadata = find_metadata([each.package for each in packages], sources_of(root, environments, offline=offline))
    result = apply_policy(packages, metadata, settings)
    code = _job_result(result)
    _tell(result, code, as_json=as_json)
    return code


def sources_of(root: Path, environments: tuple[Path, ...] = (), *, offline: bool) -> MetadataSources:
    """Where metadata are read: in these environments, or in the project's own, and from the index, which takes a while."""
    return MetadataSources(
        root=root,
        environments=environments or project_environment(root),
        network=not offline,
        progress=lambda line: click.echo(line, err=True),
    )


def _job_result(result: LicenseCheck) -> Exit:
    """What is known to be wrong comes before what is not known."""
    if fails(result.findings):
        return Exit.FINDINGS
    return Exit.UNKNOWN if result.inconclusive else Exit.FINE


def _tell(result: LicenseCheck, code: Exit, *, as_json: bool) -> None:
    """On stdout; and in the summary of a job on GitHub."""
    if as_json:
        click.echo(json_text(report.as_json(result, code)))
    else:
        click.echo(report.text(result), nl=False)
    if result.inconclusive:
        number = len(result.inconclusive)
        said = f"{number} license{'s' if number != 1 else ''} could not be found out: {result.inconclusive[0].reason}"
        click.echo(printable(f"evenfall: {said}\n  next: uv sync --all-groups --all-extras, then again"), err=True)
    add_to_summary(report.as_markdown(result))
