from __future__ import annotations

import pytest

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.noxfile import write_noxfile
from evenfall.adopt.source import script_header
from evenfall.errors import EvenfallError
from evenfall.project.precommit_config import HOOKS
from tests.adopt.conftest import HEADER
from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration

GROUPS = 'test = ["coverage", "pytest"]\nlint = ["isort", "pre-commit", "ruff"]\n'


def test_the_noxfile_has_every_standard_session_and_a_lock(bare: SampleProject, adoption: Adoption) -> None:
    bare.write(HOOKS, "repos: []\n")
    write_noxfile(adoption)
    assert "evenfall.standard_sessions()\n" in bare.read("noxfile.py")
    assert (bare.root / "noxfile.py.lock").is_file()
    assert adoption.notes == []


def test_sessions_with_nothing_to_run_are_omitted_with_a_note(bare: SampleProject, adoption: Adoption) -> None:
    bare.replace("pyproject.toml", GROUPS, 'test = ["coverage", "pytest"]\n')
    bare.lock()
    (bare.root / HOOKS).unlink(missing_ok=True)
    (bare.root / "tests/test_lantern.py").unlink()
    write_noxfile(adoption)
    assert 'evenfall.standard_sessions(omit=["lint", "precommit"])\n' in bare.read("noxfile.py")
    assert len(adoption.notes) == 3
    assert adoption.notes[0].startswith("no file is a test (test_*.py, *_test.py), and pytest fails without one")


def test_groups_that_tests_do_not_install_and_doctests_of_all_modules_are_noted(
    bare: SampleProject, adoption: Adoption
) -> None:
    bare.write(HOOKS, "repos: []\n")
    bare.write("pytest.ini", "[pytest]\naddopts = --doctest-modules\n")
    bare.replace("pyproject.toml", GROUPS, f'{GROUPS}optional = ["six"]\nempty = []\n')
    bare.lock()
    write_noxfile(adoption)
    groups, doctests = adoption.notes
    assert "do not install optional;" in groups
    assert "add --ignore=noxfile.py to addopts" in doctests


def test_the_projects_formatters_format_the_noxfile(bare: SampleProject, adoption: Adoption) -> None:
    bare.write(HOOKS, "repos: []\n")
    bare.replace("pyproject.toml", 'quote-style = "double"', 'quote-style = "single"')
    write_noxfile(adoption)
    assert "if __name__ == '__main__':" in bare.read("noxfile.py")


def test_tools_that_are_newer_than_the_projects_limit_are_locked_with_a_note(
    bare: SampleProject, adoption: Adoption
) -> None:
    bare.write(HOOKS, "repos: []\n")
    bare.write("uv.toml", 'exclude-newer = "2026-10-01"\n')
    limit = '# [tool.uv]\n# exclude-newer = "2026-10-01"\n# ///\n'
    adoption.header = HEADER.replace('"nox"', '"nox==2026.10.20"').replace("# ///\n", limit)
    assert limit in script_header("", bare.root)
    write_noxfile(adoption)
    assert "# exclude-newer = false\n" in bare.read("noxfile.py")
    assert adoption.notes[-1].startswith('exclude-newer = "2026-10-01" does not apply to the tools of noxfile.py')
    assert "exclude-newer" not in bare.read("noxfile.py.lock")


def test_another_failure_of_the_lock_is_an_error(bare: SampleProject, adoption: Adoption) -> None:
    bare.write(HOOKS, "repos: []\n")
    adoption.header = HEADER.replace('"nox"', '"nox==0.0.dev0"')
    with pytest.raises(EvenfallError, match=r"uv lock"):
        write_noxfile(adoption)
