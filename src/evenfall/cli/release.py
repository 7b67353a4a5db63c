"""`evenfall release`: the steps of a release, and their rehearsal."""

from __future__ import annotations

import click

from evenfall.cli.lazy_group import LazyGroup

COMMANDS = {
    "rehearse": "Run the whole release on this machine, against an index of its own.",
    "version": "Check that the version can be released, and print its tag.",
    "build": "Build the wheel, the sdist, the SBOM and the manifest.",
    "install": "Install the built files into empty environments and use them.",
    "draft": "Create the draft of the GitHub release, with all files.",
    "publish": "Upload the built files to PyPI or TestPyPI.",
    "verify": "Wait for the index to offer the files, then install them from there.",
}
"""The subcommands in the order of a release, and the first line of their help."""


@click.command(cls=LazyGroup, commands_help=COMMANDS, module_prefix="release_")
def release() -> None:
    """Check, build, test, publish and verify a release, or rehearse it all here.

    Each step is also a session of the workflow cd, and both call the same function.
    """
