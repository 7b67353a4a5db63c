from __future__ import annotations

from evenfall.errors import EvenfallError, Exit


def test_an_error_message_ends_with_the_next_command_if_there_is_one() -> None:
    assert str(EvenfallError("a.toml: it is wrong", hint="correct it")) == "a.toml: it is wrong\n  next: correct it"
    assert str(EvenfallError("a.toml: it is wrong")) == "a.toml: it is wrong"


def test_an_error_is_a_usage_error_by_default() -> None:
    assert int(EvenfallError("x").exit_code) == 2
    assert int(EvenfallError("x", exit_code=Exit.UNKNOWN).exit_code) == 3


def test_control_characters_in_an_error_are_escaped() -> None:
    assert str(EvenfallError("a\x1b[31m: broken", hint="b\x07")) == "a\\x1b[31m: broken\n  next: b\\x07"
