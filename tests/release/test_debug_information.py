from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from evenfall.release.archives import differences
from evenfall.release.debug_information import different_paths, without_debug_information
from evenfall.release.package_build import BuildOptions, start_build
from tests.sample_project import SampleProject

SOURCE = "int oil(void) { return %d; }\n"
BACKEND = """\
import os
import subprocess
import tarfile
import zipfile


def build_sdist(directory, settings=None):
    with tarfile.open(f"{directory}/lamp-1.0.tar.gz", "w:gz") as archive:
        for name in ("pyproject.toml", "backend.py", "lamp.c"):
            archive.add(name, f"lamp-1.0/{name}")
    return "lamp-1.0.tar.gz"


def build_wheel(directory, settings=None, metadata=None):
    options = ["-g", "-shared", "-fPIC", *os.environ.get("CFLAGS", "").split()]
    subprocess.run(["gcc", *options, os.path.abspath("lamp.c"), "-o", f"{directory}/lamp.so"], check=True)
    with zipfile.ZipFile(f"{directory}/lamp-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr(zipfile.ZipInfo("lamp.so"), open(f"{directory}/lamp.so", "rb").read())
    return "lamp-1.0-py3-none-any.whl"
"""
PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "lamp"
version = "1.0"
"""

needs_compiler = pytest.mark.skipif(not shutil.which("gcc"), reason="there is no compiler")


def compiled(folder: Path, number: int) -> bytes:
    folder.mkdir()
    (folder / "lamp.c").write_text(SOURCE % number)
    subprocess.run(["gcc", "-g", "-shared", "-fPIC", folder / "lamp.c", "-o", folder / "lamp.so"], check=True)
    return (folder / "lamp.so").read_bytes()


def wheel(folder: Path, module: bytes) -> Path:
    with zipfile.ZipFile(folder / "lamp-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr(zipfile.ZipInfo("lamp.so"), module)
        archive.writestr(zipfile.ZipInfo("lamp-1.0.dist-info/RECORD"), f"lamp.so,sha256={hash(module)},1\nlamp.py,,\n")
    return folder / "lamp-1.0-py3-none-any.whl"


@needs_compiler
@pytest.mark.integration
def test_the_path_of_the_build_folder_in_the_debug_information_is_named(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    first, second = (wheel(folder, compiled(folder, 1)) for folder in (one, two))
    problem = f"lamp.so has another build ID or different debug information: {one} and {two}"
    assert differences(first, second) == [problem]
    assert differences(first, second, only_contents=True) == []


@needs_compiler
@pytest.mark.integration
def test_other_code_is_not_debug_information(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    first, second = wheel(one, compiled(one, 1)), wheel(two, compiled(two, 2))
    assert differences(first, second, only_contents=True) == [f"lamp.so has different contents: {one} and {two}"]


@needs_compiler
@pytest.mark.integration
def test_a_module_is_the_same_in_each_folder_because_the_compiler_renames_the_folder(tmp_path: Path) -> None:
    project = SampleProject(tmp_path / "lamp")
    for name, text in (("pyproject.toml", PYPROJECT), ("backend.py", BACKEND), ("lamp.c", SOURCE % 1)):
        project.write(name, text)
    project.git("init", "--quiet")
    project.commit()
    wheels = []
    for name in ("one", "other"):
        (scratch := tmp_path / name).mkdir()
        build = start_build(project.root, scratch, BuildOptions())
        wheels.append(build.wheel(build.sdist()))
    assert differences(*wheels) == []
    assert os.fspath(tmp_path).encode() not in zipfile.ZipFile(wheels[0]).read("lamp.so")


def test_without_strip_or_for_another_format_a_module_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert without_debug_information(b"no module") == b"no module"
    monkeypatch.setenv("PATH", "")
    assert without_debug_information(b"no module") == b"no module"


@pytest.mark.parametrize(
    ("first", "second", "paths"),
    [
        (b"a /usr/lib b", b"a /usr/lib c", ()),
        (b"\0/tmp/one/x.c\0/tmp/one\0", b"\0/tmp/two\0", ("/tmp/one", "/tmp/two")),
        (b"C:\\build\\one", b"", ("C:\\build\\one",)),
    ],
)
def test_the_shortest_path_that_only_one_file_has_is_found(first: bytes, second: bytes, paths: tuple[str, ...]) -> None:
    assert different_paths(first, second) == paths
