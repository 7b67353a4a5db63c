from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from evenfall.adopt.expressions import UnknownValueError, as_text, evaluate, is_known, never_true, rendered

CONTEXTS: dict[str, dict[str, Any]] = {
    "matrix": {
        "os": "ubuntu-latest",
        "py": {"tag": "3.9"},
        "x": "${{ github.x }}",
        "list": [1],
        "day": date(2026, 1, 1),
    },
    "inputs": {"deep": None},
    "env": {"A": "1"},
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("matrix.os", "ubuntu-latest"),
        ("matrix['os']", "ubuntu-latest"),
        ("matrix.py.tag", "3.9"),
        ("matrix.missing || 'default'", "default"),
        ("matrix.os.missing", None),
        ("inputs.deep", None),
        ("'it''s'", "it's"),
        ("true && 3", 3),
        ("null || -1.5", -1.5),
        ("!matrix.missing", True),
        ("(matrix.os == 'Ubuntu-Latest') && 'a' || 'b'", "a"),
        ("matrix.os != 'ubuntu-latest' && github.event_name", False),
        ("github.event_name && false", False),
        ("fromJSON('[1, \"b\"]')", [1, "b"]),
        ("fromJSON(toJSON(matrix.py)).tag", None),
        ("toJSON(matrix.py)", '{"tag": "3.9"}'),
        ("format('{0}-{1}', matrix.os, 2)", "ubuntu-latest-2"),
        ("startsWith(matrix.os, 'UBUNTU')", True),
        ("endsWith(matrix.os, 'arm')", False),
        ("contains(matrix.os, 'Latest')", True),
        ("contains(fromJSON('[\"a\"]'), 'A')", True),
        ("contains(fromJSON('[\"a\"]'), 'b')", False),
        ("MATRIX.Py.TAG", "3.9"),
        ("matrix.py.tag == 3.9", True),
        ("matrix.missing == false", True),
        ("matrix.missing == ''", True),
        ("matrix.os == true", False),
        ("'1_0' == 10", False),
        ("matrix.py == 1", False),
        ("fromJSON('[]') && 'a' || 'b'", "a"),
        ("fromJSON('[]') || 'b'", []),
        ("!fromJSON('{}')", False),
        ("env.A == 1", True),
    ],
)
def test_an_expression_is_evaluated(expression: str, value: object) -> None:
    if "toJSON(matrix.py)).tag" in expression:
        with pytest.raises(UnknownValueError):
            evaluate(expression, CONTEXTS)
    else:
        assert evaluate(expression, CONTEXTS) == value


@pytest.mark.parametrize(
    "expression",
    [
        *("env.B", "env.a", "toJSON(env)", "contains(matrix.*, 'x')", "matrix.list[0]", "matrix.day == 1"),
        *("github.ref", "matrix.x", "github.ref || 'a'", "github.ref == 'a'", "!github.ref", "true && github.ref"),
        *(
            "github.ref && true",
            "hashFiles('a')",
            "join(a, ',')",
            "",
            "matrix.",
            "(true",
            "true true",
            "matrix ? 1",
            "1abc",
        ),
        *("fromJSON('[')", "format('{1}', 'a')", "'a' 'b'", "(" * 5000),
    ],
)
def test_a_value_of_a_run_and_an_invalid_expression_are_not_known(expression: str) -> None:
    with pytest.raises(UnknownValueError):
        evaluate(expression, CONTEXTS)


def test_known_expressions_in_a_value_are_replaced_and_others_stay() -> None:
    value: dict[str, Any] = {
        "a": ["${{ matrix.os }}", 3],
        "b": "py${{ matrix.py.tag }}-${{ github.ref }}",
        "c": "${{ github.ref }}",
        "d": "${{ fromJSON('[1]') }}",
        "e": "${{ true }}-${{ matrix.missing }}",
    }
    assert rendered(value, CONTEXTS) == {
        "a": ["ubuntu-latest", 3],
        "b": "py3.9-${{ github.ref }}",
        "c": "${{ github.ref }}",
        "d": [1],
        "e": "true-",
    }
    assert not is_known(rendered(value["b"], CONTEXTS))
    assert as_text({"a": True}) == '{"a": true}'


@pytest.mark.parametrize(
    ("condition", "never"),
    [
        (None, False),
        ("false", True),
        (False, True),
        ("${{ false }}", True),
        ("matrix.os == 'windows-latest'", True),
        ("github.ref == 'a'", False),
        ("always()", False),
    ],
)
def test_only_a_condition_that_is_known_to_be_false_is_never_true(condition: object, never: bool) -> None:
    assert never_true(condition, CONTEXTS) is never
