from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.lockfile import read_lockfile
from evenfall.supply_chain.audit.packages import audited_packages, unaudited_packages
from tests.supply_chain.locks import package, read, root, script_lock

GIT = 'source = { git = "https://ann:hush@example.org/wick#abc" }'
MIRROR = 'source = { registry = "https://ann:hush@mirror.example.org/simple" }'


def test_runtime_and_dev_packages_are_audited_and_the_project_itself_is_not(tmp_path: Path) -> None:
    lock = read(tmp_path, root(["Oil.Lamp"], ["wick"]), package("Oil.Lamp", "1.0"), package("wick"))
    assert [(each.name, str(each.version), each.required.scope) for each in audited_packages(lock)] == [
        ("oil-lamp", "1.0", "runtime"),
        ("wick", "1", "dev"),
    ]
    assert [(each.name, each.line, each.reason) for each in unaudited_packages(lock)] == [
        ("lantern", 5, "the project itself (editable .)")
    ]


def test_a_folder_outside_the_workspace_is_audited(tmp_path: Path) -> None:
    """It may be a copy of a published package, and `uv audit` reports it, too."""
    members = '\n[manifest]\nmembers = ["lantern", "oil"]\n'
    member, copy = (package(name, source=f'source = {{ directory = "{name}" }}') for name in ("oil", "wick"))
    lock = read(tmp_path, members, root(["oil", "wick"]), member, copy)
    assert [(each.name, each.other_source) for each in audited_packages(lock)] == [("wick", "directory wick")]
    assert [each.name for each in unaudited_packages(lock)] == ["lantern", "oil"]


def test_packages_without_a_version_are_not_audited_and_no_password_is_shown(tmp_path: Path) -> None:
    lock = read(tmp_path, package("wick", "", source=GIT))
    assert audited_packages(lock) == ()
    (unaudited,) = unaudited_packages(lock)
    assert unaudited.reason == "without a version (git https://example.org/wick#abc)"


def test_packages_from_other_sources_than_pypi_are_audited_and_name_their_source(tmp_path: Path) -> None:
    pypi = 'source = { registry = "https://pypi.org/simple/" }'
    lock = read(
        tmp_path, package("a"), package("b", source=pypi), package("c", source=MIRROR), package("d", source=GIT)
    )
    assert [each.other_source for each in audited_packages(lock)] == [
        "",
        "",
        "registry https://mirror.example.org/simple",
        "git https://example.org/wick#abc",
    ]


@pytest.mark.parametrize(
    ("name", "version", "reason"),
    [
        ("oil; rm -rf ~", "1", "uv.lock:5: 'oil; rm -rf ~' is not a valid name"),
        ("-oil", "1", "uv.lock:5: '-oil' is not a valid name"),
        ("oil", "one", "uv.lock:5: 'one' of oil is not a valid version"),
    ],
)
def test_an_invalid_name_or_version_is_an_error_with_its_line(
    tmp_path: Path, name: str, version: str, reason: str
) -> None:
    with pytest.raises(EvenfallError) as caught:
        audited_packages(read(tmp_path, package(name, version)))
    assert caught.value.message.startswith(reason)
    assert caught.value.exit_code == Exit.USAGE


def test_the_lock_of_the_noxfile_has_the_tools(tmp_path: Path) -> None:
    packages = (package("nox", needs=["wick"]), package("wick"), package("left"), root())
    lock = read_lockfile(script_lock(tmp_path, ["nox", "unlocked"], *packages))
    assert [
        (each.name, each.required.required_by, each.required.scope, each.lock) for each in audited_packages(lock)
    ] == [
        ("nox", "noxfile.py > nox", "tools", "noxfile.py.lock"),
        ("wick", "noxfile.py > nox > wick", "tools", "noxfile.py.lock"),
        ("left", "", "tools", "noxfile.py.lock"),
    ]
    assert [each.name for each in unaudited_packages(lock)] == ["lantern"]


@pytest.mark.parametrize("tool", [package("nox", "one"), package("nox", needs=["wick"])])
def test_an_error_in_the_lock_of_the_noxfile_names_that_file(tmp_path: Path, tool: str) -> None:
    lock = read_lockfile(script_lock(tmp_path, ["nox"], tool))
    with pytest.raises(EvenfallError, match=r"noxfile\.py\.lock:10: ") as caught:
        audited_packages(lock)
    assert caught.value.hint in (
        "git checkout HEAD -- noxfile.py.lock (or delete it), then uv lock --script noxfile.py",
        "uv lock --script noxfile.py",
    )


def test_the_requirements_of_the_project_limit_a_package(tmp_path: Path) -> None:
    metadata = """
[package.metadata]
requires-dist = [{ name = "Oil", specifier = "==1.0" }, { name = "wick" }, { name = "odd", specifier = "not one" }]

[package.metadata.requires-dev]
test = [{ name = "wick", specifier = "<2" }]
"""
    lock = read(tmp_path, root(["oil"], ["wick"]) + metadata, package("oil", "1.0"), package("wick"))
    oil, wick = audited_packages(lock)
    assert [str(requirement) for requirement in oil.declared] == ['"oil==1.0" of pyproject.toml']
    assert [str(requirement) for requirement in wick.declared] == ['"wick<2" of pyproject.toml']
