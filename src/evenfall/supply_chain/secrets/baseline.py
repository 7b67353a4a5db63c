"""New entries of the baseline, `[[tool.evenfall.secrets.baseline]]` of `pyproject.toml`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from evenfall.errors import EvenfallError
from evenfall.project.pyproject import NAME
from evenfall.project.settings import BaselineEntry
from evenfall.project.toml import append_tables
from evenfall.report.output import write_output_file
from evenfall.supply_chain.secrets.rules import BASELINE, COMMIT_MESSAGE, Secret, outside_baseline
from evenfall.text import one_line

OPTION = "--add-to-baseline"


def new_entries(open_secrets: Sequence[Secret], names: Iterable[str], reason: str) -> tuple[BaselineEntry, ...]:
    """Return an entry per name, which is a fingerprint or `RULE:PATTERN`.

    Raises `EvenfallError` (usage) if a name matches no open secret, or only secrets that earlier names match, or if the reason is not
    one line of text.
    """
    if not reason.strip() or not reason.isprintable():
        raise EvenfallError(
            f"--reason {reason!r}: expected one line that says why it is not a secret",
            hint=f"evenfall secrets {OPTION} FINGERPRINT --reason 'an example in the documentation'",
        )
    entries, remaining = [], tuple(open_secrets)
    for name in dict.fromkeys(names):
        entries.append(entry := _entry(name, reason.strip()))
        before, remaining = remaining, outside_baseline(remaining, [entry])
        if len(remaining) == len(before):
            raise EvenfallError(
                f"{OPTION} {name}: it matches no finding outside the baseline",
                hint="evenfall secrets lists the findings",
            )
    return tuple(entries)


def _entry(name: str, reason: str) -> BaselineEntry:
    rule, colon, path = name.partition(":")
    keys = {"rule": rule, "path": path} if colon else {"fingerprint": name}
    try:
        return msgspec.convert({**keys, "reason": reason}, BaselineEntry)
    except msgspec.ValidationError as error:
        raise EvenfallError(
            f"{OPTION} {name}: expected a fingerprint or RULE:PATTERN, whose pattern starts with a name",
            hint="evenfall secrets lists the fingerprints; a pattern is like 'jwt:docs/*'",
        ) from error


def append_entries(pyproject: Path, entries: Sequence[BaselineEntry], secrets: Iterable[Secret]) -> None:
    """Append entries to `pyproject.toml`, each fingerprint with a comment that has the rule and the path of its secret.

    Raises `EvenfallError` (usage) if the file has the key in another form, or can't be written.
    """
    import tomlkit  # slow to import, and rarely needed

    comments = {secret.fingerprint: one_line(f"{secret.rule} in {secret.path or COMMIT_MESSAGE}") for secret in secrets}
    baseline, inline = tomlkit.aot(), []
    for entry in entries:
        table, inline_table = tomlkit.table(), tomlkit.inline_table()
        if comment := comments.get(entry.fingerprint or ""):
            table.add(tomlkit.comment(comment))
        table.update(msgspec.to_builtins(entry))
        inline_table.update(msgspec.to_builtins(entry))
        baseline.append(table)
        inline.append(inline_table.as_string())
    text = append_tables(
        pyproject.read_bytes().decode("utf-8"),
        {"tool": {"evenfall": {"secrets": {"baseline": baseline}}}},
        name=NAME,
        hint=f"add to {BASELINE} yourself: {', '.join(inline)}",
    )
    write_output_file(pyproject, text)
