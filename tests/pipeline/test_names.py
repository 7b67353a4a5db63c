"""Nothing that a noxfile names may break out of YAML, an expression or a shell's line."""

from __future__ import annotations

import contextlib
import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenfall.errors import EvenfallError, Exit
from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.model import Facts, HostedJob
from evenfall.pipeline.names import check_hosted_job, check_job, check_session
from tests.pipeline.conftest import Declare

HARMFUL = [
    "a'b",
    'a"b',
    "a${{b}}",
    "a\nb",
    "../a",
    "a`b`",
    "a$(b)",
    "a b",
    "a;b",
    "a\\b",
    "a&b",
    "a\n",
    "\u00e4",
    "a:b",
    "-a",
    "",
]
NEAR_A_WORD = st.text(st.sampled_from("aZ09_-./*'\"`$(){}: \n\r\t\\#&|;<>!%@,=\u2028\u00e9"), max_size=6)
WORDS = st.characters().map("a{}b".format) | st.text(max_size=5) | NEAR_A_WORD
# What YAML, GitHub's expressions, bash and PowerShell give a meaning; a space alone is harmless between quotes.
MISREAD = re.compile(r"[\"`$\\#&|;<>!%@{}\[\]:\n\r\t]|[^\x20-\x7e]")


def accepted(name: str, facts: Facts) -> bool:
    try:
        check_session(name, facts)
    except EvenfallError as error:
        return not (error.exit_code == Exit.USAGE and error.message.startswith("noxfile.py: ") and error.hint)
    return True


@pytest.mark.parametrize("word", HARMFUL)
def test_a_harmful_word_is_refused_wherever_it_stands(word: str) -> None:
    plain = Facts()
    assert accepted("docs", plain)
    assert not accepted(word, plain)
    for facts in (
        Facts(workflows=(word,)),
        Facts(systems=("ubuntu-latest", word)),
        Facts(groups=(word,)),
        Facts(artifacts=(word,)),
        Facts(secrets=(word,)),
        Facts(permissions=((word, "read"),)),
        Facts(permissions=(("contents", word),)),
    ):
        assert not accepted("docs", facts), facts
    assert word == "" or not accepted("docs", Facts(environment=word))


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "..", ".", "a/../b", "a/..", "a//b", "~/a", "C:/a", "a/./b", "!a", "-a"]
)
def test_an_artifact_stays_inside_the_project(path: str) -> None:
    assert not accepted("docs", Facts(artifacts=(path,)))


def test_what_projects_really_use_is_accepted() -> None:
    facts = Facts(
        workflows=("ci", "cd"),
        systems=("ubuntu-24.04", "macos-latest", "windows-11-arm"),
        groups=("docs", "type.checks"),
        artifacts=("dist/", ".coverage.*", "docs/_build/**/*.html", "..data/x"),
        secrets=("PYPI_TOKEN", "_X1"),
        permissions=(("id-token", "write"),),
        environment="pypi",
        timeout=360,
    )
    assert accepted("type_check-2", facts)


def test_a_session_belongs_to_a_workflow_and_a_system() -> None:
    assert not accepted("docs", Facts(workflows=()))
    assert not accepted("docs", Facts(systems=()))


@pytest.mark.parametrize("minutes", [0, -1, 361])
def test_a_timeout_is_a_number_of_minutes_that_github_takes(minutes: int) -> None:
    assert not accepted("docs", Facts(timeout=minutes))


@given(WORDS)
def test_an_accepted_word_is_one_word_to_a_shell_and_means_nothing_to_yaml(word: str) -> None:
    for facts in (
        Facts(workflows=(word,)),
        Facts(systems=(word,)),
        Facts(groups=(word,)),
        Facts(secrets=(word,)),
        Facts(permissions=((word, word),)),
        Facts(environment=word or "a b"),
    ):
        assert not accepted("docs", facts) or re.fullmatch(r"[A-Za-z0-9._-]+", word), facts
    assert not accepted(word, Facts()) or (
        re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", word) and shlex.split(word) == [word]
    )


@given(WORDS)
def test_an_accepted_artifact_never_climbs(path: str) -> None:
    if accepted("docs", Facts(artifacts=(path,))):
        assert not MISREAD.search(path)
        assert not path.startswith(("/", "-", "~"))
        assert not {"", ".", ".."} & set(path.removesuffix("/").split("/"))


