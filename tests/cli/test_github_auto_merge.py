from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github.auto_merge.update import BASE, HEAD, Update, commit, locked, require
from tests.github_api.fake_github import FakeGitHub, fake_github
from tests.github_api.github_state import ADMIN, REPOSITORY, WORKFLOW
from tests.sample_project import SampleProject
from tests.supply_chain.index import Index, serving
from tests.supply_chain.osv import record, write_zip
from tests.supply_chain.review.locks import lock_text

pytestmark = pytest.mark.integration

PYPROJECT = """\
[project]
name = "lantern"
version = "1"
dependencies = ["oil>=1.0.0", "wick"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.evenfall.audit]
database = "osv.zip"

[tool.evenfall.github]
owners = ["@octocat"]
profile = "team"
token-secret = "UPDATES_TOKEN"
"""
NOXFILE = """\
import evenfall

@evenfall.session
def tests(session): ...
"""


class DependabotRun:
    """A pull request of Dependabot, and the run of the command in its repository."""

    def __init__(self, project: SampleProject, fake: FakeGitHub, index: Index) -> None:
        self.project, self.fake, self.index = project, fake, index
        before = {"uv.lock": self.lock(locked(self.index, "oil", "1.0.0")), "pyproject.toml": PYPROJECT}
        self.update = Update(fake, before, {"uv.lock": self.lock(locked(self.index, "oil", "1.0.1"))})

    def lock(self, *packages: str) -> str:
        """Return a lock with these packages and wick."""
        return lock_text(*packages, locked(self.index, "wick", "1.0"), needs=("oil", "wick"))

    def propose(self, *packages: str) -> None:
        """Change the lock of the pull request."""
        self.update.after["uv.lock"] = self.lock(*packages)

    def run(self, **variables: str) -> subprocess.CompletedProcess[str]:
        event = self.project.write("../event.json", json.dumps(self.update.event))
        variables = {
            "GITHUB_API_URL": self.fake.api,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_EVENT_PATH": os.fspath(event),
            "GITHUB_TOKEN": WORKFLOW,
            **variables,
        }
        self.fake.calls.clear()
        done = self.project.command("github", "auto-merge", env=variables)
        assert not self.fake.crashes
        return done

    @property
    def comment(self) -> str:
        """The text of the only comment."""
        (comment,) = self.update.comments
        return str(comment["body"])


