from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenfall.package_index.address import shown_address, shown_addresses

USER = "bob:hidden"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (f"https://{USER}@h.org/x", "https://h.org/x"),
        ("https://token@h.org", "https://h.org"),
        (f"https://{USER}@rest@h.org/x@1", "https://h.org/x@1"),
        (f"https://{USER}/rest@h.org/x", "https://h.org/x"),
        (f"https://{USER}?rest@h.org/x", "https://h.org/x"),
        (f"https://{USER}#rest@h.org/x", "https://h.org/x"),
        ("https://[::1]:80/a@b?c=d@e", "https://[::1]:80/a@b"),
        ("https://h.org:80/a@b", "https://h.org:80/a@b"),
        ("https://h.org:port/a", "https://h.org:port/a"),
        (f"https://{USER}@h.org:port/a", "https://h.org:port/a"),
        ("https://h.org?sig=hidden", "https://h.org"),
        ("https://h.org/a.whl?sig=hidden two&x=y#sha256=ab&sig=hidden", "https://h.org/a.whl#sha256=ab"),
        ("https://h.org/a?aGlkZGVu=#egg=lamp&subdirectory=a/b", "https://h.org/a#egg=lamp&subdirectory=a/b"),
        ("https://h.org/a#hidden", "https://h.org/a"),
        (f"git+https://{USER}@h.org/x@main", "git+https://h.org/x@main"),
        (f"ssh://{USER}@h.org/x", "ssh://bob@h.org/x"),
        ("git+SSH://git@h.org/x?sig=hidden", "git+SSH://git@h.org/x"),
        ("ssh://@h.org/x", "ssh://@h.org/x"),
        (f"{USER}@h.org:x", "bob@h.org:x"),
        (f"{USER}@/rest@h.org:x", "bob@h.org:x"),
        ("git@h.org:x", "git@h.org:x"),
        ("../index@1?", "../index@1?"),
        (r"C:\index@1", r"C:\index@1"),
        ("", ""),
    ],
)
def test_an_address_is_shown_without_password_and_query(address: str, shown: str) -> None:
    assert shown_address(address) == shown


def test_every_url_in_a_text_is_shown_without_password_and_query() -> None:
    text = (
        f"no `https://h.org/x?sig=hidden`, ('https://h.org/?sig=a'hidden', \"https://{USER}@h.org/?\")."
        f" https://h.org?sig=hidden: 404 (ssh://{USER}@h.org) registry https://pypi.org/simple"
    )
    assert shown_addresses(text) == (
        "no `https://h.org/x`, ('https://h.org/', \"https://h.org/\")."
        " https://h.org: 404 (ssh://bob@h.org) registry https://pypi.org/simple"
    )


@given(st.text("aZ1?#/:@=&[]. -", max_size=40), st.sampled_from(["https://", "ssh://", "git+ssh://", ""]))
def test_an_address_is_shown_in_the_same_way_again(rest: str, scheme: str) -> None:
    shown = shown_address(scheme + rest)
    assert shown_address(shown) == shown


@pytest.mark.parametrize(
    "text", ["ssh://" + "a" * 300_000, "://" * 99_000, "a:" * 99_000, "a:" + "@" * 99_000, "https://" + "." * 99_000]
)
def test_a_long_text_takes_no_long_time(text: str) -> None:
    shown_address(text)
    shown_addresses(text)
