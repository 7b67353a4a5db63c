from __future__ import annotations

import pytest

from evenfall.generate.pins import TABLE, Pin, pin_of, read_pins
from evenfall.sessions.workflows import unpinned

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    "line",
    [
        f"      - uses: actions/checkout@{SHA} # v9.1.0",
        f"        uses: actions/checkout@{SHA}  #  v9.1.0  ",
        f'  - uses: "actions/checkout@{SHA}" # v9.1.0',
        f"- uses: actions/checkout/deep/er@{SHA} # v9.1.0",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_pin_is_read_in_every_notation(line: str, end: str) -> None:
    assert read_pins(f"steps:{end or chr(10)}{line}{end}") == {"actions/checkout": Pin(SHA, "v9.1.0")}


@pytest.mark.parametrize(
    "line",
    [
        f"uses: actions/checkout@{SHA} # v1; evil",
        f"uses: actions/checkout@{SHA} # v1 ${{{{ evil }}}}",
        f"uses: actions/checkout@{SHA} # latest",
        f"uses: actions/checkout@{SHA}",
        f"uses: actions/checkout@{SHA[:39]} # v1",
        f"uses: actions/checkout@{SHA}0 # v1",
        "uses: actions/checkout@v7 # v7",
        f"# uses: actions/checkout@{SHA} # v1",
        f"uses: ./actions/checkout@{SHA} # v1",
        f"uses: checkout@{SHA} # v1",
        "\0\x80 {[}: not YAML",
    ],
)
def test_a_line_that_is_not_exactly_a_pin_is_ignored(line: str) -> None:
    assert read_pins(line) == {}


def test_the_first_of_two_committed_pins_is_used() -> None:
    texts = f"uses: a/b@{'1' * 40} # v1\n", f"uses: a/b@{'2' * 40} # v2\n"
    assert read_pins(*texts) == {"a/b": Pin("1" * 40, "v1")}


def test_a_committed_pin_precedes_the_table_and_holds_for_every_action_of_the_repository() -> None:
    committed = {"github/codeql-action": Pin(SHA, "v9")}
    assert pin_of("github/codeql-action/init", committed) == Pin(SHA, "v9")
    assert pin_of("github/codeql-action/init", {}) == TABLE["github/codeql-action"]


def test_every_pin_of_the_table_round_trips() -> None:
    text = "".join(f"- uses: {action}@{pin.sha} # {pin.version}\n" for action, pin in TABLE.items())
    assert read_pins(text) == dict(TABLE)
    assert "@v" in unpinned(text)
    assert not any(pin.sha in unpinned(text) for pin in TABLE.values())
