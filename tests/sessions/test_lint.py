from __future__ import annotations

import sys

import pytest

from tests.made_project import Made

pytestmark = pytest.mark.integration

UNTIDY = "import os\nfrom  lantern import lit\nimport json\n\n\n\nprint( lit(1),json )\n"
TIDY = "import json\n\nfrom lantern import lit\n\nprint(lit(1), json)\n"


def lint(project: Made, *arguments: str) -> tuple[int, list[str]]:
    done = project.nox("-s", "lint", *arguments)
    return done.returncode, done.stdout.splitlines()


def last(said: list[str]) -> str:
    """Nox adds how long it took, where that was long."""
    return said[-1].partition(" (took ")[0].removesuffix(".")


def test_every_linter_runs_then_the_session_fails_and_one_command_repairs(project: Made) -> None:
    """Also where ruff's own configuration says that it fixes; what a linter's repair leaves to the next one is repaired too."""
    project.replace("pyproject.toml", "[tool.ruff.lint]", "[tool.ruff]\nfix = true\n\n[tool.ruff.lint]")
    project.write("tests/untidy.py", UNTIDY)
    code, said = lint(project)
    assert code == 1
    assert said[-2] == "nox > Session lint aborted: failed: ruff check, isort, ruff format"
    assert said[-1].startswith("  next: nox -s lint -- --fix")
    assert "nox > not run: mypy (not locked), import-linter (not locked)" in said
    assert project.read("tests/untidy.py") == UNTIDY

    code, said = lint(project, "--", "--fix")
    assert code == 0, said
    assert project.read("tests/untidy.py") == TIDY


def test_what_no_tool_repairs_fails_without_naming_the_command_again(project: Made) -> None:
    project.write("tests/untidy.py", "print(never_defined)\n")
    code, said = lint(project, "--", "--fix")
    assert code == 1
    assert last(said) == "nox > Session lint aborted: failed: ruff check"


@pytest.mark.skipif(sys.version_info >= (3, 15), reason="mypy and import-linter have no wheels for Python 3.15 yet")
def test_types_and_contracts_are_checked_where_they_are_configured(project: Made) -> None:
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
    project.lock()
    code, said = lint(project)
    assert code == 1
    assert last(said) == "nox > Session lint aborted: failed: mypy, import-linter"
    assert not any("not run" in line for line in said)
    assert "nox > mypy checks src/lantern; [tool.mypy] files = [...] adds more" in said
    assert any(line.startswith("src/lantern/oil.py:3: error:") for line in said)
    assert not any("tests/test_wick.py" in line for line in said)
    assert "lantern.oil is not allowed to import lantern.wick:" in said

    project.write("mypy.ini", "[mypy]\nfiles = tests\n")
    code, said = lint(project)
    assert "failed: mypy, import-linter" in said[-1]
    assert any(line.startswith("tests/test_wick.py:1: error:") for line in said)

    project.write("mypy.ini", "[mypy]\nfiles = src/lantern/wick.py\n")
    code, said = lint(project)
    assert last(said) == "nox > Session lint aborted: failed: import-linter"
    assert "nox > mypy" in [line.rstrip() for line in said]


def test_nothing_to_lint_with_is_an_error(project: Made) -> None:
    project.replace("pyproject.toml", "[tool.isort]", "[tool.other]")
    project.replace("pyproject.toml", "[tool.ruff.lint]", "[tool.other.lint]")
    project.replace("pyproject.toml", "[tool.ruff.format]", "[tool.other.format]")
    (project.root / ".pre-commit-config.yaml").unlink()
    done = project.nox("-s", "lint")
    assert done.returncode == 1
    assert (
        "no linter is both configured and locked in the lint and test groups (lint, test): ruff check (not configured), "
        "isort (not configured), ruff format (not configured), mypy (not locked), import-linter (not locked)\n"
        "  next: uv add --group lint ruff"
    ) in done.stdout


def test_other_arguments_are_refused(project: Made) -> None:
    code, said = lint(project, "--", "--fix", "src")
    assert code == 1
    assert "lint accepts only --fix, not '--fix src'" in said[-2]
    assert said[-1].startswith("  next: nox -s lint -- --fix")
