"""The branches of the fake GitHub, and their classic protection.

https://docs.github.com/en/rest/branches/branch-protection
"""

from __future__ import annotations

from typing import Any

from tests.github_api.github_state import State
from tests.github_api.request import Call, Refusal

SWITCHES = (
    "enforce_admins",
    "required_linear_history",
    "allow_force_pushes",
    "allow_deletions",
    "block_creations",
    "required_conversation_resolution",
    "lock_branch",
    "allow_fork_syncing",
)


def answer(state: State, call: Call, rest: list[str]) -> Any:
    """Return the body of the answer to a request below `/branches`."""
    if rest and rest[0] not in state.branches:
        raise Refusal(404, "Branch not found")
    match call.method, rest:
        case "GET", []:
            return [_branch(state, name) for name in state.branches]
        case "GET", [branch]:
            return _branch(state, branch)
        case _, [branch, "protection"]:
            call.require_admin()
            return _protection(state, call, branch)
        case _:
            raise Refusal(404, "Not Found")


def _branch(state: State, name: str) -> dict[str, Any]:
    return {"name": name, "commit": {"sha": state.branches[name]}, "protected": name in state.protections}


def _protection(state: State, call: Call, branch: str) -> Any:
    if call.method == "PUT":
        state.protections[branch] = call.body
    if branch not in state.protections:
        raise Refusal(404, "Branch not protected")
    if call.method == "DELETE":
        del state.protections[branch]
        return None
    return _as_answer(state.protections[branch])


def _as_answer(values: dict[str, Any]) -> dict[str, Any]:
    """Return a protection as GitHub answers it, from the body of a PUT request. Unknown fields are the same in both."""
    found = {name: value for name, value in values.items() if value is not None and name not in SWITCHES}
    found |= {name: {"enabled": bool(values.get(name))} for name in SWITCHES}
    found["required_signatures"] = {"enabled": False, "url": ""}
    if checks := found.get("required_status_checks"):
        given = checks.get("checks") or [{"context": each} for each in checks["contexts"]]
        named = [{"context": each["context"], "app_id": each.get("app_id")} for each in given]
        found["required_status_checks"] = {
            **checks,
            "checks": named,
            "contexts": [each["context"] for each in named],
        }
    if reviews := found.get("required_pull_request_reviews"):
        defaults = {
            "dismiss_stale_reviews": False,
            "require_code_owner_reviews": False,
            "required_approving_review_count": 1,
            "require_last_push_approval": False,
        }
        people = ("dismissal_restrictions", "bypass_pull_request_allowances")
        named_people = {name: _people(reviews[name]) for name in people if reviews.get(name)}
        found["required_pull_request_reviews"] = {**defaults, **reviews, **named_people}
    if "restrictions" in found:
        found["restrictions"] = _people(found["restrictions"])
    return found


def _people(values: dict[str, list[str]]) -> dict[str, list[dict[str, str]]]:
    keys = {"users": "login", "teams": "slug", "apps": "slug"}
    return {kind: [{key: name} for name in values.get(kind, [])] for kind, key in keys.items()}
