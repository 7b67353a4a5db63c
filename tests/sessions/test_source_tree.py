from __future__ import annotations

import sys

import pytest

from evenfall.sessions.source_tree import code_digest
from tests.made_project import Made


def test_the_digest_of_the_code_changes_with_it_and_with_nothing_else(project: Made) -> None:
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


def test_a_renamed_file_is_other_code(project: Made) -> None:
    before = code_digest(project.root)
    project.git("mv", "tests/test_lantern.py", "tests/test_lamp.py")
    assert code_digest(project.root) != before


@pytest.mark.skipif(sys.platform == "win32", reason="it may not make links")
def test_the_digest_is_the_same_where_git_writes_other_line_ends_and_text_in_place_of_links(project: Made) -> None:
    link = project.root / "linked.py"
    link.symlink_to("src/lantern/__init__.py")
    project.git("add", "--all")
    before = code_digest(project.root)
    link.unlink()
    link.write_text("src/lantern/__init__.py", encoding="utf-8")
    file = project.root / "src/lantern/__init__.py"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert code_digest(project.root) == before
