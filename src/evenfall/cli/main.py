"""The command `evenfall`: its subcommands, and the one place where an exception becomes an exit code."""

from __future__ import annotations

import io
import os
import platform
import sys
import traceback
from contextlib import suppress
from typing import Any

import click

from evenfall.cli.lazy_group import LazyGroup
from evenfall.errors import DISK_FULL, EvenfallError, Exit

COMMANDS = {
    "init": "Adopt Evenfall in this uv project, or start a new one in an empty folder.",
    "run": "Run the pipeline's jobs on this machine as CI would.",
    "list": "List the sessions of this project and their jobs.",
    "generate": "Write the generated files, or check that they are current.",
    "audit": "Find known vulnerabilities of the packages in uv.lock, and of the tools in noxfile.py.lock.",
    "licenses": "Check the licenses of the packages in uv.lock.",
    "review": "Report what a change of uv.lock adds, updates and removes.",
    "secrets": "Find secrets in the git history and the work tree.",
    "sbom": "Write the locked packages as a CycloneDX document.",
    "release": "Check, build, test, publish and verify a release, or rehearse it all here.",
    "github": "Show and change the settings of the repository on GitHub.",
    "explain": "Explain what a session runs, or print its source.",
}
"""Every command and the first line of its help, which must be known before the command is imported."""


@click.command(
    cls=LazyGroup,
    commands_help=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
)
@click.version_option(None, "-V", "--version", package_name="evenfall", message="%(prog)s %(version)s")
@click.pass_context
def evenfall(context: click.Context) -> int | None:
    """Declare every check of a Python package in one noxfile, and run it the same way locally and in CI.

    Without a command, print the state of this repository and what to do next.
    """
    if context.invoked_subcommand is None:
        from evenfall.cli.status import status

        return status()
    return None


def main() -> None:
    """Run the command and exit: 0 fine, 1 findings, 2 usage, 3 could not find out, 70 a bug of Evenfall, 130 interrupted."""
    if os.name != "nt" and sys.getfilesystemencoding() != "utf-8":
        # git's paths and the output of tests are UTF-8, which Python can't encode under the locale C with PYTHONUTF8=0.
        os.execv(sys.executable, (sys.executable, "-X", "utf8", "-P", "-m", "evenfall", *sys.argv[1:]))
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            setattr(sys, name, _tolerant(stream))
    code = int(_exit_code())
    if code == Exit.INTERRUPTED:
        os._exit(code)  # without waiting for threads, which may wait for a server
    sys.exit(code)


class _OpenEnded(io.FileIO):
    """A file whose reader may leave: what is written after that is dropped, so that the command still ends with its own exit code."""

    def write(self, data: Any) -> int:
        left = memoryview(data)
        try:
            while left:
                left = left[super().write(left) or 0 :]
        except BrokenPipeError:
            pass
        return len(data)


def _tolerant(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """Return a stream for the same file that can write every character of a file's name, and that ignores a closed pipe.

    It has no buffer, because Python would write the rest of one at its end, and exit with 120 if the disk is full.
    """
    stream.flush()
    raw: Any = _OpenEnded(stream.fileno(), "w", closefd=False)
    return io.TextIOWrapper(raw, encoding=stream.encoding, errors="backslashreplace", write_through=True)


def _exit_code() -> int:
    try:
        code = evenfall.main(prog_name="evenfall", standalone_mode=False)
        return code if isinstance(code, int) else Exit.FINE
    except EvenfallError as error:
        click.echo(f"evenfall: {error}", err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("evenfall: interrupted", err=True)
        return Exit.INTERRUPTED
    except OSError as error:
        if not has_working_directory():
            message = "the current folder was deleted"
            click.echo(f"evenfall: {EvenfallError(message, hint='cd to the project')}", err=True)
            return Exit.USAGE
        if error.errno not in DISK_FULL:
            return _report_bug()
        message = f"{error.filename or 'output'}: {error.strerror}; it is incomplete"
        with suppress(OSError):  # stderr may be on the same disk
            click.echo(f"evenfall: {EvenfallError(message, hint='free some space, and run it again')}", err=True)
        return Exit.UNKNOWN
    except Exception:  # noqa: BLE001 - the outermost handler: any other exception is a bug of Evenfall
        return _report_bug()


def has_working_directory() -> bool:
    """Return whether the current folder still exists."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return False
    return True


def _report_bug() -> Exit:
    from importlib import metadata  # slow to import, and used only here

    versions = f"evenfall {metadata.version('evenfall')}, Python {platform.python_version()}, {platform.platform()}"
    click.echo(
        f"evenfall: this is a bug in Evenfall; please report it with the command that you ran:\n{versions}\n{traceback.format_exc()}",
        err=True,
    )
    return Exit.BUG
