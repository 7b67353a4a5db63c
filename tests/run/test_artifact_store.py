"""The artifact store follows the rules of GitHub's upload and download actions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenfall.pipeline.model import Artifact
from evenfall.run.artifact_store import ArtifactStore


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "store")


def checkout(tmp_path: Path, name: str, *files: str) -> Path:
    """Return a checkout with these files, each of which contains its own path."""
    folder = tmp_path / name
    folder.mkdir()
    for path in files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path)
    return folder


def transfer(path: str, source: Path, store: ArtifactStore, target: Path) -> dict[str, str]:
    """Save an artifact of one checkout, restore it in another, and return the files there."""
    artifacts = (Artifact(session="build", number=0, path=path),)
    assert store.save(artifacts, source, job="build", system="ubuntu-latest") == ()
    store.restore(artifacts, target)
    return {file.relative_to(target).as_posix(): file.read_text() for file in target.rglob("*") if file.is_file()}


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("dist/", {"dist/a.whl", "dist/deep/b.whl", "dist/.hidden"}),
        ("dist/a.whl", {"dist/a.whl"}),
        ("dist/*.whl", {"dist/a.whl"}),
        ("dist/**/*.whl", {"dist/a.whl", "dist/deep/b.whl"}),
        ("*.txt", {"a.txt", ".b.txt"}),
        ("dist/*", {"dist/a.whl", "dist/deep/b.whl", "dist/.hidden"}),
    ],
)
def test_files_are_restored_to_their_own_paths(
    tmp_path: Path, store: ArtifactStore, path: str, files: set[str]
) -> None:
    source = checkout(tmp_path, "source", "dist/a.whl", "dist/deep/b.whl", "dist/.hidden", "a.txt", ".b.txt", "c.md")
    restored = transfer(path, source, store, checkout(tmp_path, "target"))
    assert restored == {name: name for name in files}


def test_the_files_of_all_jobs_of_a_session_are_restored_together(tmp_path: Path, store: ArtifactStore) -> None:
    artifacts = (Artifact(session="tests", number=0, path="data/"),)
    for number in ("1", "2"):
        store.save(artifacts, checkout(tmp_path, number, f"data/{number}"), job=f"tests(a/{number})", system="x")
    target = checkout(tmp_path, "target")
    store.restore(artifacts, target)
    assert {file.name for file in (target / "data").iterdir()} == {"1", "2"}


@pytest.mark.parametrize("path", ["dist/", "dist/*.whl", "missing/", "missing.txt"])
def test_declared_artifacts_without_a_file_are_returned(tmp_path: Path, store: ArtifactStore, path: str) -> None:
    source = checkout(tmp_path, "source")
    (source / "dist").mkdir()
    assert store.save((Artifact(session="build", number=0, path=path),), source, job="build", system="x") == (path,)
    store.restore((Artifact(session="build", number=0, path=path),), source)
    assert [*source.iterdir()] == [source / "dist"]


def test_the_executable_bit_is_lost_and_a_link_becomes_a_file(tmp_path: Path, store: ArtifactStore) -> None:
    source = checkout(tmp_path, "source", "dist/tool.sh")
    (source / "dist/tool.sh").chmod(0o755)
    (source / "dist/link").symlink_to("tool.sh")
    target = checkout(tmp_path, "target")
    assert transfer("dist/", source, store, target) == {"dist/tool.sh": "dist/tool.sh", "dist/link": "dist/tool.sh"}
    assert not (target / "dist/link").is_symlink()
    assert not os.access(target / "dist/tool.sh", os.X_OK)


def test_a_link_to_a_file_outside_the_checkout_is_not_saved(tmp_path: Path, store: ArtifactStore) -> None:
    (tmp_path / "secret").write_text("secret")
    source = checkout(tmp_path, "source", "dist/a")
    (source / "dist/link").symlink_to(tmp_path / "secret")
    assert transfer("dist/", source, store, checkout(tmp_path, "target")) == {"dist/a": "dist/a"}


def test_a_restored_file_replaces_a_committed_file_or_link_but_not_the_target_of_the_link(
    tmp_path: Path, store: ArtifactStore
) -> None:
    target = checkout(tmp_path, "target", "dist/a", "other")
    (target / "dist/link").symlink_to("../other")
    restored = transfer("dist/", checkout(tmp_path, "source", "dist/a", "dist/link"), store, target)
    assert restored == {"dist/a": "dist/a", "dist/link": "dist/link", "other": "other"}


def test_no_file_is_restored_through_a_link_to_a_folder_outside_the_checkout(
    tmp_path: Path, store: ArtifactStore
) -> None:
    outside = checkout(tmp_path, "outside")
    target = checkout(tmp_path, "target")
    (target / "dist").symlink_to(outside)
    assert transfer("dist/", checkout(tmp_path, "source", "dist/deep/a"), store, target) == {
        "dist/deep/a": "dist/deep/a"
    }
    assert [*outside.iterdir()] == []


def test_a_file_is_restored_through_a_link_to_a_folder_inside_the_checkout(
    tmp_path: Path, store: ArtifactStore
) -> None:
    target = checkout(tmp_path, "target", "real/b")
    (target / "dist").symlink_to("real")
    assert transfer("dist/", checkout(tmp_path, "source", "dist/a"), store, target) == {
        "real/a": "dist/a",
        "real/b": "real/b",
    }
    assert (target / "dist").is_symlink()
