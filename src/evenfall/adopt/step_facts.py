"""What the steps of a job do: their scripts, and their actions, of which those of the repository have steps, too."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evenfall.adopt.expressions import EXPRESSION, Contexts, is_known, never_true, rendered, texts
from evenfall.adopt.job_facts import Action, JobFacts
from evenfall.adopt.script import DEPTH, inside, started
from evenfall.adopt.task import Task
from evenfall.input_file import mapping_at
from evenfall.pipeline.marker import read_text
from evenfall.pipeline.own_workflows import ACTION_NAMES
from evenfall.pipeline.workflow_file import input_defaults, read_workflow
from evenfall.text import one_line

_VERSION = re.compile(r"(?:cpython-?|python-?|~|==|\^)?(\d+\.\d+)(?:\.\d+)?(t?)(?:$|[-\s.abr].*)")
_OTHER = re.compile(r"(pypy|graalpy)-?(\d+\.\d+|\d+)(?:[-.].*|$)")


@dataclass(frozen=True)
class Place:
    """Where a command runs: its file, folder, variables, shell, the known contexts, and whether a failure counts."""

    file: str
    contexts: Contexts
    folder: str = "."
    variables: Mapping[str, str] = field(default_factory=dict)
    depth: int = 0
    shell: str = ""
    is_required: bool = True


def read_steps(root: Path, steps: Iterable[object], place: Place, facts: JobFacts) -> None:
    """Add to the facts of a job what some of its steps do, or those of an action."""
    for step in steps:
        if not isinstance(step, dict):
            continue
        variables = texts(rendered(step.get("env"), place.contexts))
        env = {**place.contexts.get("env", {}), **variables}
        here = replace(place, contexts={**place.contexts, "env": env}, variables={**place.variables, **variables})
        here = replace(here, is_required=place.is_required and not may_fail(step, here.contexts))
        if never_true(step.get("if"), here.contexts):
            continue
        if "run" in step:
            facts.variables |= dict.fromkeys(map(one_line, variables))
            _script(root, step, here, facts)
            place = _after(str(step["run"]), place)
        elif isinstance(step.get("uses"), str):
            _action(root, step, here, facts)


def _script(root: Path, step: Mapping[str, Any], place: Place, facts: JobFacts) -> None:
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
    for each in started(root, task, place.variables, place.depth):
        facts.started[each] = None
        _note_python(facts, *each.pythons)
        if any(not inner.script for inner in each.tasks or ()):
            facts.not_understood[f"`{one_line(each.program.text)}`"] = None


def _action(root: Path, step: Mapping[str, Any], place: Place, facts: JobFacts) -> None:
    name = str(step["uses"])
    inputs = texts(rendered(step.get("with"), place.contexts))
    if not name.startswith("./"):
        _other_action(root, name.partition("@")[0], inputs, place, facts)
        return
    folder = inside(root, name)
    files = (posixpath.join(folder, each) for each in ACTION_NAMES)
    file, action = next(((each, found) for each in files if (found := read_workflow(root / each))), ("", {}))
    steps = mapping_at(action, "runs").get("steps")
    if not isinstance(steps, list) or place.depth >= DEPTH:
        facts.not_understood[f"the action {one_line(name)}"] = None
        return
    given = {**texts(input_defaults(mapping_at(action, "inputs"))), **inputs}
    contexts = {**place.contexts, "inputs": given}
    read_steps(root, steps, replace(place, file=file, contexts=contexts, depth=place.depth + 1, shell=""), facts)


def _other_action(root: Path, name: str, inputs: Mapping[str, str], place: Place, facts: JobFacts) -> None:
    action = Action(name, inputs, place.is_required)
    if action not in facts.actions:
        facts.actions.append(action)
    for script in (inputs[key] for key in ("run", "command") if " " in inputs.get(key, "")):
        _script(root, {"run": script}, place, facts)
    is_free_threaded = inputs.get("freethreaded") == "true"
    versions = inputs.get("python-version", "").split("\n")
    if file := inputs.get("python-version-file"):
        versions += read_text(root / inside(root, file)).splitlines() if not file.endswith("toml") else []
    _note_python(facts, *(f"{version}t" if is_free_threaded and version else version for version in versions))
    if name.startswith("actions/upload-artifact"):
        facts.artifacts[one_line(inputs.get("path", ""))] = None
    if name.lower() == "pypa/cibuildwheel":
        facts.not_understood.setdefault("the wheels that pypa/cibuildwheel builds and tests", None)


def _after(script: str, place: Place) -> Place:
    """Return the place of the steps after a script: the variables that it sets with `GITHUB_ENV` are not known any more."""
    if "GITHUB_ENV" not in script:
        return place
    changed = {*re.findall(r"\w+", script)}
    env, variables = (
        {name: value for name, value in values.items() if name not in changed}
        for values in (place.contexts.get("env", {}), place.variables)
    )
    return replace(place, contexts={**place.contexts, "env": env}, variables=variables)


def may_fail(part: Mapping[str, Any], contexts: Contexts) -> bool:
    """Return whether a job or a step can fail without failing its workflow."""
    return rendered(part.get("continue-on-error"), contexts) is True


def _note_python(facts: JobFacts, *versions: str) -> None:
    for version in versions:
        if not is_known(version):
            facts.not_understood[f"its Python: {one_line(version)}"] = None
        elif name := _python_version(version):
            facts.pythons[name] = None


def _python_version(text: str) -> str:
    """Return the Python (`3.14`, `pypy3.10`) that a text such as `3.14-dev` or `pypy-3.10-v7.3` names; empty for `3.x` and other ranges."""
    text = text.strip().lower()
    if other := _OTHER.match(text):
        return f"{other[1]}{other[2]}"
    found = _VERSION.match(text)
    return f"{found[1]}{'t' if found[2] or 'freethreaded' in text else ''}" if found else ""
