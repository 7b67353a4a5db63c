"""The payload of the event has the fields of a pull request."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evenfall.git.snapshot import SnapshotRequest
from evenfall.run.event import base_branch, head_branch, pull_request_event
from tests.run.conftest import snapshot_of
from tests.sample_project import SampleProject

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="evenfall run is not available on Windows")


def test_the_payload_names_the_branches_and_commits_of_the_pull_request(lamp: SampleProject, run_folder: Path) -> None:
    lamp.git("remote", "add", "origin", "git@github.com:owner/lamp.git")
    lamp.git("update-ref", "refs/remotes/origin/trunk", "HEAD")
    lamp.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    base = lamp.git("rev-parse", "HEAD").strip()
    lamp.git("switch", "--quiet", "--create", "wick")
    lamp.commit("second")
    snapshot = snapshot_of(lamp, run_folder)
    event = pull_request_event(snapshot)
    request = event["pull_request"]
    assert isinstance(request, dict)
    assert (request["base"]["ref"], request["base"]["sha"]) == ("trunk", base)
    assert (request["head"]["ref"], request["head"]["sha"]) == ("wick", lamp.git("rev-parse", "HEAD").strip())
    assert request["head"]["repo"] == event["repository"]
    assert event["repository"]["full_name"] == "owner/lamp"  # type: ignore[index]


def test_the_base_is_the_one_that_the_snapshot_is_merged_onto(lamp: SampleProject, run_folder: Path) -> None:
    lamp.git("branch", "old")
    snapshot = snapshot_of(lamp, run_folder, SnapshotRequest(onto="old"))
    assert (base_branch(snapshot), head_branch(snapshot)) == ("old", "main")


def test_a_pull_request_from_no_branch_or_from_its_base_has_a_branch_of_another_name(
    lamp: SampleProject, run_folder: Path
) -> None:
    snapshot = snapshot_of(lamp, run_folder)
    assert (base_branch(snapshot), head_branch(snapshot)) == ("main", "evenfall")