@pytest.fixture
def dependabot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DependabotRun]:
    monkeypatch.setenv("XDG_CACHE_HOME", os.fspath(tmp_path / "cache"))
    for name in ("GH_TOKEN", "GITHUB_STEP_SUMMARY", "UPDATES_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    project = SampleProject(tmp_path / "lantern")
    project.write("noxfile.py", NOXFILE)
    project.write("pyproject.toml", PYPROJECT)
    write_zip(project.root / "osv.zip", record("PYSEC-1", "oil", versions=["1.0.7"]))
    with fake_github() as fake, serving() as index:
        made = DependabotRun(project, fake, index)
        project.write("uv.lock", made.update.before["uv.lock"])
        project.git("init", "--quiet", "--initial-branch=main")
        project.commit("first")
        yield made


def test_a_patch_is_approved_and_merged_after_the_required_checks(dependabot: DependabotRun) -> None:
    done = dependabot.run()
    assert done.returncode == 0, done.stderr
    assert "starts no workflow" in done.stdout
    update = dependabot.update
    assert update.auto_merge == {"enabled_by": {"login": "write"}, "merge_method": "squash"}
    assert [(each["state"], each["commit_id"]) for each in update.reviews] == [("APPROVED", HEAD)]
    assert (update.comments, update.merged) == ([], None)
    assert dependabot.run().returncode == 0
    assert update.auto_merge
    assert len(update.reviews) == 1


def test_auto_merge_of_an_earlier_commit_is_disabled_before_the_review(dependabot: DependabotRun) -> None:
    assert dependabot.run().returncode == 0
    assert dependabot.run().returncode == 0
    calls = dependabot.fake.calls
    disabling, enabling = (number for number, call in enumerate(calls) if "graphql" in call)
    review = next(number for number, call in enumerate(calls) if f"compare/{BASE}...{HEAD}" in call)
    assert disabling < review < enabling


def test_a_patch_is_not_approved_if_the_rules_ask_for_no_approval(dependabot: DependabotRun) -> None:
    dependabot.project.write("pyproject.toml", PYPROJECT.replace('"team"', '"solo"'))
    assert dependabot.run().returncode == 0
    assert dependabot.update.auto_merge
    assert dependabot.update.reviews == []


def test_the_account_of_the_other_token_merges_and_does_not_approve(dependabot: DependabotRun) -> None:
    done = dependabot.run(UPDATES_TOKEN=ADMIN)
    assert done.returncode == 0, done.stderr
    assert "starts no workflow" not in done.stdout
    assert dependabot.update.auto_merge == {"enabled_by": {"login": "admin"}, "merge_method": "squash"}


def test_a_major_update_gets_one_comment_that_is_updated(dependabot: DependabotRun) -> None:
    dependabot.propose(locked(dependabot.index, "oil", "2.0.0"))
    for _ in range(2):
        done = dependabot.run()
        assert done.returncode == 0, done.stderr
        assert "oil 1.0.0 -> 2.0.0 is a major update" in done.stdout
        assert "is a major update" in dependabot.comment
    assert dependabot.fake.writes == []
    assert (dependabot.update.reviews, dependabot.update.auto_merge) == ([], None)
    dependabot.propose(locked(dependabot.index, "oil", "1.1.0"))
    assert dependabot.run().returncode == 0
    assert "major" not in dependabot.comment
    assert dependabot.update.auto_merge


def test_a_push_that_is_not_allowed_disables_auto_merge(dependabot: DependabotRun) -> None:
    assert dependabot.run().returncode == 0
    update = dependabot.update
    update.head = "e" * 40
    update.commits.append(commit(update.head, author="ada"))
    update.total_commits = 2
    assert dependabot.run().returncode == 0
    assert update.auto_merge is None
    assert "recreate" in dependabot.comment
    assert len(update.reviews) == 1


def test_another_hash_of_another_release_is_not_merged(dependabot: DependabotRun) -> None:
    wick = locked(dependabot.index, "wick", "1.0", digest="f" * 64)
    dependabot.update.after["uv.lock"] = lock_text(
        locked(dependabot.index, "oil", "1.0.1"), wick, needs=("oil", "wick")
    )
    done = dependabot.run()
    assert done.returncode == 0, done.stderr
    assert "review-hash-changed" in done.stdout
    assert dependabot.update.auto_merge is None


def test_another_hash_of_the_new_release_is_not_merged(dependabot: DependabotRun) -> None:
    dependabot.propose(locked(dependabot.index, "oil", "1.0.1", digest="f" * 64))
    done = dependabot.run()
    assert (done.returncode, dependabot.update.auto_merge) == (3, None), done.stderr
    assert "inconclusive: oil 1.0.1: its index does not list every file with the hash in the lock" in done.stdout


def test_the_name_of_a_file_starts_no_command_of_github_actions(dependabot: DependabotRun) -> None:
    dependabot.update.after["a\n::add-mask::b"] = ""
    done = dependabot.run()
    assert "a ::add-mask::b is added" in done.stdout
    assert not any(line.startswith("::") for line in done.stdout.splitlines())


def test_an_unknown_license_is_inconclusive(dependabot: DependabotRun) -> None:
    dependabot.propose(locked(dependabot.index, "oil", "1.0.2"))
    dependabot.index.status = 500
    done = dependabot.run()
    assert done.returncode == 3, done.stderr
    assert "the license of oil 1" in dependabot.comment
    assert dependabot.update.auto_merge is None


def test_a_yanked_release_is_not_merged_and_neither_is_one_that_the_index_does_not_list(
    dependabot: DependabotRun,
) -> None:
    wheel = "oil-1.0.1-py3-none-any.whl"
    content = dependabot.index.files.pop(wheel)
    done = dependabot.run()
    assert (done.returncode, dependabot.update.auto_merge) == (3, None), done.stderr
    assert "inconclusive: oil 1.0.1: its index does not list every file with the hash in the lock" in done.stdout
    dependabot.index.files[wheel] = content
    dependabot.index.yanked[wheel] = ""
    done = dependabot.run()
    assert (done.returncode, dependabot.update.auto_merge) == (0, None), done.stderr
    assert "review-yanked: oil 1.0.1: " in done.stdout


def test_a_broken_lock_is_inconclusive(dependabot: DependabotRun) -> None:
    dependabot.update.after["uv.lock"] = "version = 99"
    done = dependabot.run()
    assert (done.returncode, dependabot.update.auto_merge) == (3, None), done.stderr
    assert "uv.lock" in dependabot.comment


def test_a_requirement_may_get_a_new_version_and_nothing_else(dependabot: DependabotRun) -> None:
    after = dependabot.update.after
    after["pyproject.toml"] = PYPROJECT.replace("oil>=1.0.0", "oil>=1.0.1")
    assert dependabot.run().returncode == 0
    assert dependabot.update.auto_merge
    after["pyproject.toml"] = PYPROJECT.replace("hatchling.build", "other.build")
    assert dependabot.run().returncode == 0
    assert dependabot.update.auto_merge is None
    assert "build-system.build-backend" in dependabot.comment.replace("\\", "")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({".github/workflows/ci.yml": "jobs: {}"}, ".github/workflows/ci.yml is added"),
        ({"pyproject.toml": PYPROJECT.replace("1.0.0", "1.0.1")}, "uv.lock does not change"),
    ],
)
def test_other_files_are_left_to_a_person(dependabot: DependabotRun, change: dict[str, str], reason: str) -> None:
    if "uv.lock" in reason:
        dependabot.update.after.clear()
    dependabot.update.after.update(change)
    done = dependabot.run()
    assert done.returncode == 0, done.stderr
    assert reason in done.stdout
    assert dependabot.update.auto_merge is None


