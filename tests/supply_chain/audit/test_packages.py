from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.supply_chain.audit.packages import audited_packages
from tests.supply_chain.locks import package, read, root

GIT = 'source = { git = "https://ann:hush@example.org/wick#abc" }'
MIRROR = 'source = { registry = "https://ann:hush@mirror.example.org/simple" }'


def test_what_ships_and_what_helps_to_develop_are_subjects(tmp_path: Path) -> None:
    lock = read(tmp_path, root(["Oil.Lamp"], ["wick"]), package("Oil.Lamp", "1.0"), package("wick"))
    found, left = audited_packages(lock)
    assert [(each.name, str(each.version), each.reached.scope) for each in found] == [
        ("oil-lamp", "1.0", "runtime"),
        ("wick", "1", "dev"),
    ]
    assert [(each.name, each.line, each.why) for each in left] == [("lantern", 5, "built here (editable .)")]
    assert [each.name for each in audited_packages(lock, "dev")[0]] == ["wick"]
    assert [each.name for each in audited_packages(lock, "runtime")[0]] == ["oil-lamp"]


def test_what_has_no_version_is_left_out_by_name_and_without_its_password(tmp_path: Path) -> None:
    found, left = audited_packages(read(tmp_path, package("wick", "", source=GIT), package("oil", "", source="")))
    assert found == ()
    assert [each.why for each in left] == [
        "it has no version (git https://example.org/wick#abc)",
        "it has no version (an unnamed source)",
    ]


def test_what_does_not_come_from_pypi_is_compared_all_the_same_and_named(tmp_path: Path) -> None:
    there = 'source = { registry = "https://pypi.org/simple/" }'
    lock = read(
        tmp_path, package("a"), package("b", source=there), package("c", source=MIRROR), package("d", source=GIT)
    )
    assert [each.elsewhere for each in audited_packages(lock)[0]] == [
        "",
        "",
        "registry https://mirror.example.org/simple",
        "git https://example.org/wick#abc",
    ]


@pytest.mark.parametrize(
    ("name", "version", "reason"),
    [
        ("oil; rm -rf ~", "1", "uv.lock:5: 'oil; rm -rf ~' is no name"),
        ("-oil", "1", "uv.lock:5: '-oil' is no name"),
        ("oil", "one", "uv.lock:5: 'one' of oil is no version"),
    ],
)
def test_what_uv_would_not_have_written_is_an_error_with_its_line(
    tmp_path: Path, name: str, version: str, reason: str
) -> None:
    with pytest.raises(EvenfallError) as caught:
        audited_packages(read(tmp_path, package(name, version)))
    assert caught.value.message.startswith(reason)
    assert caught.value.exit_code == Exit.USAGE
