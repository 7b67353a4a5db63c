"""The names of the workflows, and of their gates: the checks that the rules of the default branch require.

A workflow whose name the repository already uses for a hand-written one is named after Evenfall, in its file, its title and its gate.
"""

from __future__ import annotations

from evenfall.pipeline.model import Pipeline

CHECK_WORKFLOWS = ("ci", "security")
"""Workflows that check every change and have no side effects."""
AUTO_MERGE = "auto-merge"
"""The workflow that merges updates by Dependabot, and its only session. It has no gate, because no rule requires it."""
WORKFLOWS = ".github/workflows"
_TITLES = {"ci": "CI", "cd": "CD"}
"""The titles of the workflows that are not named by their title."""


def title(workflow: str, pipeline: Pipeline) -> str:
    """Return the name of a workflow, as GitHub shows it: `CI`, or `Evenfall CI` beside a hand-written one."""
    name = _TITLES.get(workflow, workflow)
    return f"Evenfall {name}" if workflow in pipeline.renamed else name


def file_name(workflow: str, pipeline: Pipeline) -> str:
    """Return the name of a workflow's file: `ci.yml`, or `evenfall-ci.yml` beside a hand-written one."""
    return f"evenfall-{workflow}.yml" if workflow in pipeline.renamed else f"{workflow}.yml"


def gate_name(workflow: str, pipeline: Pipeline) -> str:
    """Return the name of a workflow's gate, as GitHub shows it: `All CI checks pass`."""
    return f"All {title(workflow, pipeline)} checks pass"


def is_gate(check: str) -> bool:
    """Return whether a check has the name of a gate, also that of a workflow that does not exist any more."""
    return check.startswith("All ") and check.endswith(" checks pass")


def required_checks(pipeline: Pipeline) -> tuple[str, ...]:
    """Return the names of the gates that report on every pull request: those of `ci` and `security`, if the pipeline has them."""
    return tuple(gate_name(workflow, pipeline) for workflow in CHECK_WORKFLOWS if workflow in pipeline.workflows)
