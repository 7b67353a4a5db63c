from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evenfall.sessions.lint import expand_patterns
from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration

UNTIDY = "import os\nfrom  lantern import lit\nimport json\n\n\n\nprint( lit(1),json )\n"
TIDY = "import json\n\nfrom lantern import lit\n\nprint(lit(1), json)\n"


def lint(project: SampleProject, *arguments: str) -> tuple[int, list[str]]:
    done = project.nox("-s", "lint", *arguments)
    return done.returncode, done.stdout.splitlines()


def last(output: list[str]) -> str:
    """Return the last line without the duration that Nox adds to it after a few seconds."""
    return output[-1].partition(" (took ")[0].removesuffix(".")


def test_every_linter_checks_before_the_session_fails_and_fix_repairs(project: SampleProject) -> None:
    """The check changes no file, although Ruff is configured to fix. Each repair starts from the result of the one before."""
    project.replace("pyproject.toml", "[tool.ruff.lint]", "[tool.ruff]\nfix = true\n\n[tool.ruff.lint]")
    project.write("tests/untidy.py", UNTIDY)
    code, output = lint(project)
    assert code == 1
    assert output[-2] == "nox > Session lint aborted: failed: ruff check, isort, ruff format"
    assert output[-1].startswith("  next: nox -s lint -- --fix")
    assert project.read("tests/untidy.py") == UNTIDY

    code, output = lint(project, "-R", "--", "--fix")
    assert code == 0, output
    assert project.read("tests/untidy.py") == TIDY


def test_fixes_of_isort_and_ruff_that_undo_each_other_are_explained(project: SampleProject) -> None:
    project.replace("pyproject.toml", 'select = ["F"]', 'select = ["I"]')
    project.replace("pyproject.toml", 'profile = "black"', 'profile = "black"\nforce_sort_within_sections = true')
    project.write("tests/untidy.py", "import os\nfrom json import loads\n\nprint(os, loads)\n")
    code, output = lint(project, "--", "--fix")
    assert code == 1
    assert output[-2] == "nox > Session lint aborted: failed: ruff check"
    assert output[-1].startswith("  next: configure isort and Ruff's rules I alike, or remove one of the two")


def test_a_problem_that_no_linter_can_repair_fails_without_a_hint(project: SampleProject) -> None:
    project.write("tests/untidy.py", "print(never_defined)\n")
    code, output = lint(project, "--", "--fix")
    assert code == 1
    assert last(output) == "nox > Session lint aborted: failed: ruff check"


@pytest.mark.skipif(sys.version_info >= (3, 15), reason="mypy and import-linter have no wheels for Python 3.15 yet")
def test_configured_types_and_import_contracts_are_checked(project: SampleProject) -> None:
    project.replace("pyproject.toml", '"ruff"]', '"ruff", "mypy", "import-linter"]')
    project.replace(
        "pyproject.toml",
        "[tool.isort]",
        '[tool.mypy]\nstrict = true\n\n[tool.importlinter]\nroot_packages = ["lantern"]\n\n'
        '[[tool.importlinter.contracts]]\nname = "c"\ntype = "forbidden"\n'
        'source_modules = ["lantern.oil"]\nforbidden_modules = ["lantern.wick"]\n\n[tool.isort]',
    )
    project.write("src/lantern/oil.py", "from lantern import wick\n\nLONG: int = wick.LONG\n")
    project.write("src/lantern/wick.py", 'LONG = "long"\n')
    project.write("tests/test_wick.py", 'from lantern.wick import LONG\n\nALSO: int = LONG + ""\n')
    project.git("add", "--all")
    project.lock()
    code, output = lint(project)
    assert code == 1
    assert last(output) == "nox > Session lint aborted: failed: mypy, lint-imports"
    assert not any("not run" in line for line in output)
    assert "nox > mypy checks src/lantern; [tool.mypy] files = [...] adds more" in output
    assert any(line.startswith("src/lantern/oil.py:3: error:") for line in output)
    assert not any("tests/test_wick.py" in line for line in output)
    assert "lantern.oil is not allowed to import lantern.wick:" in output

    project.write("mypy.ini", "[mypy]\nfiles = tests\n")
    code, output = lint(project, "-R")
    assert "failed: mypy, lint-imports" in output[-1]
    assert any(line.startswith("tests/test_wick.py:1: error:") for line in output)

    project.write("mypy.ini", "[mypy]\nfiles = src/lantern/wick.py\n")
    code, output = lint(project, "-R")
    assert last(output) == "nox > Session lint aborted: failed: lint-imports"
    assert "nox > mypy" in [line.rstrip() for line in output]


