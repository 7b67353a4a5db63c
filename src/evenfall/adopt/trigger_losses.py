"""The events that start a hand-written workflow and not the generated one in its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evenfall.generate.events import triggers
from evenfall.input_file import mapping_at
from evenfall.pipeline.own_workflows import own_workflows
from evenfall.pipeline.workflow_file import called_workflows, read_workflow, triggers_of
from evenfall.project.settings import Settings
from evenfall.text import one_line


def lost_triggers(root: Path, path: str, workflow: str, settings: Settings) -> Iterator[str]:
    """Yield the triggers of the file at `path` that the generated workflow `workflow` does not have."""
    generated = triggers(workflow, settings, ())
    for event, filters in triggers_of(read_workflow(root / path)).items():
        given = mapping_at(filters)
        match event:
            case "push":
                yield from _lost_pushes(given, generated.get("push") or {})
            case "schedule":
                entries = filters if isinstance(filters, list) else []
                crons = [str(each.get("cron")) for each in entries if isinstance(each, dict)]
                yield from (f"schedule {one_line(cron)}" for cron in crons if "schedule" not in generated)
            case "workflow_dispatch":
                names = [one_line(str(name)) for name in mapping_at(given, "inputs")]
                yield from (f"workflow_dispatch with the inputs {', '.join(names)}" for _ in names[:1])
            case "workflow_call":
                callers = [each for each in own_workflows(root) if path in called_workflows(read_workflow(root / each))]
                yield f"workflow_call, by {', '.join(callers)}" if callers else "workflow_call"
            case _:
                yield from _lost_event(str(event), given, generated)


def _lost_event(event: str, given: Mapping[str, Any], generated: Mapping[str, Any]) -> Iterator[str]:
    """Yield an event that does not start the generated workflow, or its types that do not."""
    usual = _texts((generated.get(event) or {}).get("types")) or ["opened", "synchronize", "reopened"]
    types = _texts(given.get("types")) or _texts(given.get("workflows"))
    other = [each for each in types if event not in generated or each not in usual]
    if other or event not in generated:
        yield one_line(f"{event} ({', '.join(other)})" if other else event)


def _lost_pushes(given: Mapping[str, Any], generated: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a push starts: the tags, and the branches other than the default branch."""
    known = [*generated.get("branches", ()), *generated.get("tags", ())]
    branches, tags = (_texts(given.get(key)) for key in ("branches", "tags"))
    if other := [branch for branch in branches if branch not in known]:
        yield one_line(f"push to the branches {', '.join(other)}")
    if not branches and not tags:
        yield (
            "push to every branch and tag"
            if not given.keys() & {"branches-ignore", "tags-ignore"}
            else "push to other branches"
        )
    if other := [tag for tag in tags if tag not in known]:
        yield one_line(f"push of the tags {', '.join(other)}")


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [value] if isinstance(value, str) else []
