"""The generated files of an adoption, and the existing files that they replace."""

from __future__ import annotations

from pathlib import Path

from evenfall.adopt.adoption import Adoption, KeptFile
from evenfall.adopt.own_workflows import jobs_of, own_workflows, read_workflow, triggers_of
from evenfall.generate.guide.source import AUTO_MERGE
from evenfall.generate.hand_written import hand_written, is_generated, kept_reason, read_text
from evenfall.generate.nox_action import ACTION
from evenfall.git.tracked import differs_from_head
from evenfall.pipeline.script_environment import run_locked_evenfall
from evenfall.text import one_line


def generate(adoption: Adoption, python: Path) -> None:
    """Generate the files in the scratch copy with the Evenfall of `python`, and note the existing files that they replace."""
    scratch = adoption.scratch
    existing = {path: (scratch / path).read_bytes() for path in _not_generated(scratch)}
    for path in existing:
        (scratch / path).unlink()
    run_locked_evenfall(python, scratch, "generate")
    for path, content in existing.items():
        if (scratch / path).exists() and path != AUTO_MERGE:
            adoption.notes.append(_replacement_note(adoption.root, path))
        else:
            (scratch / path).write_bytes(content)
    own_files = hand_written(adoption.project, release=adoption.release)
    if own_files.get(AUTO_MERGE) in existing:
        # It was removed while the files were generated. The guide describes it, and auto-merge.yml gives way to it.
        run_locked_evenfall(python, scratch, "generate")
    adoption.kept += [KeptFile(path=own, difference=kept_reason(path, own)) for path, own in own_files.items()]


def _not_generated(root: Path) -> list[str]:
    """Return the paths of the files that `evenfall generate` does not overwrite: the action for Nox and the project's own workflows."""
    paths = (ACTION, *own_workflows(root))
    return [path for path in paths if (text := read_text(root / path)) and not is_generated(text)]


def _replacement_note(root: Path, path: str) -> str:
    """Return a note about a file that is replaced: whether it is committed, its jobs, and the events that started them."""
    backup = "the current version is not committed" if differs_from_head(root, path) else "git keeps the old version"
    workflow = read_workflow(root / path)
    triggers = (_trigger(event, filters) for event, filters in triggers_of(workflow).items())
    jobs, events = (one_line(", ".join(map(str, names))) for names in (jobs_of(workflow), triggers))
    note = f"replaces your {path} ({backup})"
    note += f": its jobs were {jobs}" if jobs else ""
    return note + (f", started by {events}" if jobs and events else "")


def _trigger(event: str, filters: object) -> str:
    """Return an event, and the branches and tags that it is limited to."""
    limits = [value for key in ("branches", "tags") for value in _texts(filters, key)]
    return f"{event} ({', '.join(limits)})" if limits else event


def _texts(filters: object, key: str) -> list[str]:
    value = filters.get(key) if isinstance(filters, dict) else None
    return [str(item) for item in value] if isinstance(value, list) else []
