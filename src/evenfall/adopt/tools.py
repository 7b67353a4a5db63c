"""What the sessions call: tools that the lock has not yet, and the hooks that run them."""

from __future__ import annotations

from evenfall.adopt import templates
from evenfall.adopt.adoption import Adoption
from evenfall.project.precommit_config import HOOKS
from evenfall.project.uv import uv


def add_tools(adoption: Adoption) -> None:
    """Lock what the sessions call and the project has not: pytest and coverage with its tests, pre-commit with its linters."""
    project = adoption.project
    for purpose, group, tools in (("tests", "test", ("pytest", "coverage")), ("lint", "lint", ("pre-commit",))):
        groups = project.groups(purpose)
        # The tests run with their own groups alone, so what another group brings is not there.
        installed = groups if purpose == "tests" else project.lint_and_test_groups
        found = project.locked_names(installed)
        lacking = [tool for tool in tools if tool not in found]
        if purpose == "tests" and lacking and not groups:
            adoption.notes.append(
                f"there was no group for tests; what they import beside {project.name} must be in it: uv add --group {group} …"
            )
        if lacking:
            uv(adoption.scratch, "add", "--quiet", "--no-sync", "--group", groups[0] if groups else group, *lacking)
            project = adoption.project


def write_hooks(adoption: Adoption) -> None:
    """Hooks that run the lock's tools, where the project has no hooks yet."""
    if (adoption.scratch / HOOKS).exists():
        return
    project = adoption.project
    root = project.lock.find(project.name)
    extras, groups = (root.optional_dependencies, root.dev_dependencies) if root else ({}, {})
    held = [(f"--extra {extra}", extras.get(extra, ())) for extra in project.pyproject.settings.extras]
    held += [(f"--group {group}", edges) for group, edges in groups.items()]
    where = {edge.name: option for option, edges in held for edge in edges if edge.name in templates.COMMANDS}
    if where:
        adoption.write(HOOKS, templates.hooks(where))
