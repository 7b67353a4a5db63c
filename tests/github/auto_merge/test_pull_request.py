from __future__ import annotations

from typing import Any

import msgspec
import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.github.auto_merge.pull_request import Comparison, read_blob
from evenfall.github_api.client import GitHubApi
from tests.github.auto_merge.update import BASE, HEAD, commit
from tests.github_api.fake_github import FakeGitHub

FILES = frozenset(("uv.lock", "pyproject.toml"))


def problems(
    *commits: Any, files: tuple[tuple[str, str], ...] = (("uv.lock", "modified"),), total: int = 1
) -> list[str]:
    values = {
        "merge_base_commit": {"sha": BASE},
        "total_commits": total,
        "commits": list(commits),
        "files": [{"filename": name, "status": status, "sha": None} for name, status in files],
    }
    return list(msgspec.convert(values, Comparison).problems(FILES))


def test_a_change_of_the_lock_by_dependabot_has_no_problem() -> None:
    assert problems(commit(HEAD)) == []


@pytest.mark.parametrize(
    "forged",
    [
        commit(HEAD, author="ada"),
        commit(HEAD, committer="ada"),
        commit(HEAD, verified=False),
        commit(HEAD) | {"author": None},
        commit(HEAD) | {"committer": None},
    ],
)
def test_a_commit_that_is_not_signed_as_one_of_dependabot_is_a_problem(forged: Any) -> None:
    assert len(problems(commit(HEAD), forged, total=2)) == 1


@pytest.mark.parametrize(
    ("name", "status"),
    [("src/uv.lock", "modified"), ("uv.lock", "removed"), ("uv.lock", "renamed"), ("noxfile.py", "modified")],
)
def test_another_file_or_status_is_a_problem(name: str, status: str) -> None:
    assert len(problems(commit(HEAD), files=(("pyproject.toml", "modified"), (name, status)))) == 1


def test_commits_that_github_does_not_show_are_a_problem() -> None:
    assert len(problems(commit(HEAD), total=251)) == 1


@pytest.mark.integration
def test_a_file_with_an_invalid_content_is_inconclusive(fake: FakeGitHub, api: GitHubApi) -> None:
    fake.routes["GET", "git/blobs/.*"] = lambda call: {"content": "a"}
    with pytest.raises(EvenfallError) as raised:
        read_blob(api, HEAD)
    assert raised.value.exit_code is Exit.UNKNOWN
