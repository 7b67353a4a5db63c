from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.project.pytest_config import PytestConfig, expand_testpaths, pytest_config

DEFAULT = PytestConfig()


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("pytest.toml", '[pytest]\ntestpaths = ["a"]\n', PytestConfig(testpaths=("a",))),
        (".pytest.toml", "", DEFAULT),
        ("pytest.ini", "[pytest]\npython_files = check_*.py\n", PytestConfig(python_files=("check_*.py",))),
        (".pytest.ini", "", DEFAULT),
        ("pyproject.toml", '[tool.pytest]\naddopts = ["-q"]\n', PytestConfig(addopts=("-q",))),
        ("pyproject.toml", '[tool.pytest.ini_options]\ntestpaths = "a b"\n', PytestConfig(testpaths=("a", "b"))),
        ("pyproject.toml", "[tool.ruff]\n", None),
        ("tox.ini", "[pytest]\naddopts = --x 'a b'\n", PytestConfig(addopts=("--x", "a b"))),
        ("tox.ini", "[tox]\n", None),
        ("setup.cfg", "[tool:pytest]\naddopts = 'open\n", DEFAULT),
        ("setup.cfg", "[pytest]\n", None),
    ],
)
def test_the_configuration_is_where_pytest_finds_it(
    tmp_path: Path, file: str, text: str, expected: PytestConfig | None
) -> None:
    assert pytest_config(tmp_path) is None
    (tmp_path / file).write_text(text, encoding="utf-8")
    assert pytest_config(tmp_path) == expected


def test_test_files_are_those_that_pytest_takes_for_tests(tmp_path: Path) -> None:
    names = (
        "a/test_a.py",
        "a/b_test.py",
        "a/tests.py",
        ".venv/test_v.py",
        "env/pyvenv.cfg",
        "env/test_e.py",
        "m/test_m.py",
    )
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    def found(config: PytestConfig) -> list[str]:
        return sorted(
            path.relative_to(tmp_path).as_posix() for path in config.test_files(tmp_path, without=(tmp_path / "m",))
        )

    assert found(DEFAULT) == ["a/b_test.py", "a/test_a.py"]
    assert found(PytestConfig(python_files=("a/tests.py",))) == ["a/tests.py"]
    assert len(found(PytestConfig(addopts=("--doctest-modules",)))) == 3


def test_patterns_of_testpaths_are_expanded(tmp_path: Path) -> None:
    for name in ("b/tests", "a/tests"):
        (tmp_path / name).mkdir(parents=True)
    assert expand_testpaths(tmp_path, ("*/tests", "a/../a/tests", "none")) == (
        tmp_path / "a/tests",
        tmp_path / "b/tests",
    )
