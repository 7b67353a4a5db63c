from __future__ import annotations

from typing import Any

import pytest

from evenfall.adopt.matrix import combinations


def runs(matrix: object) -> list[dict[str, Any]]:
    return combinations({"strategy": {"matrix": matrix}}, {"inputs": {"systems": '["a", "b"]'}})[0]


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ({"os": ["a", "b"], "py": [1]}, [{"os": "a", "py": 1}, {"os": "b", "py": 1}]),
        ({"os": ["a", "b"], "exclude": [{"os": "a"}]}, [{"os": "b"}]),
        ({"os": ["a"], "include": [{"os": "a", "x": 1}, {"os": "c"}]}, [{"os": "a", "x": 1}, {"os": "c"}]),
        ({"os": ["a"], "include": [{"x": 1}]}, [{"os": "a", "x": 1}]),
        ({"include": [{"os": "a"}, {"os": "b"}]}, [{"os": "a"}, {"os": "b"}]),
        ({"os": "${{ fromJSON(inputs.systems) }}"}, [{"os": "a"}, {"os": "b"}]),
        ('${{ fromJSON(\'{"os": ["a"]}\') }}', [{"os": "a"}]),
        ({}, [{}]),
        (None, [{}]),
        ([], [{}]),
    ],
)
def test_the_runs_of_a_matrix(matrix: object, expected: list[dict[str, Any]]) -> None:
    assert runs(matrix) == expected


@pytest.mark.parametrize(
    ("matrix", "unknown"),
    [
        ("${{ fromJSON(needs.a.outputs.b) }}", "${{ fromJSON(needs.a.outputs.b) }}"),
        ({"os": "${{ fromJSON(needs.a.outputs.b) }}"}, "${{ fromJSON(needs.a.outputs.b) }}"),
        ({"os": ["a"], "include": "${{ fromJSON(needs.a.outputs.b) }}"}, "${{ fromJSON(needs.a.outputs.b) }}"),
        ({"os": ["a"], "exclude": [{"os": "x ${{ github.b }} y"}]}, "${{ github.b }}"),
        ({"os": ["a"]}, ""),
    ],
)
def test_a_value_that_is_only_known_in_a_run_is_named(matrix: object, unknown: str) -> None:
    assert combinations({"strategy": {"matrix": matrix}}, {})[1] == unknown


def test_a_job_without_a_matrix_has_one_run_and_a_huge_matrix_is_limited() -> None:
    assert combinations({}, {}) == ([{}], "")
    assert combinations({"strategy": "fast"}, {}) == ([{}], "")
    assert len(runs({letter: [*range(10)] for letter in "abcdefghij"})) == 256
