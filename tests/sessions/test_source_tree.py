from __future__ import annotations

import sys

import pytest

from evenfall.errors import EvenfallError
from evenfall.sessions.source_tree import check_tracked, code_digest
from tests.sample_project import SampleProject
from tests.sessions.test_installed_project import installed_files


def test_an_installed_file_must_be_tracked_or_ignored_by_git(project: SampleProject) -> None:
    project.write("src/lantern/extra.py", "")
    project.write("src/lantern/_generated.py", "")
    project.write(".git/info/exclude", "_generated.py\n")
    installed = installed_files("lantern/__init__.py", "lantern/extra.py", "lantern/_generated.py")
    with pytest.raises(EvenfallError) as caught:
        check_tracked(project.root, installed)
    assert caught.value.message.startswith("src/lantern/extra.py: ")
    assert caught.value.hint == "git add src/lantern/extra.py"
    project.git("add", "src/lantern/extra.py")
    check_tracked(project.root, installed)


def test_the_digest_changes_with_tracked_python_files_only(project: SampleProject) -> None:
    before = code_digest(project.root)
    project.write("README.md", "# Other\n")
    project.write("notes.py", "NOT_TRACKED = 1\n")
    assert code_digest(project.root) == before
    project.git("add", "notes.py")
    assert code_digest(project.root) != before
    (project.root / "notes.py").unlink()
    assert code_digest(project.root) == before
    project.replace("src/lantern/__init__.py", "bright", "dim")
    assert code_digest(project.root) != before


def test_the_digest_changes_with_the_name_of_a_file(project: SampleProject) -> None:
    before = code_digest(project.root)
    project.git("mv", "tests/test_lantern.py", "tests/test_lamp.py")
    assert code_digest(project.root) != before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows users may not create links")
def test_the_digest_does_not_depend_on_line_endings_and_links(project: SampleProject) -> None:
    link = project.root / "linked.py"
    link.symlink_to("src/lantern/__init__.py")
    project.git("add", "--all")
    before = code_digest(project.root)
    link.unlink()
    link.write_text("src/lantern/__init__.py", encoding="utf-8")
    file = project.root / "src/lantern/__init__.py"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert code_digest(project.root) == before
