from __future__ import annotations

import pytest

from evenfall.sessions.import_hook import missing_tests, other_modules
from tests.sample_project import PYTHON, SampleProject

CONFTEST = """\
import os

from night.lantern import lit


def pytest_runtest_setup(item):
    os.environ["SET_BY_CONFTEST"] = item.name
"""
DOCTEST = '"""A doctest.\n\n>>> "site-packages" in __file__\nTrue\n"""\n'
INSIDE = """\
import os

from night.lantern import lit

from .helpers import OIL


def test_inside() -> None:
    assert lit(OIL) == "bright"
    assert ("site-packages" in __file__) is ("WHEEL" in os.environ)
    assert os.environ["SET_BY_CONFTEST"] == "test_inside"
"""


def test_the_tests_that_a_wheel_leaves_out_are_found_and_no_other_module() -> None:
    files = ("lamp/__init__.py", "lamp/oil/__init__.py", "lamp/oil/tests/test_b.py", "wick.py")
    tracked = (
        *("src/lamp/__init__.py", "src/lamp/forgotten/__init__.py", "src/lamp/tests/deep/test_a.py"),
        *("src/lamp/oil/tests/test_b.py", "src/lamp/oil/tests/test_c.py", "src/lamp/conftest.py", "tests/test_d.py"),
    )
    sources = {"lamp": "src/lamp", "wick.py": "wick.py"}
    assert missing_tests(files, sources, tracked) == {
        "lamp/tests",
        "lamp/oil/tests/test_c.py",
        "lamp/conftest.py",
    }
    assert missing_tests(("lamp/a.py",), {"lamp": "."}, ("a.py", "test_a.py")) == {"lamp/test_a.py"}


def test_other_modules_with_the_name_of_a_package_can_be_imported() -> None:
    tracked = ("src/lamp/lamp.py", "tests/lamp/test_a.py", "examples/oil.py", "wick.py", "README.md")
    assert other_modules(["lamp", "oil", "wick"], ["src/lamp", "wick.py"], tracked) == {"tests/lamp", "examples/oil.py"}


@pytest.fixture
def namespace(project: SampleProject) -> SampleProject:
    """A package in a namespace, with doctests, a module with the name of one of the standard library, and tests inside."""
    (project.root / "src/night").mkdir()
    (project.root / "src/lantern").rename(project.root / "src/night/lantern")
    package = "src/night/lantern"
    project.write(f"{package}/json.py", DOCTEST)
    project.write(f"{package}/__init__.py", DOCTEST + project.read(f"{package}/__init__.py"))
    project.write(f"{package}/tests/__init__.py", "")
    project.write(f"{package}/tests/conftest.py", CONFTEST)
    project.write(f"{package}/tests/helpers.py", "OIL = 1\n")
    project.write(f"{package}/tests/test_inside.py", INSIDE)
    project.replace("tests/test_lantern.py", "from lantern import", "from night.lantern import")
    project.write("tests/night/test_other.py", "def test_other() -> None:\n    pass\n")
    project.build_with("hatchling.build", "hatchling")
    included = '[tool.hatch.build.targets.wheel]\npackages = ["src/night"]\nEXCLUDE\n[tool.isort]'
    project.replace("pyproject.toml", "[tool.isort]", included)
    project.git("add", "--all")
    return project


@pytest.mark.integration
@pytest.mark.parametrize("exclude", ['exclude = ["tests"]', ""])
def test_doctests_and_tests_in_a_package_use_the_installed_modules(namespace: SampleProject, exclude: str) -> None:
    namespace.replace("pyproject.toml", "EXCLUDE", exclude)
    for mode in ("prepend", "importlib", "importlib -o consider_namespace_packages=true"):
        options = ("--doctest-modules", *f"--import-mode={mode}".split(), ".")
        done = namespace.nox("-R", "-s", f"tests-{PYTHON}", "--", *options, env={} if exclude else {"WHEEL": "1"})
        assert done.returncode == 0, done.stdout
        assert "6 passed" in done.stdout
