from __future__ import annotations

from evenfall.findings import Finding, Location, Severity, has_errors


def test_a_finding_starts_with_its_location_and_ends_with_the_next_command() -> None:
    location = Location(path="a.toml", line=3, key="b")
    finding = Finding(code="X1", location=location, reason="it is wrong", fix="correct it")
    assert str(finding) == "a.toml:3: b: error [X1] it is wrong\n  next: correct it"


def test_a_finding_omits_unknown_parts() -> None:
    finding = Finding(code="X1", severity=Severity.NOTE, location=Location(path="a.toml"), reason="it is odd")
    assert str(finding) == "a.toml: note [X1] it is odd"


def test_a_line_end_in_a_file_name_starts_no_new_line() -> None:
    """GitHub obeys every line of the output that starts with `::error::`."""
    found = Finding(code="A1", location=Location(path="a\n::error::b"), reason="of c\n::error::d", fix="one\n  two")
    assert str(found).splitlines() == [r"a\n::error::b: error [A1] of c\n::error::d", "  next: one", "  two"]


def test_only_an_error_makes_a_check_fail() -> None:
    warning = Finding(code="A1", severity=Severity.WARNING, location=Location(path="a.toml"), reason="it is odd")
    error = Finding(code="A2", location=Location(path="a.toml"), reason="it is wrong")
    assert not has_errors([warning])
    assert has_errors([warning, error])
