"""What is worth a line before the jobs run."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from evenfall.git.repository import find_repository
from evenfall.git.snapshot import SnapshotRequest, take_snapshot
from evenfall.pipeline.model import Pipeline
from evenfall.run.job import Run
from evenfall.run.job_tools import Programs
from evenfall.run.notes import few, notes_on
from evenfall.run.planner import Plan
from evenfall.run.runner_environment import Caches
from evenfall.run.sandbox_removal import Clearing
from tests.made_project import Made
from tests.run.pipelines import HERE, pipeline, planned, session

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandboxes are those of a Linux")

LOCK = 'version = 1\n\n[[package]]\nname = "ruff"\nversion = "0.12.0"\nsource = { registry = "x" }\n'
HOOK = "repos:\n  - repo: https://github.com/astral-sh/ruff-pre-commit\n    rev: v0.0.1\n    hooks:\n      - id: ruff\n"


def notes(
    made: Made,
    *,
    source: SnapshotRequest | None = None,
    declared: Pipeline | None = None,
    environ: Mapping[str, str] | None = None,
    verbose: bool = False,
    confined: bool = True,
) -> list[str]:
    """The notes on a run of these sessions, below the snapshot's own; its folder's name tries a path list of git's."""
    declared = declared or pipeline(session("lint"))
    folder = made.root.with_name("run: 1")
    folder.mkdir()
    snapshot = take_snapshot(find_repository(made.root), source or SnapshotRequest(), folder)
    run = Run(
        folder=folder,
        snapshot=snapshot,
        pipeline=declared,
        programs=Programs(folder=folder, python=folder, needs=()),
        caches=Caches(uv=Path("/u"), uv_pythons=Path("/p"), pre_commit=Path("/c"), pip=Path("/i")),
        environ=environ or {},
        share=1,
        skipped=(),
        clearing=Clearing(folder, []),
        keep=False,
        confined=confined,
    )
    jobs = Plan(jobs=tuple(planned(each) for each in declared.sessions), skipped={})
    first, *others = notes_on(run, jobs, made.root, verbose=verbose)
    assert first == f"snapshot {snapshot.tree[:12]}: {snapshot.request}"
    return others


def test_a_plain_run_is_told_in_one_line(lamp: Made) -> None:
    assert notes(lamp) == []


def test_what_was_left_out_is_named_by_its_reason(lamp: Made) -> None:
    for name in "ab":
        lamp.write(f"{name}.txt", "")
    lamp.write("page.txt", "two\n")
    assert notes(lamp, source=SnapshotRequest(kind="staged")) == [
        "changed since it was staged: page.txt",
        "untracked: a.txt, b.txt",
    ]


@pytest.mark.parametrize("verbose", [False, True])
def test_of_many_a_few_are_named_unless_all_are_asked_for(verbose: bool) -> None:
    names = [*"abcdefg"]
    assert few(names[:5], verbose=verbose) == "a, b, c, d, e"
    assert few(names, verbose=verbose) == (
        "a, b, c, d, e, f, g" if verbose else "a, b, c, d, e and 2 more (--verbose names all)"
    )


def test_a_path_that_another_system_refuses_is_told(lamp: Made) -> None:
    lamp.write("what?.md", "")
    lamp.commit()
    far = pipeline(session("lint"), session("far", systems=(HERE, "windows-latest")))
    assert notes(lamp, declared=far) == ["Windows can't check these out: 'what?.md'"]


def test_a_hook_that_is_beside_the_lock_is_told_and_a_file_that_can_t_be_read_is_not(
    lamp: Made, tmp_path: Path
) -> None:
    lamp.write("uv.lock", LOCK)
    lamp.write(".pre-commit-config.yaml", HOOK)
    lamp.commit()
    (line,) = notes(lamp)
    assert line.startswith(".pre-commit-config.yaml: its hook runs ruff v0.0.1, the lock holds 0.12.0")
    broken = Made(tmp_path / "broken/lamp")
    lamp.git("clone", "--quiet", os.fspath(lamp.root), os.fspath(broken.root))
    broken.write(".pre-commit-config.yaml", "repos: 3\n")
    assert notes(broken) == []


def test_a_shallow_clone_is_told_where_a_session_wants_the_history(lamp: Made, tmp_path: Path) -> None:
    lamp.commit("second")
    for number, (history, told) in enumerate([(True, True), (False, False)]):
        clone = Made(tmp_path / str(number) / "lamp")
        lamp.git("clone", "--quiet", "--depth=1", f"file://{lamp.root}", os.fspath(clone.root))
        said = notes(clone, declared=pipeline(session("docs", history=history)))
        assert any("git fetch --unshallow" in line for line in said) is told


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (".github/actions/prepare/action.yml", True),
        (".github/actions/prepare/action.yaml", True),
        ("docs/.github/actions/prepare/action.yml", False),
    ],
)
def test_what_only_prepares_a_runner_is_told(lamp: Made, path: str, told: bool) -> None:
    lamp.write(path, "")
    lamp.commit()
    said = ".github/actions/prepare is not run here: it prepares a runner, not your machine"
    assert (said in notes(lamp)) is told


def test_what_a_session_does_not_get_and_what_it_gets_beyond_a_runner_is_told_once_a_session(lamp: Made) -> None:
    tests = session("tests", "tests-1", "tests-2", secrets=("TOKEN",), pass_env=("OIL", "WICK"))
    assert notes(lamp, declared=pipeline(tests), environ={"OIL": "1"}) == [
        "tests gets no secrets here (TOKEN)",
        "tests is given OIL of your shell's, which a runner has not",
    ]


def test_with_verbose_what_is_kept_and_dropped_is_told(lamp: Made) -> None:
    assert notes(lamp, verbose=True, environ={"HTTPS_PROXY": "p", "OIL": "1", "WICK": "2"}) == [
        "kept: HTTPS_PROXY; caches /u, /p, /c, /i",
        "dropped: OIL, WICK",
    ]


def test_with_verbose_and_no_variables_none_is_kept(lamp: Made) -> None:
    assert notes(lamp, verbose=True)[0].startswith("kept: no variable;")


def test_a_kernel_without_landlock_is_told(lamp: Made) -> None:
    (line,) = notes(lamp, confined=False)
    assert line.startswith("this kernel has no Landlock")
