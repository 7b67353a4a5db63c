from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from evenfall.errors import EvenfallError, Exit
from evenfall.project.pyproject import read_pyproject
from evenfall.release.package_build import BuildError
from evenfall.release.project_version import find_version, version_source
from tests.sample_project import SampleProject

HATCH_VCS = """\
[build-system]
requires = ["hatchling", "hatch-vcs"]
build-backend = "hatchling.build"

[project]
name = "lamp"
dynamic = ["version"]

[tool.hatch.version]
source = "vcs"

[tool.hatch.version.raw-options]
root = "../.."

[tool.hatch.build.targets.wheel]
bypass-selection = true
"""
SETUPTOOLS_SCM = """\
[build-system]
requires = ["setuptools", "setuptools-scm"]
build-backend = "setuptools.build_meta"

[project]
name = "lamp"
dynamic = ["version"]

[tool.setuptools]
packages = []

[tool.setuptools_scm]
"""
FROM_FILE = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "lamp"
dynamic = ["version"]

[tool.hatch.version]
path = "lamp.py"
"""


def make(root: Path, pyproject: str, folder: str = "") -> SampleProject:
    """Return a committed project in a folder of a repository."""
    repository = SampleProject(root)
    repository.write(f"{folder}pyproject.toml", pyproject)
    repository.write(f"{folder}lamp.py", '__version__ = "1.2-rc3"\n')
    repository.git("init", "--quiet", "--initial-branch=main")
    repository.commit()
    return SampleProject(root / folder)


def version_of(project: SampleProject, tag: str = "") -> Version:
    pyproject = read_pyproject(project.root / "pyproject.toml")
    return find_version(project.root, pyproject, tag=tag, progress=lambda line: None)


def test_a_version_in_pyproject_is_read(tmp_path: Path) -> None:
    project = make(tmp_path, '[project]\nname = "lamp"\nversion = "1.2-rc3"\n')
    assert version_of(project) == Version("1.2rc3")


def test_a_version_must_be_valid(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError) as caught:
        version_of(make(tmp_path, '[project]\nname = "lamp"\nversion = "one"\n'))
    assert caught.value.exit_code is Exit.USAGE


@pytest.mark.parametrize(
    ("pyproject", "source"),
    [
        ('[project]\nname = "lamp"\nversion = "1"\n', "pyproject"),
        (HATCH_VCS, "tag"),
        (SETUPTOOLS_SCM, "tag"),
        (FROM_FILE, "tag"),
        (f"{FROM_FILE}[tool.evenfall.build]\nhistory = false\n", "build"),
    ],
)
def test_a_version_is_in_pyproject_in_a_tag_or_in_a_file(tmp_path: Path, pyproject: str, source: str) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(pyproject)
    assert version_source(read_pyproject(path)) == source


@pytest.mark.integration
def test_a_version_comes_from_a_tag_that_need_not_exist_yet(tmp_path: Path) -> None:
    project = make(tmp_path, HATCH_VCS, "packages/lamp/")
    project.git("tag", "v1.1")
    project.commit()
    assert version_of(project).is_devrelease
    assert version_of(project, "v1.2.0-rc3") == Version("1.2rc3")
    assert project.git("tag") == "v1.1\n"
    assert project.git("status", "--porcelain") == ""


@pytest.mark.integration
def test_setuptools_scm_reads_an_existing_tag(tmp_path: Path) -> None:
    project = make(tmp_path, SETUPTOOLS_SCM)
    project.git("tag", "v1.1")
    assert version_of(project, "v1.1") == Version("1.1")


@pytest.mark.integration
def test_the_build_can_read_the_version_from_a_file(tmp_path: Path) -> None:
    assert version_of(make(tmp_path, FROM_FILE)) == Version("1.2rc3")


@pytest.mark.integration
def test_a_version_that_can_not_be_computed_is_an_error(tmp_path: Path) -> None:
    project = make(tmp_path, FROM_FILE.replace("lamp.py", "missing.py"))
    with pytest.raises(BuildError) as caught:
        version_of(project)
    assert caught.value.exit_code is Exit.USAGE
