from __future__ import annotations

import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from evenfall.adopt.source import absent_on_runners, script_header
from evenfall.errors import EvenfallError
from tests.made_project import Made


def parsed(header: str) -> dict[str, Any]:
    """The metadata of a header, as PEP 723 reads them."""
    lines = header.splitlines()
    assert lines[0] == "# /// script"
    assert lines[-1] == "# ///"
    return tomllib.loads("\n".join(line.removeprefix("#").removeprefix(" ") for line in lines[1:-1]))


def test_without_a_source_evenfall_comes_from_the_index_in_this_very_version(tmp_path: Path) -> None:
    header = parsed(script_header("", tmp_path))
    assert header["dependencies"] == [f"nox=={version('nox')}", f"evenfall[sessions]=={version('evenfall')}"]
    assert "tool" not in header


def test_a_wheel_outside_the_project_is_named_by_its_whole_path(tmp_path: Path) -> None:
    wheel = tmp_path / "evenfall-1-py3-none-any.whl"
    wheel.touch()
    header = parsed(script_header(str(wheel), tmp_path / "project"))
    assert header["tool"]["uv"]["sources"]["evenfall"] == {"path": wheel.as_posix()}


def test_a_project_folder_inside_the_project_is_named_relative_to_it(tmp_path: Path) -> None:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "pyproject.toml").touch()
    header = parsed(script_header(str(tmp_path / "vendor"), tmp_path))
    assert header["tool"]["uv"]["sources"]["evenfall"] == {"path": "vendor"}


def test_evenfall_itself_takes_evenfall_from_itself(tmp_path: Path) -> None:
    header = parsed(script_header(str(tmp_path), tmp_path))
    assert header["tool"]["uv"]["sources"]["evenfall"] == {"path": ".", "editable": True}


def test_a_folder_of_wheels_is_a_place_to_find_links(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "evenfall-1-py3-none-any.whl").touch()
    header = parsed(script_header(str(tmp_path / "wheels"), tmp_path / "project"))
    assert header["tool"]["uv"]["find-links"] == [(tmp_path / "wheels").as_posix()]


@pytest.mark.parametrize(
    ("url", "tool"),
    [
        (
            "https://example.org/evenfall-1-py3-none-any.whl",
            {"sources": {"evenfall": {"url": "https://example.org/evenfall-1-py3-none-any.whl"}}},
        ),
        ("git+https://example.org/evenfall", {"sources": {"evenfall": {"git": "https://example.org/evenfall"}}}),
        (
            "https://example.org/simple",
            {
                "index": [{"name": "evenfall", "url": "https://example.org/simple", "explicit": True}],
                "sources": {"evenfall": {"index": "evenfall"}},
            },
        ),
    ],
)
def test_a_url_is_a_file_a_repository_or_an_index(url: str, tool: dict[str, Any], tmp_path: Path) -> None:
    assert parsed(script_header(url, tmp_path))["tool"]["uv"] == tool


@pytest.mark.parametrize("source", ["nowhere.whl", "."])
def test_a_source_that_holds_no_evenfall_is_refused(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EvenfallError, match="--source"):
        script_header(source, tmp_path / "project")


@pytest.mark.parametrize("outside", ["../evenfall-1-py3-none-any.whl", "file:///evenfall-1-py3-none-any.whl"])
def test_a_source_outside_the_repository_is_worth_a_note(
    project: Made, outside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.root)
    said = f"--source {outside} lies on this machine only: a runner does not have it"
    assert absent_on_runners(outside, project.root) == said


@pytest.mark.parametrize(
    "source", ["", ".", "wheels", "distant/evenfall-1-py3-none-any.whl", "https://example.org/simple"]
)
def test_a_source_that_a_runner_has_needs_no_word(project: Made, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.root)
    assert absent_on_runners(source, project.root) == ""


def test_a_source_that_the_build_clears_is_refused(project: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    project.replace(".gitignore", "/dist/\n", "")
    monkeypatch.chdir(project.root)
    with pytest.raises(EvenfallError, match="the build session clears it, so no runner would have it") as caught:
        absent_on_runners("dist/evenfall-1-py3-none-any.whl", project.root)
    assert "committed, like wheels/" in caught.value.hint


@pytest.mark.parametrize("source", ["wheels/evenfall-1-py3-none-any.whl", "wheels"])
def test_a_source_that_git_ignores_is_refused_until_it_is_added_all_the_same(
    project: Made, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("wheels/evenfall-1-py3-none-any.whl", "")
    project.write(".gitignore", "wheels/\n")
    monkeypatch.chdir(project.root)
    with pytest.raises(EvenfallError, match="git ignores it, so no runner would have it") as caught:
        absent_on_runners(source, project.root)
    command, _, _ = caught.value.hint.partition(",")
    project.run(*command.split())
    assert absent_on_runners(source, project.root) == ""


@pytest.mark.parametrize("url", ['https://example.org/"', "https://example.org/\n# ///", "https://example.org/\\"])
def test_nothing_in_a_source_breaks_out_of_the_header(url: str, tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match="can't stand in the header"):
        script_header(url, tmp_path)
