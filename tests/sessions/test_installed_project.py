from __future__ import annotations

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
