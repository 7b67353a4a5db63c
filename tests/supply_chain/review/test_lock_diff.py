from __future__ import annotations

import pytest

from evenfall.project.lockfile import Lockfile
from evenfall.supply_chain.review.lock_diff import LockDiff, diff_locks
from evenfall.supply_chain.review.releases import normalized_file_name, printed_version
from tests.supply_chain.review.locks import lock, package

OIL = package("oil")


def found(before: str, after: str) -> dict[str, str]:
    """Return the reason of each finding about the difference of two locks by its code, without `review-`."""
    findings = diff_locks(lock(before), lock(after)).findings
    return {each.code.removeprefix("review-"): each.reason for each in findings}


def test_a_lock_does_not_differ_from_itself() -> None:
    assert diff_locks(lock(OIL), lock(OIL)) == LockDiff()


@pytest.mark.parametrize(
    ("before", "after", "kind", "versions"),
    [
        ((), ("1",), "added", ((), ("1",))),
        (("1",), (), "removed", (("1",), ())),
        (("1.9",), ("1.10",), "upgraded", (("1.9",), ("1.10",))),
        (("1.10",), ("1.9",), "downgraded", (("1.10",), ("1.9",))),
        (("1", "2"), ("2",), "changed", (("1", "2"), ("2",))),
        (("of-the-day",), ("2",), "changed", (("of-the-day",), ("2",))),
    ],
)
def test_packages_are_added_removed_upgraded_and_downgraded(
    before: tuple[str, ...], after: tuple[str, ...], kind: str, versions: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    one, other = (lock(*(package("oil", version) for version in several)) for several in (before, after))
    (change,) = diff_locks(one, other).changes
    found = tuple(tuple(map(printed_version, several)) for several in (change.before, change.after))
    assert (change.name, change.kind, found) == ("oil", kind, versions)


def test_only_the_added_one_of_several_versions_is_new() -> None:
    (change,) = diff_locks(lock(OIL), lock(OIL, package("oil", "2.0"))).changes
    assert [each.package.version for each in change.new] == ["2.0"]


def test_a_different_hash_of_the_same_version_is_a_replaced_file() -> None:
    swapped = package("oil", files={"oil-1.0-py3-none-any.whl": "f" * 64})
    assert found(OIL, swapped)["hash-changed"].endswith(": oil-1.0-py3-none-any.whl")


def test_a_removed_hash_is_a_replaced_file_but_an_added_hash_is_not() -> None:
    without = OIL.replace(f', hash = "sha256:{"0" * 64}"', "")
    assert found(OIL, without)["hash-changed"].endswith(": oil-1.0-py3-none-any.whl")
    assert found(without, OIL) == {}


def test_a_different_index_of_the_same_version_is_found() -> None:
    elsewhere = package("oil", source='registry = "https://example.org/simple"')
    assert found(OIL, elsewhere)["source-changed"].endswith(
        "from registry https://pypi.org/simple to registry https://example.org/simple"
    )


def test_removed_and_added_wheels_are_found() -> None:
    two = package("oil", files={"a.whl": "a" * 64, "b.whl": "b" * 64})
    one = package("oil", files={"a.whl": "a" * 64})
    none = package("oil", files={})
    assert "files were removed: b.whl (" in found(two, one)["file-removed"]
    assert found(two, none)["file-removed"].endswith(
        "no wheel is left, so every installation runs the build; removed: a.whl, b.whl"
    )
    assert found(one, two)["file-added"].endswith(": b.whl")


def test_a_release_in_two_forks_of_a_lock_changed_only_if_it_equals_neither() -> None:
    fork = package("oil", source='registry = "https://example.org/simple"')
    assert diff_locks(lock(OIL, fork), lock(fork, OIL)).findings == ()
    swapped = fork.replace("0" * 64, "f" * 64)
    assert diff_locks(lock(OIL, fork), lock(OIL, swapped)).findings


@pytest.mark.parametrize(
    ("before", "after", "sources"),
    [
        ('registry = "https://pypi.org/simple"', 'registry = "https://e.org/simple"', ("registry https://pypi.org/simple", "registry https://e.org/simple")),
        ('registry = "https://pypi.org/simple"', 'git = "https://e.org/oil?rev=main#1234"', ("registry https://pypi.org/simple", "git https://e.org/oil")),
        ('git = "https://e.org/oil?rev=main#1234"', 'git = "https://e.org/oil?rev=main#5678"', None),
        ('url = "https://e.org/oil-1.0.whl"', 'url = "https://e.org/oil-2.0.whl"', None),
        ('registry = "https://pypi.org/simple"', 'registry = "https://pypi.org/simple"', None),
    ],
)  # fmt: skip
def test_a_new_version_from_another_source_is_a_source_change(
    before: str, after: str, sources: tuple[str, str] | None
) -> None:
    reasons = found(package("oil", "1.0", source=before), package("oil", "2.0", source=after))
    changed = f"oil 2.0: the source changed from {sources[0]} to {sources[1]}" if sources else None
    assert reasons.get("source-changed", "").replace(" (1234)", "") == (changed or "")


def test_another_commit_of_a_repository_is_another_release_of_the_same_version() -> None:
    one, other = (package("oil", source=f'git = "https://e.org/oil#{commit}"') for commit in ("1234", "5678"))
    (change,) = diff_locks(lock(one), lock(other)).changes
    assert (change.kind, len(change.new)) == ("changed", 1)
    assert [printed_version(each) for each in (*change.before, *change.after)] == ["1.0 (1234)", "1.0 (5678)"]
    newer = other.replace('version = "1.0"', 'version = "2.0"')
    assert [each.kind for each in diff_locks(lock(one), lock(newer)).changes] == ["upgraded"]


def test_a_package_without_a_version_is_printed_with_its_source_without_a_password() -> None:
    source = 'git = "https://me:' + 'sesame@e.org/oil#1234"'
    (change,) = diff_locks(lock(), lock(package("oil", source=source).replace('version = "1.0"\n', ""))).changes
    assert [printed_version(each) for each in change.after] == ["git https://e.org/oil#1234"]


def test_all_packages_are_added_to_an_empty_lock() -> None:
    assert [change.kind for change in diff_locks(Lockfile(version=1), lock(OIL, package("wick"))).changes] == [
        "added"
    ] * 2


@pytest.mark.parametrize(
    "other",
    [
        package("oil", "1.0.0", files={"oil-1.0-py3-none-any.whl": "f" * 64}),
        package("oil", files={"Oil-1.0-py3-none-any.whl": "f" * 64}),
        package("oil", files={"oil-1.0.0-py3-none-any.whl": "f" * 64}),
    ],
)
def test_a_replaced_file_is_found_if_its_version_or_name_is_written_differently(other: str) -> None:
    assert "hash-changed" in found(OIL, other)
    assert not diff_locks(lock(OIL), lock(other)).changes


def test_a_release_that_is_only_written_differently_did_not_change() -> None:
    other = OIL.replace('version = "1.0"', 'version = "1.0.0"').replace("oil-1.0-py3", "OIL-1.0-py3")
    assert diff_locks(lock(OIL), lock(other)) == LockDiff()


def test_an_sdist_with_another_extension_is_another_file() -> None:
    zipped = OIL.replace("oil-1.0.tar.gz", "oil-1.0.zip")
    reasons = found(OIL, zipped)
    assert "oil-1.0.tar.gz" in reasons["file-removed"]
    assert reasons["file-added"].endswith(": oil-1.0.zip")


def test_two_spellings_of_a_file_name_are_duplicates() -> None:
    two = package("oil", files={"oil-1.0-py3-none-any.whl": "0" * 64, "Oil-1.0-py3-none-any.whl": "f" * 64})
    assert found(OIL, two)["file-duplicated"].endswith(": oil-1.0-py3-none-any.whl, Oil-1.0-py3-none-any.whl")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Oil_Lamp-1.0-py2.py3-none-any.whl", "oil.lamp-1.0.0-py3.py2-none-any.whl", True),
        ("oil-1.0-1-py3-none-any.whl", "oil-1.0-2-py3-none-any.whl", False),
        ("oil-1.0-1a-py3-none-any.whl", "oil-1.0-01a-PY3-none-any.whl", True),
        ("oil-1.0-py3-none-any.whl", "oil-1.0-cp312-none-any.whl", False),
        ("Oil-1.0.tar.gz", "oil-1.0.0.tar.gz", True),
        ("oil-1.0.tar.gz", "oil-1.0.zip", False),
        ("none.whl", "None.whl", False),
        ("odd", "Odd", False),
    ],
)
def test_file_names_are_equal_if_an_installer_reads_them_equally(one: str, other: str, same: bool) -> None:
    assert (normalized_file_name(one) == normalized_file_name(other)) is same


def test_the_tags_of_a_file_name_are_not_expanded() -> None:
    tags = "-".join(".".join(f"{kind}{number}" for number in range(1000)) for kind in ("py", "abi", "os"))
    assert len(normalized_file_name(f"oil-1-{tags}.whl")) < 20_000
