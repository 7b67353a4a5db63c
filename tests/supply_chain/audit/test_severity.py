from __future__ import annotations

import pytest

from evenfall.supply_chain.audit.advisories import Advisory
from evenfall.supply_chain.audit.severity import Level, level_of, score_of, severity


def advisory(*vectors: str, word: str = "", name: str = "PYSEC-1") -> Advisory:
    return Advisory(id=name, package="oil", modified="", vectors=vectors, word=word)


@pytest.mark.parametrize(
    ("vector", "score"),
    [
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:N", 9.9),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", 7.5),
        ("(AV:N/AC:L/Au:N/C:P/I:P/A:P)", 7.5),
        ("CVSS:3.1/AV:N", None),
        ("CVSS:4.0/nothing", None),
        ("high", None),
        ("", None),
    ],
)
def test_a_vector_is_computed_or_says_nothing(vector: str, score: float | None) -> None:
    assert score_of(vector) == score


@pytest.mark.parametrize(
    ("score", "level"),
    [
        (10, Level.CRITICAL),
        (9, Level.CRITICAL),
        (8.9, Level.HIGH),
        (7, Level.HIGH),
        (6.9, Level.MODERATE),
        (4, Level.MODERATE),
        (3.9, Level.LOW),
        (0, Level.LOW),
    ],
)
def test_levels_are_those_of_cvss_in_githubs_words(score: float, level: Level) -> None:
    assert level_of(score) is level


HIGH = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"
MODERATE = "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"


def test_the_worst_score_counts_and_comes_before_a_word() -> None:
    assert severity([advisory(MODERATE), advisory(HIGH, "odd", word="LOW")]) == (Level.HIGH, 7.5)


def test_a_word_counts_where_nothing_can_be_computed() -> None:
    assert severity([advisory("odd", word="MODERATE"), advisory(word="Low"), advisory()]) == (Level.MODERATE, None)


def test_what_says_nothing_is_unknown() -> None:
    assert severity([advisory(word="grave"), advisory("odd")]) == (Level.UNKNOWN, None)
    assert severity([]) == (Level.UNKNOWN, None)


def test_a_malicious_package_is_critical() -> None:
    assert severity([advisory(name="MAL-2024-1")]) == (Level.CRITICAL, None)
    assert severity([advisory(name="MAL-2024-1"), advisory(MODERATE)]) == (Level.CRITICAL, 6.1)
