"""Results for programs."""

from __future__ import annotations

import msgspec


def json_text(values: object) -> str:
    """JSON as a person can read it too, without a line end at its end."""
    return msgspec.json.format(msgspec.json.encode(values)).decode()
