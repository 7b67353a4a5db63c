"""The jobs of a project's own workflows that publish it to an index, with commands of their own or of a task."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from evenfall.adopt.program import Program
from evenfall.adopt.purpose import Purpose, purpose_of
from evenfall.adopt.workflow_facts import read_facts
from evenfall.package_index.address import shown_address, shown_addresses
from evenfall.pipeline.marker import read_text
from evenfall.pipeline.own_workflows import own_workflows
from evenfall.pipeline.workflow_file import jobs_of, read_workflow
from evenfall.text import one_line

_EVIDENCE = tuple(
    re.compile(pattern, re.MULTILINE | re.VERBOSE)
    for pattern in (
        r"""^uses:\ ([\w./-]*pypi[\w./-]*|[\w./-]*poetry-publish[\w./-]*)""",
        r"""^uses:\ ([\w.-]+/[\w./-]+/\.github/workflows/[\w.-]*(?:publish|release)[\w.-]*)""",
        r"""^run:\ (?!\s*\#|.*--dry-run).*?\b(
              uv\ (?:--?\S+\ )*publish(?![\w-])
            | (?:hatch|flit|poetry|pdm|rye|maturin|twine)\b[^\n;&|]*?\s(?:publish|upload)(?![\w-])
            | (?:nox|tox|make|just|invoke|task)\b[^\n;&|]*?\s(?:publish|upload|release)(?![\w-])
            | pypi-attestations\ sign
            | setup\.py\b[^\n;&|]*?\supload(?![\w-])
            | (?:scripts?|bin|tools?|ci)/(?:publish|release)(?:\.sh|\.py)?(?![\w./-])
            )""",
        r"""^(command:\ upload)$""",
        r"""^(TWINE_PASSWORD|UV_PUBLISH_TOKEN|UV_PUBLISH_PASSWORD|FLIT_PASSWORD|HATCH_INDEX_AUTH|PDM_PUBLISH_PASSWORD
            |\w*PYPI_\w*(?:TOKEN|PASSWORD)\w*):\ \S""",
        r"""^(environment:\ (?:test)?pypi|name:\ (?:test)?pypi|url:\ https://(?:test\.)?pypi\.org/p.*)$""",
    )
)
"""What shows that a job publishes, in the lines of `_lines`: actions, reusable workflows, commands, credentials, environments."""

