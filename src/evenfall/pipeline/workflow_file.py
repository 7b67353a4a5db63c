"""Read a workflow or an action: its triggers, its jobs, and the workflows of the repository that it calls."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from evenfall.input_file import mapping_at
from evenfall.pipeline.marker import read_text


def read_workflow(file: Path) -> Mapping[str, Any]:
    """Return the content of a workflow or an action; empty if there is no such file, or if it is not a mapping in valid YAML."""
    return _mapping(read_text(file))


@lru_cache  # a matrix reads an action for each of its runs
def _mapping(text: str) -> Mapping[str, Any]:
    try:
        content = YAML(typ="safe").load(text)
        is_finite = _is_finite(content, frozenset(), set())
    except (YAMLError, ValueError, RecursionError):
        return {}
    return content if is_finite and isinstance(content, dict) else {}


def _is_finite(value: object, parents: frozenset[int], seen: set[int]) -> bool:
    """Return whether no alias in a value stands in its own anchor. `parents` and `seen` are the identities of its parts."""
    parts = [*value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    if not parts or (id(value) in seen and id(value) not in parents):
        return True
    seen.add(id(value))
    return id(value) not in parents and all(_is_finite(part, parents | {id(value)}, seen) for part in parts)


def jobs_of(workflow: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the jobs of a workflow by name; empty if it has none."""
    return mapping_at(workflow, "jobs")


def triggers_of(workflow: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the events that start a workflow, each with its filters."""
    events = workflow.get("on")
    if isinstance(events, dict):
        return events
    return dict.fromkeys(map(str, events if isinstance(events, list) else [events] if events else []))


def workflow_name(root: Path, path: str) -> str:
    """Return the name of a workflow: the one in the file, or its path."""
    return str(read_workflow(root / path).get("name") or path)


def called_workflows(workflow: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the paths of the repository's workflows that the jobs of a workflow call."""
    targets = (str(job.get("uses")) for job in jobs_of(workflow).values() if isinstance(job, dict))
    return tuple(target.removeprefix("./") for target in targets if target.startswith("./"))


def input_defaults(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the default values of the inputs that a workflow or an action declares, by name."""
    return {str(name): mapping_at(each).get("default") for name, each in inputs.items()}
