"""The environments that jobs find in their sandboxes: kept, made again if damaged, and removed."""

from __future__ import annotations

import dataclasses
import itertools
import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from evenfall.project.tools import uv_program
from evenfall.results import JobResult, Passed
from evenfall.run import cache_folder
from evenfall.run.environment_copy import copy_environments
from evenfall.run.environments import Environments, environment_path
from evenfall.run.isolation import Isolation
from evenfall.run.sandbox_removal import remove
from tests.release.wheels import make_wheel
from tests.run.conftest import snapshot_of
from tests.run.contexts import KINDS
from tests.run.pipelines import pipeline, session
from tests.run.test_job import Jobs
from tests.sample_project import SampleProject

PROJECT = """\
[project]
name = "lamp"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["oil"]

[tool.uv]
sources = { oil = { path = "oil-1.0-py3-none-any.whl" } }
"""
MINOR = sys.version_info.minor
ENTRY_POINTS = "[console_scripts]\noil = oil:main\n"


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Environments]:
    opened = Environments(tmp_path / "kept")
    yield opened
    opened.close()


def install(folder: Path) -> bool:
    (folder / "tests").mkdir()
    (folder / "tests/oil.py").write_text("oil = 1\n")
    return True


def not_again(folder: Path) -> bool:
    raise AssertionError


def test_an_environment_is_kept_and_a_damaged_one_is_made_again(kept: Environments, tmp_path: Path) -> None:
    files = kept.get("a", tmp_path / "1", install)
    assert files == kept.get("a", tmp_path / "2", not_again)
    assert files == tmp_path / "kept/a/files"
    oil = files / ".nox/tests/oil.py"
    oil.write_text("oil = 2\n")
    os.utime(oil, (1, 1))
    assert kept.get("a", tmp_path / "3", install) == files
    assert oil.read_text() == "oil = 1\n"


@pytest.mark.parametrize("missing", ["state", "files"])
def test_an_environment_whose_removal_was_killed_is_made_again(
    kept: Environments, tmp_path: Path, missing: str
) -> None:
    assert kept.get("a", tmp_path / "1", install)
    (tmp_path / "kept/a" / missing).rename(tmp_path / "removed")
    remove(tmp_path / "kept/a/files/.nox/tests")
    files = kept.get("a", tmp_path / "2", install)
    assert files == tmp_path / "kept/a/files"
    assert (files / ".nox/tests/oil.py").exists()
    assert kept.get("a", tmp_path / "3", not_again) == files


def test_an_environment_that_another_run_has_just_made_is_used(kept: Environments, tmp_path: Path) -> None:
    def other_first(folder: Path) -> bool:
        assert kept.get("a", tmp_path / "other", install)
        return install(folder)

    assert kept.get("a", tmp_path / "1", other_first) == tmp_path / "kept/a/files"
    assert kept.get("b", tmp_path / "2", lambda _: False) is None


def test_the_environments_that_were_not_used_for_longest_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = Environments(tmp_path / "kept"), Environments(tmp_path / "kept")
    for age, name in enumerate("abcd"):
        assert one.get(name, tmp_path / name, install)
        if name == "d":
            (tmp_path / "kept/d/state").unlink()
        os.utime(tmp_path / "kept" / name, (time.time() - age * 20 * 24 * 3600,) * 2)
    one.close()
    assert names(tmp_path / "kept") == {"a", "b", "c", "d"}  # the other one is open
    other.close()
    assert names(tmp_path / "kept") == {"a", "b"}
    monkeypatch.setattr(cache_folder, "KEEP_BYTES", 12)
    Environments(tmp_path / "kept").close()
    assert names(tmp_path / "kept") == {"a"}


def take(kept: Environments, folder: Path, install: Callable[[], bool]) -> bool:
    return kept.take("a", folder / "own", folder / "tests", install)


def put_back(kept: Environments, folder: Path) -> None:
    kept.put_back(folder / "tests")
    remove(folder / "own-new")


def test_an_environment_moves_to_a_job_and_back_if_it_is_unchanged(kept: Environments, tmp_path: Path) -> None:
    assert take(kept, tmp_path, partial(install, tmp_path))
    inode = (tmp_path / "tests/oil.py").stat().st_ino
    put_back(kept, tmp_path)
    assert not (tmp_path / "tests").exists()
    assert take(kept, tmp_path, lambda: False)
    (tmp_path / "tests/new").touch()
    put_back(kept, tmp_path)
    (oil,) = (tmp_path / "kept/a/files").iterdir()
    assert oil.stat().st_ino == inode


def test_a_damaged_environment_is_made_again_for_a_job(kept: Environments, tmp_path: Path) -> None:
    take(kept, tmp_path, partial(install, tmp_path))
    put_back(kept, tmp_path)
    (tmp_path / "kept/a/files/oil.py").write_text("oil = 2\n")
    assert take(kept, tmp_path, partial(install, tmp_path))
    assert (tmp_path / "tests/oil.py").read_text() == "oil = 1\n"


def test_an_environment_whose_new_files_cannot_be_moved_stays_in_the_checkout(
    kept: Environments, tmp_path: Path
) -> None:
    take(kept, tmp_path, partial(install, tmp_path))
    (tmp_path / "own-new").touch()
    kept.put_back(tmp_path / "tests")
    assert (tmp_path / "tests/oil.py").exists()
    assert names(tmp_path / "kept") == set()


def test_an_environment_that_cannot_be_made_or_whose_state_is_not_known_is_not_kept(
    kept: Environments, tmp_path: Path
) -> None:
    assert not take(kept, tmp_path, lambda: False)
    assert take(kept, tmp_path, lambda: True)
    kept.put_back(tmp_path / "tests")
    assert names(tmp_path / "kept") == set()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.is_dir()}


