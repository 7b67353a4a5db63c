"""The gates of the workflows: the checks that the rules of the default branch require."""

from __future__ import annotations

from evenfall.pipeline.model import Pipeline

CHECK_WORKFLOWS = ("ci", "security")
"""Workflows that check every change and have no side effects."""
AUTO_MERGE = "auto-merge"
"""The workflow that merges updates by Dependabot, and its only session. It has no gate, because no rule requires it."""
TITLES = {"ci": "CI", "cd": "CD"}
"""The titles of the workflows that are not named by their title."""


def gate_name(workflow: str) -> str:
    """Return the name of a workflow's gate, as GitHub shows it: `All CI checks pass`."""
    return f"All {TITLES.get(workflow, workflow)} checks pass"


def is_gate(check: str) -> bool:
    """Return whether a check has the name of a gate, also that of a workflow that does not exist any more."""
    return check.startswith("All ") and check.endswith(" checks pass")


def required_checks(pipeline: Pipeline) -> tuple[str, ...]:
    """Return the names of the gates that report on every pull request: those of `ci` and `security`, if the pipeline has them."""
    return tuple(gate_name(workflow) for workflow in CHECK_WORKFLOWS if workflow in pipeline.workflows)
