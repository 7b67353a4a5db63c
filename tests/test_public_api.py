from __future__ import annotations

import inspect
import os
import subprocess
import sys

import nox
import pytest

import evenfall


def test_the_public_api_is_five_functions() -> None:
    assert dir(evenfall) == ["hosted_job", "pythons", "release_sessions", "session", "standard_sessions"]
    assert all(callable(getattr(evenfall, name)) for name in dir(evenfall))


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'evenfall' has no attribute 'sesion'"):
        evenfall.sesion  # noqa: B018


def test_evenfall_session_accepts_every_argument_of_nox_session() -> None:
    """With the same name, kind and position. A new argument of Nox fails this test."""
    nox_arguments = list(inspect.signature(nox.session).parameters.values())
    evenfall_arguments = list(inspect.signature(evenfall.session).parameters.values())[: len(nox_arguments)]
    assert [(argument.name, argument.kind) for argument in evenfall_arguments[1:]] == [
        (argument.name, argument.kind) for argument in nox_arguments[1:]
    ]
    ours = {argument.name: argument.default for argument in evenfall_arguments[1:]}
    theirs = {argument.name: argument.default for argument in nox_arguments[1:]}
    assert {name for name in ours if ours[name] != theirs[name]} == {"default", "allow_parallel"}


def test_import_evenfall_loads_no_other_module() -> None:
    """So it takes a fraction of the time of `import nox`."""
    program = "import sys; before = set(sys.modules); import {}; print(*set(sys.modules) - before)"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}

    def loaded(module: str) -> set[str]:
        command = [sys.executable, "-c", program.format(module)]
        return set(subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout.split())

    assert loaded("evenfall") <= {"evenfall", "typing", "__future__"} | loaded("typing")
    assert loaded("typing") < loaded("nox")
