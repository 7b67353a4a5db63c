from __future__ import annotations

import zipfile

import pytest

from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration

BACKEND = """\
import base64
import hashlib
import io
import os
import tarfile
import time
import zipfile
from pathlib import Path

METADATA = "Metadata-Version: 2.1\\nName: lantern\\nVersion: 1.0\\nDescription-Content-Type: text/markdown\\n\\nLantern\\n"
UMASK = os.umask(0)
os.umask(UMASK)
IS_SECOND = UMASK == 0o077


def build_sdist(directory, settings=None):
    paths = [path for path in Path().rglob("*") if path.is_file() and not {".git", "__pycache__"} & {*path.parts}]
    files = {path.as_posix(): path.read_bytes() for path in paths}
    path = Path(directory, "lantern-1.0.tar.gz")
    with tarfile.open(path, "w:gz", compresslevel=1 if IS_SECOND else 9) as archive:
        for name, content in {**files, "PKG-INFO": METADATA.encode()}.items():
            info = tarfile.TarInfo(f"lantern-1.0/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path.name


def build_wheel(directory, settings=None, metadata=None):
    members = {"lantern/__init__.py": "", "lantern-1.0.dist-info/METADATA": METADATA}
    members["lantern-1.0.dist-info/WHEEL"] = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    record = ""
    for name, text in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        record += f"{name},sha256={digest},{len(text)}\\n"
    members["lantern-1.0.dist-info/RECORD"] = record + "lantern-1.0.dist-info/RECORD,,\\n"
    path = Path(directory, "lantern-1.0-py3-none-any.whl")
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return path.name
"""
"""A build backend that needs no download. The second build compresses the sdist in another way."""


def build_with_own_backend(project: SampleProject, text: str = BACKEND) -> None:
    project.build_with('backend"\nbackend-path = ["."]\n#')
    project.write("backend.py", text)
    project.commit()


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
    assert 'reproducible = "contents" compares the contents alone' in output, "setuptools passes with it"


def test_a_build_that_depends_on_time_and_umask_is_reported_with_the_different_members(project: SampleProject) -> None:
    text = BACKEND.replace("files = {", 'files = {"made.py": str(time.time()).encode()} | {')
    text = text.replace(
        'members = {"lantern', 'members = ({"lantern/private.md": ""} if IS_SECOND else {}) | {"lantern'
    )
    build_with_own_backend(project, text)
    code, output = build(project)
    assert code == 1
    assert "a second build of lantern-1.0.tar.gz differs: lantern-1.0/made.py has different contents" in output
    assert (
        "a second build of lantern-1.0-py3-none-any.whl differs: lantern/private.md is only in one of the archives"
        in output
    )
    assert 'reproducible = "contents"' not in output, "the contents differ"


def test_an_archive_that_is_compressed_in_another_way_passes_if_the_contents_alone_are_compared(
    project: SampleProject,
) -> None:
    project.replace(
        "pyproject.toml", "[tool.evenfall]", '[tool.evenfall.build]\nreproducible = "contents"\n\n[tool.evenfall]'
    )
    build_with_own_backend(project)
    code, output = build(project)
    assert code == 0, output


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


@pytest.mark.parametrize(
    ("second", "problem"),
    [("'1.1'", "its name is lantern-1.1.tar.gz, without"), ("str(1 / 0)", "the sdist can't be built, without")],
)
def test_a_version_that_needs_history_contradicts_the_setting(
    project: SampleProject, second: str, problem: str
) -> None:
    project.replace("pyproject.toml", 'version = "1.0"', 'dynamic = ["version"]')
    project.replace("pyproject.toml", "[tool.evenfall]", "[tool.evenfall.build]\nhistory = false\n\n[tool.evenfall]")
    name = f"'lantern-' + ({second} if Path('.git/shallow').exists() else '1.0') + '.tar.gz'"
    build_with_own_backend(project, BACKEND.replace('"lantern-1.0.tar.gz"', name))
    project.git("tag", "v1.0")
    code, output = build(project)
    assert code == 1
    assert problem in output
    assert "remove history = false from [tool.evenfall.build]" in output


def test_files_that_a_runner_does_not_have_are_reported(project: SampleProject) -> None:
    project.write("src/lantern/model.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n")
    project.commit()
    head = project.git("rev-parse", "HEAD").strip()
    project.git("update-index", "--add", "--cacheinfo", f"160000,{head},vendored")
    code, output = build(project)
    assert code == 1
    assert "submodules are not built, because the checkout of a runner does not have their files: vendored" in output
    assert "pointers of Git LFS instead of the files (git lfs pull): lantern/model.bin" in output


def test_a_second_build_that_fails_is_an_error(project: SampleProject) -> None:
    build_with_own_backend(
        project, BACKEND.replace("    path = Path(directory", "    1 / (not IS_SECOND)\n    path = Path(directory", 1)
    )
    code, output = build(project)
    assert (code, "the sdist can't be built:" in output) == (1, True), output


def test_the_output_of_a_failed_build_is_printed(project: SampleProject) -> None:
    project.replace("pyproject.toml", 'readme = "README.md"', 'readme = "READMEE.md"')
    project.commit()
    code, output = build(project)
    assert (code, "READMEE.md" in output) == (1, True), output


def test_a_backend_that_writes_two_wheels_is_an_error(project: SampleProject) -> None:
    write_another = 'Path(directory, "lamp-1.0-py3-none-any.whl").write_text("")\n    members = {'
    build_with_own_backend(project, BACKEND.replace("members = {", write_another, 1))
    code, output = build(project)
    assert code == 1
    assert "expected one wheel, found lamp-1.0-py3-none-any.whl, lantern-1.0-py3-none-any.whl" in output


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
