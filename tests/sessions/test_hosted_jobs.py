from __future__ import annotations

import pytest

from evenfall.errors import EvenfallError
from evenfall.generate.pins import TABLE
from evenfall.pipeline.load import read_pipeline
from evenfall.sessions import hosted_jobs
from evenfall.sessions.standard import SESSION_NAMES
from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration


def counterparts(project: SampleProject) -> dict[str, str]:
    return {job.name: job.local for job in read_pipeline(project.root).hosted_jobs}


def test_each_standard_hosted_job_names_its_local_counterpart(project: SampleProject) -> None:
    found = counterparts(project)
    assert tuple(found) == hosted_jobs.NAMES
    assert (found["codeql"], found["trufflehog"], found["scorecard"]) == ("lint", "secrets", "workflows")
    assert {job.workflow for job in read_pipeline(project.root).hosted_jobs} == {"security"}


def test_the_next_counterpart_replaces_an_omitted_one(project: SampleProject) -> None:
    project.replace(
        "noxfile.py", "standard_sessions()", 'standard_sessions(omit=("lint", "workflows", "dependency-review"))'
    )
    assert counterparts(project) == {"codeql": "tests", "trufflehog": "secrets", "scorecard": "secrets"}


def test_a_session_of_the_noxfile_can_be_the_counterpart(project: SampleProject) -> None:
    own = "@evenfall.session(workflow='security')\ndef secrets(session): ...\n\n\n"
    project.replace("noxfile.py", "evenfall.standard_sessions()", f'{own}evenfall.standard_sessions(omit=("secrets",))')
    assert counterparts(project)["trufflehog"] == "secrets"


def test_a_hosted_job_without_any_counterpart_is_rejected(project: SampleProject) -> None:
    project.replace("noxfile.py", "standard_sessions()", 'standard_sessions(omit=("secrets", "dependency-review"))')
    with pytest.raises(EvenfallError) as caught:
        read_pipeline(project.root)
    assert caught.value.message.startswith("noxfile.py: omit leaves the hosted job 'trufflehog'")
    project.replace("noxfile.py", '"secrets", ', '"secrets", "trufflehog", ')
    assert "trufflehog" not in counterparts(project)


def test_a_hosted_job_of_the_noxfile_can_replace_an_omitted_standard_one(project: SampleProject) -> None:
    own = "evenfall.hosted_job('codeql', local='lint', steps=[('github/codeql-action/init', {})])\n"
    project.replace("noxfile.py", "evenfall.standard_sessions()\n", f"evenfall.standard_sessions()\n{own}")
    with pytest.raises(EvenfallError) as caught:
        read_pipeline(project.root)
    assert "'codeql'" in caught.value.message
    assert 'evenfall.standard_sessions(omit=("codeql",))' in caught.value.hint
    project.replace("noxfile.py", "standard_sessions()", 'standard_sessions(omit=("codeql",))')
    assert counterparts(project)["codeql"] == "lint"


def test_every_action_has_a_pin_and_the_image_of_trufflehog_has_its_version() -> None:
    actions = {"/".join(action.split("/")[:2]) for job in hosted_jobs.STANDARD for action, _ in job.facts["steps"]}
    assert actions <= set(TABLE)
    assert TABLE["trufflesecurity/trufflehog"].version == f"v{hosted_jobs.TRUFFLEHOG_IMAGE}"


def test_no_hosted_job_has_the_name_of_a_session() -> None:
    assert not set(hosted_jobs.NAMES) & set(SESSION_NAMES)


def test_the_tag_security_selects_every_session_of_the_workflow(project: SampleProject) -> None:
    listed = project.nox("-l", "-t", "security").stdout
    selected = [line.split()[1] for line in listed.splitlines() if line.startswith("* ")]
    security = read_pipeline(project.root).in_workflow("security")
    assert selected == [session.name for session in security]
    assert "secrets" in selected
