"""New entries of the baseline, `[[tool.evenfall.secrets.baseline]]` of `pyproject.toml`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import tomli

from evenfall.errors import EvenfallError
from evenfall.project.pyproject import NAME
from evenfall.project.settings import BaselineEntry
from evenfall.report.output import write_output_file
from evenfall.supply_chain.secrets.rules import BASELINE, COMMIT_MESSAGE, Secret, outside_baseline
from evenfall.text import one_line

OPTION = "--add-to-baseline"


def new_entries(open_secrets: Sequence[Secret], names: Iterable[str], reason: str) -> tuple[BaselineEntry, ...]:
    """Return an entry per name, which is a fingerprint or `RULE:PATTERN`.

    Raises `EvenfallError` (usage) if a name matches no open secret that the names before it leave, or if the reason is not one
    line of text.
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
    """Append entries to `pyproject.toml`, each fingerprint below a comment with the rule and the path of its secret.

    Text is appended, because a TOML library that writes would move comments and mix line ends. Raises `EvenfallError` (usage) if
    the file has the key in another form, or can't be written.
    """
    comments = {each.fingerprint: one_line(f"{each.rule} in {each.path or COMMIT_MESSAGE}") for each in secrets}
    text = pyproject.read_bytes().decode("utf-8")
    end = "\r\n" if "\r\n" in text else "\n"
    lines = [line for entry in entries for line in _lines(entry, comments.get(entry.fingerprint or ""))]
    text = text.removesuffix(end) + "".join(f"{end}{line}" for line in lines) + end
    try:
        tomli.loads(text.removeprefix("\ufeff"))
    except tomli.TOMLDecodeError as error:
        raise EvenfallError(
            f"{NAME}: an entry can't be appended, because {BASELINE} is written in another form",
            hint="add it yourself: " + ", ".join(f"{{ {', '.join(_pairs(entry))} }}" for entry in entries),
        ) from error
    write_output_file(pyproject, text)


def _lines(entry: BaselineEntry, comment: str | None) -> tuple[str, ...]:
    return ("", *([f"# {comment}"] if comment else []), f"[[{BASELINE}]]", *_pairs(entry))


def _pairs(entry: BaselineEntry) -> Iterator[str]:
    """Yield the keys and values as TOML; a JSON string is a valid TOML string."""
    return (f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in msgspec.to_builtins(entry).items())
