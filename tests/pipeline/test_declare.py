"""What a noxfile declares is what the pipeline says, and it stays plain Nox."""

from __future__ import annotations

import json
import sys

import pytest

from evenfall.errors import EvenfallError
from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.model import Facts, Pipeline
from tests.made_project import PYTHON
from tests.pipeline.conftest import Declare


def pipeline(declare: Declare, body: str) -> Pipeline:
    return read_pipeline(declare(body).root)


def test_a_bare_session_runs_in_ci_on_the_primary_python(declare: Declare) -> None:
    body = '@evenfall.session\ndef docs(session):\n    """Build the documentation.\n\n    More."""\n'
    (docs,) = pipeline(declare, body).sessions
    assert (docs.name, docs.description, docs.line, docs.module) == (
        "docs",
        "Build the documentation.",
        3,
        "user_nox_module",
    )
    assert docs.facts == Facts(history=False)
    assert [(job.name, job.python) for job in docs.jobs] == [("docs", "3.11")]


def test_every_fact_reaches_the_pipeline(declare: Declare) -> None:
    body = (
        "@evenfall.session(workflow=('ci', 'cd'), systems=['ubuntu-latest', 'macos-latest'], groups='docs', artifacts='site/',\n"
        "    timeout=3, permissions={'pages': 'write'}, environment='site', secrets='TOKEN', history=True, network=True,\n"
        "    side_effects=True)\n"
        "def docs(session): ...\n"
    )
    found = pipeline(declare, body)
    assert found.sessions[0].facts == Facts(
        workflows=("ci", "cd"),
        systems=("ubuntu-latest", "macos-latest"),
        groups=("docs",),
        artifacts=("site/",),
        timeout=3,
        permissions=(("pages", "write"),),
        environment="site",
        secrets=("TOKEN",),
        history=True,
        network=True,
        side_effects=True,
    )
    assert found.workflows == ("ci", "cd")
    assert found.in_workflow("cd") == found.sessions
    assert found.in_workflow("security") == ()


def test_one_system_needs_no_brackets(declare: Declare) -> None:
    (docs,) = pipeline(declare, "@evenfall.session(systems='macos-latest')\ndef docs(session): ...\n").sessions
    assert docs.facts.systems == ("macos-latest",)


def test_a_version_from_tags_asks_for_the_history(declare: Declare) -> None:
    project = declare("@evenfall.session\ndef a(session): ...\n@evenfall.session(history=False)\ndef b(session): ...\n")
    project.replace("pyproject.toml", 'version = "1.0"', 'dynamic = ["version"]')
    assert [session.facts.history for session in read_pipeline(project.root).sessions] == [False, False], "from a file"
    pyproject = project.read("pyproject.toml")
    project.replace("pyproject.toml", 'requires = ["hatchling"]', 'requires = ["hatchling", "hatch_vcs>=0.4"]')
    assert [session.facts.history for session in read_pipeline(project.root).sessions] == [True, False]
    project.write("pyproject.toml", f'{pyproject}\n[tool.pdm.version]\nsource = "scm"\n')
    assert [session.facts.history for session in read_pipeline(project.root).sessions] == [True, False]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("timeout=2.5", "timeout of session 'a': Expected `int`, got `float`"),
        ("timeout='10'", "timeout of session 'a': Expected `int`, got `str`"),
        ("history='yes'", "history of session 'a': Expected `bool | null`, got `str`"),
        ("environment=None", "environment of session 'a': Expected `str`, got `null`"),
        ("systems=3", "systems of session 'a': Expected `array`, got `int`"),
        ("permissions=['read']", "permissions"),
    ],
)
def test_an_argument_of_the_wrong_type_is_named(declare: Declare, arguments: str, said: str) -> None:
    project = declare(f"@evenfall.session({arguments})\ndef a(session): ...\n")
    with pytest.raises(EvenfallError) as caught:
        read_pipeline(project.root)
    assert caught.value.message.startswith(f"noxfile.py:3: {said}")
    assert caught.value.exit_code == 2


