"""The command `evenfall`: its subcommands, and the one place where an exception becomes an exit code."""

from __future__ import annotations

import io
import os
import platform
import sys
import traceback
from contextlib import suppress
from importlib import import_module

import click

from evenfall.errors import DISK_FULL, EvenfallError, Exit
from evenfall.text import did_you_mean

COMMANDS = {
    "init": "Adopt Evenfall in this uv project, or start a new one.",
    "run": "Run the pipeline's jobs on this machine as CI would.",
    "generate": "Write the generated files, or check that they are current.",
    "audit": "Find known vulnerabilities of the packages in uv.lock.",
    "licenses": "Check the licenses of the packages in uv.lock.",
    "review": "Report what a change of uv.lock adds, updates and removes.",
    "secrets": "Find secrets in the git history and the work tree.",
    "sbom": "Write the locked packages as a CycloneDX document.",
    "explain": "Explain what a session runs, or print its source.",
}
"""Every command and the first line of its help, which must be known before the command is imported."""


class LazyGroup(click.Group):
    """Imports a command only when it is called, and suggests a command for a misspelled one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of `COMMANDS`, which is that of a user's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"evenfall.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that `args` names. Raises `click.UsageError` with a suggestion for an unknown one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise click.UsageError(f"there is no command {args[0]!r}{did_you_mean(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
@click.version_option(package_name="evenfall", message="%(prog)s %(version)s")
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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # the stream's encoding may lack a character of a file's name
    code = int(_exit_code())
    if code == Exit.INTERRUPTED:
        os._exit(code)  # without waiting for threads, which may wait for a server
    sys.exit(code)


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
        if error.errno not in DISK_FULL:
            return _report_bug()
        message = f"{error.filename or 'output'}: {error.strerror}; it is incomplete"
        with suppress(OSError):  # stderr may be on the same disk
            click.echo(f"evenfall: {EvenfallError(message, hint='free some space, and run it again')}", err=True)
        return Exit.UNKNOWN
    except Exception:  # noqa: BLE001 - the outermost handler: any other exception is a bug of Evenfall
        return _report_bug()


def _report_bug() -> Exit:
    from importlib import metadata  # slow to import, and used only here

    versions = f"evenfall {metadata.version('evenfall')}, Python {platform.python_version()}, {platform.platform()}"
    click.echo(
        f"evenfall: this is a bug in Evenfall; please report it with the command that you ran:\n{versions}\n{traceback.format_exc()}",
        err=True,
    )
    return Exit.BUG
