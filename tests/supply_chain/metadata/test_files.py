from __future__ import annotations

import base64
import hashlib
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.lock_source import PackageSource
from evenfall.project.lockfile import DistributionFile, LockedPackage
from evenfall.supply_chain.metadata.distribution_archive import read_archive
from evenfall.supply_chain.metadata.files import TAIL, DistributionFiles, Unfetched
from tests.supply_chain.index import Index, metadata, sdist, serving, wheel

WHEEL = "lamp-1.0-py3-none-any.whl"
SDIST = "lamp-1.0.tar.gz"
LAMP = LockedPackage(name="lamp", version="1.0", source=PackageSource(registry="https://example.org/simple"))
TEXT = metadata("lamp").encode()


@pytest.fixture
def index() -> Iterator[Index]:
    with serving() as server:
        yield server


@pytest.fixture
def files(tmp_path: Path) -> Iterator[DistributionFiles]:
    with closing(DistributionFiles(tmp_path)) as made:
        yield made


def read(files: DistributionFiles, file: DistributionFile, package: LockedPackage = LAMP) -> bytes:
    with files.open(file, package) as opened:
        return read_archive(opened, file.name)


@pytest.mark.parametrize("sized", [True, False])
def test_a_small_wheel_is_one_request(index: Index, files: DistributionFiles, sized: bool) -> None:
    file = index.add(WHEEL, wheel("lamp", padding=1000), sized=sized)
    assert read(files, file) == TEXT
    assert index.asked == [(WHEEL, "bytes=0-" if sized else f"bytes=-{TAIL}")]


def test_of_a_large_wheel_only_some_kilobytes_are_fetched(index: Index, files: DistributionFiles) -> None:
    file = index.add(WHEEL, wheel("lamp", TEXT.decode(), padding=5 << 20, dist_info_first=True))
    assert read(files, file) == TEXT
    assert len(index.asked) == 2
    assert index.sent < 2 * TAIL


def test_a_server_without_ranges_sends_the_whole_which_is_held_against_the_lock(
    index: Index, files: DistributionFiles
) -> None:
    index.ranges = False
    file = index.add(WHEEL, wheel("lamp"))
    assert read(files, file) == TEXT
    index.files[WHEEL] = wheel("lamp", metadata("lamp", license="0BSD"))
    with pytest.raises(Unfetched, match=f"{WHEEL}: what the index sends has not the hash that the lock states"):
        read(files, file)


def test_a_server_that_forgets_ranges_half_way_is_not_believed(index: Index, files: DistributionFiles) -> None:
    index.stops_ranges_after = 1
    file = index.add(WHEEL, wheel("lamp", TEXT.decode(), padding=5 << 20, dist_info_first=True))
    with pytest.raises(Unfetched, match="the server keeps to ranges no more"):
        read(files, file)


def test_an_sdist_is_fetched_as_a_whole_and_held_against_the_lock(index: Index, files: DistributionFiles) -> None:
    file = index.add(SDIST, sdist("lamp", TEXT.decode()))
    assert read(files, file) == TEXT
    assert index.asked == [(SDIST, "")]
    index.files[SDIST] += b"\0"
    with pytest.raises(Unfetched, match="has not the hash"):
        read(files, file)


@pytest.mark.parametrize("stated", [None, "adler32:1", "sha256", "shake_128:00"])
def test_without_a_hash_in_the_lock_nothing_whole_is_looked_at(
    index: Index, files: DistributionFiles, stated: str | None
) -> None:
    file = index.add(SDIST, sdist("lamp", TEXT.decode()))
    with pytest.raises(Unfetched):
        read(files, DistributionFile(url=file.url, hash=stated))


def test_what_is_too_large_is_given_up(index: Index, tmp_path: Path) -> None:
    file = index.add(SDIST, sdist("lamp", TEXT.decode()))
    with (
        closing(DistributionFiles(tmp_path, whole=100)) as files,
        pytest.raises(Unfetched, match="it is larger than 100 bytes"),
    ):
        read(files, file)


@pytest.mark.parametrize(("status", "said"), [(404, "the server answers 404 Not Found"), (500, "500"), (401, "401")])
def test_the_servers_refusal_is_the_reason(index: Index, files: DistributionFiles, status: int, said: str) -> None:
    file = index.add(WHEEL, wheel("lamp"))
    index.status = status
    with pytest.raises(Unfetched, match=said) as caught:
        read(files, file)
    assert str(file.url) in str(caught.value)


def test_a_server_that_is_not_there_is_the_reason(files: DistributionFiles) -> None:
    with serving() as gone:
        file = gone.add(WHEEL, wheel("lamp"))
    with pytest.raises(Unfetched, match=r"http://127\.0\.0\.1:\d+/lamp.*: .+"):
        read(files, file)


