from __future__ import annotations

from evenfall.pipeline.gates import gate_name, is_gate, required_checks
from tests.generate.pipelines import session
from tests.run.pipelines import pipeline


def test_a_gate_is_named_after_its_workflow() -> None:
    assert [gate_name(workflow) for workflow in ("ci", "cd", "security")] == [
        "All CI checks pass",
        "All CD checks pass",
        "All security checks pass",
    ]


def test_a_gate_is_known_by_its_name() -> None:
    names = ("All quality checks pass", "lint", "All tests", "Analyze (python)")
    assert [name for name in names if is_gate(name)] == ["All quality checks pass"]


def test_the_gates_of_ci_and_security_are_required_and_those_of_other_workflows_are_not() -> None:
    assert required_checks(
        pipeline(
            session("publish", workflows=("cd",)),
            session("audit", workflows=("security",)),
            session("tests"),
            session("x", workflows=("nightly",)),
        )
    ) == ("All CI checks pass", "All security checks pass")


def test_the_gate_of_a_workflow_without_jobs_is_not_required() -> None:
    assert required_checks(pipeline(session("tests"))) == ("All CI checks pass",)