def test_a_noxfile_that_is_run_as_a_script_is_read_twice_and_declares_each_hosted_job_once(declare: Declare) -> None:
    body = (
        "evenfall.hosted_job('codeql', local='audit', steps=[('github/codeql-action/init', {})], history=True)\n"
        "@evenfall.session(python=False)\ndef audit(session): print('it ran')\nif __name__ == '__main__': nox.main()\n"
    )
    project = declare(body)
    done = project.run(sys.executable, "noxfile.py", "-s", "audit")
    assert (done.returncode, "it ran" in done.stdout) == (0, True), done.stderr
    assert [(job.name, job.history) for job in read_pipeline(project.root).hosted_jobs] == [("codeql", True)]


def test_the_inputs_of_an_action_are_text_as_yaml_writes_it(declare: Declare) -> None:
    body = (
        "@evenfall.session\ndef audit(session): ...\n"
        "evenfall.hosted_job('codeql', local='audit', steps=[('github/codeql-action/init', {'a': True, 'b': 3, 'c': 'x'})])\n"
    )
    ((step,),) = [job.steps for job in pipeline(declare, body).hosted_jobs]
    assert dict(step.inputs) == {"a": "true", "b": "3", "c": "x"}


def test_facts_survive_several_pythons_and_parameters(declare: Declare) -> None:
    body = (
        "@evenfall.session(python=['3.11', '3.12'], groups=['docs'], requires=['first-{python}'])\n"
        "@nox.parametrize('builder', ['html', 'man'])\n"
        "def docs(session, builder): ...\n"
        "@evenfall.session(python=['3.11', '3.12'])\n"
        "def first(session): ...\n"
    )
    found = pipeline(declare, body)
    docs = found.find("docs-3.12(builder='man')")
    assert docs is found.find("docs")
    assert docs is not None
    assert docs.facts.groups == ("docs",)
    assert [job.name for job in docs.jobs] == [
        f"docs-{python}(builder='{builder}')" for python in ("3.11", "3.12") for builder in ("html", "man")
    ]
    assert docs.pythons == ("3.11", "3.12")
    assert docs.requires == ("first-3.11", "first-3.12")
    assert docs.line == 3


def test_parameters_above_a_session_on_one_python_work_too(declare: Declare) -> None:
    body = "@nox.parametrize('n', [1, 2])\n@evenfall.session(groups=[])\ndef a(session, n): ...\n"
    (a,) = pipeline(declare, body).sessions
    assert [job.name for job in a.jobs] == ["a(n=1)", "a(n=2)"]
    assert a.facts.groups == ()


def test_a_parametrized_python_is_the_python(declare: Declare) -> None:
    body = "@evenfall.session\n@nox.parametrize('python', ['3.12', '3.13'])\ndef a(session): ...\n"
    (a,) = pipeline(declare, body).sessions
    assert a.pythons == ("3.12", "3.13")


@pytest.mark.parametrize("argument", ["python='3.12'", "py='3.12'"])
def test_a_named_python_is_the_python(declare: Declare, argument: str) -> None:
    (a,) = pipeline(declare, f"@evenfall.session({argument})\ndef a(session): ...\n").sessions
    assert a.pythons == ("3.12",)


def test_python_and_py_together_are_the_error_that_nox_makes_of_it(declare: Declare) -> None:
    with pytest.raises(EvenfallError, match=r"noxfile\.py:3: ValueError: The py argument to nox\.session is an alias"):
        pipeline(declare, "@evenfall.session(python='3.12', py='3.12')\ndef a(session): ...\n")


def test_a_session_without_an_environment_has_no_python(declare: Declare) -> None:
    (a,) = pipeline(declare, "@evenfall.session(python=False)\ndef a(session): ...\n").sessions
    assert a.pythons == ()


