from __future__ import annotations

import datetime
import json
import os
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.release.manifest import IndexName
from evenfall.release.version import VersionReport, VersionRequest, check_version
from tests.sample_project import SampleProject
from tests.supply_chain.osv import Loopback

PYPROJECT = """\
[build-system]
requires = ["uv_build"]
build-backend = "uv_build"

[project]
name = "Lamp-Oil"
version = "1.1"

[[tool.uv.index]]
name = "pypi"
url = "{index}/simple/"
publish-url = "{index}/upload"
"""
LOCK = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "lamp-oil"
version = "1.1"
source = { editable = "." }
"""
SDIST, WHEEL = "lamp_oil-1.1.tar.gz", "lamp_oil-1.1-py3-none-any.whl"


@pytest.fixture(autouse=True)
def no_github(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("GITHUB_", "GH_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)


@pytest.fixture
def lamp(tmp_path: Path, loopback: Loopback) -> SampleProject:
    """A project with the tag of its first release, and the version of the second."""
    project = SampleProject(tmp_path / "lamp")
    project.write("README.md", "# Lamp\n")
    project.git("init", "--quiet", "--initial-branch=main")
    project.commit("first")
    project.git("tag", "v1.0")
    project.write("pyproject.toml", PYPROJECT.format(index=loopback.address))
    project.write("uv.lock", LOCK)
    project.write("CHANGELOG.md", "# Changelog\n\n## 1.1 - 2026-11-01\n\n- brighter\n")
    project.commit("second")
    return project


def offer(loopback: Loopback, *names: str, days: int = 1) -> None:
    """Offer files on the index that were uploaded some days ago."""
    time = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days)
    files = [{"filename": name, "url": name, "hashes": {}, "upload-time": time.isoformat()} for name in names]
    loopback.page("/simple/lamp-oil/", json.dumps({"files": files}).encode())


def check(project: SampleProject, index: IndexName = "pypi", *, tag: str = "", offline: bool = False) -> VersionReport:
    return check_version(VersionRequest(root=project.root, index=index, tag=tag, offline=offline))


def codes(report: VersionReport) -> list[str]:
    return [finding.code for finding in report.findings]


def test_a_version_that_can_be_released_has_its_tag_and_the_next_commands(
    lamp: SampleProject, loopback: Loopback
) -> None:
    offer(loopback, "lamp_oil-1.0.tar.gz", "lamp_oil-1.0-py3-none-any.whl", "lamp-oil-0.1.exe")
    report = check(lamp)
    assert (report.version, report.tag, report.exit_code) == ("1.1", "v1.1", Exit.FINE)
    assert report.findings == ()
    for command in report.next[:1]:
        lamp.git(*command.replace('"', "").split(maxsplit=5)[1:])
    tagged = check(lamp, tag=report.tag)
    assert (tagged.findings, tagged.next) == ((), ())


def test_every_fact_is_gathered(lamp: SampleProject, loopback: Loopback) -> None:
    offer(loopback, SDIST, WHEEL)
    lamp.git("tag", "v1.1")
    lamp.commit("third")
    lamp.replace("pyproject.toml", 'name = "Lamp-Oil"\n', 'name = "Lamp-Oil"\nclassifiers = ["Private :: No"]\n')
    lamp.replace("uv.lock", '"1.1"', '"1.0"')
    lamp.replace("CHANGELOG.md", "1.1 - 2026-11-01", "Unreleased")
    lamp.write("new.py", "")
    report = check(lamp)
    assert codes(report) == [
        "release-private",
        "release-not-bumped",
        "release-version-exists",
        "release-changelog-section",
        "release-uncommitted",
        "release-untracked",
        "release-lock-version",
    ]
    assert (report.exit_code, report.next) == (Exit.FINDINGS, ())


def test_an_interrupted_upload_to_a_private_index_can_be_resumed_at_any_time(
    lamp: SampleProject, loopback: Loopback
) -> None:
    offer(loopback, WHEEL, days=15)
    report = check(lamp)
    assert report.findings == ()
    assert any("evenfall release publish" in note for note in report.notes)


def test_an_index_that_can_not_be_asked_is_inconclusive(lamp: SampleProject, loopback: Loopback) -> None:
    loopback.page("/simple/lamp-oil/", b"", 500)
    report = check(lamp)
    assert (codes(report), len(report.unknown), report.exit_code) == ([], 1, Exit.UNKNOWN)
    offline = check(lamp, offline=True)
    assert (offline.unknown, offline.exit_code) == ((), Exit.FINE)
    assert any("PyPI" in note for note in offline.notes)


def test_findings_are_reported_even_if_something_is_unknown(lamp: SampleProject, loopback: Loopback) -> None:
    loopback.page("/simple/lamp-oil/", b"", 500)
    assert check(lamp, tag="v1.2").exit_code is Exit.FINDINGS


def test_a_private_index_needs_no_pending_publisher(lamp: SampleProject) -> None:
    assert not any("publisher" in note for note in check(lamp).notes)


def test_missing_tags_of_released_versions_are_noted(lamp: SampleProject, loopback: Loopback) -> None:
    offer(loopback, "lamp_oil-1.0.tar.gz")
    lamp.git("tag", "--delete", "v1.0")
    assert any("git fetch --tags" in note for note in check(lamp).notes)


def test_a_changelog_without_any_version_is_noted(lamp: SampleProject) -> None:
    lamp.write("CHANGELOG.md", "See the releases.\n")
    lamp.commit()
    report = check(lamp)
    assert codes(report) == []
    assert any("CHANGELOG.md" in note for note in report.notes)


def test_the_earlier_tags_of_a_shallow_clone_are_unknown(lamp: SampleProject, tmp_path: Path) -> None:
    lamp.git("clone", "--quiet", "--depth=1", lamp.root.as_uri(), os.fspath(tmp_path / "shallow"))
    report = check(SampleProject(tmp_path / "shallow"))
    assert (len(report.unknown), report.exit_code) == (1, Exit.UNKNOWN)


def test_a_version_from_a_tag_is_unknown_in_a_shallow_clone(lamp: SampleProject, tmp_path: Path) -> None:
    lamp.replace("pyproject.toml", 'requires = ["uv_build"]', 'requires = ["hatch-vcs"]')
    lamp.replace("pyproject.toml", 'version = "1.1"', 'dynamic = ["version"]')
    lamp.commit()
    lamp.git("clone", "--quiet", "--depth=1", lamp.root.as_uri(), os.fspath(tmp_path / "shallow"))
    with pytest.raises(EvenfallError) as caught:
        check(SampleProject(tmp_path / "shallow"))
    assert caught.value.exit_code is Exit.UNKNOWN


def test_a_build_for_testpypi_has_no_tag_and_is_not_compared_with_earlier_versions(
    lamp: SampleProject, loopback: Loopback
) -> None:
    lamp.git("tag", "v1.1")
    lamp.commit()
    lamp.write("CHANGELOG.md", "## Unreleased\n")
    lamp.replace("pyproject.toml", 'name = "pypi"', 'name = "testpypi"')
    lamp.commit()
    offer(loopback, SDIST, WHEEL)
    report = check(lamp, "testpypi")
    assert (report.findings, report.tag, report.next, report.exit_code) == ((), "", (), Exit.FINE)
    assert any("development number" in note for note in report.notes)


def test_a_member_of_a_workspace_has_the_lock_of_the_workspace(lamp: SampleProject) -> None:
    member = SampleProject(lamp.root / "packages/oil")
    member.write(
        "pyproject.toml", '[build-system]\nrequires = ["uv_build"]\n\n[project]\nname = "oil"\nversion = "0.1"\n'
    )
    lamp.write(
        "uv.lock",
        f'{LOCK}\n[[package]]\nname = "oil"\nversion = "0.2"\nsource = {{ editable = "packages/oil" }}\n'
        '\n[manifest]\nmembers = ["lamp-oil", "oil"]\n',
    )
    lamp.commit()
    report = check(member, offline=True)
    assert {(finding.code, finding.location.path) for finding in report.findings} == {
        ("release-version-older", "packages/oil/pyproject.toml"),
        ("release-lock-version", "uv.lock"),
    }


def test_a_repository_needs_a_commit(lamp: SampleProject, tmp_path: Path) -> None:
    unborn = SampleProject(tmp_path / "unborn")
    unborn.write("pyproject.toml", lamp.read("pyproject.toml"))
    unborn.git("init", "--quiet")
    with pytest.raises(EvenfallError, match="no commit"):
        check(unborn)


def test_github_is_asked_for_the_tag(lamp: SampleProject, loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"GITHUB_API_URL": loopback.address, "GITHUB_REPOSITORY": "lamps/lamp", "GH_TOKEN": "planted-token"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    loopback.page("/repos/lamps/lamp/commits/tags/v1.1", b"c" * 40)
    assert codes(check(lamp)) == ["release-tag-differs"]
    monkeypatch.setenv("GITHUB_REF", "refs/tags/v1.1")
    assert codes(check(lamp)) == []


def test_an_invalid_netrc_file_is_an_error(
    lamp: SampleProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine")
    monkeypatch.setenv("NETRC", os.fspath(tmp_path / "netrc"))
    with pytest.raises(EvenfallError) as caught:
        check_version(VersionRequest(root=lamp.root, index="pypi"))
    assert caught.value.exit_code == Exit.USAGE
