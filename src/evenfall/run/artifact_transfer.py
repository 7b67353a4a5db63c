"""Copies a job's artifacts between its checkout and the run's store, in the supervisor, which sees the job's files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from evenfall.pipeline.model import Artifact
from evenfall.run.artifact_store import ArtifactStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from evenfall.run.supervisor import Transfer


def restore(transfer: Transfer) -> str:
    """Copy the required artifacts into the checkout. Return the problem if the checkout has a file where a folder is needed."""
    checkout = Path(transfer["checkout"])
    try:
        ArtifactStore(Path(transfer["store"])).restore(_artifacts(transfer["restore"]), checkout)
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        path = os.path.relpath(error.filename, checkout)
        return f"a required artifact can't be restored, because the checkout contains {path}"
    return ""


def save(transfer: Transfer) -> str:
    """Copy the declared artifacts into the store. Return the problem if one is missing or can't be read."""
    store, checkout = ArtifactStore(Path(transfer["save_to"])), Path(transfer["checkout"])
    try:
        missing = store.save(_artifacts(transfer["save"]), checkout, job=transfer["job"], system=transfer["system"])
    except PermissionError as error:
        return f"an artifact can't be read: {os.path.relpath(error.filename, checkout)}"
    return f"no file matches the declared artifact {', '.join(missing)}" if missing else ""


def _artifacts(fields: Iterable[tuple[str, int, str]]) -> Iterator[Artifact]:
    return (Artifact(session=session, number=number, path=path) for session, number, path in fields)
