from __future__ import annotations

from pathlib import Path

from evenfall.project.project import read_project
from evenfall.sessions.licenses import declare
from tests.made_project import Made, on_one_python


def test_all_groups_are_installed_so_that_their_metadata_are_at_hand(project: Made) -> None:
    assert declare(read_project(project.root))["groups"] == ("test", "lint")


def test_groups_that_exclude_each_other_are_left_to_the_index(project: Made) -> None:
    project.replace("pyproject.toml", "[dependency-groups]", '[dependency-groups]\nold = ["pytest<8"]')
    conflict = '\n[tool.uv]\nconflicts = [[{ group = "old" }, { group = "test" }]]\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + conflict)
    assert declare(read_project(project.root))["groups"] == ("lint", "test")


@on_one_python
def test_the_session_holds_what_is_locked_against_the_policy(project: Made, tmp_path: Path) -> None:
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = project.nox("-s", "licenses", env={**cache, "UV_CACHE_DIR": project.uv("cache", "dir").stdout.strip()})
    assert done.returncode == 0, done.stdout
    assert "evenfall licenses --python=" in done.stdout
    assert "pytest" in done.stdout
    policy = '\n[tool.evenfall.licenses]\nallow = ["0BSD"]\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + policy)
    done = project.nox("-R", "-s", "licenses", env=cache)
    assert done.returncode == 1
    assert "error [license-denied] pytest" in done.stdout
    assert "evenfall licenses ended with 1; it says why above" in done.stdout