def test_a_pull_request_by_somebody_else_is_ignored(dependabot: DependabotRun) -> None:
    update = dependabot.update
    for author, repository in (("ada", REPOSITORY), ("dependabot[bot]", "mallory/lamp"), ("dependabot[bot]", None)):
        update.author, update.head_repository = {"login": author, "type": "User"}, repository
        done = dependabot.run()
        assert done.returncode == 0, done.stderr
        assert "not by Dependabot" in done.stdout
        assert dependabot.fake.writes == []


def test_a_closed_or_newer_pull_request_is_ignored(dependabot: DependabotRun) -> None:
    update = dependabot.update
    update.state = "closed"
    assert "closed" in dependabot.run().stdout
    update.state = "open"
    path = dependabot.project.write("../old.json", json.dumps(update.event))
    update.head = "e" * 40
    assert "newer" in dependabot.run(GITHUB_EVENT_PATH=os.fspath(path)).stdout
    assert (update.auto_merge, update.reviews) == (None, [])


def test_a_pull_request_without_anything_to_wait_for_is_merged(dependabot: DependabotRun) -> None:
    dependabot.update.is_clean = True
    done = dependabot.run(UPDATES_TOKEN=ADMIN)
    assert done.returncode == 0, done.stderr
    assert "starts no workflow" in done.stdout
    assert dependabot.update.merged == {"sha": HEAD, "merge_method": "squash"}


def test_an_error_of_github_disables_auto_merge_because_the_commit_is_not_reviewed(dependabot: DependabotRun) -> None:
    assert dependabot.run().returncode == 0
    dependabot.fake.refuse("GET", "compare/", 500, "Server Error")
    done = dependabot.run()
    assert (done.returncode, dependabot.update.auto_merge) == (3, None), done.stdout


def test_nothing_is_merged_if_the_rules_do_not_require_the_checks(dependabot: DependabotRun) -> None:
    dependabot.update.is_clean = True
    require(dependabot.fake, "another")
    done = dependabot.run()
    assert done.returncode == 2
    assert "All CI checks pass" in done.stderr
    assert (dependabot.update.merged, dependabot.update.reviews) == (None, [])


def test_a_repository_without_auto_merge_is_an_error(dependabot: DependabotRun) -> None:
    dependabot.update.rejection = "Auto merge is not allowed for this repository"
    done = dependabot.run()
    assert done.returncode == 2
    assert "Auto merge is not allowed" in done.stderr


def test_an_approval_of_an_earlier_commit_is_not_enough(dependabot: DependabotRun) -> None:
    assert dependabot.run().returncode == 0
    update = dependabot.update
    update.head = "e" * 40
    update.commits = [commit(update.head)]
    assert dependabot.run().returncode == 0
    assert [each["commit_id"] for each in update.reviews] == [HEAD, update.head]


def test_it_runs_only_in_a_pull_request(dependabot: DependabotRun) -> None:
    done = dependabot.run(GITHUB_EVENT_PATH="")
    assert done.returncode == 2
    assert "GITHUB_EVENT_PATH" in done.stderr
