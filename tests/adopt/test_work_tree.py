from __future__ import annotations

import sys

import pytest

from evenfall.adopt.work_tree import check_no_links, copied_files, dirty_files, files_to_add
from evenfall.errors import EvenfallError
from evenfall.git.repository import init_repository
from evenfall.pipeline.marker import MARKER
from tests.sample_project import SampleProject


@pytest.fixture
def made(tmp_path_factory: pytest.TempPathFactory) -> SampleProject:
    """A repository with a tracked and an untracked file of an adoption, and others."""
    made = SampleProject(tmp_path_factory.mktemp("lamp"))
    init_repository(made.root)
    made.write("pyproject.toml", "")
    made.write("lamp.py", "")
    made.commit()
    made.write("uv.lock", "")
    made.write(".github/workflows/ci.yml", "")
    made.write("notes.txt", "")
    return made


def test_the_plan_is_made_from_the_tracked_files_and_those_that_it_may_write(made: SampleProject) -> None:
    files = {"pyproject.toml", "lamp.py", "uv.lock", ".github/workflows/ci.yml"}
    assert {*copied_files(made.root)} == {*copied_files(made.root, "/elsewhere/evenfall.whl")} == files
    made.write("wheels/evenfall.whl", "")
    for source in ("wheels/evenfall.whl", "wheels"):
        assert {*copied_files(made.root, str(made.root / source))} == {*files, "wheels/evenfall.whl"}


def test_the_plan_of_a_project_that_is_not_committed_is_made_from_all_files(made: SampleProject) -> None:
    made.git("rm", "--quiet", "--cached", "pyproject.toml")
    assert "notes.txt" in copied_files(made.root)


def test_files_with_uncommitted_changes_are_dirty(made: SampleProject) -> None:
    made.write("pyproject.toml", "# mine\n")
    made.write("lamp.py", "# mine\n")
    assert dirty_files(made.root, ["pyproject.toml", "uv.lock"]) == ("pyproject.toml",)


def test_the_files_to_add_are_the_changed_ones_and_pending_ones_of_an_adoption(made: SampleProject) -> None:
    made.write("lamp.py", "# mine\n")
    made.write("docs/DEPLOYMENT.md", f"{MARKER} x\n")
    made.write("changed.txt", "")
    made.git("rm", "--quiet", "--cached", "pyproject.toml")
    (made.root / "pyproject.toml").unlink()
    made.write("wheels/evenfall 1.whl", "")
    made.write("noxfile.py", '# dependencies = ["evenfall @ file:///${PROJECT_ROOT}/wheels/evenfall%201.whl"]\n')
    added = files_to_add(made.root, ["changed.txt", "never tracked, and removed"])
    wheel = "wheels/evenfall 1.whl"
    assert added == ("changed.txt", "docs/DEPLOYMENT.md", "noxfile.py", "pyproject.toml", "uv.lock", wheel)


def test_outside_of_git_there_is_nothing_to_add(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("outside")
    assert (copied_files(folder), dirty_files(folder, ["x"]), files_to_add(folder, ["x"])) == ((), (), ())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows needs a privilege for symbolic links")
def test_a_symbolic_link_in_the_place_of_a_file_is_refused(made: SampleProject) -> None:
    check_no_links(made.root)
    (made.root / "noxfile.py").symlink_to("lamp.py")
    with pytest.raises(EvenfallError, match=r"^noxfile\.py: it is a symbolic link"):
        check_no_links(made.root)
