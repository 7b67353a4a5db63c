from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.github_api.repository import GitHubRepository
from evenfall.release.github_release import DraftReport, DraftRequest, as_json, draft, text
from evenfall.release.github_releases import GitHub
from evenfall.release.manifest import read_manifest, write_manifest
from tests.release.distributions import write_release
from tests.release.github import REPOSITORY, TOKEN, FakeGitHub

COMMIT = "0" * 40
NAMES = ("lamp-1.0-py3-none-any.whl", "lamp-1.0.tar.gz", "lamp-1.0.cdx.json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_release(tmp_path)


Draft = Callable[..., DraftReport]


@pytest.fixture
def run(api: GitHub, folder: Path) -> Draft:
    """Return a function that makes the draft."""
    return lambda **values: draft(DraftRequest(folder=folder, github=api, progress=str, **values))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def codes(report: DraftReport) -> list[str]:
    return [finding.code for finding in report.findings]


def test_the_draft_has_every_file_and_the_manifest(fake: FakeGitHub, folder: Path, run: Draft) -> None:
    report = run(notes="# New\n")
    assert report.exit_code == Exit.FINE
    assert fake.files() == contents(folder)
    assert sorted(report.uploaded) == sorted(contents(folder))
    facts = ("tag_name", "target_commitish", "draft", "prerelease", "body")
    assert [fake.release[name] for name in facts] == ["v1.0", COMMIT, True, False, "# New\n"]


@pytest.mark.parametrize("version", ["1.0rc1", "1.0.dev3"])
def test_the_release_of_a_pre_release_is_marked_so(fake: FakeGitHub, folder: Path, run: Draft, version: str) -> None:
    write_manifest(folder, msgspec.structs.replace(read_manifest(folder), version=version))
    run()
    assert fake.release["prerelease"]


def test_a_second_run_changes_nothing(fake: FakeGitHub, run: Draft) -> None:
    run()
    fake.requests.clear()
    report = run()
    assert (report.uploaded, len(report.kept)) == ((), 4)
    assert {request.partition(" ")[0] for request in fake.requests} == {"GET"}


def test_an_existing_draft_keeps_its_text_and_other_files(fake: FakeGitHub, folder: Path, run: Draft) -> None:
    release = fake.add_release("v1.0", body="edited", name="A lamp")
    fake.add_asset(release, "installer.exe", b"more")
    fake.add_asset(release, NAMES[0], (folder / NAMES[0]).read_bytes())
    fake.add_asset(release, NAMES[1], b"an earlier build")
    report = run(notes="other")
    assert (release["body"], release["name"]) == ("edited", "A lamp")
    assert fake.files() == contents(folder) | {"installer.exe": b"more"}
    assert report.kept == (NAMES[0],)


def test_a_file_that_github_renames_is_not_uploaded_twice(fake: FakeGitHub, folder: Path, run: Draft) -> None:
    release = fake.add_release("v1.0")
    fake.add_asset(release, "lamp-1.0.renamed", (folder / NAMES[0]).read_bytes())
    assert NAMES[0] in run().kept


def test_a_draft_of_an_earlier_build_gets_the_commit_of_this_one(fake: FakeGitHub, run: Draft) -> None:
    fake.add_release("v1.0", target_commitish="b" * 40)
    run()
    assert fake.release["target_commitish"] == COMMIT


def test_the_draft_is_found_on_a_later_page(fake: FakeGitHub, run: Draft) -> None:
    fake.add_release("v1.0")
    fake.add_release("v0.9", draft=False)
    fake.add_release("v0.8", draft=True)
    fake.page_size = 1
    run()
    assert len(fake.releases) == 3


@pytest.mark.parametrize("trigger", ["release", "tag"])
def test_the_next_steps_push_the_tag_if_github_does_not_have_it(fake: FakeGitHub, run: Draft, trigger: str) -> None:
    assert "git push origin v1.0" in run(trigger=trigger).next_steps
    fake.tags["v1.0"] = COMMIT
    assert "git push origin v1.0" not in run(trigger=trigger).next_steps


def test_a_draft_that_a_person_publishes_is_linked(run: Draft) -> None:
    report = run()
    assert report.url in report.next_steps[-1]
    assert report.notes


def test_publishing_completes_the_draft_first(fake: FakeGitHub, folder: Path, run: Draft) -> None:
    fake.immutable = True
    report = run(publish=True, trigger="tag")
    assert report.is_published
    assert not fake.release["draft"]
    assert fake.files() == contents(folder)


def test_publishing_again_is_a_success_without_changes(fake: FakeGitHub, run: Draft) -> None:
    fake.immutable = True
    run(publish=True)
    fake.requests.clear()
    report = run(publish=True)
    assert (report.exit_code, report.is_published, len(report.kept)) == (Exit.FINE, True, 4)
    assert len(fake.requests) == 1


@pytest.mark.parametrize("immutable", [False, True])
@pytest.mark.parametrize("publish", [False, True])
def test_a_published_release_with_other_files_is_found(
    fake: FakeGitHub, run: Draft, immutable: bool, publish: bool
) -> None:
    fake.add_release("v1.0", draft=False, immutable=immutable)
    report = run(publish=publish)
    assert (codes(report), report.exit_code) == (["release-already-published"], Exit.FINDINGS)
    assert fake.files() == {}


def test_no_draft_is_made_of_a_published_release_with_the_same_files(fake: FakeGitHub, run: Draft) -> None:
    run(publish=True)
    assert codes(run()) == ["release-already-published"]


def test_a_tag_on_another_commit_is_found(fake: FakeGitHub, run: Draft) -> None:
    fake.tags["v1.0"] = "b" * 40
    assert codes(run()) == ["release-tag-differs"]
    assert fake.releases == []


def test_a_tag_that_an_immutable_release_had_is_found(fake: FakeGitHub, run: Draft) -> None:
    fake.used_up = {"v1.0"}
    report = run(publish=True)
    assert codes(report) == ["release-tag-used-up"]
    assert not report.is_published


def test_a_commit_that_github_does_not_have_is_an_error(fake: FakeGitHub, run: Draft) -> None:
    fake.commits.clear()
    with pytest.raises(EvenfallError, match="target_commitish invalid") as caught:
        run()
    assert caught.value.exit_code == Exit.USAGE


def test_other_bytes_on_github_are_inconclusive(folder: Path, fake: FakeGitHub) -> None:
    class Broken(GitHub):
        """Loses the last byte of an upload."""

        def upload(self, release, name, content):  # type: ignore[no-untyped-def]
            return super().upload(release, name, content[:-1])

    repository = GitHubRepository(name=REPOSITORY, api=fake.api, token=TOKEN)
    with Broken(repository) as api, pytest.raises(EvenfallError) as caught:
        draft(DraftRequest(folder=folder, github=api, progress=str))
    assert caught.value.exit_code == Exit.UNKNOWN


def test_a_draft_that_lost_a_file_is_not_published(folder: Path, fake: FakeGitHub) -> None:
    class Losing(GitHub):
        """Does not keep the SBOM."""

        def upload(self, release, name, content):  # type: ignore[no-untyped-def]
            asset = super().upload(release, name, content)
            if name == NAMES[2]:
                self.delete(asset)
            return asset

    repository = GitHubRepository(name=REPOSITORY, api=fake.api, token=TOKEN)
    with Losing(repository) as api, pytest.raises(EvenfallError, match=NAMES[2]) as caught:
        draft(DraftRequest(folder=folder, github=api, progress=str, publish=True))
    assert caught.value.exit_code == Exit.UNKNOWN
    assert fake.release["draft"]


def test_files_for_another_index_are_refused(folder: Path, run: Draft) -> None:
    write_manifest(folder, msgspec.structs.replace(read_manifest(folder), index="testpypi"))
    with pytest.raises(EvenfallError, match="testpypi"):
        run()


def test_the_report_is_text_and_json(fake: FakeGitHub, folder: Path, run: Draft) -> None:
    fake.add_asset(fake.add_release("v1.0"), NAMES[0], (folder / NAMES[0]).read_bytes())
    report = run()
    values = json.loads(json.dumps(as_json(report)))
    assert (values["tag"], values["published"], values["exit_code"]) == ("v1.0", False, 0)
    lines = text(report).splitlines()
    assert f"kept {NAMES[0]}" in lines
    assert f"uploaded {NAMES[1]}" in lines
    assert lines[-1] == f"v1.0: draft: {report.url}"


def test_the_text_of_a_finding_has_its_code(fake: FakeGitHub, run: Draft) -> None:
    fake.tags["v1.0"] = "b" * 40
    assert "[release-tag-differs]" in text(run())
