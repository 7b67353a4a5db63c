from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.build import record_build
from evenfall.adopt.sdist import record_sdist
from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration

BACKEND = """\
import io
import subprocess
import tarfile
import time


def describe(check):
    done = subprocess.run(["git", "describe", "--tags", "--abbrev=0"], capture_output=True, text=True, check=check)
    return done.stdout.strip() or "0+untagged"


def build_sdist(directory, settings=None):
    version = VERSION
    with tarfile.open(f"{directory}/lantern-{version}.tar.gz", "w:gz") as archive:
        content = CONTENT.encode()
        info = tarfile.TarInfo(f"lantern-{version}/PKG-INFO")
        info.size, info.mtime = len(content), time.time()
        archive.addfile(info, io.BytesIO(content))
    return f"lantern-{version}.tar.gz"
"""
"""A build backend that needs no download, as a vendored versioneer: nothing but the build itself shows that it reads tags."""


def adopted(project: SampleProject) -> Adoption:
    adoption = Adoption(root=project.root, scratch=project.root, header="")
    record_build(adoption)
    return adoption


def settings(project: SampleProject) -> Any:
    return tomllib.loads(project.read("pyproject.toml"))["tool"]["evenfall"].get("build", {})


def build_with_own_backend(project: SampleProject, version: str, content: str = "'same'") -> None:
    project.build_with('backend"\nbackend-path = ["."]\n#')
    project.replace("pyproject.toml", 'version = "1.0"', 'dynamic = ["version"]')
    project.write("backend.py", BACKEND.replace("VERSION", version).replace("CONTENT", content))
    project.commit()


def test_a_reproducible_build_of_a_static_version_needs_no_settings(project: SampleProject) -> None:
    assert (adopted(project).notes, settings(project)) == ([], {})


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("tags", [(), ("1.4.0",)])
def test_a_version_that_the_build_reads_from_tags_keeps_the_history(
    project: SampleProject, check: bool, tags: tuple[str, ...]
) -> None:
    build_with_own_backend(project, f"describe(check={check})")
    for tag in tags:
        project.git("tag", tag)
    assert adopted(project).notes == []
    assert settings(project) == {"reproducible": "contents"}


def test_a_version_in_a_file_needs_no_history(project: SampleProject) -> None:
    build_with_own_backend(project, "'2.0'")
    adopted(project)
    assert settings(project) == {"reproducible": "contents", "history": False}


def test_whether_a_version_needs_history_is_unknown_before_the_first_commit(project: SampleProject) -> None:
    build_with_own_backend(project, "'2.0'")
    project.git("update-ref", "-d", "HEAD")
    adopted(project)
    assert settings(project) == {"reproducible": "contents"}


def test_it_is_unknown_as_well_if_the_network_is_missing(project: SampleProject) -> None:
    build_with_own_backend(project, "'2.0' if describe(False) == '1.4.0' else 1 / 0")
    project.git("tag", "1.4.0")
    project.replace("backend.py", "1 / 0", "exit('error: Failed to fetch')")
    project.commit()
    assert adopted(project).notes == [
        "inconclusive: the sdist can't be built, so the session build fails; uv build shows the reason"
    ]


def test_a_build_that_differs_or_fails_is_noted(project: SampleProject) -> None:
    build_with_own_backend(project, "'2.0'", "str(time.time())")
    adoption = adopted(project)
    assert adoption.notes[0].startswith("a second build of the sdist differs, so the session build fails: ")
    project.write("backend.py", "raise SystemExit('no')\n")
    record_build(adoption)
    assert adoption.notes[1] == "the sdist can't be built, so the session build fails; uv build shows the reason"


def test_a_project_that_is_no_package_is_noted(project: SampleProject) -> None:
    project.replace(
        "pyproject.toml", "[tool.uv.build-backend]", "[tool.uv]\npackage = false\n\n[tool.uv.build-backend]"
    )
    before = project.read("pyproject.toml")
    adoption = adopted(project)
    record_sdist(adoption, Path(sys.executable))
    assert adoption.notes[0].startswith("the project is not a package")
    assert project.read("pyproject.toml") == before
