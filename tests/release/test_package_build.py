from __future__ import annotations

import io
import os
import sys
import tarfile
from pathlib import Path

import pytest

from evenfall.release.package_build import BuildError, BuildOptions, PackageBuild, start_build
from tests.sample_project import PYTHON, SampleProject

BACKEND = """\
import io
import sys
import tarfile
import zipfile


def build_sdist(directory, settings=None):
    with tarfile.open(f"{directory}/lamp-1.0.tar.gz", "w:gz") as archive:
        for name in ("pyproject.toml", "backend.py"):
            archive.add(name, f"lamp-1.0/{name}")
    return "lamp-1.0.tar.gz"


def build_wheel(directory, settings=None, metadata=None):
    with zipfile.ZipFile(f"{directory}/lamp-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("prefix.txt", sys.prefix)
    return "lamp-1.0-py3-none-any.whl"
"""
PYPROJECT = f"""\
[build-system]
requires = ["missing-from-every-index"]
build-backend = "backend"
backend-path = ["."]

[project]
name = "lamp"
version = "1.0"
requires-python = ">={PYTHON}"
classifiers = ["Programming Language :: Python :: {PYTHON}"]

[tool.uv]
no-build-isolation-package = ["lamp"]

[tool.evenfall]
extras = ["oil"]
[project.optional-dependencies]
oil = []
[dependency-groups]
test = []
"""


def packed(folder: Path, *names: str) -> Path:
    """An sdist with empty files."""
    sdist = folder / "lamp-1.0.tar.gz"
    with tarfile.open(sdist, "w:gz") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    return sdist


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        ((), "expected one folder, found nothing"),
        (("a/x", "b/y"), "expected one folder, found a, b"),
        (("../x",), "outside the destination"),
    ],
)
def test_a_broken_sdist_is_an_error(tmp_path: Path, names: tuple[str, ...], problem: str) -> None:
    build = PackageBuild(source=tmp_path, scratch=tmp_path, options=BuildOptions())
    with pytest.raises(BuildError, match=problem) as caught:
        build.wheel(packed(tmp_path, *names))
    assert caught.value.kind == "wheel"


@pytest.mark.integration
def test_a_package_without_build_isolation_is_built_in_an_environment_with_the_groups(tmp_path: Path) -> None:
    project = SampleProject(tmp_path / "lamp")
    project.write("pyproject.toml", PYPROJECT)
    project.write("backend.py", BACKEND)
    project.git("init", "--quiet")
    project.lock()
    project.commit()
    (scratch := tmp_path / "a folder").mkdir()
    build = start_build(project.root, scratch, BuildOptions(python=sys.executable))
    wheel = build.wheel(build.sdist())
    assert os.fspath(scratch / "environment").encode() in wheel.read_bytes()
