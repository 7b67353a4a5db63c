"""What the jobs of a workflow do, with all that they call: workflows and actions of the repository, and tasks of tox, Nox or make."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evenfall.adopt.expressions import EXPRESSION, Contexts, as_text, is_known, never_true, rendered
from evenfall.adopt.matrix import combinations
from evenfall.adopt.program import Program
from evenfall.adopt.purpose import Purpose, purpose_of, purpose_of_action
from evenfall.adopt.python_version import python_version
from evenfall.adopt.script import DEPTH, Started, inside, started
from evenfall.adopt.task import Task
from evenfall.adopt.workflow_file import jobs_of, read_workflow, triggers_of
from evenfall.pipeline.marker import read_text
from evenfall.pipeline.own_workflows import ACTION_NAMES, own_workflows
from evenfall.text import one_line

_MAX_RUNS = 2000
"""The number of runs of jobs after which a workflow is not read further, because matrices multiply."""
_CHECKS = frozenset({"push", "pull_request", "pull_request_target", "merge_group"})
"""The events of a workflow that checks changes. One that others call is read where it is called."""
_SECRET = re.compile(r"\bsecrets\.(\w+)|\bsecrets\[['\"](\w+)['\"]\]")


@dataclass(frozen=True, slots=True)
class Action:
    """An action that a step uses, without its version, the inputs that are texts, and whether its failure counts."""

    name: str
    inputs: Mapping[str, str]
    is_required: bool = True

    @property
    def purpose(self) -> Purpose:
        """What it is for."""
        return purpose_of_action(self.name)


@dataclass(kw_only=True)
class JobFacts:
    """What a job does in all runs of its matrix. `runners` are the labels of each run, and `systems` the distinct ones.

    `not_understood` are parts that can't be read: actions, workflows of other repositories, programs, and expressions.
    """

    name: str
    runners: list[str] = field(default_factory=list)
    pythons: dict[str, None] = field(default_factory=dict)
    started: dict[Started, None] = field(default_factory=dict)
    actions: list[Action] = field(default_factory=list)
    services: dict[str, None] = field(default_factory=dict)
    containers: dict[str, None] = field(default_factory=dict)
    secrets: dict[str, None] = field(default_factory=dict)
    artifacts: dict[str, None] = field(default_factory=dict)
    permissions: dict[str, None] = field(default_factory=dict)
    variables: dict[str, None] = field(default_factory=dict)
    not_understood: dict[str, None] = field(default_factory=dict)

    @property
    def systems(self) -> tuple[str, ...]:
        """The labels of its runners."""
        return tuple(dict.fromkeys(self.runners))

    @property
    def programs(self) -> dict[str, Program]:
        """The programs that are no task runners, by their text."""
        found: dict[str, Program] = {}
        for each in self.started:
            if each.tasks is None:
                found.setdefault(each.program.text, each.program)
        return found

    @property
    def runs_tests(self) -> bool:
        """Whether it runs tests."""
        return any(purpose_of(program) in {Purpose.TESTS, Purpose.DOCTESTS} for program in self.programs.values())


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
class _Place:
    """Where a command runs: its file, folder, variables, shell, the known contexts, and whether a failure counts."""

    file: str
    contexts: Contexts
    folder: str = "."
    variables: Mapping[str, str] = field(default_factory=dict)
    depth: int = 0
    shell: str = ""
    is_required: bool = True


@dataclass(frozen=True)
class _Reader:
    root: Path
    found: dict[str, JobFacts]

    def workflow(self, path: str, inputs: Mapping[str, Any] | None, caller: str, callers: tuple[str, ...]) -> None:
        """Read the jobs of a workflow, which another one may call with inputs. Else they are only known in a run."""
        workflow = read_workflow(self.root / path)
        for name, job in jobs_of(workflow).items():
            label = one_line(f"{caller} / {name}" if caller else str(name))
            env = workflow.get("env")
            known = {} if inputs is None else {"inputs": inputs}
            contexts: Contexts = {**known, "env": env if isinstance(env, dict) else {}}
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
        given = rendered(job.get("with"), contexts)
        self.workflow(path, {**_defaults(called), **(given if isinstance(given, dict) else {})}, label, callers)

    def _run(
        self, workflow: Mapping[str, Any], job: Mapping[str, Any], contexts: Contexts, file: str, facts: JobFacts
    ) -> None:
        """Note what one run of a job does."""
        facts.runners.append(_runner(job, contexts, facts))
        _note_secrets(facts, job)
        services, container = rendered(job.get("services"), contexts), rendered(job.get("container"), contexts)
        for name, service in (services if isinstance(services, dict) else {}).items():
            image = service.get("image") if isinstance(service, dict) else service
            facts.services[one_line(f"{name} ({image})")] = None
        if container:
            facts.containers[one_line(str(container.get("image") if isinstance(container, dict) else container))] = None
        for name, access in _permissions(workflow, job):
            facts.permissions[one_line(f"{name}: {access}")] = None
        variables = _texts(contexts.get("env")) | _texts(rendered(job.get("env"), contexts))
        facts.variables |= dict.fromkeys(map(one_line, variables))
        place = _Place(
            file=file,
            contexts={**contexts, "env": variables},
            folder=_default("working-directory", ".", workflow, job),
            variables=variables,
            shell=_default("shell", "", workflow, job),
            is_required=not _may_fail(job, contexts),
        )
        steps = job.get("steps")
        self._steps(steps if isinstance(steps, list) else [], place, facts)
        if not isinstance(steps, list):
            facts.not_understood["a job without steps"] = None

    def _steps(self, steps: Iterable[object], place: _Place, facts: JobFacts) -> None:
        for step in steps:
            if not isinstance(step, dict):
                continue
            variables = _texts(rendered(step.get("env"), place.contexts))
            env = {**place.contexts.get("env", {}), **variables}
            here = replace(place, contexts={**place.contexts, "env": env}, variables={**place.variables, **variables})
            here = replace(here, is_required=place.is_required and not _may_fail(step, here.contexts))
            if never_true(step.get("if"), here.contexts):
                continue
            if "run" in step:
                facts.variables |= dict.fromkeys(map(one_line, variables))
                self._script(step, here, facts)
                place = _after(str(step["run"]), place)
            elif isinstance(step.get("uses"), str):
                self._action(step, here, facts)

    def _script(self, step: Mapping[str, Any], place: _Place, facts: JobFacts) -> None:
        script = str(rendered(str(step["run"]), place.contexts))
        shell = str(step.get("shell", place.shell)).split()
        if shell and shell[0] in {"python", "node", "perl"}:
            facts.not_understood[one_line(f"a script of {shell[0]}: {script.strip()[:60]}")] = None
            return
        folder = str(rendered(step.get("working-directory", place.folder), place.contexts))
        task = Task(
            name="",
            script=EXPRESSION.sub("$?", script),
            folder=EXPRESSION.sub("$?", folder),
            file=place.file,
            is_required=place.is_required,
        )
        for each in started(self.root, task, place.variables, place.depth):
            facts.started[each] = None
            _note_python(facts, *each.pythons)
            if any(not inner.script for inner in each.tasks or ()):
                facts.not_understood[f"`{one_line(each.program.text)}`"] = None

    def _action(self, step: Mapping[str, Any], place: _Place, facts: JobFacts) -> None:
        name = str(step["uses"])
        inputs = _texts(rendered(step.get("with"), place.contexts))
        if not name.startswith("./"):
            self._other_action(name.partition("@")[0], inputs, place, facts)
            return
        folder = inside(self.root, name)
        files = (posixpath.join(folder, each) for each in ACTION_NAMES)
        file, action = next(((each, found) for each in files if (found := read_workflow(self.root / each))), ("", {}))
        runs = action.get("runs")
        steps = runs.get("steps") if isinstance(runs, dict) else None
        if not isinstance(steps, list) or place.depth >= DEPTH:
            facts.not_understood[f"the action {one_line(name)}"] = None
            return
        declared = action.get("inputs")
        given = {**_texts(_default_values(declared)), **inputs}
        contexts = {**place.contexts, "inputs": given}
        self._steps(steps, replace(place, file=file, contexts=contexts, depth=place.depth + 1, shell=""), facts)

    def _other_action(self, name: str, inputs: Mapping[str, str], place: _Place, facts: JobFacts) -> None:
        action = Action(name, inputs, place.is_required)
        if action not in facts.actions:
            facts.actions.append(action)
        for script in (inputs[key] for key in ("run", "command") if " " in inputs.get(key, "")):
            self._script({"run": script}, place, facts)
        is_free_threaded = inputs.get("freethreaded") == "true"
        versions = inputs.get("python-version", "").split("\n")
        if file := inputs.get("python-version-file"):
            versions += read_text(self.root / inside(self.root, file)).splitlines() if not file.endswith("toml") else []
        _note_python(facts, *(f"{version}t" if is_free_threaded and version else version for version in versions))
        if name.startswith("actions/upload-artifact"):
            facts.artifacts[one_line(inputs.get("path", ""))] = None
        if name.lower() == "pypa/cibuildwheel":
            facts.not_understood.setdefault("the wheels that pypa/cibuildwheel builds and tests", None)


def _after(script: str, place: _Place) -> _Place:
    """Return the place of the steps after a script: the variables that it sets with `GITHUB_ENV` are not known any more."""
    if "GITHUB_ENV" not in script:
        return place
    changed = {*re.findall(r"\w+", script)}
    env, variables = (
        {name: value for name, value in values.items() if name not in changed}
        for values in (place.contexts.get("env", {}), place.variables)
    )
    return replace(place, contexts={**place.contexts, "env": env}, variables=variables)


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


def _may_fail(part: Mapping[str, Any], contexts: Contexts) -> bool:
    """Return whether a job or a step can fail without failing its workflow."""
    return rendered(part.get("continue-on-error"), contexts) is True


def _permissions(workflow: Mapping[str, Any], job: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the permissions of a job's token to write. Everybody may read a public repository."""
    given = job.get("permissions", workflow.get("permissions"))
    if given == "write-all":
        yield "everything", "write"
    for name, access in (given if isinstance(given, dict) else {}).items():
        if access == "write":
            yield str(name), "write"


