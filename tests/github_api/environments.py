"""The environments of the fake GitHub.

https://docs.github.com/en/rest/deployments/environments
"""

from __future__ import annotations

from typing import Any

from tests.github_api.github_state import TIME, State
from tests.github_api.people import secrets, team, user
from tests.github_api.request import Call, Refusal

MOST_REVIEWERS = 6
LONGEST_WAIT = 43200
"""Minutes."""


def answer(state: State, call: Call, rest: list[str]) -> Any:
    """Return the body of the answer to a request below `/environments`."""
    if call.method != "GET":
        call.require_admin()
    match call.method, rest:
        case "GET", []:
            found = [_as_answer(state, name) for name in state.environments]
            return {"total_count": len(found), "environments": found}
        case "PUT", [name]:
            return _put(state, name, call.body or {})
        case _, [name, *_] if name not in state.environments:
            raise Refusal(404, "Not Found")
        case "GET", [name]:
            return _as_answer(state, name)
        case "DELETE", [name]:
            del state.environments[name]
            return None
        case "GET", [name, "secrets"]:
            call.require_admin()
            return secrets(state.environments[name]["secrets"])
        case _, [name, "deployment-branch-policies", *numbers]:
            return _policies(state, call, state.environments[name], numbers)
        case _:
            raise Refusal(404, "Not Found")


def _put(state: State, name: str, values: dict[str, Any]) -> dict[str, Any]:
    """Create an environment, or replace its rules. What the request does not have is reset."""
    branches = values.get("deployment_branch_policy")
    if branches and branches["protected_branches"] == branches["custom_branch_policies"]:
        raise Refusal(422, "Validation Failed", "protected_branches and custom_branch_policies can't be the same")
    if not 0 <= values.get("wait_timer", 0) <= LONGEST_WAIT:
        raise Refusal(422, "Validation Failed", "wait_timer must be between 0 and 43200")
    reviewers = values.get("reviewers") or []
    numbers = {"User": set(state.users.values()), "Team": set(state.teams.values())}
    if len(reviewers) > MOST_REVIEWERS or any(each["id"] not in numbers[each["type"]] for each in reviewers):
        raise Refusal(422, "Validation Failed", "Invalid reviewers")
    environment = state.environments.get(name) or state.add_environment(name)
    environment["wait_timer"] = values.get("wait_timer", 0)
    environment["prevent_self_review"] = values.get("prevent_self_review", False)
    environment["reviewers"] = reviewers
    if "can_admins_bypass" in state.newer_fields:
        environment["can_admins_bypass"] = values.get("can_admins_bypass", True)
    environment["deployment_branch_policy"] = branches
    if not (branches and branches["custom_branch_policies"]):
        environment["policies"] = []
    return _as_answer(state, name)


def _policies(state: State, call: Call, environment: dict[str, Any], numbers: list[str]) -> Any:
    """Answer for the branches and tags that may deploy to an environment."""
    policies: list[dict[str, Any]] = environment["policies"]
    if not (environment["deployment_branch_policy"] or {}).get("custom_branch_policies"):
        raise Refusal(404, "Not Found")
    if not numbers:
        if call.method == "POST":
            return _add_policy(state, call.body, policies)
        return {"total_count": len(policies), "branch_policies": policies}
    for policy in policies:
        if numbers == [str(policy["id"])]:
            if call.method == "DELETE":
                return policies.remove(policy)
            policy.update(call.body or {})
            return policy
    raise Refusal(404, "Not Found")


def _add_policy(state: State, values: dict[str, Any], policies: list[dict[str, Any]]) -> dict[str, Any]:
    policy = {"id": state.new_id(), "node_id": "", "type": "branch", **values}
    if any((each["name"], each["type"]) == (policy["name"], policy["type"]) for each in policies):
        raise Refusal(303, "See Other")
    policies.append(policy)
    return policy


def _as_answer(state: State, name: str) -> dict[str, Any]:
    environment = state.environments[name]
    rules: list[dict[str, Any]] = []
    if environment["wait_timer"]:
        rules.append({"id": 1, "node_id": "", "type": "wait_timer", "wait_timer": environment["wait_timer"]})
    if environment["reviewers"]:
        reviewers = [{"type": each["type"], "reviewer": _reviewer(state, each)} for each in environment["reviewers"]]
        self_review = environment["prevent_self_review"]
        required = {"type": "required_reviewers", "prevent_self_review": self_review, "reviewers": reviewers}
        rules.append({"id": 2, "node_id": "", **required})
    if environment["deployment_branch_policy"]:
        rules.append({"id": 3, "node_id": "", "type": "branch_policy"})
    newer = {name: environment[name] for name in state.newer_fields if name in environment}
    return {
        **newer,
        "id": environment["id"],
        "node_id": "",
        "name": name,
        "created_at": TIME,
        "updated_at": TIME,
        "protection_rules": rules + environment["custom_rules"],
        "deployment_branch_policy": environment["deployment_branch_policy"],
    }


def _reviewer(state: State, reviewer: dict[str, Any]) -> dict[str, Any]:
    named = state.users if reviewer["type"] == "User" else state.teams
    name = next(name for name, number in named.items() if number == reviewer["id"])
    return user(state, name) if reviewer["type"] == "User" else team(state, name)
