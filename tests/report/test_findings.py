from __future__ import annotations

from evenfall.findings import Finding, Location, Severity
from evenfall.report.findings import as_json, fails, text

WARNING = Finding(code="A1", severity=Severity.WARNING, location=Location(path="a.toml", key="b.c"), reason="it is odd")
ERROR = Finding(code="A2", location=Location(path="uv.lock", line=7), reason="bad\x1b[2J", fix="uv lock")


def test_the_worst_comes_first_and_nothing_reaches_the_terminal_that_it_would_obey() -> None:
    expected = "uv.lock:7: error [A2] bad\\x1b[2J\n  next: uv lock\n\na.toml: b.c: warning [A1] it is odd"
    assert text([WARNING, ERROR]) == expected


def test_only_an_error_fails() -> None:
    assert not fails([WARNING])
    assert fails([WARNING, ERROR])


def test_programs_get_every_part() -> None:
    assert as_json(ERROR) == {
        "code": "A2",
        "severity": "error",
        "path": "uv.lock",
        "line": 7,
        "key": "",
        "reason": "bad\x1b[2J",
        "fix": "uv lock",
    }