def test_a_session_without_any_parameters_left_has_no_job_to_run_in_ci(declare: Declare) -> None:
    found = pipeline(declare, "@evenfall.session\n@nox.parametrize('n', [])\ndef a(session, n): ...\n")
    assert (found.sessions, found.local) == ((), ("a",))


def test_a_plain_session_is_local_only(declare: Declare) -> None:
    found = pipeline(
        declare, "@nox.session\ndef a(session): ...\n@evenfall.session(requires=['a'])\ndef b(session): ...\n"
    )
    assert [session.name for session in found.sessions] == ["b"]
    assert found.local == ("a",)


def test_a_matrix_and_its_jobs_can_be_required(declare: Declare) -> None:
    body = (
        "@evenfall.session(python=['3.11', '3.12'])\n@nox.parametrize('n', [1])\ndef a(session, n): ...\n"
        "@evenfall.session(requires=['a-3.11', 'a'])\ndef b(session): ...\n"
        "@evenfall.session(requires=['b-3.11'])\ndef c(session): ...\n"
    )
    found = pipeline(declare, body)
    assert [session.name for session in found.sessions] == ["a", "b", "c"]
    assert [found.by_name[name].name for name in ("a", "a-3.11", "a-3.12(n=1)", "b-3.11")] == ["a", "a", "a", "b"]


def test_a_hosted_job_names_its_local_counterpart(declare: Declare) -> None:
    body = (
        "@evenfall.session\ndef audit(session): ...\n"
        "evenfall.hosted_job('codeql', local='audit', description='Read the code', permissions={'security-events': 'write'},\n"
        "    steps=[('github/codeql-action/init', {'languages': 'python'})], events=['push'], timeout=30)\n"
    )
    found = pipeline(declare, body)
    (job,) = found.hosted_jobs
    assert (job.name, job.local, job.workflow, job.events, job.timeout) == (
        "codeql",
        "audit",
        "security",
        ("push",),
        30,
    )
    assert [(step.uses, step.inputs) for step in job.steps] == [
        ("github/codeql-action/init", (("languages", "python"),))
    ]
    assert found.workflows == ("ci", "security")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "evenfall.hosted_job('x', local='nothing', steps=[])\n",
            "hosted job 'x' names 'nothing' as its local counterpart",
        ),
        ("evenfall.hosted_job('x', local='a', steps=[])\n" * 2, "two hosted jobs are named 'x'"),
    ],
)
def test_a_hosted_job_that_is_declared_wrongly_is_an_error(declare: Declare, body: str, message: str) -> None:
    with pytest.raises(EvenfallError, match=f"noxfile.py: {message}"):
        pipeline(declare, f"@evenfall.session\ndef a(session): ...\n{body}")


def test_every_argument_of_nox_arrives_at_nox(declare: Declare) -> None:
    """The same declaration through both, and Nox sees no difference but the workflow's tag."""
    arguments = (
        "python=['3.11'], reuse_venv=True, name='{name}', venv_backend='venv', venv_params=['--symlinks'], tags=['x'], "
        "default=False, requires=[], download_python='never', allow_parallel=False"
    )
    project = declare(
        "def a(session): ...\n"
        f"plain = nox.session({arguments.format(name='plain')})(a)\n"
        f"ours = evenfall.session({arguments.format(name='ours')})(a)\n"
        "for name, value in vars(plain).items():\n"
        "    if name not in ('func', 'name', 'tags', '__wrapped__', '_requires') and vars(ours)[name] != value:\n"
        "        raise SystemExit(f'{name}: {value} is {vars(ours)[name]}')\n"
        "assert ours.tags == ['x', 'ci'] and ours.requires == plain.requires\n"
    )
    assert [job.name for session in read_pipeline(project.root).sessions for job in session.jobs] == ["ours-3.11"]


