from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenfall.supply_chain.sbom.sanitize import LONGEST, address, cleaned
from evenfall.supply_chain.sbom.validate import is_reference


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://example.org/a b?c=[d]#e f", "https://example.org/a%20b?c=%5Bd%5D#e%20f"),
        ("https://user:secret@example.org:8080/", "https://example.org:8080/"),
        ("https://example.org/%41%zz%", "https://example.org/%41%25zz%25"),
        ("HTTP://EXAMPLE.org", "http://example.org"),
        ("https://example.org/a#b#c", "https://example.org/a#b%23c"),
        ("http://my_index:8080/simple", "http://my_index:8080/simple"),
        ("https://user@[::1]:8080/simple", "https://[::1]:8080/simple"),
        ("https://[fe80::1%25eth0]/simple", None),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("https://", None),
        ("https://exa mple.org", None),
        ("https://[::1", None),
        ("https://example.org:port", None),
        ("UNKNOWN", None),
        ("", None),
    ],
)
def test_an_address_is_one_that_any_reader_takes(url: str, clean: str | None) -> None:
    assert address(url) == clean


@given(st.text() | st.text().map(lambda text: f"https://example.org/{text}"))
def test_whatever_is_given_an_address_is_valid_or_none(url: str) -> None:
    found = address(url)
    assert found is None or (is_reference(found) and found.isascii() and address(found) == found)


@given(st.text(st.characters(exclude_categories=[])))
def test_a_text_is_one_printable_line_of_bounded_length(text: str) -> None:
    assert cleaned(text).isprintable()
    assert len(cleaned(text * 2000)) <= LONGEST
    assert cleaned(cleaned(text)) == cleaned(text)


def test_what_is_no_text_is_no_address_to_check() -> None:
    assert is_reference(None)
    assert not is_reference("https://exa mple.org")
