from __future__ import annotations

import pytest

from evenfall.supply_chain.audit.advisories import Advisory
from evenfall.supply_chain.audit.severity import Level, cvss_score, level_of, severity


def advisory(*vectors: str, severity_word: str = "", name: str = "PYSEC-1") -> Advisory:
    return Advisory(id=name, package="oil", modified="", vectors=vectors, severity_word=severity_word)


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
def test_a_valid_vector_has_a_score_and_an_invalid_one_has_none(vector: str, score: float | None) -> None:
    assert cvss_score(vector) == score


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
def test_scores_have_the_levels_of_cvss_under_githubs_names(score: float, level: Level) -> None:
    assert level_of(score) is level


HIGH = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"
MODERATE = "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"


def test_the_highest_score_counts_and_takes_precedence_over_a_word() -> None:
    assert severity([advisory(MODERATE), advisory(HIGH, "odd", severity_word="LOW")]) == (Level.HIGH, 7.5)


def test_the_word_counts_without_a_valid_vector() -> None:
    assert severity([advisory("odd", severity_word="MODERATE"), advisory(severity_word="Low"), advisory()]) == (
        Level.MODERATE,
        None,
    )


def test_an_advisory_without_vector_and_word_is_unknown() -> None:
    assert severity([advisory(severity_word="grave"), advisory("odd")]) == (Level.UNKNOWN, None)
    assert severity([]) == (Level.UNKNOWN, None)


def test_a_malicious_package_is_critical() -> None:
    assert severity([advisory(name="MAL-2024-1")]) == (Level.CRITICAL, None)
    assert severity([advisory(name="MAL-2024-1"), advisory(MODERATE)]) == (Level.CRITICAL, 6.1)
