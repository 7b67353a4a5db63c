"""Secrets of no account, made when the tests run: of shapes that a scanner takes for real, so they may stand in no file of ours."""

from __future__ import annotations

import random
import string

_WORD = string.ascii_letters + string.digits


def fake(kind: str, seed: int = 1) -> str:
    """The same one for the same seed."""
    generator = random.Random(f"{kind} {seed}")

    def some(count: int, of: str) -> str:
        return "".join(generator.choice(of) for _ in range(count))

    match kind:
        case "aws id":
            return "AK" + "IA" + some(16, string.ascii_uppercase + "234567")
        case "aws key":
            return some(40, _WORD + "/+")
        case "github":
            return "gh" + "p_" + some(36, _WORD)
        case "pypi":
            return "py" + "pi-AgEIcHlwaS5vcmc" + some(160, _WORD + "-_")
        case _:
            lines = [some(64, _WORD + "/+") for _ in range(24)]
            fence = "{} RSA " + "PRIVATE" + " KEY-----"
            return "\n".join([fence.format("-----BEGIN"), *lines, fence.format("-----END")])
