from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from evenfall.sessions.source_map import SourceMap, compare_sources, contents

CODE = {"__init__.py": "A = 1\n", "b.py": "B = 2\n", "c.py": "C = 3\n"}
OIL = {"__init__.py": "OIL = 1\n", "b.py": "OIL = 2\n", "c.py": "OIL = 3\n"}


def tree(folder: str, files: Mapping[str, str]) -> dict[str, str]:
    """Return the files in a folder."""
    return {f"{folder}/{path}": text for path, text in files.items()}


def found(tmp_path: Path, installed: Mapping[str, str], tracked: Mapping[str, str], *names: str) -> SourceMap:
    """Write the files of both trees, and return the sources of the names in `installed`."""
    for base, files in (("site", installed), ("root", tracked)):
        for path, text in files.items():
            file = tmp_path / base / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
    return compare_sources(names, [*installed], [*tracked], contents(tmp_path / "site", tmp_path / "root"))


@pytest.mark.parametrize(
    "tracked",
    [
        pytest.param(tree("src/lamp", CODE), id="in src"),
        pytest.param(tree("src/lamp", CODE) | tree("examples/lamp", {"__init__.py": "", "b.py": "X = 1\n"}), id="example"),
        pytest.param(tree("src/lamp", CODE) | tree("vendor/lamp", CODE | {"c.py": "OLD = 1\n"}), id="an older copy"),
        pytest.param(tree("src/lamp", {**CODE, "__init__.py": "VERSION = 0\n"}), id="version written by the build"),
        pytest.param({path: text.replace("\n", "\r\n") for path, text in tree("src/lamp", CODE).items()}, id="line ends"),
        pytest.param(tree("src/lamp", CODE | {"deep/new.py": ""}), id="a file that is not installed"),
    ],
)  # fmt: skip
def test_the_source_of_a_package_is_the_folder_with_the_installed_files(
    tmp_path: Path, tracked: dict[str, str]
) -> None:
    assert found(tmp_path, tree("lamp", CODE), tracked, "lamp") == SourceMap(paths={"lamp": "src/lamp"})


@pytest.mark.parametrize(("folder", "path"), [("code", "code"), ("a/b", "a/b")])
def test_the_folder_of_a_package_can_have_another_name(tmp_path: Path, folder: str, path: str) -> None:
    assert found(tmp_path, tree("lamp", CODE), tree(folder, CODE), "lamp").paths == {"lamp": path}


def test_a_package_at_the_root_of_the_project(tmp_path: Path) -> None:
    assert found(tmp_path, tree("lamp", CODE), CODE, "lamp").paths == {"lamp": "."}


def test_namespace_packages_stubs_modules_and_several_packages(tmp_path: Path) -> None:
    installed = {
        **tree("night/lamp", CODE),
        "night/wick.py": "W = 1\n",
        "lamp-stubs/__init__.pyi": "A: int\n",
        "oil.py": "OIL = 1\n",
    }
    tracked = {
        **tree("src/night/lamp", CODE),
        "src/night/wick.py": "W = 1\n",
        "stubs/lamp-stubs/__init__.pyi": "A: int\n",
        "oil.py": "OIL = 1\n",
        "tests/oil.py": "OIL = 2\n",
    }
    assert found(tmp_path, installed, tracked, "night/lamp", "night", "lamp-stubs", "oil.py").paths == {
        "night/lamp": "src/night/lamp",
        "night": "src/night",
        "lamp-stubs": "stubs/lamp-stubs",
        "oil.py": "oil.py",
    }


def test_a_folder_in_a_package_can_have_another_source(tmp_path: Path) -> None:
    """The build takes `lamp/oil` from elsewhere and generates `lamp/api`, which looks like the tests to a program."""
    installed = tree("lamp", CODE) | tree("lamp/oil/tank", OIL) | tree("lamp/api", {"__init__.py": "", "v1.py": "1\n"})
    tracked = (
        tree("src/lamp", CODE)
        | tree("plugins/oil/tank", OIL)
        | tree("src/lamp/oil", {"tank/b.py": "# not used\n"})
        | tree("tests", {"__init__.py": ""})
    )
    assert found(tmp_path, installed, tracked, "lamp").paths == {"lamp": "src/lamp", "lamp/oil": "plugins/oil"}


def test_generated_packages_and_modules_have_no_source(tmp_path: Path) -> None:
    assert (
        found(tmp_path, tree("lamp_pb2", {"v1.py": "1\n"}) | {"oil.so": ""}, CODE, "lamp_pb2", "oil.py") == SourceMap()
    )


@pytest.mark.parametrize(
    "tracked",
    [
        pytest.param(tree("src/lamp", CODE) | tree("python2/lamp", CODE), id="copies"),
        pytest.param(tree("src/lamp", {part: f"{text}# new\n" for part, text in CODE.items()}), id="all files rewritten"),
        pytest.param(
            tree("src/lamp", {part: f"{text}# new\n" for part, text in CODE.items()}) | {"x/b.py": CODE["b.py"]},
            id="all files rewritten, and one is elsewhere by chance",
        ),
    ],
)  # fmt: skip
def test_what_the_contents_do_not_decide_is_returned_with_the_folders(tmp_path: Path, tracked: dict[str, str]) -> None:
    result = found(tmp_path, tree("lamp", CODE), tracked, "lamp")
    assert not result.paths
    assert set(result.undecided["lamp"]) == set(tracked)


def test_files_without_text_do_not_decide_alone(tmp_path: Path) -> None:
    empty = {"__init__.py": "", "deep/__init__.py": ""}
    result = found(tmp_path, tree("lamp", empty), tree("code", empty) | tree("tests", empty), "lamp")
    assert set(result.undecided["lamp"]) == set(tree("code", empty) | tree("tests", empty))
    with_text = {**empty, "b.py": "B = 1\n"}
    tracked = tree("code", with_text) | tree("old", {"b.py": "B = 1\n"})
    assert found(tmp_path, tree("lamp", with_text), tracked, "lamp").paths == {"lamp": "code"}


def test_a_source_that_does_not_exist_is_another_file(tmp_path: Path) -> None:
    """Such as a broken link."""
    files = ["lamp/__init__.py"]
    (tmp_path / "lamp").mkdir()
    (tmp_path / files[0]).write_text("A = 1\n", encoding="utf-8")
    assert compare_sources(["lamp"], files, files, contents(tmp_path, tmp_path / "none")).undecided
