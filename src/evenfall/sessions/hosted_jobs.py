"""What only GitHub can check: the standard hosted jobs of the workflow `security`.

The inputs are those of each action's own `action.yml`, at the versions of `evenfall.generate.pins`.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from evenfall.errors import EvenfallError
from evenfall.pipeline.model import NOXFILE


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """A job: the arguments of `evenfall.hosted_job`, and the sessions that are its local counterpart, the closest first."""

    name: str
    counterparts: tuple[str, ...]
    facts: Mapping[str, Any]

    def local(self, declared: Container[str]) -> str:
        """The closest counterpart that is declared. Raises `EvenfallError` (usage) where none is."""
        for name in self.counterparts:
            if name in declared:
                return name
        raise EvenfallError(
            f"{NOXFILE}: omit leaves the hosted job {self.name!r} without a local counterpart ({', '.join(self.counterparts)})",
            hint=f"write {self.name!r} in omit= too, or declare one of them above",
        )


# In private repositories the reports of a run are read and its results uploaded with this one.
_UPLOADS = {"security-events": "write", "actions": "read"}

CODEQL = Standard(
    name="codeql",
    counterparts=("lint", "tests"),
    facts={
        "description": "Analyse what the code does; alerts are in the Security tab.",
        "steps": [
            ("github/codeql-action/init", {"languages": "python", "queries": "security-extended,security-and-quality"}),
            ("github/codeql-action/analyze", {"category": "/language:python"}),
        ],
        "permissions": _UPLOADS,
        "timeout": 30,
    },
)

DEPENDENCY_REVIEW = Standard(
    name="dependency-review",
    counterparts=("review", "audit", "licenses"),
    facts={
        "description": "Review what a pull request adds to the dependencies, and say it there.",
        "steps": [
            (
                "actions/dependency-review-action",
                {
                    "fail-on-severity": "moderate",
                    "deny-licenses": "GPL-3.0-only, GPL-3.0-or-later, AGPL-3.0-only, AGPL-3.0-or-later",
                    "comment-summary-in-pr": "always",
                },
            )
        ],
        "permissions": {"pull-requests": "write"},
        "events": ("pull_request",),
    },
)

TRUFFLEHOG_IMAGE = "3.97.0"
"""The version of the image that the action runs; by itself it runs the latest, whatever its own pin is."""

# Neither side of a range is given but HEAD: so it reads all that HEAD reaches, on every event alike. Left to itself the action takes
# the event's own range: nothing where a push has no new commit, an error where a forced push has removed the old one.
TRUFFLEHOG = Standard(
    name="trufflehog",
    counterparts=("secrets",),
    facts={
        "description": "Look for secrets in the whole history, and try out whether they are alive; only these fail.",
        "steps": [
            (
                "trufflesecurity/trufflehog",
                {
                    "head": "HEAD",
                    "extra_args": "--results=verified",
                    "version": TRUFFLEHOG_IMAGE,
                },
            )
        ],
        "history": True,
        "timeout": 20,
    },
)

# Published results would need a workflow without variables and a token that proves who it is; the Security tab needs neither.
SCORECARD = Standard(
    name="scorecard",
    counterparts=("workflows", "lint", "secrets"),
    facts={
        "description": "Rate the repository's habits; the result is in the Security tab.",
        "steps": [
            (
                "ossf/scorecard-action",
                {"results_file": "results.sarif", "results_format": "sarif", "publish_results": False},
            ),
            ("github/codeql-action/upload-sarif", {"sarif_file": "results.sarif", "category": "scorecard"}),
        ],
        "permissions": {**_UPLOADS, "checks": "read", "issues": "read", "pull-requests": "read"},
        "events": ("weekly", "manual"),
    },
)

STANDARD = (CODEQL, DEPENDENCY_REVIEW, TRUFFLEHOG, SCORECARD)
NAMES = tuple(job.name for job in STANDARD)
