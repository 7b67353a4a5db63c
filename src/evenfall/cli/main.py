"""`evenfall`: the verbs, and the one place where an exception becomes an exit code."""

from __future__ import annotations

import difflib
import io
import os
import platform
import sys
import traceback
from contextlib import suppress
from importlib import import_module

import click

from evenfall.errors import DISK_FULL, EvenfallError, Exit

VERBS = {
    "init": "adopt evenfall in an existing or new project: plan, diff, apply",
    "run": "run the pipeline's jobs here as CI would",
    "generate": "write the generated files, or check that they are current",
    "audit": "find known vulnerabilities in what is locked",
    "licenses": "hold the licenses of all that is locked against the policy",
    "review": "say what a change of uv.lock brings",
    "secrets": "secrets in the history and the working tree, without showing them",
    "sbom": "write what the lock brings as a CycloneDX document",
    "explain": "what a session does here, and its source",
}


class Verbs(click.Group):
    """Verbs are imported when they are called; an unknown one is answered with the closest."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which one meets them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb of that name."""
        if cmd_name not in VERBS:
            return None
        command: click.Command = getattr(import_module(f"evenfall.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb. Raises `click.UsageError` with a did-you-mean."""
        if args and args[0] not in VERBS and not args[0].startswith("-") and not ctx.resilient_parsing:
            close = difflib.get_close_matches(args[0], VERBS, n=1)
            meant = f" Did you mean {close[0]!r}?" if close else f" The verbs are {', '.join(VERBS)}."
            raise click.UsageError(f"There is no verb {args[0]!r}.{meant}")
        return super().resolve_command(ctx, args)


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
@click.version_option(package_name="evenfall", message="%(prog)s %(version)s")
@click.pass_context
def evenfall(context: click.Context) -> int | None:
    """One noxfile for every check a Python package has: the same on your machine and in CI.

    Without a verb: the state of this repository, and what to do next.
    """
    if context.invoked_subcommand is None:
        from evenfall.cli.status import status

        return status()
    return None


def main() -> None:
    """Run the command and end the process: 0 fine, 1 findings, 2 usage, 3 could not find out, 70 our bug, 130 interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name from a repository may be what it can't hold
    code = int(_job_result())
    if code == Exit.INTERRUPTED:
        os._exit(code)  # a thread that waits for a silent server is not waited for
    sys.exit(code)


def _job_result() -> int:
    try:
        answer = evenfall.main(prog_name="evenfall", standalone_mode=False)
        return answer if isinstance(answer, int) else Exit.FINE
    except EvenfallError as error:
        click.echo(f"evenfall: {error}", err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("evenfall: interrupted; nothing more is written", err=True)
        return Exit.INTERRUPTED
    except OSError as error:
        if error.errno not in DISK_FULL:
            return _bug()
        said = f"{error.filename or 'output'}: {error.strerror}; what is written is not whole"
        with suppress(OSError):  # stderr may lie on that disk, too
            click.echo(f"evenfall: {EvenfallError(said, hint='free some space, and again')}", err=True)
        return Exit.UNKNOWN
    except Exception:  # noqa: BLE001 - the outermost handler: what arrives here is our own bug
        return _bug()


def _bug() -> Exit:
    from importlib import metadata  # slow to import, and wanted here only

    versions = f"evenfall {metadata.version('evenfall')}, Python {platform.python_version()}, {platform.platform()}"
    click.echo(
        f"evenfall: a bug of ours; please report this with what you did:\n{versions}\n{traceback.format_exc()}",
        err=True,
    )
    return Exit.BUG
