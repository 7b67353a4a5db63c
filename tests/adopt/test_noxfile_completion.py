from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.noxfile import write_noxfile
from evenfall.errors import EvenfallError
from evenfall.project.precommit_config import HOOKS
from tests.conftest import HEADER
from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration

OWN = '''\
# /// script
# dependencies = ["nox", "packaging"]
# ///
import nox
import packaging.version


@nox.session(python=["3.11"])
def tests(session):
    """My tests."""


@nox.session(name="codeql")
def analysis(session):
    """My analysis."""


@nox.session
def docs(session):
    """My documentation."""
'''


@pytest.fixture
def completion(bare: SampleProject, wheel: Path) -> Adoption:
    bare.write(HOOKS, "repos: []\n")
    bare.write("coverage_target.txt", "0.0\n")
    return Adoption(root=bare.root, scratch=bare.root, header=HEADER.format(wheel=wheel.as_uri()))


def test_own_sessions_stay_and_standard_sessions_of_their_names_are_omitted(
    bare: SampleProject, completion: Adoption, wheel: Path
) -> None:
    bare.write("noxfile.py", OWN)
    write_noxfile(completion)
    assert completion.omitted == ("tests", "coverage", "codeql"), "coverage requires tests"
    text = bare.read("noxfile.py")
    assert '\nevenfall.standard_sessions(omit=["tests", "coverage", "codeql"])\n' in text
    assert f'# dependencies = ["nox", "packaging", "evenfall[sessions] @ {wheel.as_uri()}"]\n' in text
    assert "import evenfall\nimport nox\nimport packaging.version\n" in text
    (note,) = completion.notes
    assert "your sessions tests, codeql, docs; " in note
    assert {"noxfile.py", "noxfile.py.lock"} <= completion.written

    write_noxfile(completion)
    assert bare.read("noxfile.py") == text, "it is complete"

    bare.replace("noxfile.py", '(omit=["tests", "coverage", "codeql"])', '(omit=["lint"])')
    bare.replace("noxfile.py", "def docs", "def audit")
    completion.release = True
    write_noxfile(completion)
    calls = 'evenfall.standard_sessions(omit=["lint", "tests", "coverage", "audit", "codeql"])\nevenfall.release_sessions()\n'
    assert calls in bare.read("noxfile.py"), "the names are added to those that it omitted already"


def test_a_noxfile_that_can_not_be_loaded_is_refused(bare: SampleProject, completion: Adoption) -> None:
    bare.write("noxfile.py", "import nox\nimport nonsense.deep\n")
    with pytest.raises(
        EvenfallError, match=r"^noxfile\.py:2: ModuleNotFoundError: No module named 'nonsense'"
    ) as caught:
        write_noxfile(completion)
    assert caught.value.hint.startswith("uv add --script noxfile.py nonsense,")


def test_a_session_with_nothing_to_run_is_omitted_unless_the_noxfile_declares_it(
    bare: SampleProject, completion: Adoption
) -> None:
    (bare.root / HOOKS).unlink()
    bare.write("noxfile.py", "import nox\nif __name__ == '__main__':\n    pass\n")
    write_noxfile(completion)
    assert completion.omitted == ("precommit",)
    assert [note for note in completion.notes if "run uvx nox" in note]
