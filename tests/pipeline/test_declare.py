"""What a noxfile declares is what the pipeline contains; a wrong declaration is an error with its line."""

from __future__ import annotations

import re

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.pipeline.model import Facts, Trouble
from tests.pipeline.conftest import PYPROJECT, Declare, Load


def test_a_bare_session_runs_in_ci_on_the_oldest_python_that_fits(load: Load) -> None:
    body = '@evenfall.session\ndef docs(session):\n    """Build the documentation.\n\n    More."""\n'
    pipeline = load(body)
    (docs,) = pipeline.sessions
    assert (docs.name, docs.description, docs.line, docs.module) == (
        "docs",
        "Build the documentation.",
        3,
        "user_nox_module",
    )
    assert docs.facts == Facts(history=False)
    assert [(job.name, job.python) for job in docs.jobs] == [("docs", "3.11")]
    assert re.fullmatch(r"[0-9a-f]{16}=3\.11", pipeline.chosen_pythons)


def test_every_argument_reaches_the_pipeline(load: Load) -> None:
    body = (
        "@evenfall.session(workflow=('ci', 'cd'), systems=['ubuntu-latest', 'macos-latest'], groups='docs', artifacts='site/',\n"
        "    timeout=3, permissions={'pages': 'write'}, environment='site', secrets='TOKEN', history=True, network=True,\n"
        "    side_effects=True, pass_env='DISPLAY', events='push', troubleshooting=[('dark', 'light it', ['nox -s x'])])\n"
        "def docs(session): ...\n"
    )
    pipeline = load(body)
    assert pipeline.sessions[0].facts == Facts(
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
        pass_env=("DISPLAY",),
        events=("push",),
        troubleshooting=(Trouble("dark", "light it", ("nox -s x",)),),
    )
    assert pipeline.workflows == ("ci", "cd")
    assert pipeline.in_workflow("cd") == pipeline.sessions
    assert pipeline.in_workflow("security") == ()


def test_one_system_needs_no_list(load: Load) -> None:
    (docs,) = load("@evenfall.session(systems='macos-latest')\ndef docs(session): ...\n").sessions
    assert docs.facts.systems == ("macos-latest",)


@pytest.mark.parametrize(
    ("version", "settings", "history"),
    [
        ('version = "1.0"', "", [False, False]),
        ('dynamic = ["version"]', "", [True, False]),
        ('dynamic = ["version"]', "\n[tool.evenfall.build]\nhistory = false\n", [False, False]),
    ],
    ids=["static version", "computed version", "computed version that needs no history"],
)
def test_a_session_gets_the_history_if_the_build_computes_the_version(
    declare: Declare, load: Load, version: str, settings: str, history: list[bool]
) -> None:
    declare("").write("pyproject.toml", PYPROJECT.replace('version = "1.0"', version) + settings)
    body = "@evenfall.session\ndef a(session): ...\n@evenfall.session(history=False)\ndef b(session): ...\n"
    assert [session.facts.history for session in load(body).sessions] == history


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ("timeout=2.5", "timeout of session 'a': Expected `int`, got `float`"),
        ("timeout='10'", "timeout of session 'a': Expected `int`, got `str`"),
        ("history='yes'", "history of session 'a': Expected `bool | null`, got `str`"),
        ("environment=None", "environment of session 'a': Expected `str`, got `null`"),
        ("systems=3", "systems of session 'a': Expected `array`, got `int`"),
        ("permissions=['read']", "permissions"),
        ("troubleshooting=['dark']", "troubleshooting[0] of session 'a': Expected `array`, got `str`"),
    ],
)
def test_the_error_for_an_argument_of_the_wrong_type_names_the_argument(
    load: Load, arguments: str, problem: str
) -> None:
    with pytest.raises(EvenfallError) as caught:
        load(f"@evenfall.session({arguments})\ndef a(session): ...\n")
    assert caught.value.message.startswith(f"noxfile.py:3: {problem}")
    assert caught.value.exit_code == Exit.USAGE


def test_the_inputs_of_an_action_are_text_as_yaml_writes_it(load: Load) -> None:
    body = (
        "@evenfall.session\ndef audit(session): ...\n"
        "evenfall.hosted_job('codeql', local='audit', steps=[('github/codeql-action/init', {'a': True, 'b': 3, 'c': 'x'})])\n"
    )
    ((step,),) = [job.steps for job in load(body).hosted_jobs]
    assert dict(step.inputs) == {"a": "true", "b": "3", "c": "x"}


