from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.syntax import modules, oldest_reader

VERSIONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15", "3.16")


@pytest.mark.parametrize(
    ("oldest", "code"),
    [
        ("3.8", "def f(): return f'{1}'\n"),
        ("3.10", "match x:\n    case 1: pass\n"),
        ("3.11", "try: pass\nexcept* ValueError: pass\n"),
        ("3.12", "type X = int\n"),
        ("3.12", "def f[T](x: T) -> T: return x\n"),
        ("3.12", "print(f'{'a'}')\n"),
        ("3.13", "class A[T = int]: pass\n"),
        ("3.14", "try: pass\nexcept A, B: pass\n"),
        ("3.8", "print 'Python 2'\n"),
        ("3.8", "{% if cookiecutter.x %}\n"),
    ],
)
def test_the_oldest_version_is_the_one_that_added_the_syntax(tmp_path: Path, oldest: str, code: str) -> None:
    (tmp_path / "new.py").write_text(code, encoding="utf-8")
    (tmp_path / "old.py").write_text("x = 1\n", encoding="utf-8")
    expected = ("new.py",) if oldest != "3.8" else ()
    assert oldest_reader(tmp_path, ("new.py", "old.py"), VERSIONS) == (oldest, expected)


def test_only_what_the_supported_versions_can_read_counts(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("type X = int\n", encoding="utf-8")
    (tmp_path / "latin.py").write_bytes(b"# \xe9\n")
    assert oldest_reader(tmp_path, ("a.py", "latin.py", "missing.py"), ("3.10", "3.11")) == ("3.10", ())
    assert oldest_reader(tmp_path, (), ("3.10", "3.11")) == ("3.10", ())


def test_many_files_need_several_commands(tmp_path: Path) -> None:
    names = [f"{'m' * 100}{number}.py" for number in range(250)]
    for name in names:
        (tmp_path / name).write_text("type X = int\n", encoding="utf-8")
    assert oldest_reader(tmp_path, names, ("3.11", "3.12")) == ("3.12", tuple(sorted(names)))


def test_a_ruff_that_does_not_answer_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match=r"^ruff check --target-version=py311 failed:") as caught:
        oldest_reader(tmp_path / "missing", ("a.py",), ("3.11", "3.12"))
    assert caught.value.exit_code is Exit.UNKNOWN


def test_modules_and_tests_count_and_data_do_not() -> None:
    counted = [
        "noxfile.py",
        "lamp.py",
        "lamp/__init__.py",
        "lamp/_new.py",
        "lamp/stub.pyi",
        "src/acme/lamp/core.py",
        "tests/test_new.py",
        "tests/deep/new_test.py",
        "tests/conftest.py",
        "tests/helpers/__init__.py",
        "tests/helpers/lamps.py",
    ]
    data = [
        "README.md",
        "tests/data/pep_695.py",
        "docs/examples/new.py",
        "templates/{{ name }}/__init__.py",
        "templates/{{ name }}/core.py",
        "scripts/make-lamp.py",
        "src/lamp/templates/my-lamp.py",
    ]
    assert modules([*data, *counted]) == tuple(counted)


def test_a_folder_with_the_name_of_a_module_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "web.py").mkdir()
    (tmp_path / "web.py/new.py").write_text("type X = int\n", encoding="utf-8")
    assert oldest_reader(tmp_path, ("web.py",), ("3.10", "3.12")) == ("3.10", ())


@pytest.mark.skipif(os.name == "nt", reason="Windows users may not create links")
def test_a_root_behind_a_link_is_read(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/new.py").write_text("type X = int\n", encoding="utf-8")
    (tmp_path / "link").symlink_to("real")
    assert oldest_reader(tmp_path / "link", ("new.py",), ("3.10", "3.12")) == ("3.12", ("new.py",))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_file_that_ruff_names_in_another_way_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "\udcff.py").write_text("type X = int\n", encoding="utf-8")
    with pytest.raises(EvenfallError, match="not one of the files of") as caught:
        oldest_reader(tmp_path, ("\udcff.py",), ("3.10", "3.12"))
    assert caught.value.exit_code is Exit.UNKNOWN
