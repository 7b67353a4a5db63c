from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding, Location, Severity


def test_a_finding_begins_with_its_place_and_ends_with_the_next_command() -> None:
    finding = Finding(code="X1", location=Location(path="a.toml", line=3, key="b"), reason="it is wrong", fix="mend it")
    assert str(finding) == "a.toml:3: b: error [X1] it is wrong\n  next: mend it"


def test_a_finding_leaves_out_what_is_not_known() -> None:
    finding = Finding(code="X1", severity=Severity.NOTE, location=Location(path="a.toml"), reason="it is odd")
    assert str(finding) == "a.toml: note [X1] it is odd"


def test_an_error_ends_with_the_next_command_where_there_is_one() -> None:
    assert str(EvenfallError("a.toml: it is wrong", hint="mend it")) == "a.toml: it is wrong\n  next: mend it"
    assert str(EvenfallError("a.toml: it is wrong")) == "a.toml: it is wrong"


def test_an_error_is_one_of_usage_unless_it_says_otherwise() -> None:
    assert int(EvenfallError("x").exit_code) == 2
    assert int(EvenfallError("x", exit_code=Exit.UNKNOWN).exit_code) == 3


def test_what_a_file_is_called_cant_pass_for_a_line_of_ours() -> None:
    """A runner obeys any line that begins so."""
    found = Finding(code="A1", location=Location(path="a\n::error::b"), reason="of c\n::error::d", fix="one\n  two")
    assert str(found).splitlines() == [r"a\n::error::b: error [A1] of c\n::error::d", "  next: one", "  two"]
