from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from evenfall.errors import Exit
from evenfall.release.local_index import LocalIndex
from tests.release.distributions import write_release, write_sdist
from tests.release.planted import WITH_PASSWORD, run_with_secrets
from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LocalIndex]:
    with LocalIndex(tmp_path / "index") as index:
        yield index


@pytest.fixture
def lamp(index: LocalIndex, tmp_path: Path) -> SampleProject:
    """A project with a built release, which goes to the local index."""
    project = SampleProject(tmp_path / "lamp")
    write_release(project.root)
    table = f'name = "pypi"\nurl = "{index.urls.simple}"\npublish-url = "{index.urls.upload}"\n'
    project.write("pyproject.toml", f'[project]\nname = "lamp"\nversion = "1.0"\n\n[[tool.uv.index]]\n{table}')
    return project


@pytest.fixture
def token(index: LocalIndex) -> str:
    return index.credentials.environ["UV_PUBLISH_PASSWORD"]


def test_a_release_is_published_and_publishing_again_changes_nothing(lamp: SampleProject, token: str) -> None:
    environ = {"PYPI_API_TOKEN": token, "GITHUB_STEP_SUMMARY": str(lamp.root / "summary.md")}
    done = lamp.command("release", "publish", "--json", env=environ)
    assert done.returncode == Exit.FINE, done.stderr
    report = json.loads(done.stdout)
    assert [file["name"] for file in report["uploaded"]] == ["lamp-1.0-py3-none-any.whl", "lamp-1.0.tar.gz"]
    assert report["uploaded"][0]["sha256"] in lamp.read("summary.md")
    done = lamp.command("release", "publish", env={"PYPI_API_TOKEN": ""})
    assert done.returncode == Exit.FINE
    assert report["uploaded"][1]["sha256"] in done.stdout


def test_another_file_on_the_index_is_a_finding(lamp: SampleProject, index: LocalIndex, token: str) -> None:
    write_sdist(index.folder, code="other = True")
    environ = {"PYPI_API_TOKEN": token, "GITHUB_STEP_SUMMARY": str(lamp.root / "summary.md")}
    done = lamp.command("release", "publish", "--json", env=environ)
    assert done.returncode == Exit.FINDINGS
    assert [finding["code"] for finding in json.loads(done.stdout)["findings"]] == ["release-file-exists"]
    assert "release-file-exists" in lamp.command("release", "publish", env=environ).stdout
    assert not (lamp.root / "summary.md").exists()


def test_without_credentials_the_next_command_is_named(lamp: SampleProject, index: LocalIndex) -> None:
    done = lamp.command("release", "publish", env={"PYPI_API_TOKEN": ""})
    assert done.returncode == Exit.USAGE
    assert "PYPI_API_TOKEN" in done.stderr
    assert index.files("lamp") is None


@pytest.mark.parametrize("fails", [False, True])
def test_a_planted_secret_is_nowhere(
    lamp: SampleProject, index: LocalIndex, token: str, tmp_path: Path, fails: bool
) -> None:
    lamp.replace("pyproject.toml", '\nurl = "http://', f'\nurl = "http://{WITH_PASSWORD}')
    environ = {"GITHUB_STEP_SUMMARY": str(lamp.root / "summary.md")} | ({} if fails else {"PYPI_API_TOKEN": token})
    done = run_with_secrets(lamp, tmp_path, "release", "publish", "--index=pypi", env=environ, more=(token,))
    assert done.returncode == (Exit.USAGE if fails else Exit.FINE), done.stderr
    assert (lamp.root / "summary.md").exists() is not fails
