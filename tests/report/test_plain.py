from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.report.annotations import annotated
from evenfall.report.plain import Lines, pieces
from tests.report.made import ON_WINDOWS, PASSED, UNDECIDED, failed


def test_a_run_is_told_as_it_goes_on(tmp_path: Path) -> None:
    said: list[str] = []
    lines = Lines(said.append)
    lines.note("snapshot 1234: the tracked files as they are")
    lines.planned(("lint", "tests-3.12"))
    lines.started("lint")
    lines.printed("lint", "half of it")
    lines.ended(PASSED)
    lines.ended(failed(tmp_path, "one\n  two", notes=("helper.py is untracked",)))
    lines.close()
    assert "".join(said) == (
        "snapshot 1234: the tracked files as they are\n"
        "2 jobs: lint, tests-3.12\n"
        "started lint\n"
        "passed lint in 1.2 s\n"
        "──── tests-3.12 ────\none\n  two\n"
        "failed tests-3.12 in 2.0 s: pytest failed\n"
        "  helper.py is untracked\n"
    )


def test_a_job_that_never_ran_is_told_with_its_reason_alone() -> None:
    said: list[str] = []
    lines = Lines(said.append)
    lines.ended(ON_WINDOWS)
    lines.ended(UNDECIDED)
    assert said == [
        "skipped tests @ windows-latest: it runs on Windows\n",
        "inconclusive coverage in 0.5 s: short by 2 lines\n",
    ]


def test_inside_github_actions_a_failure_is_annotated_too(tmp_path: Path) -> None:
    said: list[str] = []
    Lines(said.append, annotated).ended(failed(tmp_path))
    assert said[-1] == "::error title=tests-3.12::pytest failed\n"


def test_what_a_terminal_would_obey_is_shown_not_done(tmp_path: Path) -> None:
    said: list[str] = []
    lines = Lines(said.append)
    lines.note("untracked: \x1b[2J.txt")
    lines.ended(failed(tmp_path, "\x1b]0;title\x07\n", notes=("\x1b[H",)))
    assert "\x1b" not in "".join(said)
    assert "untracked: \\x1b[2J.txt\n" in said
    assert "\\x1b]0;title\\x07\n" in said


@pytest.mark.parametrize("size", [1, 2, 7, 1 << 16])
@pytest.mark.parametrize(
    ("printed", "told"),
    [
        (b"", ""),
        (b"one\ntwo\n", "one\ntwo\n"),
        (b"one\ntwo", "one\ntwo\n"),
        (b"10 %\r20 %\r\ndone\n", "10 %\n20 %\ndone\n"),
        ("ünlit\n\n".encode(), "ünlit\n\n"),
        (b"\xff\n", "\N{REPLACEMENT CHARACTER}\n"),
    ],
)
def test_a_log_is_told_in_whole_lines_whatever_its_pieces(tmp_path: Path, printed: bytes, told: str, size: int) -> None:
    log = tmp_path / "log"
    log.write_bytes(printed)
    shown = [*pieces(log, size)]
    assert "".join(shown) == told
    assert all(piece.endswith("\n") for piece in shown)


def test_a_path_of_several_lines_can_t_pass_for_a_line_of_ours(tmp_path: Path) -> None:
    said: list[str] = []
    lines = Lines(said.append)
    lines.note("untracked: a\npassed tests in 1.0 s")
    lines.ended(failed(tmp_path, notes=("b\npassed lint",)))
    assert not [line for line in "".join(said).splitlines() if line.startswith("passed")]
