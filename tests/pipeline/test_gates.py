from __future__ import annotations

from evenfall.pipeline.gates import file_name, gate_name, is_gate, required_checks, title
from evenfall.pipeline.model import Pipeline
from tests.generate.pipelines import session
from tests.run.pipelines import pipeline


def test_a_gate_is_named_after_its_workflow() -> None:
    assert [gate_name(workflow, Pipeline(sessions=())) for workflow in ("ci", "cd", "security")] == [
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


def test_a_workflow_beside_a_hand_written_one_of_its_name_is_named_after_evenfall() -> None:
    declared = Pipeline(sessions=(session("tests"), session("audit", workflows=("security",))), renamed=("ci",))
    assert [file_name(workflow, declared) for workflow in declared.workflows] == ["evenfall-ci.yml", "security.yml"]
    assert [title(workflow, declared) for workflow in declared.workflows] == ["Evenfall CI", "security"]
    assert required_checks(declared) == ("All Evenfall CI checks pass", "All security checks pass")
