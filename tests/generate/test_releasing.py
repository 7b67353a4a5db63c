from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import tomlkit

from evenfall.generate.releasing import has_release_sessions, releasing_text
from evenfall.pipeline.marker import MARKDOWN_MARKER
from evenfall.pipeline.model import Pipeline
from evenfall.project.project import Project
from evenfall.project.pyproject import Pyproject
from tests.generate.pipelines import session

BUILD_SYSTEM = {"requires": ["uv_build"], "build-backend": "uv_build"}


def pipeline() -> Pipeline:
    """Return a pipeline with the sessions of a release that the text depends on."""
    cd: dict[str, Any] = {"workflows": ("cd",)}
    sessions = (
        session("release-install", "release-install-3.11", "release-install-3.12", systems=("a", "b"), **cd),
        session("publish-pypi", environment="pypi", secrets=("PYPI_API_TOKEN",), events=("release",), **cd),
        session(
            "publish-testpypi",
            environment="testpypi",
            secrets=("TEST_PYPI_API_TOKEN",),
            events=("workflow_dispatch",),
            **cd,
        ),
    )
    return Pipeline(
        sessions=tuple(msgspec.structs.replace(each, module="evenfall.sessions.release") for each in sessions)
    )


def text(root: Path = Path(), *, build: object = None, release: object = None, **metadata: object) -> str:
    tables = {
        "build-system": BUILD_SYSTEM,
        "project": {"name": "Lantern.Oil", "version": "1.0"} | metadata,
        "tool": {"evenfall": {"build": build or {}, "release": release or {}}},
    }
    return releasing_text(Project(root=root, pyproject=Pyproject(tables)), pipeline())


def test_the_workflow_has_the_name_that_it_has_beside_a_hand_written_one() -> None:
    project = Project(root=Path(), pyproject=Pyproject({"project": {"name": "lantern", "version": "1.0"}}))
    made = releasing_text(project, msgspec.structs.replace(pipeline(), renamed=("cd",)))
    assert "gh workflow run evenfall-cd.yml" in made
    assert "starts the workflow Evenfall CD" in made
    assert "`cd.yml`" not in made


def test_only_a_pipeline_with_the_sessions_of_a_release_has_the_file() -> None:
    assert has_release_sessions(pipeline())
    assert not has_release_sessions(Pipeline(sessions=(session("publish-pypi"),)))


def test_the_first_line_is_a_comment_in_markdown() -> None:
    first = text().splitlines()[0]
    assert f"{first}\n" == MARKDOWN_MARKER
    assert (first[:5], first[-4:]) == ("<!-- ", " -->")


def test_the_trusted_publisher_is_described_field_by_field() -> None:
    urls = {"Home": "https://example.org/x", "Source": "https://github.com/night/lantern.git"}
    found = text(urls=urls)
    assert "- Owner: `night`\n   - Repository name: `lantern`\n   - Workflow name: `cd.yml`\n" in found
    assert "- Environment name: `pypi`\n" in found
    assert "<https://pypi.org/manage/project/lantern-oil/settings/publishing/>" in found
    assert "- Environment name: `testpypi`\n" in found
    assert "<https://test.pypi.org/manage/project/lantern-oil/settings/publishing/>" in found


@pytest.mark.parametrize("url", ["https://example.org", "https://github.com/night", "https://github.com/a/b`\n# c"])
def test_an_address_that_is_no_repository_on_github_is_not_used(url: str) -> None:
    found = text(urls={"Source": url})
    assert "- Owner: the owner of this repository on GitHub\n" in found
    assert url not in found


def with_index(root: Path, name: str, url: str, **more: str) -> str:
    """Return the text for a project with an index."""
    index = {"name": name, "url": url} | more
    (root / "pyproject.toml").write_text(tomlkit.dumps({"tool": {"uv": {"index": [index]}}}), encoding="utf-8")
    return text(root)


UPLOAD = {"publish-url": "https://example.org/up"}


def test_an_index_of_the_project_itself_has_a_token_and_no_form(tmp_path: Path) -> None:
    found = with_index(tmp_path, "pypi", "https://me:secret@example.org/simple", **UPLOAD)
    assert "pypi.org/manage/project" in found, "the form of TestPyPI"
    assert "<https://pypi.org" not in found
    assert "secret@" not in found
    assert found.count("/simple>") == 2


def test_an_index_with_a_hostile_address_is_shown_as_text(tmp_path: Path) -> None:
    assert "\n# <b>" not in with_index(tmp_path, "pypi", "x>\n# <b>`", **UPLOAD)


def test_an_index_of_another_name_changes_nothing(tmp_path: Path) -> None:
    assert with_index(tmp_path, "more", "https://x.org", **UPLOAD) == text()
    assert with_index(tmp_path, "pypi", "https://pypi.org/simple") == text()


def test_the_commands_depend_on_where_the_version_comes_from() -> None:
    assert "$ uv version --bump minor\n" in text()
    assert "$ VERSION=$(uv version --short)\n" in text()
    dynamic: dict[str, Any] = {"version": None, "dynamic": ["version"]}
    by_tag, by_file = text(**dynamic), text(build={"history": False}, **dynamic)
    assert "The version comes from the tag.\n" in by_tag
    assert '$ evenfall release rehearse --tag="v$VERSION"\n' in by_tag
    assert "$ evenfall release rehearse\n" in by_file
    assert "Change the version in the file" in by_file
    for found in (by_tag, by_file):
        assert "$ uv version" not in found
        assert "$ VERSION=1.2.3\n" in found


def test_the_changelog_is_the_one_of_the_settings() -> None:
    assert "to the changelog, if there is one." in text()
    assert "to NEWS.md." in text(release={"changelog": "NEWS.md"})
    assert "Add the section" not in text(release={"changelog": ""})


def test_a_draft_or_a_tag_starts_the_publication() -> None:
    by_release, by_tag = text(), text(release={"trigger": "tag"})
    assert "$ evenfall release draft\n" in by_release
    assert "$ gh release delete" in by_release
    assert "does not give the files of the release" in by_release
    assert "does not give the files of the release" not in by_tag
    assert "$ evenfall release draft\n" not in by_tag
    assert "$ gh release delete" not in by_tag


def test_the_table_lists_every_job_with_its_events() -> None:
    found = text()
    assert "| `release-install` (4 jobs) | every run |" in found
    assert "| `publish-pypi` | a published release |" in found
    assert "| `publish-testpypi` | a manual run |" in found
    assert "| `publish-pypi` | a pushed tag |" in text(release={"trigger": "tag"})
