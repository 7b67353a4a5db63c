"""Requests that fail, at any point of `apply`."""

from __future__ import annotations

from typing import Any

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.github.settings.catalog import SETTINGS
from evenfall.github_api.client import GitHubApi
from tests.github.lamp import apply, prepare
from tests.github_api import rulesets
from tests.github_api.fake_github import FakeGitHub
from tests.github_api.request import Call, without
from tests.github_api.rulesets import rules_of_branch

pytestmark = pytest.mark.integration


def state(fake: FakeGitHub) -> dict[str, Any]:
    """The settings, without the numbers that GitHub gives."""
    kept = ("repository", "actions", "rulesets", "environments", "switches", "protections")
    found = {name: without(getattr(fake, name), {"id"}) for name in kept}
    for ruleset in found["rulesets"]:
        ruleset["rules"].sort(key=lambda rule: rule["type"])
    found["rulesets"].sort(key=lambda ruleset: ruleset["name"])
    return found


@pytest.mark.parametrize("late", [False, True], ids=["not executed", "executed"])
def test_a_second_apply_completes_one_of_which_any_request_failed(new: FakeGitHub, api: GitHubApi, late: bool) -> None:
    apply(api)
    expected, calls = state(new), new.calls[:]
    # a request that only reads has no effect that can be late, and fails in the same way each time
    numbers = {calls.index(call) + 1 if call.startswith("GET ") else number for number, call in enumerate(calls, 1)}
    # the first request is for the repository itself
    for number in sorted(numbers - {1}):
        call = calls[number - 1]
        if late and call.startswith("GET "):
            continue
        new.reset()
        prepare(new)
        new.count_from_here(fail_at=number, fail_late=late)
        first = apply(api)
        assert len(first.results) == len(SETTINGS)
        assert any(each.failure or each.unreadable for each in first.results), call
        new.count_from_here()
        assert apply(api).exit_code == Exit.FINE, call
        assert state(new) == expected


def test_without_the_repository_itself_there_is_one_error(new: FakeGitHub, api: GitHubApi) -> None:
    new.count_from_here(fail_at=1)
    with pytest.raises(EvenfallError) as caught:
        apply(api)
    assert caught.value.exit_code == Exit.UNKNOWN


def test_the_branch_is_never_less_protected_than_before(new: FakeGitHub, api: GitHubApi) -> None:
    """A ruleset is changed as a whole, so what matters is the number of rules before each change."""
    numbers: list[int] = []

    def put(call: Call) -> Any:
        numbers.append(len(rules_of_branch(new, "main")))
        return rulesets.answer(new, call, [*call.parts[1:]])

    new.routes["PUT", r"rulesets/\d+"] = put
    apply(api)
    assert numbers == sorted(numbers)
    assert len(numbers) > 2


def test_one_failure_does_not_hide_the_others(new: FakeGitHub, api: GitHubApi) -> None:
    new.refuse("PUT", "environments/pypi$", 422, "Upgrade to GitHub Team to enable this feature.")
    new.refuse("PATCH", "^$", 403, "Must have admin rights to Repository.")
    new.refuse("POST", "rulesets", 500, "Server Error")
    application = apply(api)
    assert application.exit_code == Exit.FINDINGS
    failed = {each.setting.key for each in application.results if each.failure}
    assert failed >= {"merge-methods", "environments", "branch-ruleset", "pull-requests", "required-checks"}
    (environments,) = (each for each in application.results if each.setting.key == "environments")
    assert 'omit = ["environment-protection"]' in environments.failure
    assert "testpypi" in new.environments
    assert new.switches["immutable-releases"]
    assert len(application.results) == len(SETTINGS)


def test_a_change_that_github_ignores_is_a_failure(new: FakeGitHub, api: GitHubApi) -> None:
    new.routes["PUT", "immutable-releases"] = lambda call: None
    (failed,) = (each for each in apply(api).results if each.failure)
    assert failed.setting.key == "immutable-releases"
    assert "still reports" in failed.failure


def test_a_change_that_can_not_be_read_back_is_a_failure(new: FakeGitHub, api: GitHubApi) -> None:
    def put(call: Call) -> None:
        new.refuse("GET", "immutable-releases", 403, "Forbidden")

    new.routes["PUT", "immutable-releases"] = put
    (failed,) = (each for each in apply(api).results if each.failure)
    assert "read back" in failed.failure
