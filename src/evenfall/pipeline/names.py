"""What may stand in a workflow file, in an expression and in a shell's line and still be only itself; all else is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable

from evenfall.errors import EvenfallError
from evenfall.pipeline.model import NOXFILE, Facts, HostedJob

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PATH = re.compile(r"(?!(.*/)?\.\.?(/|$))[A-Za-z0-9_.*][A-Za-z0-9_.*-]*(/[A-Za-z0-9_.*-]+)*/?")
_JOB = re.compile(r"[A-Za-z0-9._=,' ()-]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN_RULE = "letters, digits, '_' and '-', beginning with a letter or '_'"
_LABEL_RULE = "letters, digits, '.', '_' and '-', beginning with a letter or a digit"
_VARIABLE_RULE = "letters, digits and '_', beginning with a letter or '_'"


def check_session(name: str, facts: Facts) -> None:
    """Raises `EvenfallError` (usage) for the first of a session's names, paths and numbers that can't stand in a workflow."""
    _must(_PLAIN, "a session name", (name,), _PLAIN_RULE)
    of = f"of session {name!r}"
    _must(_PLAIN, f"a workflow {of}", facts.workflows or ("",), _PLAIN_RULE)
    _must(_LABEL, f"a system {of}", facts.systems or ("",), _LABEL_RULE)
    _must(_LABEL, f"a group {of}", facts.groups or (), _LABEL_RULE)
    _must(_PATH, f"an artifact {of}", facts.artifacts, "a relative path inside the project, with forward slashes")
    _must(_VARIABLE, f"a secret {of}", facts.secrets, _VARIABLE_RULE)
    _must(_VARIABLE, f"a variable in pass_env {of}", facts.pass_env, _VARIABLE_RULE)
    _must(_PLAIN, f"a permission {of}", (word for pair in facts.permissions for word in pair), _PLAIN_RULE)
    _must(_LABEL, f"the environment {of}", (facts.environment,) if facts.environment else (), _LABEL_RULE)
    _check_timeout(of, facts.timeout)


def check_hosted_job(job: HostedJob) -> None:
    """Raises `EvenfallError` (usage) as `check_session` does."""
    _must(_PLAIN, "the name of a hosted job", (job.name,), _PLAIN_RULE)
    of = f"of hosted job {job.name!r}"
    _must(_PLAIN, f"the workflow {of}", (job.workflow,), _PLAIN_RULE)
    _must(_PLAIN, f"an event {of}", job.events, _PLAIN_RULE)
    _must(_PLAIN, f"a permission {of}", (word for pair in job.permissions for word in pair), _PLAIN_RULE)
    _check_timeout(of, job.timeout)


def _check_timeout(of: str, timeout: int) -> None:
    if not 0 < timeout <= 360:
        raise EvenfallError(
            f"{NOXFILE}: the timeout {of} is {timeout!r}; it is a number of minutes from 1 to 360",
            hint="correct timeout=",
        )


def check_job(name: str, python: str | None) -> None:
    """Raises `EvenfallError` (usage) where the name that Nox gives a job, or its Python, could be misread."""
    if python is not None:
        _must(_LABEL, f"the Python of {name!r}", (python,), _LABEL_RULE)
    if not _JOB.fullmatch(name):
        raise EvenfallError(
            f"{NOXFILE}: {name!r} is the name of a parametrized session; it may hold letters, digits and ._-=,' () only",
            hint='give its parameters a name: nox.param(..., id="...")',
        )


def _must(pattern: re.Pattern[str], what: str, values: Iterable[str], rule: str) -> None:
    for value in values:
        if not pattern.fullmatch(value):
            raise EvenfallError(f"{NOXFILE}: {what} is {value!r}; it must be {rule}", hint=f"correct it in {NOXFILE}")
