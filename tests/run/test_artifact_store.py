"""Artifacts travel from sandbox to sandbox as GitHub's do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenfall.pipeline.model import Artifact
from evenfall.run.artifact_store import hand_over, keep


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def sandbox(tmp_path: Path, name: str, *files: str) -> Path:
    """A checkout with these files, each of which holds its path."""
    checkout = tmp_path / name
    checkout.mkdir()
    for path in files:
        (checkout / path).parent.mkdir(parents=True, exist_ok=True)
        (checkout / path).write_text(path)
    return checkout


def travel(path: str, source: Path, store: Path, target: Path) -> dict[str, str]:
    """What a sandbox has after it took what another one left."""
    artifacts = (Artifact(session="build", number=0, path=path),)
    assert keep(artifacts, source, store, job="build", system="ubuntu-latest") == ()
    hand_over(artifacts, store, target)
    return {file.relative_to(target).as_posix(): file.read_text() for file in target.rglob("*") if file.is_file()}


@pytest.mark.parametrize(
    ("path", "arrives"),
    [
        ("dist/", {"dist/a.whl", "dist/deep/b.whl", "dist/.hidden"}),
        ("dist/a.whl", {"dist/a.whl"}),
        ("dist/*.whl", {"dist/a.whl"}),
        ("dist/**/*.whl", {"dist/a.whl", "dist/deep/b.whl"}),
        ("*.txt", {"a.txt", ".b.txt"}),
        ("dist/*", {"dist/a.whl", "dist/deep/b.whl", "dist/.hidden"}),
    ],
)
def test_files_arrive_where_they_lay(tmp_path: Path, store: Path, path: str, arrives: set[str]) -> None:
    source = sandbox(tmp_path, "source", "dist/a.whl", "dist/deep/b.whl", "dist/.hidden", "a.txt", ".b.txt", "c.md")
    arrived = travel(path, source, store, sandbox(tmp_path, "target"))
    assert arrived == {name: name for name in arrives}


def test_what_all_jobs_of_a_session_left_comes_together(tmp_path: Path, store: Path) -> None:
    artifacts = (Artifact(session="tests", number=0, path="data/"),)
    for number in ("1", "2"):
        keep(artifacts, sandbox(tmp_path, number, f"data/{number}"), store, job=f"tests(a/{number})", system="x")
    target = sandbox(tmp_path, "target")
    hand_over(artifacts, store, target)
    assert {file.name for file in (target / "data").iterdir()} == {"1", "2"}


@pytest.mark.parametrize("path", ["dist/", "dist/*.whl", "gone/", "gone.txt"])
def test_what_was_declared_and_not_left_is_told(tmp_path: Path, store: Path, path: str) -> None:
    source = sandbox(tmp_path, "source")
    (source / "dist").mkdir()
    assert keep((Artifact(session="build", number=0, path=path),), source, store, job="build", system="x") == (path,)
    hand_over((Artifact(session="build", number=0, path=path),), store, source)
    assert [*source.iterdir()] == [source / "dist"]


def test_an_executable_arrives_as_none_and_a_link_as_what_it_leads_to(tmp_path: Path, store: Path) -> None:
    source = sandbox(tmp_path, "source", "dist/tool.sh")
    (source / "dist/tool.sh").chmod(0o755)
    (source / "dist/link").symlink_to("tool.sh")
    target = sandbox(tmp_path, "target")
    assert travel("dist/", source, store, target) == {"dist/tool.sh": "dist/tool.sh", "dist/link": "dist/tool.sh"}
    assert not (target / "dist/link").is_symlink()
    assert not os.access(target / "dist/tool.sh", os.X_OK)


def test_what_a_link_leads_to_outside_the_checkout_is_not_left(tmp_path: Path, store: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    source = sandbox(tmp_path, "source", "dist/a")
    (source / "dist/link").symlink_to(tmp_path / "secret")
    assert travel("dist/", source, store, sandbox(tmp_path, "target")) == {"dist/a": "dist/a"}


def test_what_arrives_replaces_what_is_committed_but_not_what_a_link_leads_to(tmp_path: Path, store: Path) -> None:
    target = sandbox(tmp_path, "target", "dist/a", "other")
    (target / "dist/link").symlink_to("../other")
    arrived = travel("dist/", sandbox(tmp_path, "source", "dist/a", "dist/link"), store, target)
    assert arrived == {"dist/a": "dist/a", "dist/link": "dist/link", "other": "other"}


def test_a_link_out_of_the_sandbox_leads_no_file_there(tmp_path: Path, store: Path) -> None:
    outside = sandbox(tmp_path, "outside")
    target = sandbox(tmp_path, "target")
    (target / "dist").symlink_to(outside)
    assert travel("dist/", sandbox(tmp_path, "source", "dist/deep/a"), store, target) == {"dist/deep/a": "dist/deep/a"}
    assert [*outside.iterdir()] == []


def test_a_link_to_another_folder_of_the_sandbox_is_followed(tmp_path: Path, store: Path) -> None:
    target = sandbox(tmp_path, "target", "real/b")
    (target / "dist").symlink_to("real")
    assert travel("dist/", sandbox(tmp_path, "source", "dist/a"), store, target) == {
        "real/a": "dist/a",
        "real/b": "real/b",
    }
    assert (target / "dist").is_symlink()
