from __future__ import annotations

import pytest

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.collected_tests import compare_collected_tests
from tests.sample_project import PYTHON, SampleProject

WORKFLOW = "on: push\njobs:\n  t:\n    runs-on: ubuntu-latest\n    steps:\n      - run: {}\n"


@pytest.fixture
def bare(bare: SampleProject) -> SampleProject:
    """A project with a third test, which is collected only with isort."""
    bare.write("tests/test_isort.py", "import pytest\n\npytest.importorskip('isort')\n\n\ndef test_it(): ...\n")
    bare.replace(
        "pyproject.toml",
        "[tool.isort]",
        '[tool.pytest.ini_options]\ntestpaths = ["tests"]\naddopts = "-q"\n\n[tool.isort]',
    )
    return bare


def compare(adoption: Adoption, command: str, seconds: float = 60) -> str:
    (adoption.root / ".github" / "workflows").mkdir(parents=True, exist_ok=True)
    (adoption.root / ".github" / "workflows" / "x.yml").write_text(WORKFLOW.format(command))
    compare_collected_tests(adoption, seconds=seconds)
    assert len(adoption.notes) <= 1
    return "".join(adoption.notes)


@pytest.mark.integration
def test_both_numbers_are_shown_if_they_differ(adoption: Adoption) -> None:
    note = compare(adoption, "uv run --group test --group lint pytest")
    assert (
        "uv run --group test --group lint pytest (.github/workflows/x.yml) collects 3 tests, but the session tests 2; name"
        in note
    )
    assert not adoption.refusals


@pytest.mark.integration
def test_the_module_path_of_the_own_command_is_named(adoption: Adoption, bare: SampleProject) -> None:
    bare.write("samples/sample.py", "")
    bare.write("tests/test_sample.py", "import sample\n\n\ndef test_it(): ...\n")
    note = compare(adoption, "PYTHONPATH=samples uv run --group test pytest")
    assert (
        "PYTHONPATH=samples uv run --group test pytest (.github/workflows/x.yml) collects 3 tests, but the session tests fails: "
        "ModuleNotFoundError: No module named 'sample'" in note
    )
    assert 'add pythonpath = ["samples"] to the options of pytest' in note


@pytest.mark.integration
def test_a_session_without_tests_is_refused(adoption: Adoption, bare: SampleProject) -> None:
    bare.replace(
        "pyproject.toml", "[tool.isort]", '[tool.evenfall]\ntests.pytest-args = ["-k", "nothing"]\n\n[tool.isort]'
    )
    note = compare(adoption, "uv run --group test pytest tests/test_lantern.py")
    assert "collects 2 tests, but the session tests 0" in note
    assert adoption.refusals == (
        "the session tests would collect no test, but uv run --group test pytest tests/test_lantern.py collects 2",
    )


@pytest.mark.integration
def test_a_command_that_fails_is_named_with_the_reason(adoption: Adoption) -> None:
    note = compare(adoption, "uv run --only-group lint pytest")
    assert "because it fails: " in note
    assert "No module named pytest" in note


@pytest.mark.integration
def test_a_command_that_takes_too_long_is_named(adoption: Adoption) -> None:
    assert "because it fails: uv run --quiet: no answer within" in compare(adoption, "uv run pytest", seconds=0.01)


@pytest.mark.integration
def test_nothing_is_noted_if_both_collect_the_same_number_of_tests(adoption: Adoption) -> None:
    assert compare(adoption, "uv run --group test pytest tests") == ""


def test_nothing_is_compared_if_both_have_the_same_packages_and_tests(adoption: Adoption) -> None:
    assert compare(adoption, "uv run --group test pytest -q --cov=lantern") == ""


def test_a_command_that_is_not_known_is_named(adoption: Adoption) -> None:
    compare_collected_tests(adoption)
    assert "no file shows how the tests are run" in "".join(adoption.notes)


def test_without_an_interpreter_nothing_is_compared(adoption: Adoption, bare: SampleProject) -> None:
    for old, new in ((f">={PYTHON}", ">=3.99"), (f":: {PYTHON}", ":: 3.99")):
        bare.replace("pyproject.toml", old, new)
    assert "no supported Python is installed" in compare(adoption, "uv run --group lint pytest")


def test_a_folder_with_groups_and_without_a_project_has_nothing_to_compare(
    adoption: Adoption, bare: SampleProject
) -> None:
    bare.write("pyproject.toml", '[dependency-groups]\ntest = ["pytest"]\n')
    compare_collected_tests(adoption)
    assert not adoption.notes
