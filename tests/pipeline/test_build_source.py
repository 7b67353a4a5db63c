from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError
from evenfall.pipeline.build_source import tracked_source
from evenfall.project.lockfile import Lockfile, read_lockfile
from tests.sample_project import SampleProject

LOCK = """\
version = 1

[[package]]
name = "lantern"
source = { editable = "." }

[[package]]
name = "oil"
source = { SOURCE }

[[package]]
name = "wick"
source = { registry = "https://pypi.org/simple" }
"""


@pytest.fixture
def repository(tmp_path: Path) -> SampleProject:
    """A repository with a project in a folder, whose lock names a package in another folder."""
    made = SampleProject(tmp_path / "repository")
    made.write("python/uv.lock", LOCK.replace("SOURCE", 'directory = "../oil"'))
    made.write("python/module.py", "A = 1\n")
    made.write("oil/pyproject.toml", "[project]\n")
    made.git("init", "--quiet")
    made.commit()
    return made


def built_from(repository: SampleProject) -> set[str]:
    """Return the files that a build gets, or nothing if it gets the work tree itself."""
    root, folder = repository.root / "python", repository.root / "python/.nox/tests/source"
    with tracked_source(root, read_lockfile(root / "uv.lock"), folder) as source:
        files = {path.name for path in source.rglob("*") if path.is_file()} if source != root else set()
    assert not folder.exists()
    return files


def test_a_checkout_without_other_files_is_built_where_it_is(repository: SampleProject) -> None:
    for path in (".venv/a.py", "python/.nox/tests/a.py", "python/dist/a.whl", "python/__pycache__/a.pyc"):
        repository.write(path, "")
    assert built_from(repository) == set()


@pytest.mark.parametrize("path", ["python/build/lib/a.py", "python/b.py", "oil/c.py"])
def test_untracked_and_ignored_files_are_not_in_the_copy_that_is_built(repository: SampleProject, path: str) -> None:
    repository.write(".git/info/exclude", "build/\n")
    repository.write(path, "")
    repository.write("python/module.py", "A = 2\n")
    assert built_from(repository) == {"uv.lock", "module.py"}


def test_a_submodule_is_empty_as_in_ci(repository: SampleProject, tmp_path: Path) -> None:
    other = SampleProject(tmp_path / "other")
    other.write("a.py", "")
    other.git("init", "--quiet")
    other.commit()
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.root), "python/other")
    assert built_from(repository) == {"uv.lock", "module.py"}


def test_outside_of_a_repository_the_folder_itself_is_built(tmp_path: Path) -> None:
    with tracked_source(tmp_path, Lockfile(version=1), tmp_path / "copy") as source:
        assert source == tmp_path


@pytest.mark.parametrize("path", ["python/uv.lock", "oil/pyproject.toml"])
def test_a_lock_or_a_local_package_that_is_not_tracked_is_an_error(repository: SampleProject, path: str) -> None:
    repository.git("rm", "--quiet", "--cached", path)
    with pytest.raises(EvenfallError, match=r"(uv.lock|\.\./oil): not tracked by git"):
        built_from(repository)


@pytest.mark.parametrize("source", ['directory = "../../oil"', 'registry = "/wheels"', 'path = "../../oil.whl"'])
def test_a_package_from_outside_of_the_repository_is_an_error(repository: SampleProject, source: str) -> None:
    repository.write("python/uv.lock", LOCK.replace("SOURCE", source))
    with pytest.raises(EvenfallError, match=r"^oil: uv takes it from (\.\./\.\./oil|/wheels)"):
        built_from(repository)


def test_a_project_that_is_already_built_is_not_copied_without_its_untracked_files(
    repository: SampleProject, tmp_path: Path
) -> None:
    repository.write("python/build/old.py", "")
    root = repository.root / "python"
    for is_built in (True, False):
        with tracked_source(root, read_lockfile(root / "uv.lock"), tmp_path / "copy", is_built=is_built) as source:
            assert (source == root) == is_built
