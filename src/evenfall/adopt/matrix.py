"""The combinations of a job's matrix.

https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from evenfall.adopt.expressions import EXPRESSION, Contexts, rendered
from evenfall.input_file import mapping_at

MAX_COMBINATIONS = 256
"""GitHub's own limit for a matrix."""

Combination = dict[str, Any]


def combinations(job: Mapping[str, Any], contexts: Contexts) -> tuple[list[Combination], str]:
    """Return the values of the matrix for each run of a job, and the first expression in it whose value is not known.

    A job without a matrix has one run without values. An axis that is not known has one value: its expression.
    """
    matrix = mapping_at(rendered(job.get("strategy"), contexts)).get("matrix")
    if isinstance(matrix, str):
        return [{}], matrix
    if not isinstance(matrix, dict):
        return [{}], ""
    axes = {str(name): _values(value) for name, value in matrix.items() if name not in {"include", "exclude"}}
    included, excluded = (_entries(matrix.get(key)) for key in ("include", "exclude"))
    product = itertools.islice(itertools.product(*axes.values()), MAX_COMBINATIONS)
    found = [dict(zip(axes, values, strict=True)) for values in product] if axes else []
    found = [each for each in found if not any(_matches(each, entry) for entry in excluded)]
    _include(found, included, axes)
    values = (*itertools.chain(*axes.values()), matrix.get("include"), matrix.get("exclude"))
    unknown = next((match[0] for value in values if (match := EXPRESSION.search(str(value)))), "")
    return found[:MAX_COMBINATIONS] or [{}], unknown


def _include(found: list[Combination], included: Iterable[Combination], axes: Mapping[str, object]) -> None:
    """Add the entries of `include`: to the combinations whose own values they do not change, else as new ones."""
    originals = [dict(each) for each in found]
    for entry in included:
        given = {name: value for name, value in entry.items() if name in axes}
        extended = False
        for each, original in zip(found, originals, strict=False):
            if _matches(original, given):
                each.update(entry)
                extended = True
        if not extended or not axes:
            found.append(dict(entry))


def _matches(combination: Combination, entry: Combination) -> bool:
    return all(combination.get(name) == value for name, value in entry.items())


def _values(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _entries(value: object) -> list[Combination]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
