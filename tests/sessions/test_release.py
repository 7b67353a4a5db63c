from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.model import Facts, Pipeline
from evenfall.run.planner import make_plan
from tests.sample_project import PYTHON, SampleProject, copy

pytestmark = pytest.mark.integration

VERSION, BUILD, INSTALL = "release-version", "release-build", "release-install"
ALWAYS = [VERSION, BUILD, INSTALL]


@pytest.fixture(scope="module")
def releasing(template: SampleProject, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, SampleProject]:
    """A project with only the sessions of a release, by its trigger. A test may not change it."""
    made = {}
    for trigger in ("release", "tag"):
        made[trigger] = copy(template, tmp_path_factory.mktemp("release") / "lantern")
        made[trigger].replace("noxfile.py", "evenfall.standard_sessions()", "evenfall.release_sessions()")
        settings = f'{made[trigger].read("pyproject.toml")}\n[tool.evenfall.release]\ntrigger = "{trigger}"\n'
        made[trigger].write("pyproject.toml", settings)
    return made


@pytest.fixture(scope="module")
def pipelines(releasing: Mapping[str, SampleProject]) -> Mapping[str, Pipeline]:
    return {trigger: read_pipeline(project.root) for trigger, project in releasing.items()}


def facts_of(pipeline: Pipeline) -> dict[str, Facts]:
    return {session.name: session.facts for session in pipeline.sessions}


@pytest.mark.parametrize(("trigger", "event"), [("release", "release"), ("tag", "push")])
def test_each_index_has_its_own_event(pipelines: Mapping[str, Pipeline], trigger: str, event: str) -> None:
    facts = facts_of(pipelines[trigger])
    assert {of_session.workflows for of_session in facts.values()} == {("cd",)}
    assert {name: of_session.events for name, of_session in facts.items() if name not in ALWAYS} == {
        "publish-pypi": (event,),
        "verify-pypi": (event,),
        **({"publish-release": (event,)} if trigger == "tag" else {}),
        "publish-testpypi": ("workflow_dispatch",),
        "verify-testpypi": ("workflow_dispatch",),
    }
    assert [facts[name].events for name in ALWAYS] == [(), (), ()]


def test_only_a_job_that_publishes_has_permissions_an_environment_and_the_token_of_its_index(
    pipelines: Mapping[str, Pipeline],
) -> None:
    facts = facts_of(pipelines["tag"])
    assert {name: (f.permissions, f.environment, f.secrets) for name, f in facts.items() if f.side_effects} == {
        "publish-pypi": ((("id-token", "write"),), "pypi", ("PYPI_API_TOKEN",)),
        "publish-testpypi": ((("id-token", "write"),), "testpypi", ("TEST_PYPI_API_TOKEN",)),
        "publish-release": ((("contents", "write"),), "", ("GITHUB_TOKEN",)),
    }
    others = {name: (f.permissions, f.environment, f.secrets) for name, f in facts.items() if not f.side_effects}
    assert others.pop(VERSION) == others.pop(BUILD) == ((), "", ("GITHUB_TOKEN",))
    assert set(others.values()) == {((), "", ())}


def test_every_job_after_the_build_takes_its_files(pipelines: Mapping[str, Pipeline]) -> None:
    read = pipelines["tag"]
    takers = {
        session.name
        for session in read.sessions
        if "release-files/" in [each.path for each in read.required_artifacts(session)]
    }
    assert takers == {session.name for session in read.sessions} - {VERSION, BUILD}


def test_nothing_is_published_before_the_installation_was_tested(pipelines: Mapping[str, Pipeline]) -> None:
    read = pipelines["tag"]
    needs = {session.name: {needed.name for needed in read.needs(session)} for session in read.sessions}
    assert (needs[VERSION], needs[BUILD], needs[INSTALL]) == (set(), {VERSION}, {BUILD})
    for index in ("pypi", "testpypi"):
        assert needs[f"publish-{index}"] >= {INSTALL}
        assert needs[f"verify-{index}"] >= {f"publish-{index}"}


@pytest.mark.skipif(sys.platform != "linux", reason="the jobs of the project run on Linux")
def test_the_mirror_runs_everything_but_the_publication(pipelines: Mapping[str, Pipeline]) -> None:
    plan = make_plan(pipelines["release"], ["verify-pypi"], lambda versions: dict.fromkeys(versions, Path()))
    assert [job.name for job in plan.jobs] == [VERSION, BUILD, f"{INSTALL}-{PYTHON}"]
    assert {name: skipped.reason for name, skipped in plan.skipped.items()} == {
        "publish-pypi": "it has side effects",
        "verify-pypi": "it requires publish-pypi, which can't run on this machine",
    }


def test_each_session_is_a_command_and_passes_its_arguments_on(
    releasing: Mapping[str, SampleProject], pipelines: Mapping[str, Pipeline]
) -> None:
    names = [session.name for session in pipelines["tag"].sessions]
    on_github = {"GITHUB_ACTIONS": "true"}
    done = releasing["tag"].nox("--no-dependencies", "-s", *names, "--", "--help", env=on_github)
    assert done.returncode == 0, done.stdout
    ran = [line.partition("> evenfall ")[2].split() for line in done.stdout.splitlines() if "> evenfall " in line]
    assert [[word for word in words if not word.startswith("--python=")] for words in ran] == [
        ["release", "version", "--help"],
        ["release", "build", "--help"],
        ["release", "install", "--help"],
        ["release", "publish", "--index=pypi", "--help"],
        ["release", "verify", "--index=pypi", "--help"],
        ["release", "draft", "--publish", "--help"],
        ["release", "publish", "--index=testpypi", "--help"],
        ["release", "verify", "--index=testpypi", "--help"],
    ]
    (python,) = [Path(word.partition("=")[2]) for words in ran for word in words if word.startswith("--python=")]
    assert python.is_relative_to(releasing["tag"].root / ".nox")


def test_nothing_is_published_from_a_machine_of_a_person(releasing: Mapping[str, SampleProject]) -> None:
    names = ("publish-pypi", "publish-testpypi", "publish-release")
    done = releasing["tag"].nox("--no-dependencies", "-s", *names, "--", "--help", env={"GITHUB_ACTIONS": ""})
    assert done.returncode == 1
    assert "> evenfall" not in done.stdout
    assert done.stdout.count("evenfall release publish --index=") == 2
