from __future__ import annotations

import inspect
import os
import subprocess
import sys
from typing import assert_never

import nox
import pytest

import evenfall
from evenfall.results import Failed, Inconclusive, Passed, Result, Skipped


def test_the_public_face_is_four_names() -> None:
    assert dir(evenfall) == ["hosted_job", "pythons", "session", "standard_sessions"]
    assert all(callable(getattr(evenfall, name)) for name in dir(evenfall))


def test_any_other_name_is_the_usual_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'evenfall' has no attribute 'sesion'"):
        evenfall.sesion  # noqa: B018


def test_every_argument_of_nox_session_is_one_of_evenfall_session() -> None:
    """With the same name, kind and place; a new argument of Nox turns this red."""
    of_nox = list(inspect.signature(nox.session).parameters.values())
    of_evenfall = list(inspect.signature(evenfall.session).parameters.values())[: len(of_nox)]
    assert [(argument.name, argument.kind) for argument in of_evenfall[1:]] == [
        (argument.name, argument.kind) for argument in of_nox[1:]
    ]
    ours = {argument.name: argument.default for argument in of_evenfall[1:]}
    theirs = {argument.name: argument.default for argument in of_nox[1:]}
    assert {name for name in ours if ours[name] != theirs[name]} == {"default", "allow_parallel"}


def test_import_evenfall_costs_next_to_nothing() -> None:
    """It loads itself and not one module more than a bare interpreter has, so it takes a fraction of `import nox`."""
    program = "import sys; before = set(sys.modules); import {}; print(*set(sys.modules) - before)"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}

    def loaded(module: str) -> set[str]:
        command = [sys.executable, "-c", program.format(module)]
        return set(subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout.split())

    assert loaded("evenfall") <= {"evenfall", "typing", "__future__"} | loaded("typing")
    assert loaded("typing") < loaded("nox")


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (Passed(), "passed"),
        (Failed("it broke"), "it broke"),
        (Inconclusive("jobs"), "jobs"),
        (Skipped("macOS"), "macOS"),
    ],
)
def test_a_result_says_what_it_knows(result: Result, said: str) -> None:
    match result:
        case Passed():
            assert said == "passed"
        case Failed(reason) | Skipped(reason) | Inconclusive(reason):
            assert said == reason
        case _:
            assert_never(result)
