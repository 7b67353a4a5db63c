from __future__ import annotations

import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from evenfall.adopt.source import ci_warning, script_header
from evenfall.errors import EvenfallError
from tests.sample_project import SampleProject


def parsed(header: str) -> dict[str, Any]:
    """The metadata of a header, read as PEP 723 says."""
    lines = header.splitlines()
    assert lines[0] == "# /// script"
    assert lines[-1] == "# ///"
    return tomllib.loads("\n".join(line.removeprefix("#").removeprefix(" ") for line in lines[1:-1]))


def requirement(source: str, root: Path) -> str:
    """The requirement of Evenfall in a header that needs no table of uv's."""
    header = parsed(script_header(source, root))
    assert "tool" not in header
    nox, evenfall = header["dependencies"]
    assert nox == f"nox=={version('nox')}"
    assert Requirement(evenfall).extras == {"sessions"}
    return str(evenfall).removeprefix("evenfall[sessions]")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SampleProject:
    """An empty repository, as the current folder."""
    made = SampleProject(tmp_path / "lantern")
    made.root.mkdir()
    made.git("init", "--quiet")
    monkeypatch.chdir(made.root)
    return made


def test_without_a_source_evenfall_comes_from_the_index_in_the_running_version(tmp_path: Path) -> None:
    assert requirement("", tmp_path) == f"=={version('evenfall')}"


def test_a_wheel_outside_the_project_has_an_absolute_url(tmp_path: Path) -> None:
    wheel = tmp_path / "my wheels" / "evenfall-1-py3-none-any.whl"
    wheel.parent.mkdir()
    wheel.touch()
    assert requirement(str(wheel), tmp_path / "project") == f" @ {wheel.as_uri()}"


def test_a_folder_inside_the_project_has_a_url_relative_to_the_project(tmp_path: Path) -> None:
    (tmp_path / "my vendor").mkdir()
    (tmp_path / "my vendor" / "pyproject.toml").touch()
    assert requirement(str(tmp_path / "my vendor"), tmp_path) == " @ file:///${PROJECT_ROOT}/my%20vendor"


def test_evenfalls_own_repository_takes_evenfall_from_itself(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    assert requirement(str(tmp_path), tmp_path) == " @ file:///${PROJECT_ROOT}"


def test_of_a_folder_of_wheels_the_newest_version_is_taken(tmp_path: Path) -> None:
    for number in ("1.9", "1.10", "1.2"):
        (tmp_path / f"evenfall-{number}-py3-none-any.whl").touch()
    assert requirement(str(tmp_path), tmp_path / "project").endswith("/evenfall-1.10-py3-none-any.whl")


@pytest.mark.parametrize(
    "url", ["https://example.org/evenfall-1-py3-none-any.whl", "git+https://example.org/evenfall@main"]
)
def test_the_url_of_a_file_or_a_repository_is_taken_as_it_is(url: str, tmp_path: Path) -> None:
    assert requirement(url, tmp_path) == f" @ {url}"


def test_any_other_url_is_an_index_for_evenfall_alone(tmp_path: Path) -> None:
    header = parsed(script_header("https://example.org/simple", tmp_path))
    assert header["dependencies"][1] == "evenfall[sessions]"
    assert header["tool"]["uv"] == {
        "index": [{"name": "evenfall", "url": "https://example.org/simple", "explicit": True}],
        "sources": {"evenfall": {"index": "evenfall"}},
    }


@pytest.mark.parametrize("source", ["nowhere.whl", ".", "odd"])
def test_a_source_without_evenfall_is_refused(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "evenfall-of-no-version.whl").touch()
    with pytest.raises(EvenfallError, match="--source"):
        script_header(source, tmp_path / "project")


@pytest.mark.parametrize(
    "url",
    [
        'https://example.org/"',
        "https://example.org/\n# ///",
        "https://example.org/\\",
        "https://example.org/a b.whl",
        "https://example.org/a.whl;b",
    ],
)
def test_no_url_can_end_the_header_or_the_requirement(url: str, tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match="can't be in the header"):
        script_header(url, tmp_path)


@pytest.mark.parametrize("outside", ["../evenfall-1-py3-none-any.whl", "file:///evenfall-1-py3-none-any.whl"])
def test_a_source_outside_the_repository_is_reported_as_ci_warning(repository: SampleProject, outside: str) -> None:
    assert outside in ci_warning(outside, repository.root)


@pytest.mark.parametrize(
    "source", ["", ".", "wheels", "distant/evenfall-1-py3-none-any.whl", "https://example.org/simple"]
)
def test_a_source_that_ci_has_needs_no_warning(repository: SampleProject, source: str) -> None:
    assert ci_warning(source, repository.root) == ""


def test_a_source_in_a_new_project_without_a_repository_needs_no_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert ci_warning("wheels", tmp_path) == ""


def test_a_source_in_the_folder_that_the_build_session_clears_is_refused(repository: SampleProject) -> None:
    with pytest.raises(EvenfallError, match="clears dist/") as caught:
        ci_warning("dist/evenfall-1-py3-none-any.whl", repository.root)
    assert "committed, like wheels/" in caught.value.hint


@pytest.mark.parametrize("source", ["wheels/evenfall-1-py3-none-any.whl", "wheels"])
def test_a_source_that_git_ignores_is_refused_until_it_is_added_with_force(
    repository: SampleProject, source: str
) -> None:
    repository.write("wheels/evenfall-1-py3-none-any.whl", "")
    repository.write(".gitignore", "wheels/\n")
    with pytest.raises(EvenfallError, match="git ignores it") as caught:
        ci_warning(source, repository.root)
    command, _, _ = caught.value.hint.partition(",")
    repository.run(*command.split())
    assert ci_warning(source, repository.root) == ""
