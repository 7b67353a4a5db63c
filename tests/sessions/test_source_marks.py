from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.sessions.source_map import SourceMap, compare_sources
from evenfall.sessions.source_marks import marks
from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration

FILES = ("code/__init__.py", "src/lantern/__init__.py", "tests/__init__.py")
UNDECIDED = {"lantern": FILES, "oil": FILES[:1]}


@pytest.fixture
def copies(project: SampleProject) -> SampleProject:
    """A project with three modules that are empty and can all be the source of the package."""
    for path in FILES:
        project.write(path, "")
    project.git("add", "--all")
    return project


def test_a_build_with_marks_decides_between_copies(copies: SampleProject) -> None:
    before = copies.git("status", "--porcelain")
    evidence = marks(copies.root, ".", sys.executable, UNDECIDED)
    installed = ("lantern/__init__.py", "oil/__init__.py")
    assert compare_sources(UNDECIDED, installed, FILES, evidence) == SourceMap(
        paths={"lantern": "src/lantern"}, undecided={"oil": FILES}
    )
    assert copies.git("status", "--porcelain") == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows users may not create links")
def test_no_file_outside_of_the_copy_is_marked(copies: SampleProject, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.touch()
    for path, target in {FILES[0]: outside, FILES[2]: Path("../src/lantern/__init__.py")}.items():
        (copies.root / path).unlink()
        (copies.root / path).symlink_to(target)
    copies.git("add", "--all")
    evidence = marks(copies.root, ".", sys.executable, UNDECIDED)
    assert outside.read_bytes() == b""
    installed = ("lantern/__init__.py", "oil/__init__.py")
    assert compare_sources(UNDECIDED, installed, FILES, evidence).paths == {"lantern": "src/lantern"}


def test_a_failed_build_decides_nothing(copies: SampleProject) -> None:
    copies.replace("pyproject.toml", 'readme = "README.md"', 'readme = "NONE.md"')
    with pytest.raises(EvenfallError) as caught:
        marks(copies.root, ".", sys.executable, UNDECIDED)
    assert caught.value.exit_code is Exit.UNKNOWN
    assert "(code/__init__.py, src/lantern/__init__.py" in caught.value.message
    assert "NONE.md" in caught.value.message