@given(WORDS)
def test_an_accepted_job_stays_itself_between_double_quotes(word: str) -> None:
    for name, python in ((f"docs({word})", None), ("docs", word)):
        with contextlib.suppress(EvenfallError):
            check_job(name, python)
            assert not MISREAD.search(word)


@pytest.mark.parametrize("word", HARMFUL)
def test_a_hosted_job_is_held_to_the_same(word: str) -> None:
    def job(
        name: str = "codeql", workflow: str = "security", event: str = "push", permission: str = "read"
    ) -> HostedJob:
        permissions = (("contents", permission),)
        return HostedJob(
            name=name, local="a", workflow=workflow, description="", steps=(), events=(event,), permissions=permissions
        )

    check_hosted_job(job())
    for wrong in (job(name=word), job(workflow=word), job(event=word), job(permission=word)):
        with pytest.raises(EvenfallError, match=r"hosted job"):
            check_hosted_job(wrong)


WRONG = {
    "name": (
        "@evenfall.session(name='a${{ b }}')\ndef a(session): ...\n",
        "noxfile.py:3: a session name is 'a${{ b }}'; it must be letters",
    ),
    "secret": ("@evenfall.session(secrets=['A-B'])\ndef a(session): ...\n", "noxfile.py:3: a secret of session 'a' is 'A-B'"),
    "python": (
        "@evenfall.session(python='>=3.11')\ndef a(session): ...\n",
        "noxfile.py:3: the Python of 'a' is '>=3.11'; it must be letters",
    ),
    "parameters": (
        "@evenfall.session\n@nox.parametrize('x', ['a`b`'])\ndef a(session, x): ...\n",
        "\"a(x='a`b`')\" is the name of a parametrized session; it may hold letters, digits and ._-=,' () only",
    ),
    "parameters above": (
        "@nox.parametrize('x', [nox.param(1, id='$(b)')])\n@evenfall.session\ndef a(session, x): ...\n",
        "'a($(b))' is the name of a parametrized session; it may hold letters, digits and ._-=,' () only",
    ),
    "hosted job": (
        "@evenfall.session\ndef a(session): ...\nevenfall.hosted_job('x y', local='a', steps=[])\n",
        "the name of a hosted job is 'x y'",
    ),
    "lost parameters": (
        "@nox.parametrize('n', [1])\n@evenfall.session(python=['3.11', '3.12'])\ndef a(session, n): ...\n",
        ":3: @nox.parametrize stands above the session 'a'",
    ),
    "names twice": (
        "@evenfall.session\ndef a(session): ...\n@evenfall.session(name='a')\ndef b(session): ...\n",
        "noxfile.py:5: two sessions are named 'a'",
    ),
    "names twice, the second with Nox": (
        "@evenfall.session\ndef a(session): ...\n@nox.session\ndef a(session): ...\n",
        "noxfile.py:5: two sessions are named 'a'",
    ),
    "requires what is not there": (
        "@evenfall.session\ndef a(session): ...\n@evenfall.session(requires=['x'])\ndef b(session): ...\n",
        "noxfile.py:5: session 'b' requires 'x', which is not a session",
    ),
    "goes in a circle": (
        "@evenfall.session(requires=['a'])\ndef a(session): ...\n",
        "noxfile.py:3: sessions require each other in a circle: a -> a",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "message"), WRONG.values(), ids=WRONG)
def test_evenfall_and_plain_nox_refuse_with_the_same_plain_words(declare: Declare, body: str, message: str) -> None:
    project = declare(body)
    with pytest.raises(EvenfallError) as caught:
        read_pipeline(project.root)
    assert message in caught.value.message
    done = project.nox("-l")
    assert done.returncode == 2
    assert f"evenfall: {caught.value}\n" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_parameter_with_a_name_of_its_own_is_accepted(declare: Declare) -> None:
    body = "@evenfall.session\n@nox.parametrize('x', [nox.param('a`b`', id='plain')])\ndef a(session, x): ...\n"
    found = read_pipeline(declare(body).root).find("a(plain)")
    assert found is not None
    assert [job.name for job in found.jobs] == ["a(plain)"]


def test_a_session_that_is_local_may_be_named_as_nox_likes(declare: Declare) -> None:
    body = "@evenfall.session\ndef a(session): ...\n@nox.session(name='b: $c')\ndef b(session): ...\n"
    assert read_pipeline(declare(body).root).local == ("b: $c",)
