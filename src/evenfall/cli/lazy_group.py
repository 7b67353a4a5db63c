"""A group of commands of which only the called one is imported."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import click

from evenfall.imports import import_without_gc
from evenfall.text import did_you_mean


class LazyGroup(click.Group):
    """Imports a command only when it is called, and suggests a command for a misspelled one.

    `commands_help` has every command and the first line of its help. The command `NAME` is the function `NAME` of the module
    `evenfall.cli.NAME`, or of `evenfall.cli.PREFIX_NAME` with a `module_prefix` such as `release_`.
    """

    def __init__(
        self, *args: Any, commands_help: Mapping[str, str], module_prefix: str = "", **attributes: Any
    ) -> None:
        super().__init__(*args, **attributes)
        self._help = commands_help
        self._prefix = module_prefix

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments. Raises `click.UsageError` for an empty one, which an unset variable in a script gives."""
        for before, argument in pairwise(["", *args] if not ctx.resilient_parsing else []):
            if not argument:
                raise click.UsageError(f"{before if before.startswith('-') else 'an argument'}: the value is empty")
            if argument.startswith("-") and argument.endswith("="):
                raise click.UsageError(f"{argument.removesuffix('=')}: the value is empty")
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of `commands_help`, which is that of a user's work."""
        return list(self._help)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, or None."""
        if cmd_name not in self._help:
            return None
        name = cmd_name.replace("-", "_")
        module = import_without_gc(f"evenfall.cli.{self._prefix}{name}")
        command: click.Command = getattr(module, "list_sessions" if name == "list" else name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._help.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that `args` names. Raises `click.UsageError` with a suggestion for an unknown one."""
        if args and args[0] not in self._help and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise click.UsageError(f"there is no command {args[0]!r}{did_you_mean(args[0], self._help)}")
        return super().resolve_command(ctx, args)
