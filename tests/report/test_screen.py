from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.report.github_actions import annotate
from evenfall.report.screen import PlainScreen, printable_lines
from tests.report.examples import INCONCLUSIVE, PASSED, SKIPPED, failed


def test_each_event_is_printed_as_it_comes(tmp_path: Path) -> None:
    printed: list[str] = []
    screen = PlainScreen(printed.append)
    screen.note("snapshot 1234: the tracked files as they are")
    screen.plan(("lint", "tests-3.12"), 65.4)
    screen.start("lint")
    screen.output("lint", "half of it")
    screen.end(PASSED)
    screen.end(failed(tmp_path, "one\n  two", notes=("helper.py is untracked",)))
    screen.close()
    assert "".join(printed) == (
        "snapshot 1234: the tracked files as they are\n"
        "2 jobs, about 65 s: lint, tests-3.12\n"
        "started lint\n"
        "passed lint in 1.2 s\n"
        "──── tests-3.12 ────\none\n  two\n"
        "failed tests-3.12 in 2.0 s: pytest failed\n"
        "  helper.py is untracked\n"
    )


def test_a_job_without_output_is_one_line_with_its_reason() -> None:
    printed: list[str] = []
    screen = PlainScreen(printed.append)
    screen.end(SKIPPED)
    screen.end(INCONCLUSIVE)
    assert printed == [
        "skipped tests @ windows-latest: it runs on Windows\n",
        "inconclusive coverage in 0.5 s: short by 2 lines\n",
    ]


def test_in_github_actions_a_failure_is_annotated(tmp_path: Path) -> None:
    printed: list[str] = []
    PlainScreen(printed.append, annotate).end(failed(tmp_path))
    assert printed[-1] == "::error title=tests-3.12::pytest failed\n"


def test_control_characters_are_escaped(tmp_path: Path) -> None:
    printed: list[str] = []
    screen = PlainScreen(printed.append)
    screen.note("untracked: \x1b[2J.txt")
    screen.end(failed(tmp_path, "\x1b]0;title\x07\n", notes=("\x1b[H",)))
    assert "\x1b" not in "".join(printed)
    assert "untracked: \\x1b[2J.txt\n" in printed
    assert "\\x1b]0;title\\x07\n" in printed


@pytest.mark.parametrize("size", [1, 2, 7, 1 << 16])
@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", ""),
        (b"one\ntwo\n", "one\ntwo\n"),
        (b"one\ntwo", "one\ntwo\n"),
        (b"10 %\r20 %\r\ndone\n", "10 %\n20 %\ndone\n"),
        ("ünlit\n\n".encode(), "ünlit\n\n"),
        (b"\xff\n", "\N{REPLACEMENT CHARACTER}\n"),
    ],
)
def test_a_log_is_read_in_whole_lines(tmp_path: Path, content: bytes, lines: str, size: int) -> None:
    log = tmp_path / "log"
    log.write_bytes(content)
    groups = [*printable_lines(log, size)]
    assert "".join(groups) == lines
    assert all(group.endswith("\n") for group in groups)


def test_a_path_with_newlines_cannot_look_like_a_line_of_evenfall(tmp_path: Path) -> None:
    printed: list[str] = []
    screen = PlainScreen(printed.append)
    screen.note("untracked: a\npassed tests in 1.0 s")
    screen.end(failed(tmp_path, notes=("b\npassed lint",)))
    assert not [line for line in "".join(printed).splitlines() if line.startswith("passed")]
