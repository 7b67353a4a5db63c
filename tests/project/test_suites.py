from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError
from evenfall.git.repository import init_repository
from evenfall.git.tracked import stage
from evenfall.project.project import Project, read_project
from evenfall.project.suites import find_suite, find_suites, untested_members

VIRTUAL = '[tool.uv.workspace]\nmembers = ["**"]\n'
PACKAGE = '[project]\nname = "{name}"\nversion = "1"\n'
LAMP, OIL = "packages/lamp", "packages/oil"


def workspace(root: Path, folders: tuple[str, ...], tests: tuple[str, ...], text: str = VIRTUAL) -> Project:
    lock = 'version = 1\n[manifest]\nmembers = ["lamp", "oil", "wick", "root"]\n'
    for folder in folders:
        name = "root" if folder == "." else folder.rpartition("/")[2]
        file = root / folder / "pyproject.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(PACKAGE.format(name=name))
        lock += f'[[package]]\nname = "{name}"\nsource = {{ editable = "{folder}" }}\n'
    for test in tests:
        (root / test).parent.mkdir(parents=True, exist_ok=True)
        (root / test).touch()
    with (root / "pyproject.toml").open("a") as pyproject:
        pyproject.write(text)
    (root / "uv.lock").write_text(lock)
    return read_project(root)


def found(project: Project) -> list[tuple[str, str, tuple[str, ...]]]:
    return [
        (suite.name, suite.folder.relative_to(project.root).as_posix(), suite.arguments)
        for suite in find_suites(project)
    ]


TESTS = (f"{LAMP}/tests/test_a.py", f"{OIL}/tests/test_b.py")


def test_members_without_a_configuration_are_tested_from_the_root(tmp_path: Path) -> None:
    project = workspace(tmp_path, (LAMP, OIL), TESTS)
    assert found(project) == [("lamp", ".", (LAMP,)), ("oil", ".", (OIL,))]


def test_a_member_with_a_configuration_is_tested_in_its_folder(tmp_path: Path) -> None:
    project = workspace(tmp_path, (LAMP, OIL), TESTS)
    (tmp_path / OIL / "pytest.ini").touch()
    assert found(project)[1] == ("oil", OIL, ())


def test_the_testpaths_of_the_root_choose_the_folders_in_a_member(tmp_path: Path) -> None:
    paths = '[tool.pytest.ini_options]\ntestpaths = ["packages/*/tests", "checks"]\n'
    project = workspace(tmp_path, (LAMP, OIL), (*TESTS, f"{OIL}/docs/test_c.py", "checks/test_d.py"), VIRTUAL + paths)
    assert found(project) == [
        ("lamp", ".", (f"{LAMP}/tests",)),
        ("oil", ".", (f"{OIL}/tests",)),
        (".", ".", ("checks",)),
    ]
    (tmp_path / "checks" / "test_d.py").unlink()
    assert [name for name, *_ in found(project)] == ["lamp", "oil"]


def test_testpaths_that_name_only_members_leave_no_tests_to_the_root(tmp_path: Path) -> None:
    paths = '[tool.pytest.ini_options]\ntestpaths = ["packages/lamp/tests/test_a.py"]\n'
    project = workspace(tmp_path, (LAMP, OIL), (*TESTS, "test_d.py"), VIRTUAL + paths)
    assert found(project) == [("lamp", ".", (f"{LAMP}/tests/test_a.py",)), ("oil", ".", (OIL,))]


def test_a_member_without_tests_has_no_suite_and_is_named(tmp_path: Path) -> None:
    project = workspace(tmp_path, (LAMP, OIL), TESTS[:1])
    assert [name for name, *_ in found(project)] == ["lamp"]
    assert [member.name for member in untested_members(project)] == ["oil"]
    with pytest.raises(EvenfallError, match="oil: no tests"):
        find_suite(project, "oil")


def test_a_root_that_is_a_package_and_a_member_around_others_leave_out_the_tests_of_these(tmp_path: Path) -> None:
    nested = f"{LAMP}/wick"
    tests = ("tests/test_r.py", *TESTS, f"{nested}/test_w.py")
    project = workspace(tmp_path, (".", LAMP, OIL, nested), tests)
    ignored = (f"--ignore={LAMP}", f"--ignore={nested}", f"--ignore={OIL}")
    assert found(project) == [
        ("root", ".", ignored),
        ("lamp", ".", (LAMP, f"--ignore={nested}")),
        ("wick", ".", (nested,)),
        ("oil", ".", (OIL,)),
    ]
    assert find_suite(project, "root").project.folder == "."


def test_a_project_without_a_workspace_and_one_without_tests_have_one_suite(tmp_path: Path) -> None:
    project = workspace(tmp_path, (".",), (), "")
    assert found(project) == [(".", ".", ())]
    assert not untested_members(project)
    (tmp_path / "virtual").mkdir()
    assert found(workspace(tmp_path / "virtual", (LAMP,), ())) == [(".", ".", ())]


def test_the_options_of_a_user_follow_the_arguments_unless_they_name_a_path(tmp_path: Path) -> None:
    lamp, _ = find_suites(workspace(tmp_path, (LAMP, OIL), TESTS))
    assert lamp.with_options(["-k", "dark"]) == (LAMP, "-k", "dark")
    assert lamp.with_options(["-k", "packages", "-x"]) == (LAMP, "-k", "packages", "-x")
    assert lamp.with_options(["a" * 1_000]) == (LAMP, "a" * 1_000)
    assert lamp.with_options([f"{TESTS[0]}::test_dark"]) == (f"{TESTS[0]}::test_dark",)


def test_only_tracked_tests_count(tmp_path: Path) -> None:
    paths = '[tool.pytest.ini_options]\ntestpaths = ["packages/*/tests", "packages/*/more", "draft"]\n'
    tests = (*TESTS, f"{LAMP}/more/test_e.py", "draft/test_d.py")
    project = workspace(tmp_path, (LAMP, OIL), tests, VIRTUAL + paths)
    init_repository(tmp_path)
    stage(tmp_path, TESTS[0])
    assert found(project) == [("lamp", ".", (f"{LAMP}/tests",))]
