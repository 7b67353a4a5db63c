"""The standard hosted jobs: checks of the workflow `security` that only GitHub can run.

The inputs are those of each action's `action.yml` in the versions that `evenfall.generate.pins` names.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from evenfall.errors import EvenfallError
from evenfall.pipeline.model import NOXFILE


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardHostedJob:
    """The arguments of `evenfall.hosted_job`, and the sessions that can be its local counterpart, the closest first."""

    name: str
    counterparts: tuple[str, ...]
    facts: Mapping[str, Any]

    def local(self, declared: Container[str]) -> str:
        """Return the closest counterpart that is declared. Raises `EvenfallError` (usage) if no counterpart is declared."""
        for name in self.counterparts:
            if name in declared:
                return name
        raise EvenfallError(
            f"{NOXFILE}: omit leaves the hosted job {self.name!r} without a local counterpart ({', '.join(self.counterparts)})",
            hint=f"add {self.name!r} to omit=, or declare one of them above",
        )


# A private repository needs `actions: read` to upload results to the Security tab.
_UPLOAD_PERMISSIONS = {"security-events": "write", "actions": "read"}

CODEQL = StandardHostedJob(
    name="codeql",
    counterparts=("lint", "tests"),
    facts={
        "description": "Analyze the code's data flow; alerts are in the Security tab.",
        "steps": [
            ("github/codeql-action/init", {"languages": "python", "queries": "security-extended,security-and-quality"}),
            ("github/codeql-action/analyze", {"category": "/language:python"}),
        ],
        "permissions": _UPLOAD_PERMISSIONS,
        "timeout": 30,
        "troubleshooting": (
            (
                "CodeQL reports an alert",
                "Read the alert in the Security tab: it shows how the data reach the dangerous call. Correct the code; the next run closes "
                "the alert.",
                ("gh workflow run security.yml",),
            ),
        ),
    },
)

DEPENDENCY_REVIEW = StandardHostedJob(
    name="dependency-review",
    counterparts=("review", "audit", "licenses"),
    facts={
        "description": "Review the dependencies that a pull request adds, and comment on it.",
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
        "troubleshooting": (
            (
                "A new dependency is vulnerable, or its license is denied",
                "The comment on the pull request names it. Take another version or another package.",
                ("evenfall review", "evenfall licenses"),
            ),
            (
                "Dependency review is not supported on this repository",
                "Enable the dependency graph (Settings → Advanced Security). A private repository also needs GitHub Code Security.",
                (),
            ),
        ),
    },
)

TRUFFLEHOG_IMAGE = "3.97.0"
"""The version of the container image. Without it the action runs the latest image, even if the action is pinned."""

# With HEAD alone, TruffleHog reads the whole history of HEAD on every event. By default the action reads the event's range of commits:
# none if a push has no new commit, and an error if a force push removed the old one.
TRUFFLEHOG = StandardHostedJob(
    name="trufflehog",
    counterparts=("secrets",),
    facts={
        "description": "Find secrets in the whole history and verify them; only verified secrets fail.",
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
        "troubleshooting": (
            (
                "TruffleHog reports a verified secret",
                "The secret works: anyone can use it. Revoke it at its issuer at once, then replace it where it is used.",
                ("evenfall secrets",),
            ),
        ),
    },
)

# Publishing the results would need a workflow without variables and an OIDC token; the Security tab needs neither.
SCORECARD = StandardHostedJob(
    name="scorecard",
    counterparts=("workflows", "lint", "secrets"),
    facts={
        "description": "Rate the repository's security practices; the result is in the Security tab.",
        "steps": [
            (
                "ossf/scorecard-action",
                {"results_file": "results.sarif", "results_format": "sarif", "publish_results": False},
            ),
            ("github/codeql-action/upload-sarif", {"sarif_file": "results.sarif", "category": "scorecard"}),
        ],
        "permissions": {**_UPLOAD_PERMISSIONS, "checks": "read", "issues": "read", "pull-requests": "read"},
        "events": ("weekly", "manual"),
        "troubleshooting": (
            (
                "The rating drops",
                "Read the alerts of the tool Scorecard in the Security tab. Each one names the file and the way to correct it.",
                ("gh workflow run security.yml",),
            ),
        ),
    },
)

STANDARD = (CODEQL, DEPENDENCY_REVIEW, TRUFFLEHOG, SCORECARD)
NAMES = tuple(job.name for job in STANDARD)
