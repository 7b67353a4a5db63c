from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import msgspec
import pytest

from evenfall.errors import Exit
from evenfall.git.commits import find_commit
from evenfall.release.manifest import (
    IndexName,
    Manifest,
    describe_file,
    read_manifest,
    release_folder,
    sha256_of,
    write_manifest,
)
from tests.conftest import Prepare
from tests.release.distributions import compress
from tests.release.github import REPOSITORY, TOKEN, github
from tests.sample_project import SampleProject, copy

pytestmark = pytest.mark.integration

# It needs nothing that must be downloaded.
BACKEND = """\
import tarfile
from pathlib import Path


def build_sdist(directory, settings=None):
    if not Path("sdist").exists():
        raise SystemExit("no sdist today")
    with tarfile.open(Path(directory, "lantern-1.0.tar.gz"), "w:gz") as archive:
        archive.add("pyproject.toml", "lantern-1.0/pyproject.toml")
        archive.add("backend.py", "lantern-1.0/backend.py")
    return "lantern-1.0.tar.gz"


def build_wheel(directory, settings=None, metadata=None):
    raise SystemExit("no wheel today")
"""


@pytest.fixture(scope="module")
def released(template: SampleProject, prepare: Prepare) -> SampleProject:
    """A project with the files of a release for PyPI."""

    def fill(folder: Path) -> None:
        made = copy(template, folder / "lantern")
        made.replace(".gitignore", "/dist/\n", "")
        made.commit()
        done = made.command("release", "build", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        (folder / "report.json").write_text(done.stdout)

    return SampleProject(prepare("released", fill) / "lantern")


@pytest.fixture
def project(released: SampleProject, tmp_path: Path) -> SampleProject:
    return copy(released, tmp_path / "lantern")


def manifest(project: SampleProject, index: IndexName = "pypi") -> Manifest:
    return read_manifest(release_folder(project.root, index))


def codes(stdout: str) -> list[tuple[str, str]]:
    return [(finding["severity"], finding["code"]) for finding in json.loads(stdout)["findings"]]


def test_a_build_leaves_wheel_sdist_sbom_and_manifest(released: SampleProject) -> None:
    made = manifest(released)
    assert [(file.kind, file.name) for file in made.files] == [
        ("wheel", "lantern-1.0-py3-none-any.whl"),
        ("sdist", "lantern-1.0.tar.gz"),
        ("sbom", "lantern-1.0.cdx.json"),
    ]
    assert (made.project, made.version, made.index) == ("lantern", "1.0", "pypi")
    assert made.commit == find_commit(released.root, "HEAD")
    assert made.lock_sha256 == sha256_of(released.root / "uv.lock")
    assert sorted(path.name for path in (released.root / "release-files").iterdir()) == [".gitignore", "pypi"]
    assert released.git("status", "--porcelain") == "", "git ignores the files"


def test_the_report_has_the_manifest(released: SampleProject) -> None:
    report = json.loads((released.root.parent / "report.json").read_text())
    assert (report["exit_code"], report["findings"]) == (0, [])
    assert report["manifest"]["files"][0]["sha256"] == manifest(released).files[0].sha256


def test_the_files_for_testpypi_are_a_build_of_their_own(project: SampleProject) -> None:
    lock = project.read("uv.lock")
    project.write("release-files/testpypi/lantern-0.9.tar.gz", "of an earlier build")
    done = project.command("release", "build", "--development-number=7", env={"GITHUB_EVENT_NAME": "workflow_dispatch"})
    assert done.returncode == 0, done.stdout + done.stderr
    made = manifest(project, "testpypi")
    assert made.version == "1.0.1.dev7"
    assert [file.name for file in made.files] == [
        "lantern-1.0.1.dev7-py3-none-any.whl",
        "lantern-1.0.1.dev7.tar.gz",
        "lantern-1.0.1.dev7.cdx.json",
    ]
    assert all(file.sha256 in done.stdout for file in made.files)
    sbom = json.loads(project.read("release-files/testpypi/lantern-1.0.1.dev7.cdx.json"))
    assert sbom["metadata"]["component"]["version"] == "1.0.1.dev7"
    assert (project.read("uv.lock"), project.git("status", "--porcelain")) == (lock, "")
    assert manifest(project).version == "1.0", "the files for PyPI are still there"


def test_every_problem_of_the_files_is_found_and_the_earlier_files_stay(project: SampleProject) -> None:
    before = manifest(project)
    project.write("README.rst", "Lantern\n===\n\n.. nope::\n")
    project.replace("pyproject.toml", 'readme = "README.md"', 'readme = "README.rst"')
    project.replace("pyproject.toml", "[tool.isort]", 'wheel-exclude = ["src/lantern/oil.py"]\n\n[tool.isort]')
    project.write("src/lantern/oil.py", "")
    project.write("src/lantern/__init__.py", "from lantern import oil\n")
    project.commit()
    project.write("README.rst", "Lantern\n===\n\n.. nope:: again\n")
    done = project.command("release", "build", "--json")
    assert done.returncode == Exit.FINDINGS, done.stderr
    assert codes(done.stdout) == [
        ("error", "release-uncommitted"),
        ("error", "release-missing-file"),
        ("error", "release-readme"),
    ]
    assert manifest(project) == before
    assert not list((project.root / "release-files").glob(".build-*"))


def published(project: SampleProject, assets: object, **env: str) -> dict[str, str]:
    """Return the variables of a workflow run for a published release."""
    payload = project.root.with_name("event.json")
    payload.write_text(json.dumps({"release": {"assets": assets}}))
    return {"GITHUB_EVENT_NAME": "release", "GITHUB_EVENT_PATH": str(payload)} | env


def test_an_asset_with_other_bytes_stops_the_release(project: SampleProject) -> None:
    asset = {"name": "lantern-1.0.tar.gz", "digest": f"sha256:{'0' * 64}"}
    done = project.command("release", "build", "--json", env=published(project, [asset]))
    assert done.returncode == Exit.FINDINGS, done.stderr
    assert codes(done.stdout) == [
        ("warning", "release-asset-missing"),
        ("error", "release-asset-differs"),
        ("warning", "release-asset-missing"),
    ]


def rewrite_manifest(project: SampleProject) -> None:
    folder = release_folder(project.root, "pypi")
    made = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Manifest)
    files = tuple(describe_file(folder / file.name, file.kind) for file in made.files)
    write_manifest(folder, msgspec.structs.replace(made, files=files))


