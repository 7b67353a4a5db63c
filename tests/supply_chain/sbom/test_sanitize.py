from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenfall.supply_chain.sbom.sanitize import MAX_LENGTH, clean_line, web_address
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
def test_a_web_address_is_cleaned_or_rejected(url: str, clean: str | None) -> None:
    assert web_address(url) == clean


@given(st.text() | st.text().map(lambda text: f"https://example.org/{text}"))
def test_the_address_of_any_text_is_valid_or_none(url: str) -> None:
    found = web_address(url)
    assert found is None or (is_reference(found) and found.isascii() and web_address(found) == found)


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_becomes_one_printable_line_of_bounded_length(text: str) -> None:
    assert clean_line(text).isprintable()
    assert len(clean_line(text * 2000)) <= MAX_LENGTH
    assert clean_line(clean_line(text)) == clean_line(text)
