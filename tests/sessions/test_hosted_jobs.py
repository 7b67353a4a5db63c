from __future__ import annotations

import pytest

from evenfall.errors import EvenfallError
from evenfall.generate.pins import TABLE
from evenfall.pipeline.load import read_pipeline
from evenfall.sessions import hosted_jobs
from evenfall.sessions.standard import SESSION_NAMES
from tests.made_project import Made


def locals_of(project: Made) -> dict[str, str]:
    return {job.name: job.local for job in read_pipeline(project.root).hosted_jobs}


def test_each_standard_hosted_job_names_the_session_that_does_here_what_can_be_done_here(project: Made) -> None:
    found = locals_of(project)
    assert tuple(found) == hosted_jobs.NAMES
    assert (found["codeql"], found["trufflehog"], found["scorecard"]) == ("lint", "secrets", "workflows")
    assert {job.workflow for job in read_pipeline(project.root).hosted_jobs} == {"security"}


def test_where_a_counterpart_is_left_out_the_next_one_takes_its_place(project: Made) -> None:
    project.replace(
        "noxfile.py", "standard_sessions()", 'standard_sessions(omit=("lint", "workflows", "dependency-review"))'
    )
    assert locals_of(project) == {"codeql": "tests", "trufflehog": "secrets", "scorecard": "secrets"}


def test_a_counterpart_of_ones_own_is_taken(project: Made) -> None:
    own = "@evenfall.session(workflow='security')\ndef secrets(session): ...\n\n\n"
    project.replace("noxfile.py", "evenfall.standard_sessions()", f'{own}evenfall.standard_sessions(omit=("secrets",))')
    assert locals_of(project)["trufflehog"] == "secrets"


def test_a_hosted_job_without_any_counterpart_is_refused_with_what_to_write(project: Made) -> None:
    project.replace("noxfile.py", "standard_sessions()", 'standard_sessions(omit=("secrets", "dependency-review"))')
    with pytest.raises(EvenfallError) as caught:
        read_pipeline(project.root)
    assert str(caught.value) == (
        "noxfile.py: omit leaves the hosted job 'trufflehog' without a local counterpart (secrets)\n"
        "  next: write 'trufflehog' in omit= too, or declare one of them above"
    )
    project.replace("noxfile.py", '"secrets", ', '"secrets", "trufflehog", ')
    assert "trufflehog" not in locals_of(project)


def test_a_hosted_job_of_ones_own_takes_the_place_of_a_standard_one(project: Made) -> None:
    own = "evenfall.hosted_job('codeql', local='lint', steps=[('github/codeql-action/init', {})])\n"
    project.replace("noxfile.py", "evenfall.standard_sessions()\n", f"evenfall.standard_sessions()\n{own}")
    with pytest.raises(EvenfallError) as caught:
        read_pipeline(project.root)
    assert str(caught.value) == (
        "noxfile.py: two hosted jobs are named 'codeql'\n"
        """  next: rename one, or leave the standard one out: evenfall.standard_sessions(omit=("codeql",))"""
    )
    project.replace("noxfile.py", "standard_sessions()", 'standard_sessions(omit=("codeql",))')
    assert locals_of(project)["codeql"] == "lint"


def test_every_action_has_a_pin_and_the_image_of_one_is_that_of_its_pin() -> None:
    actions = {"/".join(action.split("/")[:2]) for job in hosted_jobs.STANDARD for action, _ in job.facts["steps"]}
    assert actions <= set(TABLE)
    assert TABLE["trufflesecurity/trufflehog"].version == f"v{hosted_jobs.TRUFFLEHOG_IMAGE}"


def test_no_hosted_job_has_the_name_of_a_session() -> None:
    assert not set(hosted_jobs.NAMES) & set(SESSION_NAMES)


def test_nox_runs_all_of_the_workflow_that_can_run_here_by_its_tag(project: Made) -> None:
    listed = project.nox("-l", "-t", "security").stdout
    chosen = [line.split()[1] for line in listed.splitlines() if line.startswith("* ")]
    security = read_pipeline(project.root).in_workflow("security")
    assert chosen == [session.name for session in security]
    assert "secrets" in chosen
