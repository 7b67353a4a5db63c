"""`evenfall release install`: install the built files into empty environments and use them."""

from __future__ import annotations

from pathlib import Path

import click

from evenfall.cli.release_options import index_option, json_option, release_root
from evenfall.errors import EvenfallError, Exit
from evenfall.project.interpreters import find_interpreter
from evenfall.project.project import Project, read_project
from evenfall.release.install import InstallRequest, check_installation
from evenfall.release.install_report import as_json, text
from evenfall.release.manifest import IndexName, release_folder
from evenfall.report.output import json_text, print_progress


@click.command()
@index_option
@click.option(
    "--python",
    "pythons",
    metavar="VERSION|PATH",
    multiple=True,
    help="A Python to test with. [default: all that the project supports and that are installed]",
)
@json_option
def install(index: IndexName, pythons: tuple[str, ...], print_json: bool) -> int:
    """Install the built wheel and sdist into empty environments, and use them there.

    Modules are imported, entry points are loaded, and the --help of each script, or the commands of smoke in
    [tool.evenfall.release], are run. If an index for dependencies can't be reached, the exit code is 3.
    """
    root = release_root()
    project = read_project(root)
    found, missing = find_pythons(project, pythons)
    report = check_installation(
        InstallRequest(
            folder=release_folder(project.root, index),
            pythons=found,
            progress=print_progress,
            project=project,
        )
    ).with_skipped(missing)
    click.echo(json_text(as_json(report)) if print_json else text(report))
    return report.exit_code


def find_pythons(project: Project, names: tuple[str, ...]) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Return the named Pythons, or else those that the project supports and that are installed, and the reasons why others are missing.

    Raises `EvenfallError` (unknown) if a named one is not installed, or if none is.
    """
    return _named(names) if names else _supported(project)


def _named(names: tuple[str, ...]) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Return the Pythons that the user named. Raises `EvenfallError` (unknown) if one is not installed."""
    paths = {name: Path(name) if Path(name).is_file() else find_interpreter(name) for name in names}
    for name, path in paths.items():
        if path is None:
            raise EvenfallError(
                f"Python {name} is not installed", hint=f"uv python install {name}", exit_code=Exit.UNKNOWN
            )
    return tuple(path.absolute() for path in paths.values() if path), ()


def _supported(project: Project) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Return the Pythons that the project supports and that are installed, and the reasons why others are skipped.

    Raises `EvenfallError` (unknown) if none is installed.
    """
    paths = {version: find_interpreter(version, project.allowed_pythons) for version in project.pythons}
    missing = [version for version, path in paths.items() if path is None]
    if len(missing) == len(paths):
        raise EvenfallError(
            f"no Python that the project supports is installed: {', '.join(missing)}",
            hint=f"uv python install {missing[0]}",
            exit_code=Exit.UNKNOWN,
        )
    return tuple(path for path in paths.values() if path), tuple(f"Python {v} is not installed" for v in missing)
