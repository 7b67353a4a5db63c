from __future__ import annotations

from enum import IntEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenfall.supply_chain.licenses.spdx import (
    SpdxExpression,
    SpdxLicense,
    combine,
    evaluate,
    identifiers,
    parse,
    spdx_list,
)

keys = st.sampled_from(["MIT", "Apache-2.0", "GPL-3.0-only", "LicenseRef-X", "BSD-3-Clause", "MPL-2.0+"])
licenses = keys | st.just("GPL-3.0-only WITH GCC-exception-3.1")
expressions: st.SearchStrategy[SpdxExpression] = st.recursive(
    licenses.map(SpdxExpression),
    lambda parts: st.builds(combine, st.lists(parts, min_size=1, max_size=4), st.sampled_from(["AND", "OR"])),
    max_leaves=12,
)


class Value(IntEnum):
    LOW = 0
    HIGH = 1


def value(license: SpdxLicense) -> Value:
    return Value.HIGH if license.key in {"MIT", "Zlib"} or license.exception else Value.LOW


@pytest.mark.parametrize(
    ("text", "canonical"),
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
        ("MIT OR mit", "MIT"),
        ("MIT AND (Apache-2.0 OR Zlib)", "MIT AND (Apache-2.0 OR Zlib)"),
        ("MIT AND Apache-2.0 OR Zlib", "(MIT AND Apache-2.0) OR Zlib"),
        ("licenseref-Mine", "LicenseRef-Mine"),
        ("DocumentRef-a:LicenseRef-b", "DocumentRef-a:LicenseRef-b"),
        ("(" * 200 + "MIT" + ")" * 200, "MIT"),
    ],
)
def test_an_expression_gets_its_canonical_form(text: str, canonical: str) -> None:
    assert parse(text) == canonical


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
        "(AND",
        "()",
        "MIT (",
        ")",
    ],
)
def test_an_invalid_expression_is_none(text: str) -> None:
    assert parse(text) is None


def test_other_names_are_accepted_if_their_identifier_is_given() -> None:
    names = {"Expat": "MIT", "BSD 3": "BSD-3-Clause"}
    assert parse("Expat or BSD 3", names=names.get) == "MIT OR BSD-3-Clause"
    assert parse("Expat or Unheard-of", names=names.get) is None


@given(expressions)
def test_the_canonical_form_does_not_change_when_it_is_parsed_again(expression: SpdxExpression) -> None:
    canonical = parse(expression)
    assert canonical is not None
    assert parse(canonical) == canonical
    assert identifiers(canonical) == identifiers(expression)


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["MIT", "(", ")", "AND", "or", "WITH", "+", "Zlib", "x"]), max_size=30).map(" ".join)
)
def test_any_text_can_be_parsed(text: str) -> None:
    parse(text)


def test_expressions_are_combined_each_once() -> None:
    assert combine(["MIT", "MIT"], "AND") == combine(["MIT"], "OR") == "MIT"
    assert combine(["MIT", "Zlib", "MIT"], "AND") == "MIT AND Zlib"
    assert combine(["MIT AND Zlib", "0BSD"], "OR") == "(MIT AND Zlib) OR 0BSD"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT", Value.HIGH),
        ("0BSD", Value.LOW),
        ("0BSD OR MIT", Value.HIGH),
        ("0BSD AND MIT", Value.LOW),
        ("(0BSD AND MIT) OR Zlib", Value.HIGH),
        ("(0BSD OR MIT) AND Zlib", Value.HIGH),
        ("GPL-3.0-only WITH GCC-exception-3.1", Value.HIGH),
    ],
)
def test_and_is_the_least_value_and_or_the_greatest(expression: str, expected: Value) -> None:
    assert evaluate(SpdxExpression(expression), value) is expected


def test_a_deeply_nested_expression_can_be_evaluated() -> None:
    expression = parse("MIT OR(ISC AND(" * 117 + "MIT" + "))" * 117)
    assert expression is not None
    assert evaluate(expression, value) is Value.HIGH


def test_the_list_has_only_identifiers_of_spdx() -> None:
    spdx = spdx_list()
    assert spdx.licenses["agpl-3.0"] == "AGPL-3.0-only"
    assert not any("licenseref" in name for name in (*spdx.licenses, *spdx.exceptions))
    assert "gcc-exception-3.1" not in spdx.licenses
