from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError
from evenfall.github.refresh_tools import ToolUpdate, propose_update, update_tools
from evenfall.github_api.client import GitHubApi
from evenfall.project.uv import uv
from tests.github.git_data import BASE, GitData
from tests.github_api.fake_github import FakeGitHub

pytestmark = pytest.mark.integration

HEADER = '# /// script\n# requires-python = ">=3.11"\n# dependencies = ["idna", "iniconfig"]\n# ///\n'
UPDATE = ToolUpdate(name="idna", before="3.6", after="3.10")


def lock(root: Path, newest: str, header: str = HEADER) -> None:
    (root / "noxfile.py").write_text(header)
    uv(root, "lock", "--quiet", f"--exclude-newer={newest}", "--script", "noxfile.py")
    remove_options(root)


def remove_options(root: Path) -> None:
    path = root / "noxfile.py.lock"
    start, _, rest = path.read_text().partition("[options]\n")
    path.write_text(start + "[manifest]\n" + rest.partition("[manifest]\n")[2])


def date(year: int, month: int) -> datetime.datetime:
    return datetime.datetime(year, month, 1, tzinfo=datetime.UTC)


def test_tools_are_updated_to_releases_that_are_older_than_the_cooldown(tmp_path: Path) -> None:
    lock(tmp_path, "2024-01-01T00:00:00Z")
    # idna 3.7 was uploaded on 2024-04-11.
    assert update_tools(tmp_path, cooldown_days=30, now=date(2024, 5)) == ()
    updates = update_tools(tmp_path, cooldown_days=7, now=date(2024, 5))
    assert list(map(str, updates)) == ["idna 3.6 -> 3.7"]
    assert "exclude-newer" not in (tmp_path / "noxfile.py.lock").read_text()


def test_the_lock_keeps_the_exclude_newer_of_the_project(tmp_path: Path) -> None:
    lock(tmp_path, "2024-01-01T00:00:00Z")
    path = tmp_path / "noxfile.py.lock"
    of_project = '[options]\nexclude-newer = "0001-01-01T00:00:00Z"\nexclude-newer-span = "P14D"\n\n[manifest]\n'
    path.write_text(path.read_text().replace("[manifest]\n", of_project))
    (tmp_path / "pyproject.toml").write_text('[tool.uv]\nexclude-newer = "14 days"\n')
    updates = update_tools(tmp_path, cooldown_days=15, now=date(2024, 5))
    assert list(map(str, updates)) == ["idna 3.6 -> 3.7"]
    assert of_project in path.read_text()


def test_no_tool_is_newer_than_the_exclude_newer_of_the_project(tmp_path: Path) -> None:
    # idna 3.7 was uploaded on 2024-04-11.
    (tmp_path / "pyproject.toml").write_text('[tool.uv]\nexclude-newer = "2024-04-01T00:00:00Z"\n')
    (tmp_path / "noxfile.py").write_text(HEADER)
    uv(tmp_path, "lock", "--quiet", "--script", "noxfile.py")
    assert update_tools(tmp_path, cooldown_days=7, now=date(2024, 5)) == ()


def test_no_tool_gets_an_older_version(tmp_path: Path) -> None:
    lock(tmp_path, "2024-05-01T00:00:00Z")
    assert update_tools(tmp_path, cooldown_days=90, now=date(2024, 5)) == ()


def test_a_tool_that_is_newer_than_the_cooldown_lets_no_other_one_be_newer(tmp_path: Path) -> None:
    lock(tmp_path, "2024-03-01T00:00:00Z", HEADER.replace("iniconfig", "typing-extensions"))
    # idna 3.7 was uploaded on 2024-04-11, and typing-extensions 4.11.0 on 2024-04-05.
    newest = ("--exclude-newer=2024-03-01T00:00:00Z", "--exclude-newer-package=idna=2024-05-01T00:00:00Z")
    uv(tmp_path, "lock", "--quiet", "--upgrade", *newest, "--script", "noxfile.py")
    remove_options(tmp_path)
    assert update_tools(tmp_path, cooldown_days=30, now=date(2024, 5)) == ()
    updates = update_tools(tmp_path, cooldown_days=25, now=date(2024, 5))
    assert list(map(str, updates)) == ["typing-extensions 4.10.0 -> 4.11.0"]


def test_a_missing_lock_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match=r"noxfile\.py\.lock"):
        update_tools(tmp_path, cooldown_days=7, now=date(2024, 5))


def test_an_update_is_proposed_in_one_pull_request_that_is_used_again(
    tmp_path: Path, fake: FakeGitHub, api: GitHubApi
) -> None:
    git = GitData(fake)
    file = tmp_path / "noxfile.py.lock"
    file.write_text("first")
    assert propose_update(api, tmp_path, (UPDATE,), ("noxfile.py.lock", "removed.yml")) == "https://example.org/pull/1"
    assert git.proposed == {"noxfile.py.lock": b"first", "removed.yml": None}
    assert "idna 3.6 -> 3.10" in git.requests[0]["body"]
    file.write_text("second")
    newer = ToolUpdate(name="idna", before="3.6", after="3.11")
    assert propose_update(api, tmp_path, (newer,), ("noxfile.py.lock", "removed.yml")) == "https://example.org/pull/1"
    assert "idna 3.6 -> 3.11" in git.requests[0]["body"]
    assert git.proposed["noxfile.py.lock"] == b"second"
    assert git.references["heads/main"] == BASE
