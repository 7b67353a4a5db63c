"""Results for programs."""

from __future__ import annotations

import json

import msgspec


def json_text(values: object) -> str:
    """JSON that a person can read too, without a line end at its end; of ASCII characters, whatever stream it is written to."""
    return json.dumps(msgspec.to_builtins(values), indent=2)
