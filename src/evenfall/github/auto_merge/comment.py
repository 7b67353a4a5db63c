"""The comment on a pull request that a person must merge."""

from __future__ import annotations

import msgspec

from evenfall.github.auto_merge.decision import Decision
from evenfall.github.auto_merge.merge import MARKER, WRITE
from evenfall.github.auto_merge.pull_request import Account, PullRequest
from evenfall.github_api.client import GitHubApi
from evenfall.report.github_actions import escape_markdown

_SOLVED = f"{MARKER}\nNothing is left that a person must decide: GitHub merges this update when all required checks have passed.\n"


class _Comment(msgspec.Struct, frozen=True):
    id: int
    body: str | None = None
    user: Account | None = None

    @property
    def is_own(self) -> bool:
        """Whether the command wrote it. A person could write the marker, too."""
        return (self.body or "").startswith(MARKER) and self.user is not None and self.user.type == "Bot"


def comment_text(decision: Decision) -> str:
    """Return the reasons as Markdown."""
    parts = [f"{MARKER}\nThis update is not merged automatically, so a person must decide.\n"]
    for title, reasons in (("Reasons", decision.reasons), ("Inconclusive", decision.inconclusive)):
        if reasons:
            parts.append(f"{title}:\n\n" + "".join(f"- {escape_markdown(reason)}\n" for reason in reasons))
    return "\n".join(parts)


def write_comment(api: GitHubApi, request: PullRequest, decision: Decision) -> None:
    """Write the reasons in one comment, which is updated. If a person need not decide anything, only an existing comment is updated."""
    body = _SOLVED if decision.is_allowed else comment_text(decision)
    comments = api.get_all(f"issues/{request.number}/comments", _Comment, permission=WRITE)
    own = next((comment for comment in comments if comment.is_own), None)
    if own is None and not decision.is_allowed:
        api.post(f"issues/{request.number}/comments", {"body": body}, permission=WRITE)
    elif own and own.body != body:
        api.patch(f"issues/comments/{own.id}", {"body": body}, permission=WRITE)
