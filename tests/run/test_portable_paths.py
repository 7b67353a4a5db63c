from __future__ import annotations

import pytest

from evenfall.run.portable_paths import LONGEST, refused

WINDOWS = ("ubuntu-latest", "windows-latest")


@pytest.mark.parametrize("labels", [("macos-latest",), WINDOWS])
def test_paths_that_differ_by_case_only_are_told_where_a_system_can_t_tell_them_apart(labels: tuple[str, ...]) -> None:
    assert [*refused(["notes/Ideas.md", "a", "notes/ideas.md"], labels)] == [
        "notes/Ideas.md and notes/ideas.md differ by case only: one overwrites the other on macOS and Windows"
    ]


@pytest.mark.parametrize(
    "path",
    ["what?.md", "a:b/c", "a|b", "back\\slash", "tab\t.txt", "end.", "end /x", "NUL", "con.txt", "deep/Com1.tar.gz"],
)
def test_a_path_that_windows_refuses_is_named(path: str) -> None:
    assert [*refused(["fine.txt", path], WINDOWS)] == [f"Windows can't check these out: {path!r}"]


@pytest.mark.parametrize("path", ["console.txt", "nullable", "com10", ".hidden", "a.b", "with space.txt", "ünlit"])
def test_a_path_that_only_looks_like_one_is_left_alone(path: str) -> None:
    assert [*refused([path], WINDOWS)] == []


def test_of_many_refused_paths_three_are_named() -> None:
    assert [*refused(["a?", "b?", "c?", "d?"], WINDOWS)] == ["Windows can't check these out: 'a?', 'b?', 'c?'"]


def test_a_path_that_is_too_long_for_windows_is_named_with_its_length() -> None:
    long = "x" * (LONGEST + 1)
    assert [*refused(["x" * LONGEST, long], WINDOWS)] == [f"too long for Windows: '{long}' ({LONGEST + 1} characters)"]


def test_on_linux_alone_anything_goes() -> None:
    assert [*refused(["a", "A", "what?", "x" * 500], ("ubuntu-latest", "ubuntu-24.04-arm"))] == []
