from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenfall.supply_chain.licenses.spdx import (
    AnyOf,
    Every,
    Expression,
    License,
    any_of,
    every,
    licenses,
    parse,
    spdx_list,
)

keys = st.sampled_from(["MIT", "Apache-2.0", "GPL-3.0-only", "LicenseRef-X", "BSD-3-Clause", "MPL-2.0+"])
alone = st.builds(License, keys) | st.builds(License, st.just("GPL-3.0-only"), st.just("GCC-exception-3.1"))
expressions: st.SearchStrategy[Expression] = st.recursive(
    alone,
    lambda parts: (
        st.builds(every, st.lists(parts, min_size=1, max_size=4))
        | st.builds(any_of, st.lists(parts, min_size=1, max_size=4))
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("MIT", "MIT"),
        ("mit or apache-2.0", "MIT OR Apache-2.0"),
        ("GPL-3.0", "GPL-3.0-only"),
        ("gpl-3.0+", "GPL-3.0-or-later"),
        ("Apache-2.0+", "Apache-2.0+"),
        ("GPL-3.0-with-GCC-exception", "GPL-3.0-only WITH GCC-exception-3.1"),
        ("gpl-2.0 with classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("(MIT)", "MIT"),
        ("MIT OR MIT", "MIT"),
        ("MIT AND (Apache-2.0 OR Zlib)", "MIT AND (Apache-2.0 OR Zlib)"),
        ("MIT AND Apache-2.0 OR Zlib", "MIT AND Apache-2.0 OR Zlib"),
        ("licenseref-Mine", "LicenseRef-Mine"),
        ("DocumentRef-a:LicenseRef-b", "DocumentRef-a:LicenseRef-b"),
    ],
)
def test_identifiers_are_written_as_the_list_has_them_now(written: str, meant: str) -> None:
    assert str(parse(written)) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "MIT AND",
        "OR",
        "MIT Apache-2.0",
        "MIT/Apache-2.0",
        "MIT, Zlib",
        "BSD",
        "GPL",
        "NONE",
        "NOASSERTION",
        "GCC-exception-3.1",
        "MIT WITH Nothing",
        "MIT WITH Apache-2.0",
        "LicenseRef-X WITH",
        "GPL-2.0-with-classpath-exception WITH GCC-exception-3.1",
        "a:b",
        "MIT+Zlib",
        "Zlib++",
        "(" * 500,
        "MIT OR " * 400 + "MIT",
    ],
)
def test_what_is_no_expression_is_none(text: str) -> None:
    assert parse(text) is None


def test_names_count_only_where_somebody_says_what_they_mean() -> None:
    assert parse("Expat or BSD 3", also={"Expat": "MIT", "BSD 3": "BSD-3-Clause"}.get) == AnyOf(
        (License("MIT"), License("BSD-3-Clause"))
    )
    assert parse("Expat or Unheard-of", also={"Expat": "MIT"}.get) is None


@given(expressions)
def test_what_is_written_out_reads_as_the_same(expression: Expression) -> None:
    again = parse(str(expression))
    assert again is not None
    assert str(again) == str(expression)
    assert {*licenses(again)} == {*licenses(expression)}


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["MIT", "(", ")", "AND", "or", "WITH", "+", "Zlib", "x"])).map(" ".join)
)
def test_nothing_that_one_can_write_breaks_it(text: str) -> None:
    parse(text)


def test_one_part_needs_no_operator() -> None:
    assert every([License("MIT"), License("MIT")]) == any_of([License("MIT")]) == License("MIT")
    assert every([License("MIT"), License("Zlib")]) == Every((License("MIT"), License("Zlib")))


def test_the_list_holds_nothing_but_spdxs_own() -> None:
    names = spdx_list()
    assert names.licenses["agpl-3.0"] == "AGPL-3.0-only"
    assert not any("licenseref" in name for name in (*names.licenses, *names.exceptions))
    assert "gcc-exception-3.1" not in names.licenses


@pytest.mark.parametrize("text", ["(AND", "()", "MIT (", ")"])
def test_brackets_that_hold_nothing_are_no_expression(text: str) -> None:
    assert parse(text) is None
