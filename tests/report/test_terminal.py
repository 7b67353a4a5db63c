from __future__ import annotations

import io
import time
from pathlib import Path

from rich.console import Console

from evenfall.report.screen import NOT_STARTED
from evenfall.report.terminal import TerminalScreen
from evenfall.results import Inconclusive, JobResult
from tests.report.examples import PASSED, SKIPPED, failed


def console(*, terminal: bool, width: int = 80) -> tuple[Console, io.StringIO]:
    """Return a console and the text that it writes."""
    drawn = io.StringIO()
    return Console(
        file=drawn, force_terminal=terminal, width=width, color_system="standard" if terminal else None
    ), drawn


def test_notes_and_results_are_printed_like_those_of_the_plain_screen(tmp_path: Path) -> None:
    """Without a terminal, rich prints no running jobs."""
    output, drawn = console(terminal=False)
    screen = TerminalScreen(output)
    screen.note("snapshot 1234: [bold]as it is")
    screen.plan(("lint", "tests-3.12", "tests @ windows-latest"))
    screen.start("lint")
    screen.start("tests-3.12")
    screen.end(PASSED)
    screen.end(failed(tmp_path, "  an indented line\n[red]two\n", notes=("helper.py is \x1b[1muntracked",)))
    screen.end(SKIPPED)
    screen.close()
    assert drawn.getvalue().strip() == (
        "snapshot 1234: [bold]as it is\n"
        "passed lint in 1.2 s\n"
        "──── tests-3.12 ────\n  an indented line\n[red]two\n"
        "failed tests-3.12 in 2.0 s: pytest failed\n"
        "  helper.py is \\x1b[1muntracked\n"
        "skipped tests @ windows-latest: it runs on Windows"
    )


def test_a_long_line_of_output_is_not_wrapped(tmp_path: Path) -> None:
    output, drawn = console(terminal=False, width=20)
    screen = TerminalScreen(output)
    screen.start("tests-3.12")
    screen.end(failed(tmp_path, "x" * 100 + "\n"))
    screen.close()
    assert "x" * 100 + "\n" in drawn.getvalue()


def drawn_lines(screen: TerminalScreen, console: Console) -> list[str]:
    """Return the lines of the running jobs, and the number of waiting ones."""
    with console.capture() as captured:
        console.print(screen)
    return captured.get().splitlines()


def test_a_running_job_has_a_line_with_the_last_line_of_its_output() -> None:
    output, _ = console(terminal=False)
    screen = TerminalScreen(output)
    screen.plan(("lint", "tests-3.12", "build"), 65.4)
    assert drawn_lines(screen, output)[-1] == "0/3 jobs, 0 s of about 65 s"
    screen.start("lint")
    screen.start("tests-3.12")
    screen.output("lint", "checking \x1b[2J")
    screen.output("build", "not started, so not drawn")
    lint, tests, progress = drawn_lines(screen, output)
    assert lint.split() == [lint[0], "lint", "0", "s", "checking", "\\x1b[2J"]
    assert tests.split()[1:] == ["tests-3.12", "0", "s"]
    assert progress == "0/3 jobs, 0 s of about 65 s"
    screen.end(PASSED)
    assert not any(" lint " in line for line in drawn_lines(screen, output))
    assert drawn_lines(screen, output)[-1] == "1/3 jobs, 0 s of about 65 s"
    screen.close()


def test_a_narrow_window_cuts_lines_without_wrapping_them() -> None:
    output, _ = console(terminal=False, width=30)
    screen = TerminalScreen(output)
    screen.plan(("tests-3.12",))
    screen.start("tests-3.12")
    screen.output("tests-3.12", "tests/test_lantern.py::test_with_oil PASSED")
    line, _ = drawn_lines(screen, output)
    assert len(line) <= 30
    assert line.endswith("…")
    screen.close()


def test_a_job_that_did_not_start_counts_as_ended_and_is_not_printed() -> None:
    output, drawn = console(terminal=False)
    screen = TerminalScreen(output)
    assert drawn_lines(screen, output) == [""]
    screen.plan(("lint",))
    screen.end(JobResult(job="lint", result=Inconclusive(NOT_STARTED)))
    assert drawn_lines(screen, output)[-1] == "1/1 jobs, 0 s"
    screen.close()
    assert drawn.getvalue() == ""


def test_on_a_terminal_the_running_jobs_are_drawn_and_erased_at_the_end() -> None:
    output, drawn = console(terminal=True)
    screen = TerminalScreen(output)
    screen.plan(("lint",))
    screen.start("lint")
    deadline = time.monotonic() + 10
    while " lint " not in drawn.getvalue() and time.monotonic() < deadline:
        time.sleep(0.01)
    screen.close()
    before, _, after = drawn.getvalue().rpartition(" lint ")
    assert before
    assert "\x1b[2K" in after, "the line was erased"