def build_in_ci(project: SampleProject) -> tuple[subprocess.CompletedProcess[str], dict[str, bytes]]:
    """Attach the files of the project to a release, and build in a checkout without them. Return the result and the attached files."""
    with github() as fake:
        release = fake.add_release("v1.0", draft=False)
        for path in release_folder(project.root, "pypi").iterdir():
            fake.add_asset(release, path.name, path.read_bytes())
        shutil.rmtree(project.root / "release-files")
        variables = {"GITHUB_API_URL": fake.api, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": TOKEN}
        done = project.command("release", "build", "--json", env=published(project, release["assets"], **variables))
        return done, fake.files()


def test_the_files_of_the_release_are_taken_though_this_build_compresses_them_otherwise(project: SampleProject) -> None:
    built = manifest(project)
    folder = release_folder(project.root, "pypi")
    compress(folder / "lantern-1.0-py3-none-any.whl", folder / "lantern-1.0.tar.gz")
    rewrite_manifest(project)
    done, attached = build_in_ci(project)
    assert (done.returncode, codes(done.stdout)) == (Exit.FINE, []), done.stdout + done.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == attached
    assert [file.sha256 for file in manifest(project).distributions] != [file.sha256 for file in built.distributions]
    assert TOKEN not in done.stdout + done.stderr


def test_files_of_the_release_with_other_contents_are_refused(project: SampleProject) -> None:
    folder = release_folder(project.root, "pypi")
    with zipfile.ZipFile(folder / "lantern-1.0-py3-none-any.whl", "a") as wheel:
        wheel.writestr("lantern/oil.py", "import os\n")
    rewrite_manifest(project)
    done, _ = build_in_ci(project)
    assert done.returncode == Exit.FINDINGS, done.stderr
    assert codes(done.stdout) == [("error", "release-asset-differs")]
    assert "lantern/oil.py" in done.stdout
    assert not folder.exists()


@pytest.mark.parametrize("kind", ["sdist", "wheel"])
def test_a_failed_build_is_reported_with_the_file_that_was_built(project: SampleProject, kind: str) -> None:
    project.build_with('backend"\nbackend-path = ["."]\n#')
    project.write("backend.py", BACKEND)
    if kind == "wheel":
        project.write("sdist", "")
    project.commit()
    done = project.command("release", "build")
    assert done.returncode == Exit.FINDINGS, done.stderr
    assert f"[release-build-{kind}]" in done.stdout
    assert f"no {kind} today" in done.stdout


def test_a_build_requirement_that_can_not_be_downloaded_is_inconclusive(project: SampleProject) -> None:
    project.build_with("hatchling.build", "hatchling")
    project.commit()
    done = project.command("release", "build", env={"UV_OFFLINE": "1"})
    assert done.returncode == Exit.UNKNOWN, done.stdout + done.stderr


def test_a_release_has_a_commit(project: SampleProject) -> None:
    project.git("update-ref", "-d", "HEAD")
    assert project.command("release", "build").returncode == Exit.USAGE


def test_only_versions_for_testpypi_have_a_number(project: SampleProject) -> None:
    done = project.command("release", "build", "--index=pypi", "--development-number=7")
    assert done.returncode == Exit.USAGE


def test_a_release_has_a_lock(project: SampleProject) -> None:
    (project.root / "uv.lock").unlink()
    done = project.command("release", "build")
    assert (done.returncode, "uv.lock" in done.stderr) == (Exit.USAGE, True)
