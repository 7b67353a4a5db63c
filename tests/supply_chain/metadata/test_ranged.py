from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenfall.supply_chain.metadata.ranged import AHEAD, Ranged

CONTENT = bytes(number % 251 for number in range(5 * AHEAD))


def ranged(tail: int, asked: list[tuple[int, int]]) -> Ranged:
    def fetch(start: int, end: int) -> bytes:
        asked.append((start, end))
        return CONTENT[start : end + 1]

    return Ranged(len(CONTENT), CONTENT[len(CONTENT) - tail :], fetch)


@given(
    st.integers(1, len(CONTENT)),
    st.lists(st.tuples(st.integers(0, len(CONTENT) + 10), st.integers(0, 2 * AHEAD)), max_size=8),
)
def test_it_reads_as_the_file_itself(tail: int, reads: list[tuple[int, int]]) -> None:
    file, same = io.BufferedReader(ranged(tail, [])), io.BytesIO(CONTENT)
    for place, count in reads:
        assert file.seek(place) == same.seek(place)
        assert file.read(count) == same.read(count)
        assert file.tell() == same.tell()


def test_what_is_here_is_not_fetched_and_small_reads_are_few_requests() -> None:
    asked: list[tuple[int, int]] = []
    file = ranged(100, asked)
    file.seek(-100, io.SEEK_END)
    assert file.read(100) == CONTENT[-100:]
    assert asked == []
    file.seek(10)
    for _ in range(3):
        file.read(5)
    file.seek(-5, io.SEEK_CUR)
    assert file.read(5) == CONTENT[20:25]
    assert asked == [(10, 10 + AHEAD - 1)]


def test_there_is_nothing_before_the_begin() -> None:
    with pytest.raises(OSError, match="before the begin: -1"):
        ranged(1, []).seek(-1)


def test_it_says_what_it_can() -> None:
    file = ranged(1, [])
    assert (file.readable(), file.seekable(), file.tell()) == (True, True, 0)
