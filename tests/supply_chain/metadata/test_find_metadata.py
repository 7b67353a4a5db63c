from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from evenfall.project.lock_source import PackageSource
from evenfall.project.lock_subject import LockSubject, find_lock_subject
from evenfall.project.lockfile import DistributionFile, LockedPackage, Lockfile
from evenfall.project.settings import Settings
from evenfall.project.uv import uv
from evenfall.supply_chain.metadata.find_metadata import MetadataSources, find_metadata, metadata_hint, own_sources
from evenfall.supply_chain.metadata.package_metadata import PackageMetadata
from tests.supply_chain.index import Index, metadata, serving, wheel
from tests.supply_chain.metadata.test_local_metadata import make_environment

pytestmark = pytest.mark.integration

WHEEL = "lamp-1.0-py3-none-any.whl"


@pytest.fixture
def index() -> Iterator[Index]:
    with serving() as server:
        yield server


@pytest.fixture
def sources(tmp_path: Path) -> MetadataSources:
    return MetadataSources(root=tmp_path, cache=tmp_path / "cache")


def locked(name: str, *wheels: DistributionFile, source: PackageSource | None = None) -> LockedPackage:
    return LockedPackage(
        name=name, version="1.0", source=source or PackageSource(registry="https://example.org/simple"), wheels=wheels
    )


def licenses(packages: list[LockedPackage], sources: MetadataSources) -> list[str]:
    """Return the licenses, or the reasons why metadata is missing."""
    return [
        metadata.license_expression if isinstance(metadata, PackageMetadata) else metadata.reason
        for metadata in find_metadata(packages, sources)
    ]


