from __future__ import annotations

import io
import time
from pathlib import Path

from rich.console import Console

from evenfall.report.terminal import Board
from tests.report.made import ON_WINDOWS, PASSED, failed


def console(*, terminal: bool, width: int = 80) -> tuple[Console, io.StringIO]:
    """A console that draws into a text."""
    drawn = io.StringIO()
    return Console(
        file=drawn, force_terminal=terminal, width=width, color_system="standard" if terminal else None
    ), drawn


def test_what_is_told_for_good_is_told_in_the_words_of_plain_lines(tmp_path: Path) -> None:
    """Without a terminal behind it, nothing is drawn but what stays."""
    where, drawn = console(terminal=False)
    board = Board(where)
    board.note("snapshot 1234: [bold]as it is")
    board.planned(("lint", "tests-3.12", "tests @ windows-latest"))
    board.started("lint")
    board.started("tests-3.12")
    board.ended(PASSED)
    board.ended(failed(tmp_path, "  an indented line\n[red]two\n", notes=("helper.py is \x1b[1muntracked",)))
    board.ended(ON_WINDOWS)
    board.close()
    assert drawn.getvalue().strip() == (
        "snapshot 1234: [bold]as it is\n"
        "passed lint in 1.2 s\n"
        "──── tests-3.12 ────\n  an indented line\n[red]two\n"
        "failed tests-3.12 in 2.0 s: pytest failed\n"
        "  helper.py is \\x1b[1muntracked\n"
        "skipped tests @ windows-latest: it runs on Windows"
    )


def test_a_long_line_of_output_is_not_broken(tmp_path: Path) -> None:
    where, drawn = console(terminal=False, width=20)
    board = Board(where)
    board.started("tests-3.12")
    board.ended(failed(tmp_path, "x" * 100 + "\n"))
    board.close()
    assert "x" * 100 + "\n" in drawn.getvalue()


def shown(board: Board, console: Console) -> list[str]:
    """What stands on the board now, a line a running job, then how many wait."""
    with console.capture() as captured:
        console.print(board)
    return captured.get().splitlines()


def test_a_running_job_has_a_line_with_the_last_that_it_printed() -> None:
    where, _ = console(terminal=False)
    board = Board(where)
    board.planned(("lint", "tests-3.12", "build"))
    assert shown(board, where)[-1] == "3 waiting"
    board.started("lint")
    board.started("tests-3.12")
    board.printed("lint", "checking \x1b[2J")
    board.printed("build", "not started, so not told")
    lint, tests, waiting = shown(board, where)
    assert lint.split() == [lint[0], "lint", "0", "s", "checking", "\\x1b[2J"]
    assert tests.split()[1:] == ["tests-3.12", "0", "s"]
    assert waiting == "1 waiting"
    board.ended(PASSED)
    assert not any(" lint " in line for line in shown(board, where))
    board.close()


def test_a_narrow_window_cuts_lines_and_wraps_none() -> None:
    where, _ = console(terminal=False, width=30)
    board = Board(where)
    board.planned(("tests-3.12",))
    board.started("tests-3.12")
    board.printed("tests-3.12", "tests/test_lantern.py::test_with_oil PASSED")
    (line,) = [line for line in shown(board, where) if line]
    assert len(line) <= 30
    assert line.endswith("…")
    board.close()


def test_a_job_that_never_starts_waits_no_more() -> None:
    where, _ = console(terminal=False)
    board = Board(where)
    board.planned(("tests @ windows-latest",))
    board.ended(ON_WINDOWS)
    assert not any("waiting" in line for line in shown(board, where))
    board.close()


def test_on_a_terminal_the_board_is_drawn_and_gone_in_the_end() -> None:
    where, drawn = console(terminal=True)
    board = Board(where)
    board.planned(("lint",))
    board.started("lint")
    deadline = time.monotonic() + 10
    while " lint " not in drawn.getvalue() and time.monotonic() < deadline:
        time.sleep(0.01)
    board.close()
    before, _, after = drawn.getvalue().rpartition(" lint ")
    assert before
    assert "\x1b[2K" in after, "the line was erased"
