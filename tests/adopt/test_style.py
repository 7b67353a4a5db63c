from __future__ import annotations

import pytest

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.style import add_type_comments, format_noxfile, format_pyproject
from evenfall.project.precommit_config import HOOKS
from tests.adopt.conftest import HEADER
from tests.adopt.test_lint_evidence import hooks, workflow
from tests.sample_project import SampleProject

CODE = '"""Every check."""\n\nimport evenfall\nimport nox\n'
FORMATTED = """\
repos:
  - repo: https://github.com/psf/black-pre-commit-mirror
    rev: 25.1.0
    hooks: [{id: black, args: [--line-length=40]}]
  - repo: https://github.com/tox-dev/pyproject-fmt
    rev: v2.6.0
    hooks: [{id: pyproject-fmt, args: [--indent=8]}]
"""


def comments(bare: SampleProject, adoption: Adoption) -> list[str]:
    """Return the first words of the comments that adoption adds below the script header."""
    bare.write("noxfile.py", HEADER + CODE)
    add_type_comments(adoption)
    _, _, code = bare.read("noxfile.py").partition("# ///\n")
    assert code.endswith(CODE)
    return [line.split()[1] for line in code.removesuffix(CODE).splitlines()][1:]


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("mypy .", ["mypy:"]),
        ("mypy", ["mypy:"]),
        ("mypy --config-file mypy.ini --strict src", []),
        ("pyright -p pyproject.toml", ["pyright:"]),
        ("ty check", ["ty:"]),
        ("pyrefly check *.py", ["pyrefly:"]),
        ("cd src && mypy .", []),
        ("ruff check .", []),
    ],
)
def test_the_noxfile_has_a_comment_for_each_type_checker_that_reads_it(
    bare: SampleProject, adoption: Adoption, command: str, names: list[str]
) -> None:
    for path, text in workflow(command).items():
        bare.write(path, text)
    assert comments(bare, adoption) == names
    assert comments(bare, adoption) == names, "comments are added once"


def test_a_type_checker_whose_configuration_names_files_does_not_read_the_noxfile(
    bare: SampleProject, adoption: Adoption
) -> None:
    tables = '\n[tool.mypy]\nfiles = ["src"]\n\n[tool.pyright]\ninclude = ["src"]\n'
    bare.write("pyproject.toml", bare.read("pyproject.toml") + tables)
    for path, text in workflow("mypy", "pyright").items():
        bare.write(path, text)
    assert comments(bare, adoption) == []


def test_a_hook_that_runs_a_type_checker_reads_the_noxfile(bare: SampleProject, adoption: Adoption) -> None:
    bare.write(HOOKS, hooks("{id: mypy}")[HOOKS])
    assert comments(bare, adoption) == ["mypy:"]


def test_a_noxfile_without_a_script_header_stays(bare: SampleProject, adoption: Adoption) -> None:
    bare.write(HOOKS, hooks("{id: mypy}")[HOOKS])
    bare.write("noxfile.py", CODE)
    add_type_comments(adoption)
    assert bare.read("noxfile.py") == CODE


@pytest.mark.integration
def test_the_formatters_of_hooks_format_what_adoption_writes(bare: SampleProject, adoption: Adoption) -> None:
    bare.write(HOOKS, FORMATTED)
    bare.write("noxfile.py", "call('single')\n")
    format_noxfile(adoption)
    assert bare.read("noxfile.py") == 'call("single")\n'

    before = bare.read("pyproject.toml")
    format_pyproject(adoption)
    assert bare.read("pyproject.toml") == before, "adoption did not change it"
    adoption.set_settings({"systems": ["ubuntu-latest"]})
    format_pyproject(adoption)
    assert "\n        " in bare.read("pyproject.toml"), "the hook indents by eight spaces"
