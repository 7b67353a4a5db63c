from __future__ import annotations

import base64
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from evenfall.cli.release_verify import publisher_of
from evenfall.errors import Exit
from evenfall.git.repository import find_repository
from evenfall.release.local_index import LocalIndex
from evenfall.release.manifest import release_folder
from evenfall.release.provenance import Publisher
from tests.release.distributions import write_release
from tests.release.planted import WITH_PASSWORD, run_with_secrets
from tests.sample_project import SampleProject
from tests.supply_chain.index import serving
from tests.supply_chain.osv import Loopback

PYPROJECT = """\
[build-system]
requires = ["uv_build>=0.9,<1"]
build-backend = "uv_build"

[project]
name = "lamp"
version = "1.0"
requires-python = ">={python}"
classifiers = ["Programming Language :: Python :: {python}"]

[[tool.uv.index]]
name = "{index}"
url = "{address}/simple/"
publish-url = "{address}/"
"""
PYTHON = f"3.{sys.version_info.minor}"


@pytest.fixture
def project(tmp_path: Path) -> SampleProject:
    """A project with the files of a release for PyPI."""
    project = SampleProject(tmp_path)
    write_release(tmp_path)
    project.git("init", "--quiet")
    return project


def declare_index(project: SampleProject, address: str, *, index: str = "pypi", python: str = PYTHON) -> None:
    project.write("pyproject.toml", PYPROJECT.format(python=python, index=index, address=address.rstrip("/")))


@pytest.mark.integration
def test_a_published_release_is_installed_and_summarized_without_a_secret(
    project: SampleProject, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    with LocalIndex(release_folder(tmp_path, "pypi")) as index:
        declare_index(project, index.urls.upload.replace("//", f"//{WITH_PASSWORD}"))
        command = ("release", "verify", "--json", f"--python={sys.executable}")
        done = run_with_secrets(project, tmp_path, *command, env={"GITHUB_STEP_SUMMARY": str(summary)})
        assert done.returncode == Exit.FINE, done.stderr
    report = json.loads(done.stdout)
    assert (report["project_version"], report["index"], report["findings"]) == ("1.0", "pypi", [])
    assert all(file["url"].startswith("http://127.0.0.1:") for file in report["files"])
    assert "| verify | passed |" in summary.read_text(encoding="utf-8")


def test_a_release_that_is_not_listed_is_inconclusive(project: SampleProject, loopback: Loopback) -> None:
    declare_index(project, loopback.address)
    done = project.command("release", "verify", "--timeout=0", f"--python={sys.executable}")
    assert done.returncode == Exit.UNKNOWN
    assert loopback.asked == ["/simple/lamp/"]


def test_a_run_that_a_person_started_verifies_testpypi(project: SampleProject, loopback: Loopback) -> None:
    declare_index(project, loopback.address, index="testpypi")
    write_release(project.root, index="testpypi")
    environ = {"GITHUB_EVENT_NAME": "workflow_dispatch"}
    done = project.command("release", "verify", "--timeout=0", f"--python={sys.executable}", env=environ)
    assert done.stdout.splitlines()[-1] == "lamp 1.0 on testpypi: inconclusive"


def test_the_password_of_a_private_index_is_sent_and_never_shown(project: SampleProject) -> None:
    with serving() as private:
        private.password = "Basic " + base64.b64encode(b"ada:open-1").decode()
        private.add("lamp-1.0.tar.gz", b"other bytes")
        declare_index(project, private.url)
        command = ("release", "verify", "--timeout=0", f"--python={sys.executable}")
        refused = project.command(*command)
        environ = dict(zip(("UV_INDEX_PYPI_USERNAME", "UV_INDEX_PYPI_PASSWORD"), ("ada", "open-1"), strict=True))
        accepted = project.command(*command, env=environ)
    assert refused.returncode == Exit.UNKNOWN
    assert "UV_INDEX_PYPI_PASSWORD" in refused.stderr
    assert accepted.returncode == Exit.FINDINGS
    assert "[release-hash-differs]" in accepted.stdout
    assert "open-1" not in accepted.stdout + accepted.stderr


def test_the_default_python_is_the_oldest_of_the_project(project: SampleProject, loopback: Loopback) -> None:
    declare_index(project, loopback.address)
    path = os.pathsep.join((os.path.join(sys.base_prefix, "bin"), os.environ["PATH"]))
    done = project.command("release", "verify", "--timeout=0", env={"PATH": path})
    assert done.returncode == Exit.UNKNOWN
    assert "1.0 on pypi: inconclusive" in done.stdout


def test_a_python_that_is_not_installed_is_an_error(project: SampleProject, loopback: Loopback) -> None:
    declare_index(project, loopback.address, python="3.99")
    done = project.command("release", "verify", "--timeout=0")
    assert done.returncode == Exit.UNKNOWN
    assert "Python 3.99 is not installed" in done.stderr


def test_the_publisher_is_any_remote_on_github_with_any_workflow(
    project: SampleProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    assert publisher_of(find_repository(project.root), "pypi") is None
    project.git("remote", "add", "origin", "git@github.com:ada/lamp.git")
    project.git("remote", "add", "upstream", "https://github.com/lamp-makers/lamp")
    project.git("remote", "add", "mirror", "https://gitlab.com/lamp-makers/lamp")
    expected = Publisher(repositories=("ada/lamp", "lamp-makers/lamp"), environment="pypi")
    assert publisher_of(find_repository(project.root), "pypi") == expected
    project.write(".github/workflows/publish.yaml", "")
    assert publisher_of(find_repository(project.root), "pypi") == replace(expected, workflows=("publish.yaml",))
    own = project.write(".github/workflows/cd.yml", "name: ours\n")
    found = publisher_of(find_repository(project.root), "pypi")
    assert (found and found.generated) == "evenfall-cd.yml", "the environment of a hand-written cd.yml is not known"
    own.unlink()
    monkeypatch.setenv("GITHUB_REPOSITORY", "eve/lamp")
    found = publisher_of(find_repository(project.root), "pypi")
    assert found == replace(expected, repositories=("eve/lamp",), workflows=("publish.yaml",))
