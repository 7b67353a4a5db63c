"""Findings of secrets that the project has accepted, each with its reason: `[[tool.evenfall.secrets.baseline]]`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec
import tomli

from evenfall.errors import EvenfallError
from evenfall.findings import Finding, Location
from evenfall.project.pyproject import NAME
from evenfall.project.settings import BaselineEntry
from evenfall.report.output_file import write_output_file
from evenfall.supply_chain.secrets.rules import Secret
from evenfall.text import one_line

KEY = "tool.evenfall.secrets.baseline"


def accepts(entry: BaselineEntry, secret: Secret) -> bool:
    """Whether the entry is of this secret."""
    if entry.path is None:
        return entry.fingerprint == secret.fingerprint
    return entry.rule == secret.rule and fnmatchcase(secret.path, entry.path)


def unaccepted(secrets: Iterable[Secret], accepted: Sequence[BaselineEntry]) -> tuple[Secret, ...]:
    """The secrets that no entry accepts."""
    return tuple(secret for secret in secrets if not any(accepts(entry, secret) for entry in accepted))


def unused(secrets: Iterable[Secret], accepted: Sequence[BaselineEntry]) -> tuple[Finding, ...]:
    """A finding for every entry that accepts nothing, or what another one accepts already."""
    waiting = list(secrets)
    found = []
    for place, entry in enumerate(accepted):
        left = [secret for secret in waiting if not accepts(entry, secret)]
        if len(left) == len(waiting):
            found.append(
                Finding(
                    code="secret-accepted-unused",
                    location=Location(path=NAME, key=f"{KEY}[{place}]"),
                    reason=f"{_name(entry)} accepts no secret that is found here, or only what another accepts already",
                    fix=f"remove the entry from {NAME}",
                )
            )
        waiting = left
    return tuple(found)


def _name(entry: BaselineEntry) -> str:
    return entry.fingerprint or f"{entry.rule}:{entry.path}"


def chosen(found: Sequence[Secret], names: Iterable[str], reason: str) -> tuple[BaselineEntry, ...]:
    """The entries of what was chosen by its name: a fingerprint, or `RULE:PATTERN`.

    Raises `EvenfallError` (usage): a name is of no secret, or the reason is empty or no line.
    """
    if not reason.strip() or not reason.isprintable():
        raise EvenfallError(
            f"--reason {reason!r}: it must say in one line why the secret is none",
            hint="evenfall secrets --accept FINGERPRINT --reason 'an example in the documentation'",
        )
    entries, left = [], found
    for name in dict.fromkeys(names):
        entries.append(entry := _entry(name, reason.strip()))
        before, left = left, [secret for secret in left if not accepts(entry, secret)]
        if len(left) == len(before):
            raise EvenfallError(
                f"--accept {name}: no finding that is not accepted already is meant by it",
                hint="evenfall secrets lists them",
            )
    return tuple(entries)


def _entry(name: str, reason: str) -> BaselineEntry:
    rule, colon, path = name.partition(":")
    told = {"rule": rule, "path": path} if colon else {"fingerprint": name}
    try:
        return msgspec.convert({**told, "reason": reason}, BaselineEntry)
    except msgspec.ValidationError as error:
        raise EvenfallError(
            f"--accept {name}: neither a fingerprint nor RULE:PATTERN, whose pattern begins with a name",
            hint="evenfall secrets lists the fingerprints; a pattern is like 'jwt:docs/*'",
        ) from error


def accept(pyproject: Path, entries: Sequence[BaselineEntry], found: Iterable[Secret]) -> None:
    """Write entries at the end of `pyproject.toml`, that of one secret below a line that says which of those `found` it is.

    Raises `EvenfallError` (usage): the file already has the key in another form, or can't be written.
    """
    kinds = {secret.fingerprint: _kind(secret) for secret in found}
    mark, text = _text(pyproject.read_bytes())
    end = "\r\n" if "\r\n" in text else "\n"
    lines = [line for entry in entries for line in _lines(entry, kinds.get(entry.fingerprint or ""))]
    text = text.removesuffix(end) + "".join(f"{end}{line}" for line in lines) + end
    try:
        tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise EvenfallError(
            f"{NAME}: an entry can't be added at its end, where {KEY} is written in another form",
            hint="add by hand: " + ", ".join(map(_inline, entries)),
        ) from error
    write_output_file(pyproject, mark + text)


def _text(content: bytes) -> tuple[str, str]:
    """The byte order mark, where it begins with one, and the rest."""
    text = content.decode("utf-8")
    return ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)


def _kind(secret: Secret) -> str:
    return one_line(f"{secret.rule} in {secret.path or 'a commit message'}")


def _lines(entry: BaselineEntry, kind: str | None) -> tuple[str, ...]:
    return ("", *([f"# {kind}"] if kind else []), f"[[{KEY}]]", *_pairs(entry))


def _inline(entry: BaselineEntry) -> str:
    return f"{{ {', '.join(_pairs(entry))} }}"


def _pairs(entry: BaselineEntry) -> Iterator[str]:
    """As TOML, whose strings are JSON's here."""
    return (f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in msgspec.to_builtins(entry).items())