TABLES = "```python\nx=1\n```\n"


def test_only_python_files_are_formatted_unless_the_configuration_names_files(project: SampleProject) -> None:
    """By default, Ruff also formats the code in Markdown, whose lines can be the input of doctests."""
    project.write("docs/page.md", TABLES)
    project.replace("pyproject.toml", "[tool.isort]", "[tool.other]")
    code, output = lint(project)
    assert code == 0, output
    assert "nox > not run: isort (not configured)" in output
    project.replace("pyproject.toml", "[tool.ruff.lint]", '[tool.ruff]\nextend-include = ["*.md"]\n\n[tool.ruff.lint]')
    code, output = lint(project, "-R")
    assert code == 1
    assert last(output[:-1]) == "nox > Session lint aborted: failed: ruff format"


COMMANDS = """\

[tool.evenfall.lint]
commands = ["ruff check src", "cd docs && ORDER=1 ruff format --diff .", "python docs/check.py"]
"""


def test_the_commands_of_the_settings_run_as_they_are_and_a_fix_changes_only_their_files(
    project: SampleProject,
) -> None:
    project.write("pyproject.toml", project.read("pyproject.toml") + COMMANDS)
    project.write("tests/untidy.py", UNTIDY)
    project.write("docs/untidy.py", UNTIDY)
    project.write("docs/check.py", "raise SystemExit(1)\n")
    code, output = lint(project)
    assert code == 1
    assert output[-2] == "nox > Session lint aborted: failed: ruff format, python"
    code, output = lint(project, "-R", "--", "--fix")
    assert last(output) == "nox > Session lint aborted: failed: python"
    assert project.read("tests/untidy.py") == UNTIDY
    assert (
        project.read("docs/untidy.py") == "import os\nfrom lantern import lit\nimport json\n\n\nprint(lit(1), json)\n"
    )

    project.replace("pyproject.toml", COMMANDS.splitlines()[-1], "commands = []")
    code, output = lint(project, "-R")
    assert code == 1
    assert any("tool.evenfall.lint.commands is empty" in line for line in output)


def test_a_project_without_any_configured_linter_is_an_error(project: SampleProject) -> None:
    project.replace("pyproject.toml", "[tool.isort]", "[tool.other]")
    project.replace("pyproject.toml", "[tool.ruff.lint]", "[tool.other.lint]")
    project.replace("pyproject.toml", "[tool.ruff.format]", "[tool.other.format]")
    (project.root / ".pre-commit-config.yaml").unlink()
    done = project.nox("-s", "lint")
    assert done.returncode == 1
    reasons = "ruff check (not configured), isort (not configured), ruff format (not configured)"
    assert f"(lint, test): {reasons}\n  next: uv add --group lint ruff" in done.stdout


def test_a_pattern_means_the_files_that_match_it_unless_it_is_the_value_of_an_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b.py", "a.py"):
        (tmp_path / name).touch()
    words = ("flake8", "*.py", "--exclude", "*.py", "no*.py", "--x=*.py")
    assert expand_patterns(words) == ("flake8", "a.py", "b.py", "--exclude", "*.py", "no*.py", "--x=*.py")
    assert expand_patterns(("mypy", "--strict", "?.py")) == ("mypy", "--strict", "a.py", "b.py")
    assert expand_patterns(("black", "--skip=x", "[b-z].py")) == ("black", "--skip=x", "b.py")
    assert expand_patterns(("codespell", "-S", "*.py")) == ("codespell", "-S", "*.py")


def test_other_arguments_than_fix_are_rejected(project: SampleProject) -> None:
    code, output = lint(project, "--", "--fix", "src")
    assert code == 1
    assert "lint accepts only --fix, not '--fix src'" in output[-2]
    assert output[-1].startswith("  next: nox -s lint -- --fix")