def test_facts_survive_several_pythons_and_parameters(load: Load) -> None:
    body = (
        "@evenfall.session(python=['3.11', '3.12'], groups=['docs'], requires=['first-{python}'])\n"
        "@nox.parametrize('builder', ['html', 'man'])\n"
        "def docs(session, builder): ...\n"
        "@evenfall.session(python=['3.11', '3.12'])\n"
        "def first(session): ...\n"
    )
    pipeline = load(body)
    docs = pipeline.find("docs-3.12(builder='man')")
    assert docs is pipeline.find("docs")
    assert docs.facts.groups == ("docs",)
    assert [job.name for job in docs.jobs] == [
        f"docs-{python}(builder='{builder}')" for python in ("3.11", "3.12") for builder in ("html", "man")
    ]
    assert docs.pythons == ("3.11", "3.12")
    assert docs.requires == ("first-3.11", "first-3.12")
    assert docs.line == 3


def test_parameters_above_a_session_on_one_python_are_kept(load: Load) -> None:
    (a,) = load("@nox.parametrize('n', [1, 2])\n@evenfall.session(groups=[])\ndef a(session, n): ...\n").sessions
    assert [job.name for job in a.jobs] == ["a(n=1)", "a(n=2)"]
    assert a.facts.groups == ()


def test_a_parametrized_python_is_the_python_of_the_job(load: Load) -> None:
    (a,) = load("@evenfall.session\n@nox.parametrize('python', ['3.12', '3.13'])\ndef a(session): ...\n").sessions
    assert a.pythons == ("3.12", "3.13")


MEMBERS = "members={'oil': ['3.12', '3.13'], 'lamp': ['3.11', '3.12'], '.': ['3.12']}"


def test_each_member_of_a_workspace_has_jobs_for_its_own_pythons(load: Load) -> None:
    (a,) = load(f"@evenfall.session({MEMBERS})\ndef a(session, member): ...\n").sessions
    assert [job.name for job in a.jobs] == [
        "a-3.11(lamp)",
        "a-3.12(oil)",
        "a-3.12(lamp)",
        "a-3.12(root)",
        "a-3.13(oil)",
    ]
    assert a.jobs[1].aliases == ("a-3.12",)
    assert a.job_name(a.jobs[0].name, "ubuntu-latest") == "a-3.11(lamp) @ ubuntu-latest"


def test_members_can_be_combined_with_other_parameters(load: Load) -> None:
    body = f"@evenfall.session({MEMBERS.replace('oil', 'root')})\n@nox.parametrize('n', [1])\ndef a(session, n, member): ...\n"
    (a,) = load(body).sessions
    names = ["a-3.11(n=1, lamp)", "a-3.12(n=1, root)", "a-3.12(n=1, lamp)", "a-3.12(n=1, .)", "a-3.13(n=1, root)"]
    assert [job.name for job in a.jobs] == names


@pytest.mark.integration
def test_nox_runs_every_member_on_a_python_that_only_its_command_line_names(declare: Declare) -> None:
    project = declare(f"@evenfall.session({MEMBERS})\ndef a(session, member): ...\n")
    done = project.nox("-l", "--force-python", "3.14")
    assert re.findall(r"a\S*\(\w+\)", done.stdout)[-3:] == ["a(oil)", "a(lamp)", "a(root)"]


@pytest.mark.parametrize("argument", ["python='3.12'", "py='3.12'"])
def test_a_session_can_name_its_python(load: Load, argument: str) -> None:
    pipeline = load(f"@evenfall.session({argument})\ndef a(session): ...\n")
    assert pipeline.sessions[0].pythons == ("3.12",)
    assert pipeline.chosen_pythons == ""


def test_python_and_py_together_are_noxs_own_error(load: Load) -> None:
    with pytest.raises(ValueError, match=r"The py argument to nox\.session is an alias"):
        load("@evenfall.session(python='3.12', py='3.12')\ndef a(session): ...\n")


def test_a_session_without_an_environment_has_no_python(load: Load) -> None:
    (a,) = load("@evenfall.session(python=False)\ndef a(session): ...\n").sessions
    assert a.pythons == ()


