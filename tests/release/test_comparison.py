from __future__ import annotations

import datetime
from pathlib import Path

import msgspec
import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.package_index.page import IndexFile
from evenfall.release.comparison import compare
from evenfall.release.index import PYPI, TESTPYPI, IndexUrls
from evenfall.release.manifest import Manifest, ReleaseFile, read_manifest
from tests.release.distributions import write_release
from tests.supply_chain.osv import Loopback

PRIVATE = IndexUrls(name="pypi", simple="https://index.test/simple/", upload="https://index.test/")


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    return read_manifest(write_release(tmp_path))


def on_index(file: ReleaseFile, *, sha256: str = "", days: float = 0) -> IndexFile:
    time = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days)
    hashes = {"sha256": sha256 or file.sha256}
    return IndexFile(name=file.name, hashes=hashes, upload_time=time.isoformat())


def codes(manifest: Manifest, *files: IndexFile, urls: IndexUrls = PYPI) -> list[str]:
    return [finding.code for finding in compare(manifest, urls, files).findings]


def test_a_new_release_is_absent(manifest: Manifest) -> None:
    comparison = compare(manifest, PYPI, ())
    assert (comparison.absent, comparison.present, comparison.findings) == (manifest.distributions, (), ())


def test_the_same_file_is_present(manifest: Manifest) -> None:
    wheel, sdist = manifest.distributions
    comparison = compare(manifest, PYPI, [on_index(wheel)])
    assert (comparison.absent, comparison.present, comparison.findings) == ((sdist,), (wheel,), ())


def test_another_file_with_the_name_is_a_finding_with_both_hashes(manifest: Manifest) -> None:
    wheel, sdist = manifest.distributions
    comparison = compare(manifest, PYPI, [on_index(sdist, sha256="f" * 64)])
    (finding,) = comparison.findings
    assert finding.code == "release-file-exists"
    assert "f" * 64 in finding.reason
    assert sdist.sha256 in finding.reason
    assert (comparison.absent, comparison.present) == ((wheel,), ())


def test_a_file_without_a_hash_is_downloaded(manifest: Manifest, loopback: Loopback, tmp_path: Path) -> None:
    wheel, sdist = manifest.distributions
    same = loopback.page(f"/{wheel.name}", (tmp_path / "release-files/pypi" / wheel.name).read_bytes())
    other = loopback.page(f"/{sdist.name}", b"other")
    files = [IndexFile(name=file.name, url=url, hashes={"md5": "0"}) for file, url in ((wheel, same), (sdist, other))]
    comparison = compare(manifest, PYPI, files)
    assert comparison.present == (wheel,)
    assert [finding.code for finding in comparison.findings] == ["release-file-exists"]


def test_a_file_that_can_not_be_downloaded_is_inconclusive(manifest: Manifest, loopback: Loopback) -> None:
    name = manifest.distributions[0].name
    file = IndexFile(name=name, url=f"{loopback.address}/{name}", hashes={})
    with pytest.raises(EvenfallError) as caught:
        compare(manifest, PYPI, [file])
    assert caught.value.exit_code == Exit.UNKNOWN


@pytest.mark.parametrize(("days", "expected"), [(13.9, []), (14.1, ["release-upload-closed"])])
def test_pypi_takes_files_of_a_version_for_14_days(manifest: Manifest, days: float, expected: list[str]) -> None:
    wheel = manifest.distributions[0]
    for urls in (PYPI, TESTPYPI):
        assert codes(manifest, on_index(wheel, days=days), urls=urls) == expected


def test_only_a_file_of_the_same_version_makes_it_old(manifest: Manifest) -> None:
    wheel = manifest.distributions[0]
    old = on_index(wheel, days=99)
    names = ("lamp-0.9-py3-none-any.whl", "lamp-0.9.tar.gz", "lamp-1.0.egg")
    assert codes(manifest, *(msgspec.structs.replace(old, name=name) for name in names)) == []
    for name in ("lamp-1.0.0.tar.gz", "lamp-1.0-1-py3-none-any.whl"):
        assert codes(manifest, msgspec.structs.replace(old, name=name)) == ["release-upload-closed"]


def test_a_complete_version_and_one_without_times_is_never_too_old(manifest: Manifest) -> None:
    wheel, sdist = manifest.distributions
    assert codes(manifest, on_index(wheel, days=99), on_index(sdist, days=99)) == []
    assert codes(manifest, msgspec.structs.replace(on_index(wheel), upload_time="")) == []


def test_a_private_index_takes_files_at_any_time(manifest: Manifest) -> None:
    assert codes(manifest, on_index(manifest.distributions[0], days=99), urls=PRIVATE) == []
