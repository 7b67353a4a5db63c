"""The notes before the jobs run name the snapshot, its excluded paths, and the differences from CI."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from evenfall.git.snapshot import SnapshotRequest
from evenfall.pipeline.model import Pipeline
from evenfall.run.caches import Caches
from evenfall.run.isolation import Isolation, ProbedIsolation
from evenfall.run.notes import LONGEST_ON_WINDOWS, notes_on, portability_notes, shorten
from evenfall.run.services import Services
from tests.run.conftest import snapshot_of
from tests.run.contexts import run_context
from tests.run.pipelines import HERE, pipeline, session
from tests.sample_project import SampleProject

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sandboxes need Linux")

LOCK = 'version = 1\n\n[[package]]\nname = "ruff"\nversion = "0.12.0"\nsource = { registry = "x" }\n'
HOOK = "repos:\n  - repo: https://github.com/astral-sh/ruff-pre-commit\n    rev: v0.0.1\n    hooks:\n      - id: ruff\n"


def notes(
    made: SampleProject, *, request: SnapshotRequest | None = None, declared: Pipeline | None = None, **changed: Any
) -> list[str]:
    """Return the notes on a run of these sessions after the first, in a folder whose name git has to quote in a list of paths."""
    declared = declared or pipeline(session("lint"))
    folder = made.root.with_name("run: 1")
    folder.mkdir()
    snapshot = snapshot_of(made, folder, request)
    changed = {"environ": {}, **changed}
    first, *others = notes_on(run_context(folder, snapshot, declared, **changed), made.root)
    assert first == f"snapshot {snapshot.tree[:12]}: {snapshot.request}"
    return others


def test_an_ordinary_run_has_one_note(lamp: SampleProject) -> None:
    assert notes(lamp) == []


def test_excluded_paths_are_grouped_by_reason(lamp: SampleProject) -> None:
    for name in "ab":
        lamp.write(f"{name}.txt", "")
    lamp.write("page.txt", "two\n")
    assert notes(lamp, request=SnapshotRequest(kind="staged")) == [
        "changed since it was staged: page.txt",
        "untracked: a.txt, b.txt",
    ]


@pytest.mark.parametrize("verbose", [False, True])
def test_a_long_list_of_paths_is_shortened_unless_verbose(verbose: bool) -> None:
    names = [*"abcdefg"]
    assert shorten(names[:5], verbose=verbose) == "a, b, c, d, e"
    assert shorten(names, verbose=verbose) == (
        "a, b, c, d, e, f, g" if verbose else "a, b, c, d, e and 2 more (--verbose lists all)"
    )


def test_a_path_that_the_system_of_a_session_forbids_is_noted(lamp: SampleProject) -> None:
    lamp.write("what?.md", "")
    lamp.commit()
    far = pipeline(session("lint"), session("far", systems=(HERE, "windows-latest")))
    assert notes(lamp, declared=far) == ["Windows can't check these out: 'what?.md'"]


def test_a_hook_with_another_version_than_the_lock_is_noted_and_an_invalid_file_is_not(
    lamp: SampleProject, tmp_path: Path
) -> None:
    lamp.write("uv.lock", LOCK)
    lamp.write(".pre-commit-config.yaml", HOOK)
    lamp.commit()
    (line,) = notes(lamp)
    assert line.startswith(".pre-commit-config.yaml: its hook runs ruff v0.0.1, but 0.12.0 is locked")
    broken = SampleProject(tmp_path / "broken/lamp")
    lamp.git("clone", "--quiet", os.fspath(lamp.root), os.fspath(broken.root))
    broken.write(".pre-commit-config.yaml", "repos: 3\n")
    assert notes(broken) == []


def test_a_shallow_clone_is_noted_if_a_session_needs_history(lamp: SampleProject, tmp_path: Path) -> None:
    lamp.commit("second")
    for number, (history, noted) in enumerate([(True, True), (False, False)]):
        clone = SampleProject(tmp_path / str(number) / "lamp")
        lamp.git("clone", "--quiet", "--depth=1", f"file://{lamp.root}", os.fspath(clone.root))
        found = notes(clone, declared=pipeline(session("docs", history=history)))
        assert any("git fetch --unshallow" in line for line in found) is noted


@pytest.mark.parametrize(
    ("path", "noted"),
    [
        (".github/actions/prepare/action.yml", True),
        (".github/actions/prepare/action.yaml", True),
        ("docs/.github/actions/prepare/action.yml", False),
    ],
)
def test_an_action_that_prepares_a_runner_is_noted(lamp: SampleProject, path: str, noted: bool) -> None:
    lamp.write(path, "")
    lamp.commit()
    assert any(".github/actions/prepare does not run here" in line for line in notes(lamp)) is noted


def test_secrets_and_passed_variables_are_noted_once_per_session(lamp: SampleProject) -> None:
    tests = session("tests", "tests-1", "tests-2", secrets=("TOKEN",), pass_env=("OIL", "WICK"))
    assert notes(lamp, declared=pipeline(tests), environ={"OIL": "1"}) == [
        "tests gets no secrets here (TOKEN)",
        "tests gets OIL from your shell, which CI does not have",
    ]


def test_verbose_lists_kept_and_dropped_variables(lamp: SampleProject) -> None:
    caches = Caches(uv=Path("/u"), uv_pythons=Path("/p"), pip=Path("/i"), hooks=Path("/h"), own=Path("/o"))
    assert notes(lamp, verbose=True, caches=caches, environ={"HTTPS_PROXY": "p", "OIL": "1", "WICK": "2"}) == [
        "kept variables: HTTPS_PROXY; caches: /u, /p, /i, /h",
        "dropped variables: OIL, WICK",
    ]


def test_verbose_without_a_kept_variable(lamp: SampleProject) -> None:
    assert notes(lamp, verbose=True)[0].startswith("kept variables: none;")


def test_what_the_isolation_leaves_visible_is_noted(lamp: SampleProject) -> None:
    isolation = ProbedIsolation(kind=Isolation.NONE, line="jobs see this machine")
    assert notes(lamp, isolation=isolation) == ["jobs see this machine"]


def test_a_service_that_jobs_can_reach_is_noted(lamp: SampleProject) -> None:
    (line,) = notes(lamp, services=Services(reachable=frozenset([1])))
    assert line == "reachable from jobs, but not on a runner: a service on 1"


WINDOWS = ("ubuntu-latest", "windows-latest")


@pytest.mark.parametrize("labels", [("macos-latest",), WINDOWS])
def test_paths_that_differ_only_by_case_are_noted_for_macos_and_windows(labels: tuple[str, ...]) -> None:
    assert [*portability_notes(["notes/Ideas.md", "a", "notes/ideas.md"], labels)] == [
        "notes/Ideas.md and notes/ideas.md differ only by case: on macOS and Windows one overwrites the other"
    ]


@pytest.mark.parametrize(
    "path",
    ["what?.md", "a:b/c", "a|b", "back\\slash", "tab\t.txt", "end.", "end /x", "NUL", "con.txt", "deep/Com1.tar.gz"],
)
def test_a_path_that_windows_forbids_is_noted(path: str) -> None:
    assert [*portability_notes(["fine.txt", path], WINDOWS)] == [f"Windows can't check these out: {path!r}"]


@pytest.mark.parametrize("path", ["console.txt", "nullable", "com10", ".hidden", "a.b", "with space.txt", "ünlit"])
def test_a_path_that_windows_allows_is_not_noted(path: str) -> None:
    assert [*portability_notes([path], WINDOWS)] == []


def test_three_of_many_forbidden_paths_are_named() -> None:
    assert [*portability_notes(["a?", "b?", "c?", "d?"], WINDOWS)] == [
        "Windows can't check these out: 'a?', 'b?', 'c?'"
    ]


def test_a_path_that_is_too_long_for_windows_is_noted_with_its_length() -> None:
    long = "x" * (LONGEST_ON_WINDOWS + 1)
    assert [*portability_notes(["x" * LONGEST_ON_WINDOWS, long], WINDOWS)] == [
        f"too long for Windows: '{long}' ({LONGEST_ON_WINDOWS + 1} characters)"
    ]


def test_no_path_is_noted_for_linux_only() -> None:
    assert [*portability_notes(["a", "A", "what?", "x" * 500], ("ubuntu-latest", "ubuntu-24.04-arm"))] == []
