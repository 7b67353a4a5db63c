"""No name, path or label of a noxfile can break out of YAML, a GitHub expression or a shell command."""

from __future__ import annotations

import contextlib
import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenfall.errors import EvenfallError, Exit
from evenfall.pipeline.model import Facts, HostedJob
from evenfall.pipeline.names import check_hosted_job, check_job, check_session

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
# Characters with a meaning in YAML, GitHub's expressions, bash or PowerShell. A space is harmless between quotes.
MISREAD = re.compile(r"[\"`$\\#&|;<>!%@{}\[\]:\n\r\t]|[^\x20-\x7e]")


def accepted(name: str, facts: Facts) -> bool:
    try:
        check_session(name, facts)
    except EvenfallError as error:
        return not (error.exit_code == Exit.USAGE and error.message.startswith("noxfile.py: ") and error.hint)
    return True


@pytest.mark.parametrize("word", HARMFUL)
def test_a_harmful_word_is_refused_in_every_argument(word: str) -> None:
    plain = Facts()
    assert accepted("docs", plain)
    assert not accepted(word, plain)
    for facts in (
        Facts(workflows=(word,)),
        Facts(systems=("ubuntu-latest", word)),
        Facts(groups=(word,)),
        Facts(artifacts=(word,)),
        Facts(secrets=(word,)),
        Facts(events=(word,)),
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


def test_names_of_real_projects_are_accepted() -> None:
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


def test_a_session_needs_a_workflow_and_a_system() -> None:
    assert not accepted("docs", Facts(workflows=()))
    assert not accepted("docs", Facts(systems=()))


@pytest.mark.parametrize("minutes", [0, -1, 361])
def test_a_timeout_that_github_does_not_accept_is_refused(minutes: int) -> None:
    assert not accepted("docs", Facts(timeout=minutes))


@given(WORDS)
def test_an_accepted_word_is_one_plain_word_to_a_shell_and_to_yaml(word: str) -> None:
    for facts in (
        Facts(workflows=(word,)),
        Facts(systems=(word,)),
        Facts(groups=(word,)),
        Facts(secrets=(word,)),
        Facts(events=(word,)),
        Facts(permissions=((word, word),)),
        Facts(environment=word or "a b"),
    ):
        assert not accepted("docs", facts) or re.fullmatch(r"[A-Za-z0-9._-]+", word), facts
    assert not accepted(word, Facts()) or (
        re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", word) and shlex.split(word) == [word]
    )


@given(WORDS)
def test_an_accepted_artifact_path_stays_inside_the_project(path: str) -> None:
    if accepted("docs", Facts(artifacts=(path,))):
        assert not MISREAD.search(path)
        assert not path.startswith(("/", "-", "~"))
        assert not {"", ".", ".."} & set(path.removesuffix("/").split("/"))


@given(WORDS)
def test_an_accepted_job_name_is_literal_between_double_quotes(word: str) -> None:
    for name, python in ((f"docs({word})", None), ("docs", word)):
        with contextlib.suppress(EvenfallError):
            check_job(name, python)
            assert not MISREAD.search(word)


@pytest.mark.parametrize("word", HARMFUL)
def test_a_harmful_word_is_refused_in_a_hosted_job(word: str) -> None:
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
