from __future__ import annotations

import zipfile

import pytest

from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration

HOOK = """\
import os
import time
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Hook(BuildHookInterface):
    def initialize(self, version, build_data):
        made = Path(self.directory, "made.py")
        made.parent.mkdir(exist_ok=True)
        made.write_text(f"WHEN = {time.time()}\\n", encoding="utf-8")
        masked = os.umask(0)
        os.umask(masked)
        build_data["force_include"][str(made)] = "src/lantern/made.py" if self.target_name == "sdist" else "lantern/made.py"
        build_data["extra_metadata"] = {}
        if masked == 0o077 and self.target_name == "wheel":
            build_data["force_include"][str(Path(self.root, "README.md"))] = "lantern/private.md"
"""

ZIPPED = """\
import tarfile
import zipfile
from pathlib import Path

from hatchling.build import *
from hatchling.build import build_sdist as tarred


def build_sdist(directory, settings=None):
    made = Path(directory, tarred(directory, settings))
    with tarfile.open(made) as tar, zipfile.ZipFile(made.with_name("lantern-1.0.zip"), "w") as archive:
        for member in tar.getmembers():
            if member.isfile():
                archive.writestr(member.name, tar.extractfile(member).read())
    made.unlink()
    return "lantern-1.0.zip"
"""


def build(project: SampleProject) -> tuple[int, str]:
    done = project.nox("-s", "build")
    return done.returncode, done.stdout


def test_every_problem_of_the_distributions_is_reported(project: SampleProject) -> None:
    project.build_with("setuptools.build_meta", "setuptools")
    project.replace("pyproject.toml", 'readme = "README.md"', 'readme = { text = "x", content-type = "text/lantern" }')
    project.write("src/lantern/one.py", "SAME = 1\n")
    project.write("src/lantern/other.py", "SAME = 1\n")
    project.write("forgotten.dat", "tracked, but not in the sdist\n")
    project.commit()
    code, output = build(project)
    assert code == 1
    (reason,) = (line for line in output.splitlines() if "Session build aborted" in line)
    assert "lantern-1.0-py3-none-any.whl: lantern-1.0.dist-info/METADATA: " in reason
    assert "lantern-1.0.tar.gz: lantern-1.0/PKG-INFO: " in reason
    assert "; twine check failed; check-wheel-contents failed; check-sdist failed" in reason
    assert (
        "a second build of lantern-1.0.tar.gz differs: lantern-1.0/PKG-INFO has a different time, mode or owner"
        in reason
    )


def test_a_build_that_depends_on_time_and_umask_is_reported_with_the_different_members(project: SampleProject) -> None:
    project.build_with("hatchling.build", "hatchling")
    project.write("hatch_build.py", HOOK)
    project.replace("pyproject.toml", "[tool.isort]", "[tool.hatch.build.hooks.custom]\n\n[tool.isort]")
    project.commit()
    code, output = build(project)
    assert code == 1
    assert (
        "a second build of lantern-1.0.tar.gz differs: lantern-1.0/src/lantern/made.py has different contents" in output
    )
    assert (
        "a second build of lantern-1.0-py3-none-any.whl differs: lantern/private.md is only in one of the archives"
        in output
    )
    assert 'reproducible = "contents"' not in output, "the contents differ"


def test_setuptools_passes_if_the_contents_alone_are_compared(project: SampleProject) -> None:
    project.build_with("setuptools.build_meta", "setuptools")
    project.write("MANIFEST.in", "include *.lock *.py *.toml *.txt .gitignore .pre-commit-config.yaml\ngraft .github\n")
    project.replace(
        "pyproject.toml", "[tool.evenfall]", '[tool.evenfall.build]\nreproducible = "contents"\n\n[tool.evenfall]'
    )
    project.commit()
    code, output = build(project)
    assert code == 0, output


def test_an_archive_with_the_time_of_its_build_is_reported_with_a_hint(project: SampleProject) -> None:
    """pdm-backend writes such an sdist."""
    project.build_with("pdm.backend", "pdm-backend")
    project.replace(
        "pyproject.toml",
        "[tool.isort]",
        "[tool.pdm.build]\nsource-includes = "
        '["*.lock", "*.py", "*.txt", ".gitignore", ".pre-commit-config.yaml", ".github/**/*", "tests/"]\n\n[tool.isort]',
    )
    project.commit()
    code, output = build(project)
    assert code == 1
    assert "a second build of lantern-1.0.tar.gz differs: the archive itself" in output
    assert 'reproducible = "contents" compares the contents alone' in output


def test_a_version_from_a_tag_is_the_same_in_both_builds_of_a_shallow_clone(project: SampleProject) -> None:
    """A runner has such a clone, with a detached HEAD."""
    project.build_with("hatchling.build", "hatchling", "hatch-vcs")
    project.replace("pyproject.toml", 'version = "1.0"', 'dynamic = ["version"]')
    project.replace("pyproject.toml", "[tool.isort]", '[tool.hatch.version]\nsource = "vcs"\n\n[tool.isort]')
    project.commit()
    project.git("tag", "v2.5")
    clone = project.root.with_name("clone")
    project.git("clone", "--quiet", "--depth=1", "--branch=v2.5", project.root.as_uri(), str(clone))
    code, output = build(SampleProject(clone))
    assert code == 0, output
    assert (clone / "dist/lantern-2.5.tar.gz").is_file()


def test_the_output_of_a_failed_build_is_printed(project: SampleProject) -> None:
    project.replace("pyproject.toml", 'readme = "README.md"', 'readme = "READMEE.md"')
    project.commit()
    code, output = build(project)
    assert (code, "READMEE.md" in output) == (1, True), output


def test_a_backend_that_writes_no_sdist_is_an_error(project: SampleProject) -> None:
    project.build_with('backend"\nbackend-path = ["."]\n#', "hatchling")
    project.write("backend.py", ZIPPED)
    project.git("add", "--all")
    code, output = build(project)
    assert code == 1
    assert "dist: expected one wheel and one sdist, found lantern-1.0-py3-none-any.whl" in output


def test_staged_but_not_untracked_files_are_built_even_before_the_first_commit(project: SampleProject) -> None:
    project.git("update-ref", "-d", "HEAD")
    project.write("src/lantern/staged.py", "OIL = 1\n")
    project.git("add", "src/lantern/staged.py")
    project.write("src/lantern/untracked.py", "OIL = 2\n")
    code, output = build(project)
    assert code == 0, output
    (wheel,) = (project.root / "dist").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert ("lantern/staged.py" in names, "lantern/untracked.py" in names) == (True, False)
