from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.version import Version
from uv import find_uv_bin

from evenfall.cli.release_build import write_sbom
from evenfall.errors import EvenfallError
from evenfall.package_index.page import IndexFile
from evenfall.release.local_index import Faults, LocalIndex
from evenfall.release.manifest import Manifest
from evenfall.release.rehearsal_steps import RehearseRequest, newest_release
from evenfall.release.rehearse import Rehearsal, rehearse_release, release_commands
from evenfall.report.screen import PlainScreen
from tests.release.distributions import write_wheel
from tests.release.planted import WITH_PASSWORD, run_with_secrets
from tests.sample_project import SampleProject

FILES = {
    "pyproject.toml": """\
[build-system]
requires = ["uv_build"]
build-backend = "uv_build"

[project]
name = "lantern"
version = "1.2"
description = "A lantern"
readme = "README.md"
requires-python = ">=3.11"
classifiers = ["Programming Language :: Python :: 3.11"]
scripts = { lantern = "lantern:main" }
entry-points.pytest11 = { lantern = "lantern.plugin" }
""",
    "README.md": "# Lantern\n",
    "CHANGELOG.md": "# Changelog\n\n## 1.2 - 2026-11-01\n\n- Burns longer.\n",
    ".gitignore": ".venv/\n",
    "src/lantern/__init__.py": "def main():\n    print('usage: lantern')\n",
    "src/lantern/plugin.py": "def pytest_configure(config):\n    pass\n",
}


DUMP = """\
import os
import pathlib

pathlib.Path(os.environ["TMPDIR"], "environ-of-lantern").write_text(str(dict(os.environ)))

"""


def make(root: Path, changes: Mapping[str, str] = {}) -> SampleProject:
    """Return a committed project, in which some files have other contents."""
    project = SampleProject(root)
    for path, text in {**FILES, **changes}.items():
        project.write(path, text)
    project.git("init", "--quiet", "--initial-branch=main")
    assert project.uv("lock", "--quiet", "--offline").returncode == 0
    project.commit("version 1.2")
    return project


def rehearse(
    project: SampleProject,
    folder: Path,
    *steps: str,
    tag: str = "",
    network: bool = False,
    faults: Faults | None = None,
) -> Rehearsal:
    request = RehearseRequest(
        root=project.root,
        folder=folder,
        pythons=(Path(sys.executable),),
        tag=tag,
        steps=steps,
        network=network,
        write_sbom=write_sbom,
        faults=faults,
    )
    return rehearse_release(request, PlainScreen(lambda text: None))


def reasons(rehearsal: Rehearsal) -> dict[str, str]:
    return {result.job: result.reason for result in rehearsal.results if result.word == "failed"}


@pytest.mark.integration
def test_a_rehearsal_shows_the_commands_of_the_real_release_and_no_secret_and_its_steps_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", os.fspath(tmp_path))
    with LocalIndex(tmp_path / "index") as index:
        urls = [url.replace("://", f"://{WITH_PASSWORD}") for url in (index.urls.simple, index.urls.upload)]
        table = '[[tool.uv.index]]\nname = "pypi"\nurl = "{}"\npublish-url = "{}"\nexplicit = true\n'.format(*urls)
        changes = {
            "pyproject.toml": f"{FILES['pyproject.toml']}\n{table}",
            "src/lantern/__init__.py": DUMP + FILES["src/lantern/__init__.py"],
        }
        project = make(tmp_path / "lantern", changes)
        write_wheel(index.folder, "lantern", "1.1")
        environ = {"XDG_CACHE_HOME": os.fspath(tmp_path / "cache"), "UV_CACHE_DIR": _uv_cache()}
        options = ("release", "rehearse", f"--python={sys.executable}")
        done = run_with_secrets(project, tmp_path, *options, env=environ)
        assert done.returncode == 0, done.stderr
        (folder,) = (tmp_path / "cache/evenfall/rehearsals").iterdir()
        (index.folder / "lantern-1.1-py3-none-any.whl").unlink()
        (first,) = rehearse(project, folder, "upgrade", network=True).results
        assert (first.word, first.reason) == ("skipped", "the public index has no earlier version")
    assert list(tmp_path.rglob("environ-of-lantern"))
    names = ("version", "build", "install", "publish", "verify", "publish-again", "upgrade")
    assert [line.split()[:2] for line in done.stdout.splitlines()[:7]] == [[name, "passed"] for name in names]
    assert "from 1.1 to 1.2" in done.stdout
    assert '\n  git tag -a "v1.2" -m "Release v1.2"\n  git push origin v1.2\n' in done.stdout
    assert project.git("status", "--porcelain", "--ignored") == ""

    shutil.rmtree(folder / "index")
    (again,) = rehearse(project, folder, "publish-again").results
    assert (again.word, "uploaded files again" in again.reason) == ("failed", True)
    shutil.rmtree(folder / "index")
    faults = Faults(shown_after=0.5, whole_uploads=1, broken_uploads=1)
    rehearsal = rehearse(project, folder, "publish", "verify", faults=faults)
    assert [result.word for result in rehearsal.results] == ["passed", "passed"]
    assert faults.broken_uploads == 0
    assert [result.word for result in rehearse(project, folder, "upgrade").results] == ["skipped"]
    (version,) = rehearse(project, tmp_path / "other", "version", network=True).results
    assert version.word == "inconclusive", "the index is not there any more"
    done = project.command(*options, "--step=upgrade", env=environ)
    assert done.stderr.endswith("inconclusive: upgrade\n  next: evenfall release rehearse --step=upgrade\n")
    done = project.command(*options, "--offline", "--step=upgrade", env=environ)
    assert done.stdout.endswith("next: evenfall release rehearse, which runs every step\n")
    step = json.loads(project.command(*options, "--json", "--step=upgrade", env=environ).stdout)
    assert [(each["step"], each["result"]) for each in step["steps"]] == [("upgrade", "inconclusive")]
    assert (step["exit_code"], len(step["inconclusive"]), step["manifest"]["version"]) == (3, 1, "1.2")

    project.write("CHANGELOG.md", "# Changelog\n\n## 1.1\n")
    project.commit("more")
    assert project.command(*options, "--step=publish-again", env=environ).returncode == 2
    done = project.command(*options, "--offline", "--step=version", env=environ)
    assert done.returncode == 1
    assert "[release-changelog-section]" in done.stderr.partition("\nfailed: version\n")[2]


