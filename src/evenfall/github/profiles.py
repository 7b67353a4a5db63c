"""The profiles: sets of review rules under which every kind of pull request can be merged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evenfall.project.github_settings import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRules:
    """How many people must approve a pull request, and whether a code owner must be one of them."""

    approvals: int
    code_owner_review: bool


PROFILES: Mapping[Profile, ReviewRules] = {
    # The only maintainer can't approve their own pull requests.
    "solo": ReviewRules(approvals=0, code_owner_review=False),
    "team": ReviewRules(approvals=1, code_owner_review=True),
}
