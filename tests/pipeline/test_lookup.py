from __future__ import annotations

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.pipeline.lookup import find_session
from tests.run.pipelines import pipeline, session

TESTS = session("tests", pythons=("3.11", "3.12"))
ALL = pipeline(TESTS, session("lint"), local=("serve",))


@pytest.mark.parametrize("name", ["tests", "tests-3.12"])
def test_a_session_is_found_by_its_name_or_a_jobs(name: str) -> None:
    assert find_session(ALL, name) is TESTS


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("lintt", r"'lintt' is not a session; did you mean 'lint'\?"),
        ("servee", r"did you mean 'serve'\?"),
        ("zzz", r"'zzz' is not a session; expected one of: tests, lint, serve"),
        ("serve", r"'serve' is local only: it is a plain nox\.session"),
    ],
)
def test_a_name_that_is_none_in_ci_is_told_why(name: str, why: str) -> None:
    with pytest.raises(EvenfallError, match=why) as caught:
        find_session(ALL, name)
    assert (caught.value.exit_code, caught.value.hint) == (Exit.USAGE, "nox -l lists the sessions")