def _uv_cache() -> str:
    return subprocess.run([find_uv_bin(), "cache", "dir"], check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.integration
def test_every_defect_of_the_files_is_found_in_one_rehearsal(tmp_path: Path) -> None:
    changes = {
        "CHANGELOG.md": "# Changelog\n\n## 1.1 - 2026-10-01\n",
        "src/lantern/__init__.py": "import tomlkit\n\ndef main():\n    raise SystemExit(3)\n",
        "pyproject.toml": FILES["pyproject.toml"].replace("lantern.plugin", "lantern.plug"),
    }
    project = make(tmp_path / "lantern", changes)
    project.git("tag", "v1.2.0")
    rehearsal = rehearse(project, tmp_path / "rehearsal")
    assert rehearsal.exit_code == 1
    found = reasons(rehearsal)
    assert {"release-changelog-section", "release-tag-spelling"} <= {*found["version"].split(", ")}
    assert {"release-import-failed", "release-plugin-not-registered"} <= {*found["install"].split(", ")}
    assert {"version", "install"} == {*found}
    assert {finding.code for finding in rehearsal.findings["install"]} == {*found["install"].split(", ")}
    words = {result.job: result.word for result in rehearsal.results}
    assert (words["publish"], words["verify"]) == ("passed", "skipped"), "it would fail in the same way"


@pytest.mark.integration
def test_the_tag_to_rehearse_is_made_only_in_the_copy(tmp_path: Path) -> None:
    project = make(tmp_path / "lantern")
    (result,) = rehearse(project, tmp_path / "rehearsal", "version", tag="v1.2").results
    assert (result.word, result.reason) == ("passed", "version 1.2, tag v1.2")
    (copy,) = (path.parent for path in (tmp_path / "rehearsal").rglob(".git"))
    assert (SampleProject(copy).git("tag"), project.git("tag")) == ("v1.2\n", "")


@pytest.mark.integration
def test_a_project_without_a_lock_is_an_error_that_names_its_own_lock(tmp_path: Path) -> None:
    project = make(tmp_path / "lantern")
    (project.root / "uv.lock").unlink()
    with pytest.raises(EvenfallError) as caught:
        rehearse(project, tmp_path / "rehearsal")
    assert caught.value.exit_code == 2
    assert caught.value.message.endswith(f" {project.root}")


@pytest.mark.integration
def test_a_step_alone_needs_the_files_of_a_rehearsal(tmp_path: Path) -> None:
    project = make(tmp_path / "lantern")
    with pytest.raises(EvenfallError) as caught:
        rehearse(project, tmp_path / "rehearsal", "publish")
    assert (caught.value.exit_code, caught.value.hint) == (2, "evenfall release rehearse")


def test_a_project_that_releases_by_a_tag_needs_no_draft() -> None:
    manifest = Manifest(project="lamp", version="1.0", index="pypi", commit="a" * 40, lock_sha256="b" * 64, files=())
    assert [line.split()[1] for line in release_commands(manifest, trigger="tag")] == ["tag", "push"]
    assert release_commands(manifest, trigger="release")[-1] == "evenfall release draft"


@pytest.mark.integration
def test_files_that_can_not_be_built_are_not_published(tmp_path: Path) -> None:
    project = make(
        tmp_path / "lantern", {"pyproject.toml": FILES["pyproject.toml"].replace('lantern"\nversion', 'lamp"\nversion')}
    )
    rehearsal = rehearse(project, tmp_path / "rehearsal")
    assert [result.word for result in rehearsal.results] == ["passed", "failed", *["skipped"] * 5]
    assert rehearsal.manifest is None


@pytest.mark.parametrize(
    ("names", "newest"),
    [
        ((), None),
        (("lantern-1.0.tar.gz", "lantern-1.1-py3-none-any.whl", "lantern-1.2.tar.gz", "lantern-1.3.tar.gz"), "1.1"),
        (("lantern-1.0.tar.gz", "lantern-1.1rc1.tar.gz", "lantern-0.9.exe"), "1.0"),
        (("lantern-1.1rc1.tar.gz",), "1.1rc1"),
        (("lantern-1.0.tar.gz", "lantern-1.1.tar.gz (yanked)"), "1.0"),
    ],
)
def test_the_upgrade_starts_at_the_newest_earlier_release(names: tuple[str, ...], newest: str | None) -> None:
    files = [IndexFile(name=name.split()[0], yanked="(yanked)" in name) for name in names]
    assert newest_release(files, before=Version("1.2")) == (None if newest is None else Version(newest))