_INDEX = re.compile(r"\s(?:--(?:repository(?:-url)?|repo|publish-url|index)[ =]|-r[ =]?)(\S+)")
"""The option with which a program uploads to an index."""
_PYPI = frozenset({"pypi", "main", "https://upload.pypi.org/legacy/", "https://upload.pypi.org/legacy"})
_INDEX_VARIABLE = re.compile(
    r"TWINE_REPOSITORY(?:_URL)?|UV_PUBLISH_(?:URL|INDEX)|FLIT_INDEX_URL|HATCH_INDEX_REPO|PDM_PUBLISH_REPO"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishingWorkflow:
    """A workflow that publishes the project: its path, the jobs that publish, and what shows it, such as `uv publish`.

    A file that is not a valid workflow has no jobs.
    """

    path: str
    jobs: tuple[str, ...]
    evidence: str

    @property
    def statement(self) -> str:
        """A clause for a message that names the path before, such as `it publishes the project (job upload: uv publish)`."""
        jobs = f"{'job' if len(self.jobs) == 1 else 'jobs'} {', '.join(self.jobs)}: " if self.jobs else ""
        return f"it publishes the project ({jobs}{self.evidence})"


def publishing_workflows(root: Path) -> dict[str, PublishingWorkflow]:
    """Return the project's own workflows that publish it, by their paths. A job with `if: false` does not publish."""
    found = (publishing_workflow(root, path) for path in own_workflows(root))
    return {workflow.path: workflow for workflow in found if workflow}


def publishing_workflow(root: Path, path: str) -> PublishingWorkflow | None:
    """Return what the workflow at a path publishes, or None."""
    jobs = jobs_of(read_workflow(root / path))
    found = {name: evidence for name, job in jobs.items() if (evidence := _evidence(root, job, (path,)))}
    if not jobs and (evidence := _first(_raw_lines(read_text(root / path)))):
        found = {"": evidence}
    for job, program in _programs(root, path):
        if evidence := _script_evidence(root, program) or (one_line(program.text) if _uploads(program) else ""):
            found.setdefault(job, evidence)
    if not found:
        return None
    names = tuple(one_line(str(name)) for name in found if name)
    return PublishingWorkflow(path=path, jobs=names, evidence=", ".join(dict.fromkeys(found.values())))


def other_uploads(root: Path, path: str) -> Iterator[tuple[str, str]]:
    """Yield the jobs that upload to another index than PyPI, each with its command or action."""
    for job, program in _programs(root, path):
        if _uploads(program) and (target := _INDEX.search(f" {program.text} ")) and target[1] not in _PYPI:
            yield job, one_line(shown_addresses(program.text))
    for facts in read_facts(root, path):
        for action in facts.actions:
            url = action.inputs.get("repository-url") or action.inputs.get("repository_url", "")
            if action.purpose is Purpose.PACKAGE_INDEX and url and url not in _PYPI:
                yield _job(facts.name), one_line(f"{action.name} to {shown_address(url)}")
        yield from ((_job(facts.name), name) for name in facts.variables if _INDEX_VARIABLE.fullmatch(name))


def _programs(root: Path, path: str) -> Iterator[tuple[str, Program]]:
    """Yield the programs that the jobs of a workflow run, also in tasks, each after its job."""
    for facts in read_facts(root, path):
        yield from ((_job(facts.name), program) for program in facts.programs.values())


def _uploads(program: Program) -> bool:
    return purpose_of(program) is Purpose.PACKAGE_INDEX and "--dry-run" not in program.arguments


def _script_evidence(root: Path, program: Program) -> str:
    """Return what shows that a script of the repository publishes, such as `./deploy.sh` or `bash deploy.sh`."""
    name = program.subcommand if program.name in {"bash", "sh", "zsh"} else program.name
    file = root / program.command.folder / name
    if not name.endswith(".sh") or not file.resolve().is_relative_to(root.resolve()):
        return ""
    evidence = _first(f"run: {line}" for line in read_text(file).replace("\\\n", " ").splitlines())
    return f"{evidence} in {one_line(name)}" if evidence else ""


def _job(name: str) -> str:
    """Return the name of a job in its workflow, without those of the workflow that it calls."""
    return name.partition(" / ")[0]


def _evidence(root: Path, job: object, callers: tuple[str, ...]) -> str:
    """Return what shows that a job publishes, in itself or in a workflow or an action of the repository that it uses; else nothing."""
    if isinstance(job, dict) and str(job.get("if")).strip(" ${}").lower() == "false":
        return ""
    lines = [*_lines(job)]
    if evidence := _first(lines):
        return evidence
    for name in (line.removeprefix("uses: ./").rstrip("/") for line in lines if line.startswith("uses: ./")):
        if name in callers:
            continue
        workflow = read_workflow(root / name) or read_workflow(root / name / "action.yml")
        workflow = workflow or read_workflow(root / name / "action.yaml")
        for part in (*jobs_of(workflow).values(), workflow.get("runs")):
            if evidence := _evidence(root, part, (*callers, name)):
                return f"{evidence} in {one_line(name)}"
    return ""


def _first(lines: Iterable[str]) -> str:
    """Return the strongest evidence in some lines, or nothing."""
    text = "\n".join(lines)
    matches = (pattern.search(text) for pattern in _EVIDENCE)
    return next((one_line(match[1]) for match in matches if match), "")


def _lines(value: object, key: object = "") -> Iterator[str]:
    """Yield the keys and values of a job, each as `key: value`; of a script, each command after `run: `."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _lines(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _lines(inner, key)
    elif key == "run":
        yield from (f"run: {line}" for line in str(value).replace("\\\n", " ").splitlines())
    else:
        yield f"{key}: {one_line(str(value))}"


def _raw_lines(text: str) -> Iterator[str]:
    """Yield the lines of a file that is not valid YAML, each also as a command."""
    for line in text.splitlines():
        yield from (line.strip(" -"), f"run: {line.strip(' -')}")
