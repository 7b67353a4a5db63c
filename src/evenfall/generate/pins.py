"""Action pins: the commit of each action that generated workflows use, and the tag that is written as a comment next to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from evenfall.errors import EvenfallError


@dataclass(frozen=True, slots=True)
class Pin:
    """An action's commit (40 hexadecimal digits) and the tag that names it (`v4.2.1`)."""

    sha: str
    version: str


# From public workflows and the actions' tags, August 2026. Pins in a committed workflow take precedence over these.
TABLE: Mapping[str, Pin] = {
    "actions/checkout": Pin("3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    "actions/upload-artifact": Pin("043fb46d1a93c77aae656e7c1c64a875d1fc6a0a", "v7.0.1"),
    "actions/download-artifact": Pin("3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c", "v8.0.1"),
    "actions/dependency-review-action": Pin("a1d282b36b6f3519aa1f3fc636f609c47dddb294", "v5.0.0"),
    "astral-sh/setup-uv": Pin("20cfd1bf945f4377ade1205e4dbc17946fc9a30d", "v10.0.1"),
    "codecov/codecov-action": Pin("fb8b3582c8e4def4969c97caa2f19720cb33a72f", "v7.0.0"),
    "github/codeql-action": Pin("ff2f1c621b7f889edc0d3c761ac2e6a3f8cdb0dd", "v4.37.7"),
    "ossf/scorecard-action": Pin("2d1146689b8cda280b9bc96326124645441f03bc", "v2.4.4"),
    "trufflesecurity/trufflehog": Pin("bcfcf73aaf4759d4dadc2783177c245a02792318", "v3.97.0"),
}

_USES = re.compile(
    r"^\s*-?\s*uses:\s*['\"]?(\w[\w.-]*/[\w.-]+)(?:/[\w./-]+)?@([0-9a-f]{40})['\"]?\s+#\s*(v[\w.]+)\s*$", re.MULTILINE
)


def read_pins(*texts: str) -> dict[str, Pin]:
    """Return the pins in committed files by `owner/name`; of several pins of one action, the first."""
    pins: dict[str, Pin] = {}
    for text in texts:
        for action, sha, version in _USES.findall(text):
            pins.setdefault(action, Pin(sha, version))
    return pins


_ACTION = re.compile(r"(\w[\w.-]*/[\w.-]+)(/(?!\.\.?(/|$))[\w.-]+)*", re.ASCII)


def pin_of(action: str, committed: Mapping[str, Pin]) -> Pin:
    """Return the pin of an action such as `github/codeql-action/init`. Raises `EvenfallError` (usage) if Evenfall has no pin for it."""
    match = _ACTION.fullmatch(action)
    repository = match[1] if match else ""
    pin = committed.get(repository) or TABLE.get(repository)
    if pin is None:
        raise EvenfallError(
            f"noxfile.py: Evenfall has no pin for the action {action!r}",
            hint=f"use one of {', '.join(sorted(TABLE))}, or put the job in a workflow that you write yourself",
        )
    return pin