def _default(key: str, default: str, *parts: Mapping[str, Any]) -> str:
    """Return `working-directory` or `shell` of the steps that set none, of the last of a workflow and its job."""
    for part in parts:
        defaults = part.get("defaults")
        run = defaults.get("run") if isinstance(defaults, dict) else None
        default = str(run.get(key, default)) if isinstance(run, dict) else default
    return default


def _defaults(workflow: Mapping[str, Any]) -> dict[str, Any]:
    """Return the default values of a workflow's inputs."""
    defaults: dict[str, Any] = {}
    for event in ("workflow_dispatch", "workflow_call"):
        filters = triggers_of(workflow).get(event)
        defaults |= _default_values(filters.get("inputs") if isinstance(filters, dict) else None)
    return defaults


def _default_values(inputs: object) -> dict[str, Any]:
    given = inputs if isinstance(inputs, dict) else {}
    return {str(name): each.get("default") if isinstance(each, dict) else None for name, each in given.items()}


def _texts(values: object) -> dict[str, str]:
    return {str(name): as_text(value) for name, value in values.items()} if isinstance(values, dict) else {}


def _note_secrets(facts: JobFacts, job: Mapping[str, Any]) -> None:
    names = (first or second for first, second in _SECRET.findall(str(job)))
    facts.secrets |= dict.fromkeys(name for name in names if name != "GITHUB_TOKEN")
    if job.get("secrets") == "inherit":
        facts.secrets["all (secrets: inherit)"] = None


def _note_python(facts: JobFacts, *versions: str) -> None:
    for version in versions:
        if not is_known(version):
            facts.not_understood[f"its Python: {one_line(version)}"] = None
        elif name := python_version(version):
            facts.pythons[name] = None
