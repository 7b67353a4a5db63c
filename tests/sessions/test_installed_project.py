from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError
from evenfall.project.project import read_project
from evenfall.sessions.installed_project import InstalledProject, require_test_tool
from tests.sample_project import SampleProject


def installed_files(*files: str, distributions: tuple[str, ...] = ()) -> InstalledProject:
    """Return an installed project of one package with these files, in an environment with these distributions."""
    return InstalledProject(
        site="site-packages",
        packages=("lantern",),
        modules=(),
        files=files,
        distributions=frozenset(distributions),
    )


@pytest.mark.parametrize(
    ("locked", "tool", "groups", "group"),
    [
        ('test = ["coverage"]', "pytest", "test", "test"),
        ('tests = ["pytest"]', "coverage", "tests", "tests"),
        ('other = ["pytest"]', "pytest", "there are none", "test"),
    ],
)
def test_a_missing_tool_is_reported_with_the_command_that_adds_it(
    project: SampleProject, locked: str, tool: str, groups: str, group: str
) -> None:
    project.replace("pyproject.toml", 'test = ["coverage", "pytest"]', locked)
    other = {"pytest": "coverage", "coverage": "pytest"}[tool]
    with pytest.raises(EvenfallError) as caught:
        require_test_tool(tool, read_project(project.root), installed_files(distributions=(other,)))
    assert caught.value.message.startswith(f"{tool}: ")
    assert f"({groups})" in caught.value.message
    assert caught.value.hint == f"uv add --group {group} {tool}"


def test_the_source_of_a_member_is_in_its_own_folder_although_other_folders_have_the_same_files(tmp_path: Path) -> None:
    folders = {"lamp": ".", "oil": "packages/oil", "wick": "packages/oil/wick"}
    for name, folder in folders.items():
        for path in (f"{folder}/src/{name}/__init__.py", f"site/{name}/__init__.py"):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text("X = 1\n", encoding="utf-8")
    (made := SampleProject(tmp_path)).git("init", "--quiet")
    made.git("add", "packages", "src")
    installed = InstalledProject(
        site=str(tmp_path / "site"),
        packages=(*folders,),
        modules=(),
        files=tuple(f"{name}/__init__.py" for name in folders),
        distributions=frozenset(),
        folders=tuple((folder, (f"{name}/__init__.py",)) for name, folder in folders.items()),
    )
    assert installed.source_paths(tmp_path) == {
        "lamp": "src/lamp",
        "oil": "packages/oil/src/oil",
        "wick": "packages/oil/wick/src/wick",
    }
