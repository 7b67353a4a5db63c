"""Fake secrets that a scanner reports. They are generated, because this repository must not contain them."""

from __future__ import annotations

import random
import string

_WORD = string.ascii_letters + string.digits


def fake(kind: str, seed: int = 1) -> str:
    """Return a secret of that kind, the same one for the same seed."""
    generator = random.Random(f"{kind} {seed}")

    def characters(count: int, of: str) -> str:
        return "".join(generator.choice(of) for _ in range(count))

    match kind:
        case "aws id":
            return "AK" + "IA" + characters(16, string.ascii_uppercase + "234567")
        case "aws key":
            return characters(40, _WORD + "/+")
        case "github":
            return "gh" + "p_" + characters(36, _WORD)
        case "pypi":
            return "py" + "pi-AgEIcHlwaS5vcmc" + characters(160, _WORD + "-_")
        case _:
            lines = [characters(64, _WORD + "/+") for _ in range(24)]
            fence = "{} RSA " + "PRIVATE" + " KEY-----"
            return "\n".join([fence.format("-----BEGIN"), *lines, fence.format("-----END")])
