from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Severity
from evenfall.release.manifest import ReleaseFile
from evenfall.release.release_assets import Asset, asset_findings, published_assets

WHEEL = ReleaseFile(name="lamp-1.0-py3-none-any.whl", kind="wheel", size=1, sha256="a" * 64)
SDIST = ReleaseFile(name="lamp-1.0.tar.gz", kind="sdist", size=1, sha256="b" * 64)


def asset(file: ReleaseFile, digest: str | None = "") -> Asset:
    return Asset(file.name, f"sha256:{file.sha256}" if digest == "" else digest)


def event(path: Path, payload: Any) -> dict[str, str]:
    path.write_text(payload if isinstance(payload, str) else json.dumps(payload))
    return {"GITHUB_EVENT_NAME": "release", "GITHUB_EVENT_PATH": str(path)}


def test_the_assets_are_those_of_the_event(tmp_path: Path) -> None:
    assets = [{"name": "a", "digest": "sha256:1", "size": 3}, {"name": "b", "digest": None}]
    environ = event(tmp_path / "event.json", {"action": "published", "release": {"assets": assets}})
    assert published_assets(environ) == (Asset("a", "sha256:1"), Asset("b", None))


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
    assert asset_findings((WHEEL, SDIST), None) == ()


def test_equal_assets_and_further_ones_are_fine() -> None:
    further = Asset("notes.pdf", None)
    assert asset_findings((WHEEL, SDIST), (asset(WHEEL), asset(SDIST), further)) == ()


def test_a_release_without_assets_is_noted() -> None:
    (finding,) = asset_findings((WHEEL, SDIST), ())
    assert (finding.code, finding.severity) == ("release-no-assets", Severity.NOTE)


@pytest.mark.parametrize("only_contents", [False, True])
def test_a_different_asset_is_an_error_with_both_hashes(only_contents: bool) -> None:
    assets = (asset(WHEEL, "sha256:cd"), asset(SDIST))
    (finding,) = asset_findings((WHEEL, SDIST), assets, only_contents=only_contents)
    assert ('reproducible = "contents"' in finding.fix) is only_contents
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


def test_an_asset_without_a_digest_is_inconclusive() -> None:
    with pytest.raises(EvenfallError) as caught:
        asset_findings((WHEEL, SDIST), (asset(WHEEL, None), asset(SDIST)))
    assert caught.value.exit_code == Exit.UNKNOWN


def test_an_asset_without_a_digest_hides_no_difference() -> None:
    (finding,) = asset_findings((WHEEL, SDIST), (asset(WHEEL, None), asset(SDIST, "sha256:cd")))
    assert finding.code == "release-asset-differs"
