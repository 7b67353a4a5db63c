"""Two locks side by side."""

from __future__ import annotations

import pytest

from evenfall.project.lockfile import Lockfile
from evenfall.supply_chain.review.changed_files import Tampered
from evenfall.supply_chain.review.lock_diff import compare
from evenfall.supply_chain.review.releases import meaning, version_of
from tests.supply_chain.review.locks import lock, package

OIL = package("oil")


def tampered(before: str, after: str) -> Tampered:
    (found,) = compare(lock(before), lock(after)).tampered
    return found


def test_the_same_lock_differs_in_nothing() -> None:
    found = compare(lock(OIL), lock(OIL))
    assert (found.changes, found.tampered, found.moved) == ((), (), ())


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
def test_packages_come_go_and_change(
    before: tuple[str, ...], after: tuple[str, ...], kind: str, versions: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    one, other = (lock(*(package("oil", version) for version in several)) for several in (before, after))
    (change,) = compare(one, other).changes
    told = tuple(tuple(map(version_of, several)) for several in (change.before, change.after))
    assert (change.name, change.kind, told) == ("oil", kind, versions)


def test_of_several_versions_those_that_came_are_new() -> None:
    (change,) = compare(lock(OIL), lock(OIL, package("oil", "2.0"))).changes
    assert [each.package.version for each in change.new] == ["2.0"]


def test_a_swapped_hash_is_seen_though_every_version_stays() -> None:
    swapped = package("oil", files={"oil-1.0-py3-none-any.whl": "f" * 64})
    assert tampered(OIL, swapped).other_hash == ("oil-1.0-py3-none-any.whl",)


def test_a_hash_that_is_no_longer_there_is_another_one_and_one_that_is_new_is_none() -> None:
    without = OIL.replace(f', hash = "sha256:{"0" * 64}"', "")
    assert tampered(OIL, without).other_hash == ("oil-1.0-py3-none-any.whl",)
    assert compare(lock(without), lock(OIL)).tampered == ()


def test_a_changed_index_is_seen() -> None:
    elsewhere = package("oil", source='registry = "https://example.org/simple"')
    assert tampered(OIL, elsewhere).sources == (
        "registry https://pypi.org/simple",
        "registry https://example.org/simple",
    )


def test_a_dropped_wheel_is_seen_and_whether_it_was_the_last() -> None:
    two = package("oil", files={"a.whl": "a" * 64, "b.whl": "b" * 64})
    one = package("oil", files={"a.whl": "a" * 64})
    none = package("oil", files={})
    assert (tampered(two, one).gone, tampered(two, one).no_wheel_left) == (("b.whl",), False)
    assert (tampered(two, none).gone, tampered(two, none).no_wheel_left) == (("a.whl", "b.whl"), True)
    assert tampered(one, two).came == ("b.whl",)


def test_a_release_that_two_forks_of_a_lock_hold_is_compared_with_its_like() -> None:
    fork = package("oil", source='registry = "https://example.org/simple"')
    assert compare(lock(OIL, fork), lock(fork, OIL)).tampered == ()
    swapped = fork.replace("0" * 64, "f" * 64)
    assert compare(lock(OIL, fork), lock(OIL, swapped)).tampered


@pytest.mark.parametrize(
    ("before", "after", "places"),
    [
        ('registry = "https://pypi.org/simple"', 'registry = "https://e.org/simple"', ("registry https://pypi.org/simple", "registry https://e.org/simple")),
        ('registry = "https://pypi.org/simple"', 'git = "https://e.org/oil?rev=main#1234"', ("registry https://pypi.org/simple", "git https://e.org/oil")),
        ('git = "https://e.org/oil?rev=main#1234"', 'git = "https://e.org/oil?rev=main#5678"', None),
        ('url = "https://e.org/oil-1.0.whl"', 'url = "https://e.org/oil-2.0.whl"', None),
        ('registry = "https://pypi.org/simple"', 'registry = "https://pypi.org/simple"', None),
    ],
)  # fmt: skip
def test_a_new_version_that_comes_from_elsewhere_is_seen(
    before: str, after: str, places: tuple[str, str] | None
) -> None:
    found = compare(lock(package("oil", "1.0", source=before)), lock(package("oil", "2.0", source=after))).moved
    assert [(old, new) for _, old, new in found] == ([places] if places else [])


def test_another_commit_of_a_repository_is_a_change_whatever_the_version() -> None:
    one, other = (package("oil", source=f'git = "https://e.org/oil#{commit}"') for commit in ("1234", "5678"))
    (change,) = compare(lock(one), lock(other)).changes
    assert (change.kind, len(change.new)) == ("changed", 1)
    assert [version_of(each) for each in (*change.before, *change.after)] == ["1.0 (1234)", "1.0 (5678)"]
    newer = other.replace('version = "1.0"', 'version = "2.0"')
    assert [each.kind for each in compare(lock(one), lock(newer)).changes] == ["upgraded"]


def test_what_has_no_version_is_told_by_its_source_without_a_password() -> None:
    source = 'git = "https://me:' + 'sesame@e.org/oil#1234"'
    (change,) = compare(lock(), lock(package("oil", source=source).replace('version = "1.0"\n', ""))).changes
    assert [version_of(each) for each in change.after] == ["git https://e.org/oil#1234"]


def test_against_no_lock_all_is_added() -> None:
    assert [change.kind for change in compare(Lockfile(version=1), lock(OIL, package("wick"))).changes] == ["added"] * 2


@pytest.mark.parametrize(
    "respelled",
    [
        package("oil", "1.0.0", files={"oil-1.0-py3-none-any.whl": "f" * 64}),
        package("oil", files={"Oil-1.0-py3-none-any.whl": "f" * 64}),
        package("oil", files={"oil-1.0.0-py3-none-any.whl": "f" * 64}),
    ],
)
def test_a_swapped_file_is_seen_however_its_release_or_its_name_is_written(respelled: str) -> None:
    found = tampered(OIL, respelled)
    assert len(found.other_hash) == 1
    assert not compare(lock(OIL), lock(respelled)).changes


def test_a_release_that_is_only_written_in_another_way_is_the_same() -> None:
    other = OIL.replace('version = "1.0"', 'version = "1.0.0"').replace("oil-1.0-py3", "OIL-1.0-py3")
    found = compare(lock(OIL), lock(other))
    assert (found.changes, found.tampered) == ((), ())


def test_an_archive_of_another_kind_is_another_file() -> None:
    zipped = OIL.replace("oil-1.0.tar.gz", "oil-1.0.zip")
    assert (tampered(OIL, zipped).gone, tampered(OIL, zipped).came) == (("oil-1.0.tar.gz",), ("oil-1.0.zip",))


def test_two_ways_to_write_one_name_are_one_name_twice() -> None:
    two = package("oil", files={"oil-1.0-py3-none-any.whl": "0" * 64, "Oil-1.0-py3-none-any.whl": "f" * 64})
    assert tampered(OIL, two).doubled == ("oil-1.0-py3-none-any.whl", "Oil-1.0-py3-none-any.whl")


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
def test_a_name_means_what_it_means_to_an_installer(one: str, other: str, same: bool) -> None:
    assert (meaning(one) == meaning(other)) is same


def test_a_name_that_means_millions_of_wheels_is_one_name() -> None:
    tags = "-".join(".".join(f"{kind}{number}" for number in range(1000)) for kind in ("py", "abi", "os"))
    assert len(meaning(f"oil-1-{tags}.whl")) < 20_000
