"""The endpoints of the fake GitHub: what each answers and changes. Each gets the state and the request."""

from __future__ import annotations

import copy
from typing import Any

from tests.github_api import environments, protection, rulesets
from tests.github_api.github_state import OWNER, State
from tests.github_api.people import secrets, team, user
from tests.github_api.request import Call, Refusal

MERGE_METHODS = ("allow_squash_merge", "allow_merge_commit", "allow_rebase_merge")
MERGE_SETTINGS = (*MERGE_METHODS, "allow_auto_merge", "delete_branch_on_merge", "allow_update_branch")
SECURITY = "security_and_analysis"
ABSENT = {
    "vulnerability-alerts": "Vulnerability alerts are disabled.",
    "automated-security-fixes": "Automated security fixes are disabled.",
    "immutable-releases": "Not Found",
}


def answer(state: State, call: Call) -> Any:  # noqa: C901 - one case for each endpoint
    """Return the body of the answer to a request, None if it has none."""
    if not call.is_in_repository:
        return _of_everything(state, call)
    match call.parts:
        case [""]:
            return _repository(state, call)
        case ["actions", "permissions", *rest]:
            return _actions(state, call, "/".join(rest))
        case ["actions" | "dependabot", "secrets" | "organization-secrets"]:
            call.require_admin()
            return secrets(_secrets(state, call.path))
        case [name] if name in state.switches:
            return _switch(state, call, name)
        case ["code-scanning", "default-setup"]:
            call.require_admin()
            return state.default_setup if call.method == "GET" else state.default_setup.update(call.body)
        case ["branches", *rest]:
            return protection.answer(state, call, rest)
        case ["rulesets", *rest]:
            return rulesets.answer(state, call, rest)
        case ["rules", "branches", branch]:
            return rulesets.rules_of_branch(state, branch)
        case ["environments", *rest]:
            return environments.answer(state, call, rest)
        case ["commits", ref, "check-runs"]:
            return _check_runs(state, call, _commit(state, ref))
        case ["commits", ref, "statuses"]:
            return [{"context": name, "state": "success"} for name in state.statuses.get(_commit(state, ref), [])]
        case ["collaborators", *rest]:
            return _collaborators(state, call, rest)
        case _:
            raise Refusal(404, "Not Found")


def _of_everything(state: State, call: Call) -> Any:
    match call.parts:
        case ["user"] if call.is_app:
            raise Refusal(403, "Resource not accessible by integration")
        case ["user"]:
            return user(state, {"admin": OWNER, "write": "ada", "read": "bob"}[call.level])
        case ["users", login]:
            return user(state, login)
        case ["orgs", organization, "teams", slug]:
            return team(state, f"{organization}/{slug}")
        case _:
            raise Refusal(404, "Not Found")


def _repository(state: State, call: Call) -> dict[str, Any]:
    if call.method == "PATCH":
        call.require_admin()
        _change_repository(state, call.body)
    can_write = call.level != "read"
    found = copy.deepcopy(state.repository)
    found["owner"] = {"login": OWNER, "type": "User"}
    if not call.is_app:
        found["permissions"] = {"admin": call.is_admin, "maintain": call.is_admin, "push": can_write, "pull": True}
    # "To view merge-related settings, you must have the contents:read and contents:write permissions."
    hidden = (() if can_write else MERGE_SETTINGS) + (() if call.is_admin else (SECURITY,))
    return {name: value for name, value in found.items() if name not in hidden}


def _change_repository(state: State, values: dict[str, Any]) -> None:
    security = copy.deepcopy(state.repository[SECURITY])
    for name, value in values.get(SECURITY, {}).items():
        security[name] = value
    changed = state.repository | values | {SECURITY: security}
    if not any(changed[name] for name in MERGE_METHODS):
        raise Refusal(422, "Validation Failed", "Sorry, you need to allow at least one merge strategy.")
    on = {name for name, value in security.items() if value.get("status") == "enabled"}
    if "secret_scanning_push_protection" in on and "secret_scanning" not in on:
        raise Refusal(422, "Validation Failed", "Secret scanning must be enabled before push protection.")
    state.repository = changed


def _actions(state: State, call: Call, name: str) -> Any:
    call.require_admin()
    if name not in state.actions:
        raise Refusal(404, "Not Found")
    policy = state.actions[""]
    if name == "selected-actions" and policy.get("allowed_actions") != "selected":
        raise Refusal(409, "Conflict", "This repository does not have a policy to allow select actions.")
    if call.method == "GET":
        return state.actions[name]
    return state.actions[name].update(call.body)


def _switch(state: State, call: Call, name: str) -> Any:
    """Answer for a setting that is only on or off."""
    if name != "private-vulnerability-reporting" or call.method != "GET":
        call.require_admin()
    is_on = state.switches[name]
    fixes, alerts = "automated-security-fixes", "vulnerability-alerts"
    match call.method:
        case "GET" if name == "private-vulnerability-reporting":
            return {"enabled": is_on}
        case "GET" if not is_on:
            raise Refusal(404, ABSENT[name])
        case "GET" if name == fixes:
            return {"enabled": True, "paused": False}
        case "GET" if name == "immutable-releases":
            return {"enabled": True, "enforced_by_owner": state.immutable_releases_enforced}
        case "GET":
            return None
        case "PUT" if name == fixes and not state.switches[alerts]:
            raise Refusal(422, "Vulnerability alerts must be enabled to configure automated security fixes.")
    state.switches[name] = call.method == "PUT"
    if not state.switches[alerts]:
        state.switches[fixes] = False
    status = "enabled" if state.switches[fixes] else "disabled"
    state.repository[SECURITY]["dependabot_security_updates"] = {"status": status}
    return None


def _secrets(state: State, path: str) -> dict[str, str]:
    kinds = {"actions/secrets": state.secrets, "dependabot/secrets": state.dependabot_secrets}
    return kinds.get(path, state.organization_secrets if path == "actions/organization-secrets" else {})


def _commit(state: State, ref: str) -> str:
    commit = state.branches.get(ref.removeprefix("heads/"), ref)
    if commit not in {*state.branches.values(), *state.check_runs}:
        raise Refusal(422, f"No commit found for SHA: {ref}")
    return commit


def _check_runs(state: State, call: Call, commit: str) -> dict[str, Any]:
    found = [
        run
        for run in state.check_runs.get(commit, [])
        if call.query.get("check_name", run["name"]) == run["name"]
        and int(call.query.get("app_id", run["app"]["id"])) == run["app"]["id"]
    ]
    return {"total_count": len(found), "check_runs": found}


def _collaborators(state: State, call: Call, rest: list[str]) -> Any:
    if call.level == "read" or call.is_app:
        raise Refusal(403, "Must have push access to view repository collaborators.")
    found = [
        {
            **user(state, login),
            "role_name": role,
            "permissions": {
                "admin": role == "admin",
                "maintain": role in {"admin", "maintain"},
                "push": role in {"admin", "maintain", "write"},
                "triage": role != "read",
                "pull": True,
            },
        }
        for login, role in state.collaborators.items()
    ]
    match rest:
        case []:
            return found
        case [login, "permission"]:
            role = {"maintain": "write", "triage": "read"}.get(state.collaborators.get(login, "none"), "")
            role = role or state.collaborators.get(login, "none")
            return {"permission": role, "role_name": state.collaborators.get(login, "none"), "user": user(state, login)}
        case _:
            raise Refusal(404, "Not Found")