def test_links_to_the_cache_become_files_of_their_own_name(tmp_path: Path) -> None:
    archive, built = tmp_path / "archive-v0", tmp_path / "built"
    for folder in (archive, built / "bin", built / "oil.libs"):
        folder.mkdir(parents=True)
    (archive / "oil.py").write_text("oil = 1\n")
    (built / "oil.py").symlink_to(archive / "oil.py")
    (built / "bin/python").symlink_to(sys.executable)
    (built / "pyvenv.cfg").write_text("home\n")
    copy_environments(os.fspath(built), os.fspath(tmp_path / "target"))
    target = tmp_path / "target"
    assert (target / "oil.py").samefile(archive / "oil.py")
    assert (target / "bin/python").readlink() == Path(sys.executable)
    assert (target / "pyvenv.cfg").read_text() == "home\n"
    assert (target / "oil.libs").is_dir()
    remove(target / "bin")
    (target / "oil.py").unlink()
    (target / "oil.py").touch()
    copy_environments(os.fspath(built), os.fspath(target))  # a link can't be made, as on another disk
    assert (target / "oil.py").read_text() == "oil = 1\n"


def test_the_path_is_that_of_nox() -> None:
    from nox.sessions import _normalize_path

    for job in ("tests-3.12", "Lint", "tests-3.12(member='a b')", "tests_x-3.13t"):
        assert environment_path(job) == _normalize_path(".nox", job)


SHOW = """
set -e
test "$EVENFALL_LAYER" = packages
cd .nox/check-3-{minor}
head -n 1 bin/oil | grep '^#!/home/runner/work/.*/bin/python'
cd lib/python3*/site-packages
test ! -L oil.py
test -e coverage/__pycache__/__init__.*.pyc
test ! -e coverage/__pycache__/loud.*.pyc
cat oil.py
echo 'oil = 2' > oil.py
"""


@pytest.mark.integration
@pytest.mark.skipif(Isolation.NAMESPACES not in KINDS, reason="this machine has no namespaces")
def test_a_job_has_the_locked_packages_and_can_change_its_own_ones_only(
    lamp: SampleProject, run_folder: Path, kept: Environments
) -> None:
    lock_oil(lamp)
    run = runner(lamp, run_folder, Isolation.NAMESPACES, kept)
    results = [run(SHOW.format(minor=MINOR)).result for _ in range(2)]
    logs = [log.read_text() for log in run_folder.glob("*.log")]
    assert results == [Passed(), Passed()], logs
    assert [log.splitlines()[-1] for log in logs] == ["oil = 1"] * 2
    lamp.write("uv.lock", "version = 0")
    (run_folder.parent / "other").mkdir()
    run = runner(lamp, run_folder.parent / "other", Isolation.NAMESPACES, kept)
    assert run('test -z "$EVENFALL_LAYER"').result == Passed()


USE = """
test "$EVENFALL_LAYER" = packages
cd .nox/check-3-{minor}
head -n 3 bin/oil | grep -qF "$PWD/bin/python"
cd lib/python3*/site-packages
test ! -e new && touch new && stat -c %i oil.py
"""


@pytest.mark.integration
@pytest.mark.skipif(Isolation.LANDLOCK not in KINDS, reason="this machine has no Landlock")
def test_without_namespaces_a_job_has_the_environment_that_an_earlier_one_did_not_change(
    lamp: SampleProject, run_folder: Path, kept: Environments
) -> None:
    lock_oil(lamp)
    run = runner(lamp, run_folder, Isolation.LANDLOCK, kept)

    def inode(script: str) -> str:
        result = run(f"set -e\n{USE.format(minor=MINOR)}\n{script}", folder="0")
        assert result.log
        text = result.log.read_text()
        for path in run_folder.glob("0*/"):
            remove(path)
        return text

    first = inode("exit 1")
    assert first.strip().isdigit(), first
    assert inode("echo 'oil = 2' > oil.py") == first
    make_wheel(lamp.root, {"oil.py": "oil = 3\n"}, name="oil")
    lamp.write(".nox/page.txt", "")
    lamp.commit()
    (run_folder.parent / "other").mkdir()
    unusable = snapshot_of(lamp, run_folder.parent / "other")
    script = 'test -z "$EVENFALL_LAYER" && test "$(ls .nox)" = page.txt'
    assert run(script, folder="0", snapshot=unusable).result == Passed()


def lock_oil(lamp: SampleProject) -> None:
    lamp.write("pyproject.toml", PROJECT)
    files = {"oil.py": "oil = 1\n", "coverage/__init__.py": "", "coverage/loud.py": "PATTERN = '\\d'\n"}
    make_wheel(lamp.root, files, name="oil", entry_points=ENTRY_POINTS)
    lamp.lock()
    lamp.commit()


def runner(lamp: SampleProject, folder: Path, isolation: Isolation, kept: Environments) -> Callable[..., JobResult]:
    """Return a function that runs a script as a job that needs an environment."""
    jobs, python, uv = Jobs(lamp, folder, isolation), Path(os.path.realpath(sys.executable)), uv_program()
    declared = pipeline(session("check", pythons=(f"3.{MINOR}",), groups=()))
    tools = dataclasses.replace(jobs.context.tools, dependencies=(uv.resolve().parent,))
    (tools.folder / "uv").symlink_to(uv)
    numbers = itertools.count()

    def run(script: str, **options: Any) -> JobResult:
        caches = dataclasses.replace(jobs.context.caches, own=jobs.context.caches.uv / f"{folder.name}{next(numbers)}")
        options |= {"declared": declared, "environments": kept, "tools": tools, "caches": caches}
        return jobs.run(script, python=python, **options)

    return run
