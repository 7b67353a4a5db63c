from __future__ import annotations

import tomllib

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.dependency_groups import DependencyGroups
from evenfall.project.pyproject import Pyproject


def groups(text: str) -> DependencyGroups:
    return Pyproject(tomllib.loads('[project]\nname = "Night.Lantern"\n' + text)).dependency_groups


def test_names_are_normalized_everywhere() -> None:
    found = groups(
        '[dependency-groups]\nUnit_Tests = ["pytest"]\nDEV = [{ include-group = "unit.tests" }]\n'
        '[tool.uv]\ndefault-groups = ["unit-TESTS"]\nconflicts = [[{ group = "dev" }, { extra = "Fast_Mode" }]]\n'
        '[tool.uv.dependency-groups]\nunit_tests = { requires-python = ">=3.12" }\n'
    )
    assert found.names == ("unit-tests", "dev")
    assert found.default == ("unit-tests",)
    assert found.included["dev"] == {"dev", "unit-tests"}
    assert found.conflict(["DEV"], ["fast-mode"]) == ("group dev", "extra fast-mode")
    assert not found.allows(["dev"], "3.11")


@pytest.mark.parametrize(
    ("settings", "default"),
    [
        ("", ("dev",)),
        ("default-groups = []", ()),
        ('default-groups = "all"', ("test", "dev")),
        ('default-groups = ["test", "dev"]', ("test", "dev")),
    ],
)
def test_the_default_groups_are_those_of_uv(settings: str, default: tuple[str, ...]) -> None:
    assert groups(f"[dependency-groups]\ntest = []\ndev = []\n[tool.uv]\n{settings}\n").default == default


def test_without_a_group_dev_nothing_is_installed_by_default() -> None:
    assert groups("[dependency-groups]\ntest = []\n").default == ()
    assert groups("[tool.uv]\ndev-dependencies = []\n").default == ("dev",)
    assert groups("[dependency-groups]\nDev = []\n[tool.uv]\ndev-dependencies = []\n").names == ("dev",)


def test_a_group_requires_what_it_includes_requires() -> None:
    found = groups(
        '[dependency-groups]\na = [{ include-group = "b" }]\nb = [{ include-group = "c" }]\nc = ["x"]\nd = []\n'
        '[tool.uv.dependency-groups]\nb = { requires-python = "<3.14" }\nc = { requires-python = ">=3.12.4" }\n'
    )
    assert [version for version in ("3.11", "3.12", "3.13", "3.14") if found.allows(["a"], version)] == ["3.12", "3.13"]
    assert found.allows(["d"], "3.8")


def test_groups_conflict_through_what_they_include() -> None:
    found = groups(
        '[dependency-groups]\ntest = []\nold = []\ndev = [{ include-group = "test" }]\n'
        '[tool.uv]\nconflicts = [[{ group = "test" }, { group = "old" }], [{ package = "other", extra = "x" }, { extra = "y" }]]\n'
    )
    assert found.conflict(["dev", "old"]) == ("group dev", "group old")
    assert found.conflict(["dev", "test"]) == ()
    assert found.conflict(["old"], ["x", "y"]) == ()


def test_a_conflict_of_this_package_by_name_counts() -> None:
    found = groups('[tool.uv]\nconflicts = [[{ package = "night_lantern", extra = "x" }, { extra = "y" }, {}]]\n')
    assert found.conflict([], ["x", "y"]) == ("extra x", "extra y")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[dependency-groups]\na = [{ include-group = "b" }]\nb = [{ include-group = "a" }]\n',
            "dependency-groups.a: the groups include each other: a > b > a",
        ),
        (
            '[dependency-groups]\nlint = []\na = [{ include-group = "lnt" }]\n',
            "dependency-groups.a: includes 'lnt', which is not a group; did you mean 'lint'?",
        ),
        ("[dependency-groups]\na-b = []\nA_B = []\n", "dependency-groups.A_B: the same name as a-b"),
        (
            '[dependency-groups]\ntest = []\n[tool.uv]\ndefault-groups = ["tset"]\n',
            "tool.uv.default-groups: no dependency group 'tset'; did you mean 'test'?",
        ),
        (
            '[tool.uv.dependency-groups]\na = { requires-python = "x" }\n',
            "tool.uv.dependency-groups.a.requires-python: Invalid specifier: 'x'",
        ),
        ("[dependency-groups]\na = [3]\n", "dependency-groups[...][0]: Expected `str | object`, got `int`"),
        ("[tool.uv]\nconflicts = [3]\n", "tool.uv.conflicts[0]: Expected `array`, got `int`"),
    ],
)
def test_what_uv_rejects_is_an_error_with_the_key(text: str, message: str) -> None:
    with pytest.raises(EvenfallError) as caught:
        groups(text)
    assert caught.value.message.startswith(f"pyproject.toml: {message}")
    assert caught.value.hint
    assert caught.value.exit_code is Exit.USAGE


def test_a_conflict_of_packages_that_are_installed_together_counts() -> None:
    conflict = '[tool.uv]\nconflicts = [[{ package = "Lamp", group = "a" }, { package = "oil", group = "b" }]]\n'
    read = Pyproject(tomllib.loads("[dependency-groups]\na = []\nb = []\n" + conflict)).read_groups
    assert read(["lamp", "oil"]).conflict(["a", "b"]) == ("group a", "group b")
    assert read(["lamp"]).conflict(["a", "b"]) == ()
