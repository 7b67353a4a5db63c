"""Check the names, paths and numbers in a noxfile, so that YAML, GitHub's expressions and shells can't misread them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from evenfall.errors import EvenfallError
from evenfall.pipeline.model import NOXFILE, Facts, HostedJob

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PATH = re.compile(r"(?!(.*/)?\.\.?(/|$))[A-Za-z0-9_.*][A-Za-z0-9_.*-]*(/[A-Za-z0-9_.*-]+)*/?")
_JOB = re.compile(r"[A-Za-z0-9._=,' ()-]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORD_RULE = "letters, digits, '_' and '-', starting with a letter or '_'"
_LABEL_RULE = "letters, digits, '.', '_' and '-', starting with a letter or a digit"
_PATH_RULE = "a relative path inside the project, with forward slashes"
_VARIABLE_RULE = "letters, digits and '_', starting with a letter or '_'"


def check_session(name: str, facts: Facts) -> None:
    """Raise `EvenfallError` (usage) for the first name, path or number of a session that a workflow can't contain."""
    _check(_WORD, "a session name", (name,), _WORD_RULE)
    owner = f"of session {name!r}"
    _check(_WORD, f"a workflow {owner}", facts.workflows or ("",), _WORD_RULE)
    _check(_LABEL, f"a system {owner}", facts.systems or ("",), _LABEL_RULE)
    _check(_LABEL, f"a group {owner}", facts.groups or (), _LABEL_RULE)
    _check(_PATH, f"an artifact {owner}", facts.artifacts, _PATH_RULE)
    _check(_VARIABLE, f"a secret {owner}", facts.secrets, _VARIABLE_RULE)
    _check(_VARIABLE, f"a variable in pass_env {owner}", facts.pass_env, _VARIABLE_RULE)
    _check(_WORD, f"an event {owner}", facts.events, _WORD_RULE)
    _check(_LABEL, f"the environment {owner}", (facts.environment,) if facts.environment else (), _LABEL_RULE)
    _check_permissions(owner, facts.permissions)
    _check_timeout(owner, facts.timeout)


def check_hosted_job(job: HostedJob) -> None:
    """Raise `EvenfallError` (usage) as `check_session` does."""
    _check(_WORD, "the name of a hosted job", (job.name,), _WORD_RULE)
    owner = f"of hosted job {job.name!r}"
    _check(_WORD, f"the workflow {owner}", (job.workflow,), _WORD_RULE)
    _check(_WORD, f"an event {owner}", job.events, _WORD_RULE)
    _check_permissions(owner, job.permissions)
    _check_timeout(owner, job.timeout)


def check_job(name: str, python: str | None) -> None:
    """Raise `EvenfallError` (usage) if the name that Nox gives a job, or its Python, could be misread."""
    if python is not None:
        _check(_LABEL, f"the Python of {name!r}", (python,), _LABEL_RULE)
    if not _JOB.fullmatch(name):
        raise EvenfallError(
            f"{NOXFILE}: {name!r} is the name of a parametrized session; it can contain only letters, digits and ._-=,' ()",
            hint='give its parameters a name: nox.param(..., id="...")',
        )


def _check(pattern: re.Pattern[str], subject: str, values: Iterable[str], rule: str) -> None:
    for value in values:
        if not pattern.fullmatch(value):
            raise EvenfallError(
                f"{NOXFILE}: {subject} is {value!r}; it must be {rule}", hint=f"correct it in {NOXFILE}"
            )


def _check_permissions(owner: str, permissions: Iterable[tuple[str, str]]) -> None:
    _check(_WORD, f"a permission {owner}", (word for pair in permissions for word in pair), _WORD_RULE)


def _check_timeout(owner: str, timeout: int) -> None:
    if not 0 < timeout <= 360:
        raise EvenfallError(
            f"{NOXFILE}: the timeout {owner} is {timeout!r}; it must be a number of minutes from 1 to 360",
            hint="correct timeout=",
        )
