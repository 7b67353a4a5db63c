from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Severity
from evenfall.release.manifest import ReleaseFile, describe_file
from evenfall.release.release_assets import Asset, asset_findings, download_asset, published_assets
from tests.release.github import REPOSITORY, TOKEN, FakeGitHub

WHEEL = ReleaseFile(name="lamp-1.0-py3-none-any.whl", kind="wheel", size=1, sha256="a" * 64)
SDIST = ReleaseFile(name="lamp-1.0.tar.gz", kind="sdist", size=1, sha256="b" * 64)


def asset(file: ReleaseFile, digest: str | None = "") -> Asset:
    return Asset(file.name, f"sha256:{file.sha256}" if digest == "" else digest)


def event(path: Path, payload: Any) -> dict[str, str]:
    path.write_text(payload if isinstance(payload, str) else json.dumps(payload))
    return {"GITHUB_EVENT_NAME": "release", "GITHUB_EVENT_PATH": str(path)}


def environ(fake: FakeGitHub, token: str = TOKEN) -> dict[str, str]:
    return {"GITHUB_API_URL": fake.api, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": token}


@pytest.fixture
def uploaded(fake: FakeGitHub) -> Asset:
    """The asset of a published release, as the event describes it."""
    values = fake.add_asset(fake.add_release("v1.0", draft=False), "lamp.txt", b"light")
    return Asset(**{name: values[name] for name in ("name", "digest", "url", "browser_download_url")})


def test_the_assets_are_those_of_the_event(tmp_path: Path) -> None:
    assets = [{"name": "a", "digest": "sha256:1", "size": 3, "url": "u"}, {"name": "b", "digest": None}]
    environ = event(tmp_path / "event.json", {"action": "published", "release": {"assets": assets}})
    assert published_assets(environ) == (Asset("a", "sha256:1", "u"), Asset("b", None))


@pytest.mark.parametrize("payload", ["", "{}", '{"release": {}}', '{"release": {"assets": 1}}', "[]"])
def test_an_event_without_a_release_is_inconclusive(tmp_path: Path, payload: str) -> None:
    with pytest.raises(EvenfallError) as caught:
        published_assets(event(tmp_path / "event.json", payload))
    assert caught.value.exit_code == Exit.UNKNOWN


def test_a_missing_event_is_inconclusive() -> None:
    with pytest.raises(EvenfallError) as caught:
        published_assets({"GITHUB_EVENT_NAME": "release"})
    assert caught.value.exit_code == Exit.UNKNOWN


def test_another_event_has_no_assets_to_compare_with(tmp_path: Path) -> None:
    environ = event(tmp_path / "event.json", {"release": {"assets": []}}) | {"GITHUB_EVENT_NAME": "push"}
    assert published_assets(environ) is None
    assert [*asset_findings((WHEEL, SDIST), None)] == []


@pytest.mark.parametrize("private", [False, True])
def test_a_download_sends_the_token_to_the_api_only(
    fake: FakeGitHub, uploaded: Asset, tmp_path: Path, private: bool
) -> None:
    fake.private = private
    assert download_asset(uploaded, tmp_path / "file", environ(fake)) == uploaded.digest
    assert (tmp_path / "file").read_bytes() == b"light"
    assert fake.requests == [f"GET {uploaded.url.removeprefix(fake.api)}", "storage signed"]


def test_the_token_is_not_sent_to_another_server_that_the_event_names(
    fake: FakeGitHub, uploaded: Asset, tmp_path: Path
) -> None:
    download_asset(uploaded, tmp_path / "file", environ(fake) | {"GITHUB_API_URL": "https://api.github.test"})
    assert fake.requests == ["storage public"]


@pytest.mark.parametrize("variables", [{"GITHUB_TOKEN": ""}, {"GITHUB_REPOSITORY": ""}])
def test_without_a_token_a_public_asset_is_downloaded(
    fake: FakeGitHub, uploaded: Asset, tmp_path: Path, variables: dict[str, str]
) -> None:
    assert download_asset(uploaded, tmp_path / "file", environ(fake) | variables) == uploaded.digest


def test_without_a_token_a_private_asset_is_inconclusive(fake: FakeGitHub, uploaded: Asset, tmp_path: Path) -> None:
    fake.private = True
    with pytest.raises(EvenfallError) as caught:
        download_asset(uploaded, tmp_path / "file", environ(fake, ""))
    assert caught.value.exit_code == Exit.UNKNOWN
    assert "GITHUB_TOKEN" in caught.value.hint


@pytest.mark.parametrize("status", [401, 404, 500])
def test_an_error_of_the_server_is_inconclusive_and_has_no_token(
    fake: FakeGitHub, uploaded: Asset, tmp_path: Path, status: int
) -> None:
    fake.status = status
    with pytest.raises(EvenfallError, match=str(status)) as caught:
        download_asset(uploaded, tmp_path / "file", environ(fake))
    assert caught.value.exit_code == Exit.UNKNOWN
    assert TOKEN not in str(caught.value)


def test_an_asset_without_an_address_is_inconclusive(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError) as caught:
        download_asset(Asset("lamp.txt"), tmp_path / "file", {})
    assert caught.value.exit_code == Exit.UNKNOWN


def test_equal_assets_and_further_ones_are_fine() -> None:
    further = Asset("notes.pdf", None)
    assert [*asset_findings((WHEEL, SDIST), (asset(WHEEL), asset(SDIST), further))] == []


def test_a_release_without_assets_is_noted() -> None:
    (finding,) = asset_findings((WHEEL, SDIST), ())
    assert (finding.code, finding.severity) == ("release-no-assets", Severity.NOTE)


def test_a_different_asset_is_an_error_with_both_hashes() -> None:
    (finding,) = asset_findings((WHEEL, SDIST), (asset(WHEEL, "sha256:cd"), asset(SDIST)))
    assert (finding.code, finding.severity) == ("release-asset-differs", Severity.ERROR)
    assert WHEEL.sha256 in finding.reason
    assert "sha256:cd" in finding.reason


def test_a_file_that_is_no_asset_is_a_warning() -> None:
    (finding,) = asset_findings((WHEEL, SDIST), (asset(WHEEL),))
    assert (finding.code, finding.severity, finding.location.path) == (
        "release-asset-missing",
        Severity.WARNING,
        SDIST.name,
    )


@pytest.fixture
def unknown(uploaded: Asset) -> Asset:
    """The same asset in an event that GitHub sent before it had computed the digest."""
    return Asset(uploaded.name, None, uploaded.url, uploaded.browser_download_url)


@pytest.mark.parametrize(("content", "number"), [("light", 0), ("dark", 1)])
def test_an_asset_without_a_digest_is_downloaded(
    fake: FakeGitHub, unknown: Asset, tmp_path: Path, content: str, number: int
) -> None:
    built = tmp_path / unknown.name
    built.write_text(content)
    findings = [*asset_findings([describe_file(built, "wheel")], [unknown], environ(fake))]
    assert [finding.code for finding in findings] == ["release-asset-differs"] * number