def test_the_environment_comes_first_and_the_index_last(
    index: Index, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = make_environment(tmp_path / "env", **{"lamp-1.0": metadata("lamp", license="Zlib").encode()})
    (tmp_path / "oil").mkdir()
    (tmp_path / "oil" / "pyproject.toml").write_text('[project]\nname = "oil"\nversion = "1"\nlicense = "0BSD"\n')
    packages = [
        locked("lamp", index.add(WHEEL, wheel("lamp"))),
        locked("oil", source=PackageSource(directory="oil")),
        locked("wick", index.add("wick-1.0-py3-none-any.whl", wheel("wick"))),
    ]
    sources = MetadataSources(root=tmp_path, environments=[environment], cache=tmp_path / "cache")
    assert licenses(packages, sources) == ["Zlib", "0BSD", "MIT"]
    assert index.requests == ["wick-1.0-py3-none-any.whl"]
    assert capsys.readouterr().err == "metadata: fetching 1 package from the index\n"


def test_fetched_metadata_is_read_from_the_cache_the_next_time(index: Index, sources: MetadataSources) -> None:
    package = locked("lamp", index.add(WHEEL, wheel("lamp")))
    assert licenses([package], sources) == ["MIT"]
    index.status = 500
    assert licenses([package], sources) == ["MIT"]
    index.status = None
    changed = locked("lamp", index.add(WHEEL, wheel("lamp", metadata("lamp", license="Zlib"))))
    assert licenses([changed], sources) == ["Zlib"]


def test_the_default_cache_is_the_users(index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    find_metadata([locked("lamp", index.add(WHEEL, wheel("lamp")))], MetadataSources(root=tmp_path))
    assert [file.suffix for file in (tmp_path / "home").rglob("metadata/*")] == [".json"]


def test_an_invalid_cache_entry_and_an_unwritable_cache_are_ignored(
    index: Index, sources: MetadataSources, tmp_path: Path
) -> None:
    package = locked("lamp", index.add(WHEEL, wheel("lamp")))
    find_metadata([package], sources)
    (entry,) = (tmp_path / "cache").iterdir()
    entry.write_text("{", encoding="utf-8")
    assert licenses([package], sources) == ["MIT"]
    (tmp_path / "file").touch()
    assert licenses([package], MetadataSources(root=tmp_path, cache=tmp_path / "file")) == ["MIT"]


def test_a_lock_with_the_hash_of_another_distribution_cannot_change_its_cache_entry(
    index: Index, sources: MetadataSources
) -> None:
    """The index of the forged distribution states any hash that it likes."""
    genuine = index.add(WHEEL, wheel("lamp", metadata("lamp", license="GPL-3.0-only")))
    with serving() as hostile:
        hostile.add(WHEEL, index.files[WHEEL], metadata=metadata("lamp"))
        forged = DistributionFile(url=f"{hostile.url}/{WHEEL}", hash=genuine.hash)
        package = locked("lamp", forged, source=PackageSource(registry=hostile.registry))
        assert licenses([package], sources) == ["MIT"]
    assert licenses([locked("lamp", genuine)], sources) == ["GPL-3.0-only"]


def test_a_lock_with_an_additional_distribution_has_its_own_cache_entry(index: Index, sources: MetadataSources) -> None:
    genuine = index.add(WHEEL, wheel("lamp", metadata("lamp", license="GPL-3.0-only")))
    forged = index.add("forged-1.0-py3-none-any.whl", wheel("lamp", padding=1000))
    content = index.files.pop(WHEEL)
    assert licenses([locked("lamp", genuine, forged)], sources) == ["MIT"]
    index.files[WHEEL] = content
    assert licenses([locked("lamp", genuine)], sources) == ["GPL-3.0-only"]


def test_two_packages_with_the_same_file_have_two_cache_entries(index: Index, sources: MetadataSources) -> None:
    file = index.add(WHEEL, wheel("lamp"))
    find_metadata([locked("lamp", file)], sources)
    assert licenses([locked("wick", file)], sources) == [f"{WHEEL} describes lamp 1.0"]


def test_a_distribution_without_a_hash_is_not_cached(index: Index, sources: MetadataSources, tmp_path: Path) -> None:
    file = DistributionFile(url=index.add(WHEEL, wheel("lamp")).url)
    assert licenses([locked("lamp", file)], sources) == ["MIT"]
    assert not (tmp_path / "cache").exists()


def test_offline_no_request_is_sent_and_folders_are_read(index: Index, tmp_path: Path) -> None:
    (tmp_path / WHEEL).write_bytes(wheel("lamp"))
    packages = [
        locked("wick", index.add("wick-1.0-py3-none-any.whl", wheel("wick"))),
        locked("lamp", DistributionFile(filename=WHEEL), source=PackageSource(path=WHEEL)),
    ]
    sources = MetadataSources(root=tmp_path, cache=tmp_path / "cache", network=False)
    assert licenses(packages, sources) == ["not installed here, and the index is not used offline", "MIT"]
    assert index.requests == []


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        ("https://example.org/simple/oil/: the server answered 401", "set UV_INDEX_OUR_OWN_USERNAME and "),
        ("https://example.org/x: the server rejected the credentials with 403", "set UV_INDEX_OUR_OWN_USERNAME and "),
        ("https://example.com/x: the server answered 403", "UV_INDEX_NAME_PASSWORD, with the name of the index"),
        ("http://[::1]:3141/x: ConnectError: refused", "check that http://[::1]:3141 can be reached"),
        ("http://[::1]:3141/x: the server answered 503", "check that http://[::1]:3141 can be reached"),
        ("http://[::1]:3141/x: the server answered 404", "uv sync"),
    ],
)
def test_the_hint_about_missing_metadata_names_the_variables_or_the_server(
    tmp_path: Path, reason: str, hint: str
) -> None:
    index = '[[tool.uv.index]]\nname = "our-own"\nurl = "https://user@example.org/simple"\n'
    (tmp_path / "pyproject.toml").write_text(index, encoding="utf-8")
    assert hint in metadata_hint(Lockfile(version=1), reason, tmp_path)


def test_no_packages_have_no_metadata(sources: MetadataSources) -> None:
    assert find_metadata([], sources) == ()


def test_the_default_environment_of_a_project_is_where_uv_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV_PROJECT_ENVIRONMENT", raising=False)
    subject = LockSubject(root=tmp_path, settings_root=tmp_path, settings=Settings())
    assert own_sources(subject).environments == []
    make_environment(tmp_path / ".venv")
    make_environment(tmp_path / "elsewhere")
    assert own_sources(subject).environments == [tmp_path / ".venv"]
    monkeypatch.setenv("UV_PROJECT_ENVIRONMENT", "elsewhere")
    assert own_sources(subject).environments == [tmp_path / "elsewhere"]
    assert own_sources(subject, environments=[tmp_path]).environments == [tmp_path]


def test_the_default_environment_of_a_script_is_where_uv_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a b.py").write_text("# /// script\n# dependencies = []\n# ///\n", encoding="utf-8")
    subject = find_lock_subject(tmp_path, Path("a b.py"))
    assert own_sources(subject).environments == []
    uv(tmp_path, "sync", "--quiet", "--offline", "--script", "a b.py", env={"UV_PYTHON": sys.executable})
    (environment,) = own_sources(subject).environments
    assert environment.is_relative_to(tmp_path / "cache")
