from __future__ import annotations

import pytest

from evenfall.text import without_password

WHO = ":".join(("bob", "pa@ss"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"git https://{WHO}@example.org/oil#1", "git https://example.org/oil#1"),
        (
            f"ssh://{WHO}@example.org and https://{WHO}@example.net/x@1",
            "ssh://bob@example.org and https://example.net/x@1",
        ),
        ("git+ssh://git@example.org/oil", "git+ssh://git@example.org/oil"),
        ("ssh://@example.org/oil", "ssh://@example.org/oil"),
        ("https://example.org/a@b", "https://example.org/a@b"),
        ("../index", "../index"),
        ("ssh://" + "a" * 1_000_000, "ssh://" + "a" * 1_000_000),
        ("registry https://pypi.org/simple", "registry https://pypi.org/simple"),
    ],
)
def test_an_address_is_told_without_who_asks(text: str, shown: str) -> None:
    assert without_password(text) == shown