def test_nox_lists_sessions_with_their_workflows_as_tags_and_only_those_of_ci_as_defaults(declare: Declare) -> None:
    body = (
        "@evenfall.session\ndef a(session):\n    'One.'\n"
        "@evenfall.session(workflow=['cd', 'security'], tags=['mine'])\ndef b(session): ...\n"
        "@evenfall.session(default=False)\ndef c(session): ...\n"
        "@nox.session\ndef d(session): ...\n"
    )
    listed = declare(body).nox("-l").stdout
    assert "* a [ci] -> One.\n- b [mine,cd,security]\n- c [ci]\n* d\n" in listed


def test_nox_runs_a_job_by_its_name_with_own_arguments(declare: Declare) -> None:
    project = declare(
        f"@evenfall.session(python=['{PYTHON}', '3.99'])\n"
        "@nox.parametrize('n', [1, 2])\n"
        "def tests(session, n):\n"
        "    session.run('python', '-c', f'import sys; print({n}, sys.argv[1:], sys.version_info[:2])', *session.posargs)\n"
    )
    done = project.nox("-s", f"tests-{PYTHON}(n=2)", "--", "-k", "name")
    assert done.returncode == 0, done.stdout
    assert f"2 ['-k', 'name'] (3, {PYTHON[2:]})" in done.stdout


def test_nox_runs_a_workflow_by_its_tag_in_parallel_and_in_order(declare: Declare) -> None:
    project = declare(
        "import pathlib\n"
        "def note(name):\n    with pathlib.Path('ran').open('a') as ran: ran.write(name)\n"
        "@evenfall.session(python=False, requires=['a', 'b'])\ndef c(session): note('c')\n"
        "@evenfall.session(python=False)\ndef a(session): note('a')\n"
        "@evenfall.session(python=False)\ndef b(session): note('b')\n"
        "@evenfall.session(python=False, workflow='cd')\ndef publish(session): note('!')\n"
        "@nox.session(python=False)\ndef local(session): note('?')\n"
    )
    done = project.nox("-t", "ci", "-j", "auto", "--report", "report.json")
    assert done.returncode == 0, done.stdout
    assert project.read("ran") in {"abc", "bac"}
    assert {each["result"] for each in json.loads(project.read("report.json"))["sessions"]} == {"success"}


def test_the_noxfile_is_a_script_too(declare: Declare) -> None:
    project = declare(
        "@evenfall.session(python=False)\ndef a(session): print('it ran')\nif __name__ == '__main__': nox.main()\n"
    )
    done = project.run(sys.executable, "noxfile.py", "-s", "a")
    assert done.returncode == 0, done.stderr
    assert "it ran" in done.stdout


def test_a_noxfile_without_a_project_is_told_so(declare: Declare) -> None:
    project = declare("@evenfall.session\ndef a(session): ...\n")
    (project.root / "pyproject.toml").unlink()
    done = project.nox("-l")
    assert done.returncode == 2
    assert "no pyproject.toml here or above" in done.stdout


@pytest.mark.parametrize(
    ("added", "message"),
    [
        ('classifiers = ["Programming Language :: Python :: 3.14"]', "project.classifiers names Python 3.14, which"),
        (
            'classifiers = ["Programming Language :: Python :: 3.13"]',
            "allows Python 3.11, 3.12, which project.classifiers",
        ),
        ('[tool.evenfall]\nsytems = ["x"]', "tool.evenfall: unknown key 'sytems'; did you mean 'systems'?"),
        ("[tool.evenfall", "pyproject.toml: not TOML: "),
    ],
)
def test_what_the_project_says_wrongly_is_told_by_nox_and_evenfall_alike(
    declare: Declare, added: str, message: str
) -> None:
    project = declare("@evenfall.session\ndef a(session): ...\n")
    project.write("pyproject.toml", f"{project.read('pyproject.toml')}\n{added}\n")
    for done in (project.nox("-l"), project.evenfall("generate")):
        said = done.stdout + done.stderr
        assert done.returncode == 2, said
        assert message in said
        assert "  next: " in said
        assert "Traceback" not in said
    assert not (project.root / ".github").exists()
