"""Findings of secrets that the project has accepted, each with its reason: `[[tool.evenfall.secrets.accepted]]`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import tomli

from evenfall.errors import EvenfallError, printable
from evenfall.findings import Finding, Place
from evenfall.project.pyproject import NAME
from evenfall.project.settings import AcceptedSecret
from evenfall.supply.secrets.found import Secret

KEY = "tool.evenfall.secrets.accepted"


def unaccepted(secrets: Iterable[Secret], accepted: Iterable[AcceptedSecret]) -> tuple[Secret, ...]:
    """The secrets that no entry accepts."""
    names = {entry.fingerprint for entry in accepted}
    return tuple(secret for secret in secrets if secret.fingerprint not in names)


def unused(secrets: Iterable[Secret], accepted: Sequence[AcceptedSecret]) -> tuple[Finding, ...]:
    """A finding for every entry that accepts nothing, or what another one accepts already."""
    waiting = {secret.fingerprint for secret in secrets}
    found = []
    for place, entry in enumerate(accepted):
        if entry.fingerprint not in waiting:
            found.append(
                Finding(
                    code="secret-accepted-unused",
                    place=Place(path=NAME, key=f"{KEY}[{place}]"),
                    reason=f"{entry.fingerprint} accepts no secret that is found here, or accepts one again",
                    fix=f"remove the entry from {NAME}",
                )
            )
        waiting.discard(entry.fingerprint)
    return tuple(found)


def accept(pyproject: Path, secrets: Sequence[Secret], reason: str) -> None:
    """Write an entry for each secret at the end of `pyproject.toml`.

    Raises `EvenfallError` (usage): the reason is empty or has control characters, or the file already has the key in another form.
    """
    if not reason.strip() or not reason.isprintable():
        raise EvenfallError(
            f"--reason {reason!r}: it must say in one line why the secret is none",
            hint="evenfall secrets --accept FINGERPRINT --reason 'an example in the documentation'",
        )
    text = pyproject.read_bytes().decode("utf-8")
    end = "\r\n" if "\r\n" in text else "\n"
    lines = [line for secret in secrets for line in _entry(secret, reason)]
    text = text.removesuffix(end) + "".join(f"{end}{line}" for line in lines) + end
    try:
        tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise EvenfallError(
            f"{NAME}: an entry can't be added at its end, where {KEY} is written in another form",
            hint="add by hand: " + ", ".join(_inline(secret, reason) for secret in secrets),
        ) from error
    pyproject.write_bytes(text.encode("utf-8"))


def _entry(secret: Secret, reason: str) -> tuple[str, ...]:
    what = " ".join(printable(f"{secret.rule} in {secret.path or 'a commit message'}").split())
    pairs = (f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in _pairs(secret, reason))
    return ("", f"# {what}", f"[[{KEY}]]", *pairs)


def _inline(secret: Secret, reason: str) -> str:
    pairs = (f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in _pairs(secret, reason))
    return f"{{ {', '.join(pairs)} }}"


def _pairs(secret: Secret, reason: str) -> tuple[tuple[str, str], ...]:
    return (("fingerprint", secret.fingerprint), ("reason", reason.strip()))
