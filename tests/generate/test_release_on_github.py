"""`act` runs the generated workflow `cd`: a release publishes to PyPI, a manual run to TestPyPI; both are indexes on loopback."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from evenfall.release.local_index import LocalIndex
from evenfall.release.manifest import IndexName
from tests.conftest import Prepare
from tests.generate.conftest import RunOnGitHub
from tests.generate.runner import GitHubEvent
from tests.sample_project import SampleProject, copy, regenerated

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="act runs jobs without containers only on Linux"),
]

GATE = "all-checks-pass"
BUILT = ("release-version", "release-build", "release-install")
SECRETS = {"pypi": "PYPI_API_TOKEN", "testpypi": "TEST_PYPI_API_TOKEN"}


@dataclass(frozen=True)
class Indexes:
    """Both indexes, and the secrets with their passwords."""

    by_name: Mapping[str, LocalIndex]

    @property
    def secrets(self) -> dict[str, str]:
        return {SECRETS[name]: index.credentials.environ["UV_PUBLISH_PASSWORD"] for name, index in self.by_name.items()}

    def files(self) -> dict[str, list[str]]:
        return {name: sorted(path.name for path in index.folder.iterdir()) for name, index in self.by_name.items()}


@pytest.fixture
def indexes(tmp_path: Path) -> Iterator[Indexes]:
    with ExitStack() as stack:
        names: tuple[IndexName, ...] = ("pypi", "testpypi")
        yield Indexes({name: stack.enter_context(LocalIndex(tmp_path / name, name)) for name in names})


@pytest.fixture(scope="module")
def release_template(adopted_template: SampleProject, prepare: Prepare) -> SampleProject:
    """A project with the sessions of a release alone."""

    def fill(folder: Path) -> None:
        made = copy(adopted_template, folder / "lantern")
        made.replace("noxfile.py", "standard_sessions()", "release_sessions()")
        regenerated(made)

    return SampleProject(prepare("adopted-release", fill) / "lantern")


@pytest.fixture
def released(release_template: SampleProject, indexes: Indexes, tmp_path: Path) -> SampleProject:
    """A copy of that project, which publishes to these indexes."""
    made = copy(release_template, tmp_path / "lantern")
    tables = "".join(
        f'\n[[tool.uv.index]]\nname = "{name}"\nurl = "{index.urls.simple}"\npublish-url = "{index.urls.upload}"\nexplicit = true\n'
        for name, index in indexes.by_name.items()
    )
    made.write("pyproject.toml", made.read("pyproject.toml") + tables)
    made.commit("publish it")
    return made


def published(tag: str, indexes: Indexes) -> GitHubEvent:
    payload = {"action": "published", "release": {"tag_name": tag, "assets": []}}
    return GitHubEvent(name="release", workflow="cd", payload=payload, secrets=indexes.secrets)


def succeeded(*jobs: str) -> dict[str, str]:
    return dict.fromkeys((*BUILT, *jobs, GATE), "success")


def test_a_published_release_publishes_to_pypi_only(
    released: SampleProject, indexes: Indexes, github: RunOnGitHub
) -> None:
    released.git("tag", "v1.0")
    run = github(released, published("v1.0", indexes))
    assert run.results == succeeded("publish-pypi", "verify-pypi"), run.log
    assert indexes.files() == {"pypi": ["lantern-1.0-py3-none-any.whl", "lantern-1.0.tar.gz"], "testpypi": []}


def test_a_manual_run_publishes_a_development_version_to_testpypi_only(
    released: SampleProject, indexes: Indexes, github: RunOnGitHub
) -> None:
    run = github(released, GitHubEvent(name="workflow_dispatch", workflow="cd", secrets=indexes.secrets))
    assert run.results == succeeded("publish-testpypi", "verify-testpypi"), run.log
    files = indexes.files()
    assert files["pypi"] == []
    assert [name.startswith("lantern-1.0.1.dev") for name in files["testpypi"]] == [True, True]


def test_nothing_runs_after_a_wrong_tag(released: SampleProject, indexes: Indexes, github: RunOnGitHub) -> None:
    released.git("tag", "v1.1")
    run = github(released, published("v1.1", indexes))
    ran = {job: result for job, result in run.results.items() if result != "skipped"}
    assert ran == {"release-version": "failure", GATE: "failure"}, run.log
    assert "[release-tag-version]" in run.log
    assert indexes.files() == {"pypi": [], "testpypi": []}


@pytest.mark.parametrize("event", ["pull_request", "push"])
def test_a_change_does_not_run_it(released: SampleProject, indexes: Indexes, github: RunOnGitHub, event: str) -> None:
    run = github(released, GitHubEvent(name=event, workflow="cd", secrets=indexes.secrets))
    assert run.results == {}
