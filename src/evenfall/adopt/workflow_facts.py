"""What the jobs of a workflow do, with all that they call: workflows and actions of the repository, and tasks of tox, Nox or make."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenfall.adopt.expressions import Contexts, is_known, never_true, rendered, texts
from evenfall.adopt.job_facts import JobFacts
from evenfall.adopt.matrix import combinations
from evenfall.adopt.step_facts import Place, may_fail, read_steps
from evenfall.input_file import mapping_at
from evenfall.pipeline.marker import read_text
from evenfall.pipeline.own_workflows import own_workflows
from evenfall.pipeline.workflow_file import input_defaults, jobs_of, read_workflow, triggers_of
from evenfall.text import one_line

_MAX_RUNS = 2000
"""The number of runs of jobs after which a workflow is not read further, because matrices multiply."""
_CHECKS = frozenset({"push", "pull_request", "pull_request_target", "merge_group"})
"""The events of a workflow that checks changes. One that others call is read where it is called."""
_SECRET = re.compile(r"\bsecrets\.(\w+)|\bsecrets\[['\"](\w+)['\"]\]")


def checking_jobs(root: Path) -> Iterator[tuple[str, JobFacts]]:
    """Yield the paths and the jobs of the project's own workflows that check changes."""
    for path in own_workflows(root):
        events = {*triggers_of(read_workflow(root / path))}
        if not events or _CHECKS & events:
            yield from ((path, job) for job in read_facts(root, path))


def read_facts(root: Path, path: str) -> tuple[JobFacts, ...]:
    """Return what the jobs of a workflow do; of a file that is not a valid workflow, one job that is not understood."""
    found: dict[str, JobFacts] = {}
    _Reader(root, found).workflow(path, None, "", ())
    if not found and read_text(root / path).strip():
        found[""] = JobFacts(name="", not_understood={"the file, which is not a valid workflow with jobs": None})
    return tuple(found.values())


@dataclass(frozen=True)
class _Reader:
    root: Path
    found: dict[str, JobFacts]

    def workflow(self, path: str, inputs: Mapping[str, Any] | None, caller: str, callers: tuple[str, ...]) -> None:
        """Read the jobs of a workflow, which another one may call with inputs. Else they are only known in a run."""
        workflow = read_workflow(self.root / path)
        for name, job in jobs_of(workflow).items():
            label = one_line(f"{caller} / {name}" if caller else str(name))
            known = {} if inputs is None else {"inputs": inputs}
            contexts: Contexts = {**known, "env": mapping_at(workflow, "env")}
            if not isinstance(job, dict):
                self._facts(label).not_understood["a job that is not a mapping"] = None
            elif not never_true(job.get("if"), contexts):
                self._job(workflow, job, contexts, label, (*callers, path))

    def _facts(self, label: str) -> JobFacts:
        return self.found.setdefault(label, JobFacts(name=label))

    def _job(
        self,
        workflow: Mapping[str, Any],
        job: Mapping[str, Any],
        contexts: Contexts,
        label: str,
        callers: tuple[str, ...],
    ) -> None:
        runs, unknown = combinations(job, contexts)
        if unknown:
            self._facts(label).not_understood[f"its matrix: {one_line(unknown)}"] = None
        for run in runs:
            if sum(len(each.runners) for each in self.found.values()) >= _MAX_RUNS:
                self._facts(label).not_understood[f"more than {_MAX_RUNS} runs"] = None
                return
            # Without an unknown matrix, its values stay expressions.
            here = {**contexts, "matrix": run} if run or not unknown else contexts
            if isinstance(job.get("uses"), str):
                self._call(job, here, label, callers)
            else:
                self._run(workflow, job, here, callers[-1], self._facts(label))

    def _call(self, job: Mapping[str, Any], contexts: Contexts, label: str, callers: tuple[str, ...]) -> None:
        target = str(job["uses"])
        path = posixpath.normpath(target.partition("@")[0])
        called = read_workflow(self.root / path) if target.startswith("./") and path not in callers else {}
        if not called:
            facts = self._facts(label)
            facts.not_understood[f"the workflow {one_line(target)}, which it calls"] = None
            _note_secrets(facts, job)
            return
        given = mapping_at(rendered(job.get("with"), contexts))
        self.workflow(path, {**_defaults(called), **given}, label, callers)

    def _run(
        self, workflow: Mapping[str, Any], job: Mapping[str, Any], contexts: Contexts, file: str, facts: JobFacts
    ) -> None:
        """Note what one run of a job does."""
        facts.runners.append(_runner(job, contexts, facts))
        _note_secrets(facts, job)
        for name, service in mapping_at(rendered(job.get("services"), contexts)).items():
            image = service.get("image") if isinstance(service, dict) else service
            facts.services[one_line(f"{name} ({image})")] = None
        if container := rendered(job.get("container"), contexts):
            facts.containers[one_line(str(container.get("image") if isinstance(container, dict) else container))] = None
        for name, access in _permissions(workflow, job):
            facts.permissions[one_line(f"{name}: {access}")] = None
        variables = texts(contexts.get("env")) | texts(rendered(job.get("env"), contexts))
        facts.variables |= dict.fromkeys(map(one_line, variables))
        place = Place(
            file=file,
            contexts={**contexts, "env": variables},
            folder=_default("working-directory", ".", workflow, job),
            variables=variables,
            shell=_default("shell", "", workflow, job),
            is_required=not may_fail(job, contexts),
        )
        steps = job.get("steps")
        read_steps(self.root, steps if isinstance(steps, list) else [], place, facts)
        if not isinstance(steps, list):
            facts.not_understood["a job without steps"] = None


def _runner(job: Mapping[str, Any], contexts: Contexts, facts: JobFacts) -> str:
    """Return the label of a runner; of several labels, all in one text."""
    value = rendered(job.get("runs-on"), contexts)
    if isinstance(value, dict):
        value = value.get("labels") or f"group {value.get('group')}"
    label = " + ".join(map(str, value)) if isinstance(value, list) else str(value)
    if not is_known(label):
        facts.not_understood[f"its runner: {one_line(label)}"] = None
    # GitHub ignores the case of labels.
    return one_line(label.lower() if re.match(r"(?i)(?:ubuntu|macos|windows)-", label) else label)


def _permissions(workflow: Mapping[str, Any], job: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the permissions of a job's token to write. Everybody may read a public repository."""
    given = job.get("permissions", workflow.get("permissions"))
    if given == "write-all":
        yield "everything", "write"
    for name, access in mapping_at(given).items():
        if access == "write":
            yield str(name), "write"


def _default(key: str, default: str, *parts: Mapping[str, Any]) -> str:
    """Return `working-directory` or `shell` of the steps that set none, of the last of a workflow and its job."""
    for part in parts:
        default = str(mapping_at(part, "defaults", "run").get(key, default))
    return default


def _defaults(workflow: Mapping[str, Any]) -> dict[str, Any]:
    """Return the default values of a workflow's inputs."""
    defaults: dict[str, Any] = {}
    for event in ("workflow_dispatch", "workflow_call"):
        defaults |= input_defaults(mapping_at(triggers_of(workflow), event, "inputs"))
    return defaults


def _note_secrets(facts: JobFacts, job: Mapping[str, Any]) -> None:
    names = (first or second for first, second in _SECRET.findall(str(job)))
    facts.secrets |= dict.fromkeys(name for name in names if name != "GITHUB_TOKEN")
    if job.get("secrets") == "inherit":
        facts.secrets["all (secrets: inherit)"] = None
