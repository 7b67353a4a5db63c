from evenfall.findings import Finding, Place


def test_a_finding_begins_with_its_place_and_ends_with_the_next_command() -> None:
    finding = Finding(code="X1", place=Place(path="a.toml", line=3, key="b"), reason="it is wrong", fix="mend it")
    assert str(finding) == "a.toml:3: b: error [X1] it is wrong\n  next: mend it"