def test_a_session_with_an_empty_list_of_parameters_does_not_run_in_ci(load: Load) -> None:
    pipeline = load("@evenfall.session\n@nox.parametrize('n', [])\ndef a(session, n): ...\n")
    assert (pipeline.sessions, pipeline.local) == ((), ("a",))


def test_a_plain_nox_session_is_local_only(load: Load) -> None:
    pipeline = load("@nox.session\ndef a(session): ...\n@evenfall.session(requires=['a'])\ndef b(session): ...\n")
    assert [session.name for session in pipeline.sessions] == ["b"]
    assert pipeline.local == ("a",)


def test_a_matrix_and_its_jobs_can_be_required(load: Load) -> None:
    body = (
        "@evenfall.session(python=['3.11', '3.12'])\n@nox.parametrize('n', [1])\ndef a(session, n): ...\n"
        "@evenfall.session(requires=['a-3.11', 'a'])\ndef b(session): ...\n"
        "@evenfall.session(requires=['b-3.11'])\ndef c(session): ...\n"
    )
    pipeline = load(body)
    assert [session.name for session in pipeline.sessions] == ["a", "b", "c"]
    assert [pipeline.find(name).name for name in ("a", "a-3.11", "a-3.12(n=1)", "b-3.11")] == ["a", "a", "a", "b"]


def test_a_hosted_job_names_its_local_counterpart(load: Load) -> None:
    body = (
        "@evenfall.session\ndef audit(session): ...\n"
        "evenfall.hosted_job('codeql', local='audit', description='Read the code', permissions={'security-events': 'write'},\n"
        "    steps=[('github/codeql-action/init', {'languages': 'python'})], events=['push'], timeout=30, history=True)\n"
    )
    pipeline = load(body)
    (job,) = pipeline.hosted_jobs
    assert (job.name, job.local, job.workflow, job.events, job.timeout, job.history) == (
        "codeql",
        "audit",
        "security",
        ("push",),
        30,
        True,
    )
    assert [(step.uses, step.inputs) for step in job.steps] == [
        ("github/codeql-action/init", (("languages", "python"),))
    ]
    assert pipeline.workflows == ("ci", "security")


def test_every_argument_of_nox_session_reaches_nox(load: Load) -> None:
    """The same declaration through both functions differs only in the tag of the workflow."""
    arguments = (
        "python=['3.11'], reuse_venv=True, name='{name}', venv_backend='venv', venv_params=['--symlinks'], tags=['x'], "
        "default=False, requires=[], download_python='never', allow_parallel=False"
    )
    pipeline = load(
        "def a(session): ...\n"
        f"plain = nox.session({arguments.format(name='plain')})(a)\n"
        f"ours = evenfall.session({arguments.format(name='ours')})(a)\n"
        "for name, value in vars(plain).items():\n"
        "    if name not in ('func', 'name', 'tags', '__wrapped__', '_requires') and vars(ours)[name] != value:\n"
        "        raise SystemExit(f'{name}: {value} is {vars(ours)[name]}')\n"
        "assert ours.tags == ['x', 'ci'] and ours.requires == plain.requires\n"
    )
    assert [job.name for session in pipeline.sessions for job in session.jobs] == ["ours-3.11"]


def test_a_noxfile_that_is_loaded_twice_declares_each_hosted_job_once(load: Load) -> None:
    body = "@evenfall.session\ndef a(session): ...\nevenfall.hosted_job('x', local='a', steps=[])\n"
    assert load(body) == load(body)


def test_a_parameter_with_a_harmless_id_is_accepted(load: Load) -> None:
    body = "@evenfall.session\n@nox.parametrize('x', [nox.param('a`b`', id='plain')])\ndef a(session, x): ...\n"
    assert [job.name for job in load(body).find("a(plain)").jobs] == ["a(plain)"]


def test_a_local_session_can_have_any_name(load: Load) -> None:
    body = "@evenfall.session\ndef a(session): ...\n@nox.session(name='b: $c')\ndef b(session): ...\n"
    assert load(body).local == ("b: $c",)


SESSION = "@evenfall.session\ndef a(session): ...\n"