def test_an_address_that_is_none_is_the_reason(files: DistributionFiles) -> None:
    with pytest.raises(Unfetched):
        read(files, DistributionFile(url="http://[/lamp-1.0-py3-none-any.whl"))


def test_nothing_is_waited_for_when_the_time_is_up(index: Index, tmp_path: Path) -> None:
    file = index.add(WHEEL, wheel("lamp"))
    with closing(DistributionFiles(tmp_path, seconds=-1)) as files, pytest.raises(Unfetched, match="not enough time"):
        read(files, file)
    assert index.asked == []


def test_the_users_netrc_opens_an_index(index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index.password = "Basic " + base64.b64encode(b"me:open sesame").decode()
    file = index.add(WHEEL, wheel("lamp"))
    credentials = tmp_path / "netrc"
    credentials.write_text('machine 127.0.0.1 login me password "open sesame"\n', encoding="utf-8")
    credentials.chmod(0o600)
    monkeypatch.setenv("NETRC", str(credentials))
    with closing(DistributionFiles(tmp_path)) as files:
        assert read(files, file) == TEXT


def test_without_a_netrc_no_credentials_are_sent(index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    index.password = " ".join(("Basic", "x"))
    with closing(DistributionFiles(tmp_path)) as files, pytest.raises(Unfetched, match="401"):
        read(files, index.add(WHEEL, wheel("lamp")))


@pytest.mark.skipif(sys.platform == "win32", reason="there, every user has a home")
def test_a_user_without_a_home_has_no_netrc_and_a_repositorys_is_not_it(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pwd

    def nobody(_: int) -> object:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    for name in ("HOME", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "~").mkdir()
    (tmp_path / "~" / ".netrc").write_text("machine 127.0.0.1 login me password " + "sesame")
    monkeypatch.chdir(tmp_path)
    index.password = " ".join(("Basic", base64.b64encode(b"me:sesame").decode()))
    with closing(DistributionFiles(tmp_path)) as files, pytest.raises(Unfetched, match="401"):
        read(files, index.add(WHEEL, wheel("lamp")))


def test_a_broken_netrc_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "netrc"
    broken.write_text("machine\nnonsense here\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(broken))
    with pytest.raises(EvenfallError, match="netrc: ") as caught:
        DistributionFiles(tmp_path)
    assert caught.value.exit_code == Exit.USAGE


@pytest.mark.parametrize(
    ("source", "file"),
    [
        (PackageSource(registry="wheels dir"), DistributionFile(path=WHEEL)),
        (PackageSource(registry="https://example.org/simple"), DistributionFile(url="ROOT/wheels%20dir/" + WHEEL)),
        (PackageSource(registry="ROOT/wheels%20dir"), DistributionFile(path=WHEEL)),
        (PackageSource(path="wheels dir/" + WHEEL), DistributionFile(filename=WHEEL)),
    ],
)
def test_a_folder_is_an_index_too(
    tmp_path: Path, files: DistributionFiles, source: PackageSource, file: DistributionFile
) -> None:
    place = tmp_path / "wheels dir" / WHEEL
    place.parent.mkdir()
    place.write_bytes(wheel("lamp"))
    root = tmp_path.as_uri()
    file = DistributionFile(url=file.url and file.url.replace("ROOT", root), path=file.path, filename=file.filename)
    source = PackageSource(registry=source.registry and source.registry.replace("ROOT", root), path=source.path)
    assert read(files, file, LockedPackage(name="lamp", version="1.0", source=source)) == TEXT


def test_a_file_in_a_folder_is_held_against_the_lock(tmp_path: Path, files: DistributionFiles) -> None:
    content = wheel("lamp")
    (tmp_path / WHEEL).write_bytes(content)
    stated = DistributionFile(path=WHEEL, hash=f"sha256:{hashlib.sha256(content).hexdigest()}")
    package = LockedPackage(name="lamp", source=PackageSource(registry="."))
    assert read(files, stated, package) == TEXT
    with pytest.raises(Unfetched, match="no hash of it to check"):
        read(files, DistributionFile(path=WHEEL, hash="adler32:1"), package)
    (tmp_path / WHEEL).write_bytes(content + b"\0")
    with pytest.raises(Unfetched, match="has not the hash that the lock states"):
        read(files, stated, package)


def test_a_file_that_is_gone_from_a_folder_is_the_reason(files: DistributionFiles) -> None:
    with pytest.raises(Unfetched, match="is no file"):
        read(files, DistributionFile(path=WHEEL), LockedPackage(name="lamp", source=PackageSource(registry="wheels")))
