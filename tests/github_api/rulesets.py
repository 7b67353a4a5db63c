"""The rulesets of the fake GitHub.

https://docs.github.com/en/rest/repos/rules
"""

from __future__ import annotations

import copy
import re
from typing import Any

from tests.github_api.github_state import State
from tests.github_api.request import Call, Refusal

DEFAULTS: dict[str, dict[str, Any]] = {
    "pull_request": {"allowed_merge_methods": ["merge", "squash", "rebase"], "required_reviewers": []},
    "required_status_checks": {"do_not_enforce_on_create": False},
}
"""The parameters that GitHub adds to a rule."""


def answer(state: State, call: Call, rest: list[str]) -> Any:
    """Return the body of the answer to a request below `/rulesets`."""
    if call.method != "GET":
        call.require_admin()
    match call.method, rest:
        case "GET", []:
            hidden = {"rules", "conditions", "bypass_actors"}
            listed = [each for each in state.rulesets if _is_own(each) or call.query.get("includes_parents") != "false"]
            return [{name: each[name] for name in each if name not in hidden} for each in listed]
        case "POST", []:
            _check(state, call.body)
            return _visible(state.add_ruleset(**{"rules": [], **_completed(call.body)}), call)
        case _, [number]:
            ruleset = _ruleset(state, number)
        case _:
            raise Refusal(404, "Not Found")
    if call.method != "GET" and not _is_own(ruleset):
        raise Refusal(404, "Not Found")
    if call.method == "DELETE":
        return state.rulesets.remove(ruleset)
    if call.method == "PUT":
        _check(state, ruleset | call.body)
        ruleset.update(_completed(call.body))
    return _visible(ruleset, call)


def rules_of_branch(state: State, branch: str) -> list[dict[str, Any]]:
    """Return the rules of all active rulesets that apply to a branch."""
    return [
        {
            **rule,
            "ruleset_source_type": ruleset["source_type"],
            "ruleset_source": ruleset["source"],
            "ruleset_id": ruleset["id"],
        }
        for ruleset in state.rulesets
        if ruleset["enforcement"] == "active" and applies_to(state, ruleset, branch)
        for rule in ruleset["rules"]
    ]


def applies_to(state: State, ruleset: dict[str, Any], branch: str) -> bool:
    """Return whether the conditions of a ruleset include a branch."""
    names = ruleset["conditions"]["ref_name"]
    included, excluded = (any(_matches(state, each, branch) for each in names[key]) for key in ("include", "exclude"))
    return bool(ruleset["target"] == "branch" and included and not excluded)


def _matches(state: State, pattern: str, branch: str) -> bool:
    if pattern == "~DEFAULT_BRANCH":
        return bool(branch == state.repository["default_branch"])
    # "*" matches no slash, "**/" any number of folders
    parts = {"**/": "(.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    expression = "".join(parts.get(part, re.escape(part)) for part in re.split(r"(\*\*/|\*\*|\*|\?)", pattern))
    return pattern == "~ALL" or re.fullmatch(expression, f"refs/heads/{branch}") is not None


def _is_own(ruleset: dict[str, Any]) -> bool:
    """Return whether a ruleset is the repository's own, not that of its organization."""
    return bool(ruleset["source_type"] == "Repository")


def _ruleset(state: State, number: str) -> dict[str, Any]:
    for ruleset in state.rulesets:
        if str(ruleset["id"]) == number:
            return ruleset
    raise Refusal(404, "Not Found")


def _completed(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values with the parameters that GitHub adds."""
    completed = copy.deepcopy(values)
    for rule in completed.get("rules", []):
        if "parameters" in rule:
            rule["parameters"] = {**DEFAULTS.get(rule["type"], {}), **rule["parameters"]}
    for actor in completed.get("bypass_actors", []):
        actor.setdefault("bypass_mode", "always")
    return completed


def _check(state: State, values: dict[str, Any]) -> None:
    """Refuse what the description allows, but GitHub does not."""
    if any(each["name"] == values["name"] and each["id"] != values.get("id") for each in state.rulesets):
        raise Refusal(422, "Validation Failed", "Name must be unique")
    if values["enforcement"] == "evaluate":
        raise Refusal(422, "Validation Failed", "Enforcement option is not supported on this plan")
    target = values.get("target", "branch")
    prefix = {"branch": "refs/heads/", "tag": "refs/tags/"}.get(target, "")
    names = values.get("conditions", {}).get("ref_name", {})
    for pattern in (*names.get("include", []), *names.get("exclude", [])):
        if not pattern.startswith((prefix, "~ALL", *(["~DEFAULT_BRANCH"] if target == "branch" else []))):
            raise Refusal(422, "Validation Failed", f"Invalid target patterns: '{pattern}'")
    types = [rule["type"] for rule in values.get("rules", [])]
    if len(types) != len(set(types)):
        raise Refusal(422, "Validation Failed", "Duplicate rules")


def _visible(ruleset: dict[str, Any], call: Call) -> dict[str, Any]:
    """Return what the token may see: `bypass_actors` only with write access to the ruleset."""
    if call.is_admin and _is_own(ruleset):
        return {**ruleset, "current_user_can_bypass": "never"}
    return {name: value for name, value in ruleset.items() if name != "bypass_actors"}
