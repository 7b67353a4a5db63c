"""`.github/workflows/auto-merge.yml`: merge the updates by Dependabot that need no person.

The job never checks out the code of the pull request: it checks out the commit that the pull request is based on. No rule requires it,
so the workflow has no gate: its result blocks no merge, and a gate that is skipped for other pull requests would report nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from evenfall.errors import EvenfallError
from evenfall.generate.events import triggers
from evenfall.generate.pins import Pin
from evenfall.generate.workflow import session_job
from evenfall.generate.yaml import dump, uses
from evenfall.pipeline.gates import AUTO_MERGE
from evenfall.pipeline.model import NOXFILE, Pipeline
from evenfall.pipeline.script_environment import SCRIPT_MODE
from evenfall.project.settings import Settings

_CONDITION = " && ".join(
    (
        "github.event.pull_request.user.login == 'dependabot[bot]'",
        "github.event.pull_request.head.repo.full_name == github.repository",
    )
)
"""The author and the branch of the pull request. `github.actor` is the account that caused the event."""
_CONCURRENCY = {"group": "${{ github.workflow }}-${{ github.event.pull_request.number }}", "cancel-in-progress": True}


def auto_merge_text(pipeline: Pipeline, settings: Settings, pins: Mapping[str, Pin]) -> str:
    """Return the text of the workflow. Raises `EvenfallError` (usage) if it has another session."""
    sessions = pipeline.in_workflow(AUTO_MERGE)
    hosted = (job.name for job in pipeline.hosted_jobs if job.workflow == AUTO_MERGE)
    for name in (*(session.name for session in sessions if session.name != AUTO_MERGE), *hosted):
        raise EvenfallError(
            f"{NOXFILE}: {name!r} is in workflow {AUTO_MERGE!r}, which has only the session {AUTO_MERGE!r}",
            hint=f"give {name} another workflow=",
        )
    job = session_job(sessions[0], pipeline, settings, pins, cached=False)
    base = {"ref": "${{ github.event.pull_request.base.sha }}", "persist-credentials": False}
    job["steps"][0] = uses("actions/checkout", pins, base)
    job.pop("if", None)  # a condition for the events of the session must not replace the one for Dependabot
    return dump(
        {
            "name": AUTO_MERGE,
            "on": triggers(AUTO_MERGE, settings, ()),
            "concurrency": _CONCURRENCY,
            "permissions": {},
            "env": {SCRIPT_MODE: "none"},
            "jobs": {AUTO_MERGE: {"name": job.pop("name"), "if": _CONDITION, **job}},
        }
    )