WRONG = {
    "a harmful name": (
        "@evenfall.session(name='a${{ b }}')\ndef a(session): ...\n",
        r"noxfile\.py:3: a session name is 'a\$\{\{ b \}\}'; it must be letters",
    ),
    "a harmful secret": (
        "@evenfall.session(secrets=['A-B'])\ndef a(session): ...\n",
        r"noxfile\.py:3: a secret of session 'a' is 'A-B'",
    ),
    "a harmful Python": (
        "@evenfall.session(python='>=3.11')\ndef a(session): ...\n",
        r"noxfile\.py:3: the Python of 'a' is '>=3\.11'",
    ),
    "harmful parameters": (
        "@evenfall.session\n@nox.parametrize('x', ['a`b`'])\ndef a(session, x): ...\n",
        r"noxfile\.py:3: \"a\(x='a`b`'\)\" is the name of a parametrized session",
    ),
    "harmful parameters above the session": (
        "@nox.parametrize('x', [nox.param(1, id='$(b)')])\n@evenfall.session\ndef a(session, x): ...\n",
        r"noxfile\.py:3: 'a\(\$\(b\)\)' is the name of a parametrized session",
    ),
    "a harmful name of a hosted job": (
        SESSION + "evenfall.hosted_job('x y', local='a', steps=[])\n",
        r"noxfile\.py: the name of a hosted job is 'x y'",
    ),
    "a hosted job without a counterpart": (
        SESSION + "evenfall.hosted_job('x', local='nothing', steps=[])\n",
        r"noxfile\.py: hosted job 'x' has the local counterpart 'nothing', which is not a session",
    ),
    "two hosted jobs of one name": (
        SESSION + "evenfall.hosted_job('x', local='a', steps=[])\n" * 2,
        r"noxfile\.py: two hosted jobs are named 'x'",
    ),
    "lost parameters": (
        "@nox.parametrize('n', [1])\n@evenfall.session(python=['3.11', '3.12'])\ndef a(session, n): ...\n",
        r"noxfile\.py:3: @nox\.parametrize above the session 'a' is lost",
    ),
    "two sessions of one name": (
        SESSION + "@evenfall.session(name='a')\ndef b(session): ...\n",
        r"noxfile\.py:5: two sessions are named 'a'",
    ),
    "a session replaced by a plain one": (
        SESSION + "@nox.session\ndef a(session): ...\n",
        r"noxfile\.py:5: two sessions are named 'a'",
    ),
    "a plain session of the same function": (
        "def f(session): ...\nevenfall.session(f, name='a')\nnox.session(f, name='a')\n",
        r"noxfile\.py:3: two sessions are named 'a'",
    ),
    "two plain sessions of one name": (
        "@nox.session\ndef a(session): ...\n@nox.session(name='a')\ndef b(session): ...\n",
        r"noxfile\.py:5: two sessions are named 'a'",
    ),
    "two plain sessions of one odd name": (
        """@nox.session(name="it's")\ndef a(session): ...\n@nox.session(name="it's")\ndef b(session): ...\n""",
        r"""noxfile\.py:5: two sessions are named \"it's\"""",
    ),
    "a standard session of the same name": (
        "evenfall.standard_sessions()\n@evenfall.session\ndef lint(session): ...\n",
        r"noxfile\.py:4: two sessions are named 'lint'",
    ),
    "a standard session replaced by a plain one": (
        "evenfall.standard_sessions()\n@nox.session\ndef lint(session): ...\n",
        r"noxfile\.py:4: two sessions are named 'lint'",
    ),
    "an unknown requirement": (
        SESSION + "@evenfall.session(requires=['aa'])\ndef b(session): ...\n",
        r"noxfile\.py:5: session 'b' requires 'aa', which is not a session \(did you mean 'a'\?\)",
    ),
    "a cycle": (
        "@evenfall.session(requires=['b'])\ndef a(session): ...\n@nox.session(requires=['a'])\ndef b(session): ...\n",
        r"noxfile\.py:(3: .* in a cycle: a -> b -> a|5: .* in a cycle: b -> a -> b)$",
    ),
}


@pytest.mark.parametrize(("body", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_declaration_is_an_error_with_its_line(load: Load, body: str, message: str) -> None:
    with pytest.raises(EvenfallError) as caught:
        load(body)
    assert re.match(message, caught.value.message)
    assert caught.value.exit_code == Exit.USAGE
    assert caught.value.hint


def test_the_names_of_groups_are_normalized_as_uv_does_it(load: Load) -> None:
    (a,) = load("@evenfall.session(groups=('Unit_Tests', 'docs'))\ndef a(session): ...\n").sessions
    assert a.facts.groups == ("unit-tests", "docs")
