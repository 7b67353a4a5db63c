"""What would be lost if a generated file replaced a hand-written one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from evenfall.adopt.job_facts import Action, JobFacts
from evenfall.adopt.pipeline_checks import NOT_COMPARED, PipelineChecks
from evenfall.adopt.program import Program
from evenfall.adopt.publication import other_uploads, publishing_workflow
from evenfall.adopt.purpose import Purpose, purpose_of
from evenfall.adopt.trigger_losses import lost_triggers
from evenfall.adopt.workflow_facts import read_facts
from evenfall.pipeline.gates import WORKFLOWS
from evenfall.pipeline.marker import read_text
from evenfall.text import one_line


class Kind(StrEnum):
    """What kind of thing would be lost."""

    PUBLICATION = "publication"
    JOB = "job"
    TRIGGER = "trigger"
    SYSTEM = "system"
    PYTHON = "Python"
    TESTS = "tests"
    CHECK = "check"
    DOCTESTS = "doctests"
    DOCUMENTATION = "documentation"
    BENCHMARK = "benchmark"
    BUILD = "build"
    COVERAGE_UPLOAD = "coverage upload"
    SERVICE = "service"
    CONTAINER = "container"
    SECRET = "secret"  # noqa: S105 - not one, but their name
    ARTIFACT = "artifact"
    PERMISSION = "permission"
    VARIABLE = "variable"
    SYSTEM_PACKAGES = "system packages"
    CONTENT = "content"
    NOT_UNDERSTOOD = "not understood"


_KINDS = {
    Purpose.TESTS: Kind.TESTS,
    Purpose.DOCTESTS: Kind.DOCTESTS,
    Purpose.DOCUMENTATION: Kind.DOCUMENTATION,
    Purpose.BENCHMARK: Kind.BENCHMARK,
    Purpose.BUILD: Kind.BUILD,
    Purpose.COVERAGE_UPLOAD: Kind.COVERAGE_UPLOAD,
    Purpose.SYSTEM_PACKAGES: Kind.SYSTEM_PACKAGES,
    Purpose.PUBLICATION: Kind.PUBLICATION,
    Purpose.UNKNOWN: Kind.NOT_UNDERSTOOD,
}
_HARMLESS_VARIABLE = re.compile(
    r"FORCE_COLOR|NO_COLOR|PY_COLORS|CLICOLOR.*|TERM|COLUMNS|PIP_(?!PRE$|CONSTRAINT|REQUIREMENT).*|UV_(?!RESOLUTION|PRERELEASE|CONSTRAINT|OVERRIDE|EXCLUDE_NEWER).*|TOX_(?!OVERRIDE).*|NOX_.*|POETRY_.*|HATCH_.*|PRE_?COMMIT.*|PREK.*|CI|PYTHON"
    r"|PYTHON_?VERSION|OS|RUNNER_OS|GITHUB_TOKEN|GH_TOKEN|CODECOV_.*|COVERAGE_.*|PYTHONUNBUFFERED|PYTHONIOENCODING|PYTHONUTF8|PYTHONDONTWRITEBYTECODE"
    r"|CACHE_.*|STRICT|TOXENV|COVERALLS_.*|MATRIX.*|RUFF_.*|MYPY_.*"
)
"""Variables that set up the job, or that tools other than the tests read."""
_OTHER_PACKAGES = re.compile(
    r"--resolution[ =](?!highest\b)\S|--pre(?:release)?\b|\bgit\+|--upgrade-package\b"
    r"|\binstall\b.*\s(?!(?:pip|uv|tox|nox|setuptools|wheel|build|hatch|poetry|pdm)\b)[\w.-]+(?:\[[\w,-]*\])?(?:===?|~=|<)"
    r"|--with(?:[ =])\S*?(?:===?|~=|<)|\binstall\b.*\s(?:-c|--constraints?)[ =]"
    r"|(?:\s-r|--requirements?|--with-requirements)[ =]?"
    r"(?!\S*?requirements(?:[-_/](?:dev|tests?|testing|ci|docs|lint|all|base))?\.(?:txt|in)\b)[^\s-]"
)
"""Options that install other versions of packages than the locked ones."""
_COVERED_ARTIFACT = re.compile(r"\W*(?:dist|wheelhouse|\.?coverage|htmlcov|cov|junit|test-results|packages)\b.*")
"""Paths of artifacts that the pipeline keeps, too, or that only its jobs would need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One thing that a hand-written workflow does and the pipeline does not: `mypy src`, `pypy3.11`, `push of the tags v*`.

    `jobs` are those that do it; a thing of the whole workflow has none.
    """

    kind: Kind
    what: str
    jobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLosses:
    """A hand-written file that has the name or the purpose of a generated one, and what would be lost with it.

    `generated` is the path of the generated file. `is_replaced` means that the user wants it to be replaced; else it is kept.
    """

    path: str
    generated: str
    is_replaced: bool
    losses: tuple[Loss, ...]


def find_losses(
    root: Path, own: Mapping[str, str], replace: tuple[str, ...], checks: PipelineChecks
) -> tuple[FileLosses, ...]:
    """Return what would be lost with each of the hand-written files `own`, which maps their paths to those of the generated ones.

    `checks` is what the pipeline does. Losses of one thing in several jobs are one loss.
    """
    return tuple(
        FileLosses(
            path=path, generated=generated, is_replaced=path in replace, losses=_losses(root, path, generated, checks)
        )
        for path, generated in own.items()
    )


def _losses(root: Path, path: str, generated: str, checks: PipelineChecks) -> tuple[Loss, ...]:
    if not path.startswith(f"{WORKFLOWS}/"):
        return tuple(_lost_lines(root, path))
    merged: dict[tuple[Kind, str], dict[str, None]] = {}
    for loss in _workflow_losses(root, path, generated, checks):
        merged.setdefault((loss.kind, loss.what), {}).update(dict.fromkeys(loss.jobs))
    losses = (Loss(kind=kind, what=what, jobs=tuple(jobs)) for (kind, what), jobs in merged.items())
    return tuple(sorted(losses, key=lambda loss: [*Kind].index(loss.kind)))


def _lost_lines(root: Path, path: str) -> Iterator[Loss]:
    lines = [line.strip() for line in read_text(root / path).splitlines()]
    yield from (Loss(kind=Kind.CONTENT, what=one_line(line)) for line in lines if line and not line.startswith("#"))


def _workflow_losses(root: Path, path: str, generated: str, checks: PipelineChecks) -> Iterator[Loss]:
    publishing = publishing_workflow(root, path)
    if publishing and not checks.has_release:
        yield Loss(kind=Kind.PUBLICATION, what=publishing.evidence, jobs=publishing.jobs)
    if checks.has_release:
        yield from (Loss(kind=Kind.PUBLICATION, what=what, jobs=(name,)) for name, what in other_uploads(root, path))
    workflow = Path(generated).stem
    settings = checks.project.pyproject.settings
    yield from (Loss(kind=Kind.TRIGGER, what=what) for what in lost_triggers(root, path, workflow, settings))
    for job in read_facts(root, path):
        yield from job_losses(job, checks)


def job_losses(job: JobFacts, checks: PipelineChecks) -> Iterator[Loss]:
    """Yield what a job does that the pipeline does not."""
    lost = [program for program in job.programs.values() if not checks.covers(program)]
    actions = [action for action in job.actions if not checks.covers_action(action.name, action.purpose)]
    items = [*(_program_loss(program, checks) for program in lost), *(_action_loss(action) for action in actions)]
    items += [(Kind.NOT_UNDERSTOOD, what) for what in job.not_understood]
    if items and not does_something_known(job, checks):
        yield Loss(kind=Kind.JOB, what=f"{job.name}: {items[0][1]}" if job.name else items[0][1], jobs=(job.name,))
    items += _surroundings(job, checks)
    yield from (Loss(kind=kind, what=one_line(what), jobs=(job.name,)) for kind, what in items)


def does_something_known(job: JobFacts, checks: PipelineChecks) -> bool:
    """Return whether the pipeline does some of what a job does, besides its set-up."""
    programs = (each for each in job.programs.values() if purpose_of(each) not in NOT_COMPARED)
    actions = (each for each in job.actions if each.purpose not in NOT_COMPARED)
    return any(map(checks.covers, programs)) or any(checks.covers_action(each.name, each.purpose) for each in actions)


def _program_loss(program: Program, checks: PipelineChecks) -> tuple[Kind, str]:
    purpose = purpose_of(program)
    text = one_line(program.text)
    if purpose is Purpose.UNKNOWN:
        return Kind.NOT_UNDERSTOOD, f"`{text}`"
    if purpose is Purpose.TESTS and program.name == "pytest" and "tests" in checks.sessions:
        return Kind.TESTS, f"{text} (the session tests runs pytest without {' '.join(checks.other_tests(program))})"
    return _KINDS.get(purpose, Kind.CHECK), text


def _action_loss(action: Action) -> tuple[Kind, str]:
    kind = _KINDS.get(action.purpose, Kind.CHECK)
    flags = f", flags {action.inputs['flags']}" if "flags" in action.inputs else ""
    return kind, f"{one_line(action.name)}{one_line(flags)}"


def _surroundings(job: JobFacts, checks: PipelineChecks) -> Iterator[tuple[Kind, str]]:
    """Yield where and with what a job runs that the jobs of the pipeline lack."""
    for system in job.systems:
        is_linux = system.startswith("ubuntu-") and not system.endswith("-arm") and not job.runs_tests
        if system not in checks.systems and not is_linux and "${{" not in system:
            yield Kind.SYSTEM, system
    if job.runs_tests:
        yield from ((Kind.TESTS, f"with other packages: {each}") for each in _other_packages(job))
        yield from ((Kind.PYTHON, python) for python in job.pythons if python not in checks.pythons)
        yield from ((Kind.VARIABLE, name) for name in job.variables if not _HARMLESS_VARIABLE.fullmatch(name))
    if len(job.pythons) > 1 and (not job.runs_tests or Purpose.LINT in map(purpose_of, job.programs.values())):
        yield Kind.CHECK, f"on Python {', '.join(job.pythons)}; other sessions than tests run on one Python"
    yield from ((Kind.SERVICE, service) for service in job.services)
    yield from ((Kind.CONTAINER, container) for container in job.containers)
    settings = checks.project.pyproject.settings
    for secret in job.secrets:
        if not (secret == "CODECOV_TOKEN" and settings.coverage.codecov == "token"):  # noqa: S105 - its name
            yield Kind.SECRET, secret
    yield from ((Kind.ARTIFACT, path) for path in job.artifacts if not _COVERED_ARTIFACT.fullmatch(path))
    covered = {"id-token: write"} if checks.has_release or settings.coverage.codecov == "oidc" else set()
    covered |= {"security-events: write"} if "codeql" in checks.hosted else set()
    yield from ((Kind.PERMISSION, permission) for permission in job.permissions if permission not in covered)


def _other_packages(job: JobFacts) -> Iterator[str]:
    """Yield the commands with which a job with tests installs other versions than the locked ones."""
    for program in job.programs.values():
        text = " ".join((*program.launchers, program.name, *program.arguments))
        if _OTHER_PACKAGES.search(text):
            yield one_line(text)
