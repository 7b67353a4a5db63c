from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from threading import Thread

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding, Location, Severity
from evenfall.report.output import finding_as_json, findings_as_text, json_text, write_output_file
from tests.sample_project import SampleProject, measured
from tests.terminal import in_terminal

WARNING = Finding(code="A1", severity=Severity.WARNING, location=Location(path="a.toml", key="b.c"), reason="it is odd")
ERROR = Finding(code="A2", location=Location(path="uv.lock", line=7), reason="bad\x1b[2J", fix="uv lock")


def test_the_most_severe_finding_comes_first_and_control_characters_are_escaped() -> None:
    expected = "uv.lock:7: error [A2] bad\\x1b[2J\n  next: uv lock\n\na.toml: b.c: warning [A1] it is odd"
    assert findings_as_text([WARNING, ERROR]) == expected


def test_a_finding_as_json_has_every_part() -> None:
    assert finding_as_json(ERROR) == {
        "code": "A2",
        "severity": "error",
        "path": "uv.lock",
        "line": 7,
        "key": "",
        "reason": "bad\x1b[2J",
        "fix": "uv lock",
    }


def test_json_is_ascii_without_a_newline_at_its_end() -> None:
    text = json_text({"ü": (1, Severity.NOTE)})
    assert text.isascii()
    assert not text.endswith("\n")
    assert json.loads(text) == {"version": 1, "ü": [1, "note"]}


POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders and other file modes")


def test_a_file_is_written_into_a_new_folder(tmp_path: Path) -> None:
    write_output_file(tmp_path / "out" / "a.json", "one\n")
    assert (tmp_path / "out" / "a.json").read_bytes() == b"one\n"
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["a.json"]


@POSIX
def test_a_file_is_written_through_a_link_and_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("old")
    (tmp_path / "target").chmod(0o600)
    (tmp_path / "link").symlink_to("target")
    write_output_file(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert ((tmp_path / "target").read_text(), (tmp_path / "target").stat().st_mode & 0o777) == ("new", 0o600)


@POSIX
def test_a_named_pipe_is_written_into_and_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    read: list[str] = []
    reader = Thread(target=lambda: read.append((tmp_path / "pipe").read_text()))
    reader.start()
    write_output_file(tmp_path / "pipe", "through")
    reader.join()
    assert (read, (tmp_path / "pipe").is_fifo()) == (["through"], True)


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="this system has no /dev/fd")
def test_an_unnamed_pipe_is_written_into(tmp_path: Path) -> None:
    read, write = os.pipe()
    write_output_file(Path(f"/dev/fd/{write}"), "through")
    os.close(write)
    with os.fdopen(read) as pipe:
        assert pipe.read() == "through"


@POSIX
def test_a_link_to_itself_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(EvenfallError):
        write_output_file(tmp_path / "loop", "new")


@pytest.mark.parametrize("name", ["", "file/x", "a\0b"])
def test_an_unwritable_path_is_a_usage_error_and_leaves_no_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("a file")
    with pytest.raises(EvenfallError) as caught:
        write_output_file(tmp_path / name, "new")
    assert caught.value.exit_code == Exit.USAGE
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_dash_is_not_accepted_as_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dash would mean standard output, which already has the report for people."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EvenfallError, match="-: expected a file"):
        write_output_file(Path("-"), "text")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_exits_with_unknown() -> None:
    with pytest.raises(EvenfallError, match="/dev/full: can't be written: No space left") as caught:
        write_output_file(Path("/dev/full"), "text")
    assert caught.value.exit_code == Exit.UNKNOWN


@POSIX
def test_a_report_has_colors_only_on_a_terminal_without_no_color(template: SampleProject) -> None:
    script = "from evenfall.report.output import print_report; print_report('a: error [x] b\\n  next: uv lock')"
    command = (sys.executable, "-c", script)
    _, shown = in_terminal(template, *command, env={"NO_COLOR": "", **measured()})
    assert "a: \x1b[31m\x1b[1merror\x1b[0m [x] b" in shown
    assert "\x1b[36m\x1b[1m  next: \x1b[0muv lock" in shown
    _, shown = in_terminal(template, *command, env={"NO_COLOR": "1"})
    assert "\x1b" not in shown
    assert "\x1b" not in template.run(*command, env={"NO_COLOR": ""}).stdout
