"""The fake refuses what GitHub refuses, and shows each token what GitHub shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from evenfall.errors import EvenfallError
from evenfall.github_api.client import GitHubApi
from evenfall.github_api.errors import DeniedError, RejectedError
from evenfall.github_api.repository import GitHubRepository
from tests.github_api.fake_github import FakeGitHub
from tests.github_api.github_state import ACTIONS, OWNER, READER, REPOSITORY, WORKFLOW, WORKFLOW_READER, WRITER

pytestmark = pytest.mark.integration

Json = dict[str, Any]
PULL_REQUEST = {
    "dismiss_stale_reviews_on_push": True,
    "require_code_owner_review": True,
    "require_last_push_approval": False,
    "required_approving_review_count": 1,
    "required_review_thread_resolution": True,
}
RULESET = {
    "name": "main",
    "target": "branch",
    "enforcement": "active",
    "conditions": {"ref_name": {"include": ["refs/heads/main"], "exclude": []}},
    "rules": [{"type": "pull_request", "parameters": PULL_REQUEST}, {"type": "deletion"}],
}
PROTECTION = {
    "required_status_checks": {"strict": True, "contexts": ["ci"]},
    "enforce_admins": True,
    "required_pull_request_reviews": {"bypass_pull_request_allowances": {"users": ["ada"]}},
    "restrictions": {"users": ["bob"], "teams": []},
}
ENVIRONMENT = {
    "wait_timer": 5,
    "reviewers": [{"type": "User", "id": 101}],
    "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
}


@pytest.fixture(scope="session")
def clients(settings_server: FakeGitHub) -> Iterator[dict[str, GitHubApi]]:
    """Clients with the tokens of other people, which read the certificates of the machine once."""
    found = {
        token: GitHubApi(GitHubRepository(name=REPOSITORY, api=settings_server.api, token=token))
        for token in (READER, WRITER, WORKFLOW, WORKFLOW_READER)
    }
    yield found
    for client in found.values():
        client.__exit__(None, None, None)


def test_the_settings_of_the_repository_can_be_changed(api: GitHubApi) -> None:
    api.patch("", {"allow_auto_merge": True, "security_and_analysis": {"secret_scanning": {"status": "enabled"}}})
    found = api.get("", Json)
    assert found["allow_auto_merge"]
    assert found["security_and_analysis"]["secret_scanning"] == {"status": "enabled"}
    assert found["security_and_analysis"]["dependabot_security_updates"] == {"status": "disabled"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"allow_squash": True}),
        ("PATCH", "", {"allow_auto_merge": "yes"}),
        ("PATCH", "", {f"allow_{kind}": False for kind in ("squash_merge", "merge_commit", "rebase_merge")}),
        ("PATCH", "", {"security_and_analysis": {"secret_scanning_push_protection": {"status": "enabled"}}}),
        ("POST", "rulesets", {"name": "main"}),
        ("POST", "rulesets", RULESET | {"enforced": True}),
        ("POST", "rulesets", RULESET | {"enforcement": "evaluate"}),
        ("POST", "rulesets", RULESET | {"conditions": {"ref_name": {"include": ["main"], "exclude": []}}}),
        ("POST", "rulesets", RULESET | {"rules": [{"type": "pull_request", "parameters": {}}]}),
        ("POST", "rulesets", RULESET | {"rules": [{"type": "deletion"}, {"type": "deletion"}]}),
        ("POST", "rulesets", RULESET | {"rules": [{"type": "no_force_pushes"}]}),
        ("PUT", "branches/main/protection", {"enforce_admins": True}),
        ("PUT", "branches/main/protection", PROTECTION | {"required_linear": True}),
        ("PUT", "environments/pypi", {"wait_timer": 50000}),
        ("PUT", "environments/pypi", {"wait_time": 5}),
        ("PUT", "environments/pypi", {"reviewers": [{"type": "User", "id": 999}]}),
        (
            "PUT",
            "environments/pypi",
            {"deployment_branch_policy": {"protected_branches": True, "custom_branch_policies": True}},
        ),
        ("PUT", "actions/permissions", {"allowed_actions": "all"}),
        ("PUT", "actions/permissions/workflow", {"default_workflow_permissions": "none"}),
        ("PUT", "automated-security-fixes", None),
        ("PUT", "immutable-releases", {"enabled": True}),
        ("PUT", "immutable", None),
    ],
)
def test_a_wrong_request_is_rejected_and_changes_nothing(
    fake: FakeGitHub, api: GitHubApi, method: str, path: str, body: Json | None
) -> None:
    before = repr((fake.repository, fake.rulesets, fake.protections, fake.environments, fake.actions, fake.switches))
    with pytest.raises(RejectedError):
        api.request(method, path, json=body)
    assert before == repr(
        (fake.repository, fake.rulesets, fake.protections, fake.environments, fake.actions, fake.switches)
    )


def test_a_ruleset_is_completed_changed_and_deleted(fake: FakeGitHub, api: GitHubApi) -> None:
    api.post("rulesets", RULESET | {"bypass_actors": [{"actor_id": 5, "actor_type": "RepositoryRole"}]})
    (listed,) = api.get_all("rulesets", Json)
    assert "rules" not in listed
    path = f"rulesets/{listed['id']}"
    found = api.get(path, Json)
    assert found["rules"][0]["parameters"]["allowed_merge_methods"] == ["merge", "squash", "rebase"]
    assert found["bypass_actors"] == [{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}]
    with pytest.raises(RejectedError, match="unique"):
        api.post("rulesets", RULESET)
    api.put(path, {"enforcement": "disabled"})
    assert api.get(path, Json) == found | {"enforcement": "disabled"}
    assert api.get("rules/branches/main", list[Json]) == []
    api.delete(path)
    assert api.get_all("rulesets", Json) == ()
    with pytest.raises(DeniedError):
        api.get(path, Json)


@pytest.mark.parametrize(
    ("include", "exclude", "applies"),
    [
        ("~ALL", [], True),
        ("~DEFAULT_BRANCH", [], True),
        ("refs/heads/ma*", [], True),
        ("refs/heads/**/*", [], True),
        ("refs/heads/mai?", ["refs/heads/main"], False),
        ("refs/heads/*/main", [], False),
    ],
)
def test_a_ruleset_applies_to_the_branches_of_its_conditions(
    fake: FakeGitHub, api: GitHubApi, include: str, exclude: list[str], applies: bool
) -> None:
    fake.add_ruleset(rules=[{"type": "deletion"}], conditions={"ref_name": {"include": [include], "exclude": exclude}})
    fake.add_ruleset(name="tags", target="tag", rules=[{"type": "update"}])
    assert [rule["type"] for rule in api.get("rules/branches/main", list[Json])] == ["deletion"] * applies


def test_the_rulesets_of_the_organization_are_not_changed_here(fake: FakeGitHub, api: GitHubApi) -> None:
    rules = [{"type": "deletion"}]
    number = fake.add_ruleset(source_type="Organization", source="lamp-makers", rules=rules)["id"]
    assert len(api.get_all("rulesets", Json)) == 1
    assert api.get_all("rulesets?includes_parents=false", Json) == ()
    assert "bypass_actors" not in api.get(f"rulesets/{number}", Json)
    assert api.get("rules/branches/main", list[Json])[0]["ruleset_source"] == "lamp-makers"
    with pytest.raises(DeniedError):
        api.put(f"rulesets/{number}", {"enforcement": "disabled"})


def test_a_field_that_the_description_does_not_have_survives(fake: FakeGitHub, api: GitHubApi) -> None:
    fake.newer_fields = {"require_quorum"}
    rule = {"type": "pull_request", "parameters": {**PULL_REQUEST, "require_quorum": 2}}
    ruleset = fake.add_ruleset(rules=[rule])
    path = f"rulesets/{ruleset['id']}"
    api.put(path, {"rules": api.get(path, Json)["rules"]})
    assert fake.rulesets[0]["rules"][0]["parameters"]["require_quorum"] == 2


def test_a_branch_is_protected_by_the_body_of_the_last_request(fake: FakeGitHub, api: GitHubApi) -> None:
    path = "branches/main/protection"
    with pytest.raises(DeniedError, match="Branch not protected"):
        api.get(path, Json)
    api.put(path, PROTECTION)
    found = api.get(path, Json)
    assert found["required_status_checks"]["checks"] == [{"context": "ci", "app_id": None}]
    assert found["required_pull_request_reviews"]["bypass_pull_request_allowances"]["users"] == [{"login": "ada"}]
    assert found["restrictions"]["users"] == [{"login": "bob"}]
    assert api.get("branches/main", Json)["protected"]
    api.delete(path)
    assert [branch["protected"] for branch in api.get("branches", list[Json])] == [False]
    with pytest.raises(DeniedError):
        api.get("branches/other/protection", Json)
    with pytest.raises(DeniedError):
        api.get("branches/main/rename", Json)


def test_an_environment_has_rules_and_policies(fake: FakeGitHub, api: GitHubApi) -> None:
    fake.teams["lamp-makers/owners"] = 7
    team = {"type": "Team", "id": api.get("/orgs/lamp-makers/teams/owners", Json)["id"]}
    api.put("environments/py%2Fpi", {**ENVIRONMENT, "reviewers": [*ENVIRONMENT["reviewers"], team]})  # type: ignore[misc]
    policies = "environments/py%2Fpi/deployment-branch-policies"
    api.post(policies, {"name": "v*", "type": "tag"})
    with pytest.raises(EvenfallError):
        api.post(policies, {"name": "v*", "type": "tag"})
    (policy,) = api.get_all(policies, Json, key="branch_policies")
    api.put(f"{policies}/{policy['id']}", {"name": "v1*"})
    assert api.get(f"{policies}/{policy['id']}", Json)["name"] == "v1*"
    found = api.get("environments/py%2Fpi", Json)
    assert [rule["type"] for rule in found["protection_rules"]] == ["wait_timer", "required_reviewers", "branch_policy"]
    api.delete(f"{policies}/{policy['id']}")
    with pytest.raises(DeniedError):
        api.get(f"{policies}/{policy['id']}", Json)
    # what a request leaves out is reset
    api.put("environments/py%2Fpi")
    (found,) = api.get_all("environments", Json, key="environments")
    assert (found["name"], found["protection_rules"]) == ("py/pi", [])
    with pytest.raises(DeniedError):
        api.get(policies, Json)
    api.delete("environments/py%2Fpi")
    with pytest.raises(DeniedError):
        api.get("environments/py%2Fpi", Json)


def test_the_names_of_secrets_have_their_dates(fake: FakeGitHub, api: GitHubApi) -> None:
    fake.secrets["PYPI"] = "2026-05-01T00:00:00Z"
    fake.dependabot_secrets["APP"] = "2026-06-01T00:00:00Z"
    fake.add_environment("pypi", secrets={"KEY": "2026-07-01T00:00:00Z"})
    fake.organization_secrets["ALL"] = "2026-08-01T00:00:00Z"
    paths = ("actions/secrets", "dependabot/secrets", "environments/pypi/secrets", "actions/organization-secrets")
    found = [api.get_all(path, Json, key="secrets")[0] for path in paths]
    names = [("PYPI", "05"), ("APP", "06"), ("KEY", "07"), ("ALL", "08")]
    assert [(each["name"], each["updated_at"][5:7]) for each in found] == names
    with pytest.raises(DeniedError):
        api.get("environments/pypi/variables", Json)


def test_actions_have_their_settings(api: GitHubApi) -> None:
    path = "actions/permissions"
    with pytest.raises(EvenfallError, match="409"):
        api.get(f"{path}/selected-actions", Json)
    api.put(path, {"enabled": True, "allowed_actions": "selected", "sha_pinning_required": True})
    api.put(f"{path}/selected-actions", {"patterns_allowed": ["lamps/*"]})
    assert api.get(f"{path}/selected-actions", Json)["patterns_allowed"] == ["lamps/*"]
    api.put(f"{path}/fork-pr-contributor-approval", {"approval_policy": "all_external_contributors"})
    assert api.get(f"{path}/fork-pr-contributor-approval", Json)["approval_policy"] == "all_external_contributors"
    with pytest.raises(DeniedError):
        api.get(f"{path}/access", Json)


def test_security_updates_need_the_alerts(fake: FakeGitHub, api: GitHubApi) -> None:
    for name in ("vulnerability-alerts", "automated-security-fixes"):
        api.put(name)
    assert api.request("GET", "vulnerability-alerts").status_code == 204
    assert api.get("automated-security-fixes", Json) == {"enabled": True, "paused": False}
    api.delete("vulnerability-alerts")
    with pytest.raises(DeniedError):
        api.get("automated-security-fixes", Json)
    assert not any(fake.switches.values())


def test_some_settings_are_on_or_off(api: GitHubApi) -> None:
    for name in ("immutable-releases", "private-vulnerability-reporting"):
        api.put(name)
        assert api.get(name, Json)["enabled"]
    api.patch("code-scanning/default-setup", {"state": "configured"})
    assert api.get("code-scanning/default-setup", Json)["state"] == "configured"


def test_checks_are_those_of_a_commit(fake: FakeGitHub, api: GitHubApi) -> None:
    fake.branches["other"] = "1" * 40
    fake.add_check_run("ci")
    fake.add_check_run("lint", app=5)
    fake.add_check_run("ci", commit="1" * 40)

    def names(path: str) -> list[str]:
        return [run["name"] for run in api.get_all(path, Json, key="check_runs")]

    assert names("commits/main/check-runs") == ["ci", "lint"]
    assert names(f"commits/main/check-runs?app_id={ACTIONS}") == ["ci"]
    assert names("commits/main/check-runs?check_name=lint") == ["lint"]
    assert names(f"commits/{'1' * 40}/check-runs") == ["ci"]
    fake.statuses["0" * 40] = ["coverage"]
    assert [status["context"] for status in api.get_all("commits/main/statuses", Json)] == ["coverage"]
    with pytest.raises(RejectedError):
        names("commits/gone/check-runs")


def test_people_have_numbers_and_roles(fake: FakeGitHub, api: GitHubApi) -> None:
    fake.collaborators["ada"] = "maintain"
    assert api.get("/user", Json)["login"] == OWNER
    assert api.get("/users/ADA", Json)["id"] == 102
    assert [each["role_name"] for each in api.get_all("collaborators", Json)] == ["admin", "maintain"]
    assert api.get("collaborators/ada/permission", Json)["permission"] == "write"
    assert api.get("collaborators/bob/permission", Json)["permission"] == "none"
    for path in ("/users/eve", "/orgs/lamp-makers/teams/gone", "/rate", "collaborators/eve"):
        with pytest.raises(DeniedError):
            api.get(path, Json)


@pytest.mark.parametrize("token", [READER, WRITER, WORKFLOW, WORKFLOW_READER])
def test_a_token_without_admin_sees_less(fake: FakeGitHub, clients: dict[str, GitHubApi], token: str) -> None:
    api = clients[token]
    number = fake.add_ruleset()["id"]
    found = api.get("", Json)
    assert "security_and_analysis" not in found
    assert ("allow_auto_merge" in found) is (token in {WRITER, WORKFLOW})
    assert "bypass_actors" not in api.get(f"rulesets/{number}", Json)
    assert api.get("private-vulnerability-reporting", Json) == {"enabled": False}
    for path in (
        "branches/main/protection",
        "actions/permissions",
        "actions/secrets",
        "vulnerability-alerts",
        "code-scanning/default-setup",
    ):
        with pytest.raises(DeniedError) as caught:
            api.get(path, Json)
        assert caught.value.status == (403 if token in {WORKFLOW, WORKFLOW_READER} else 404)
    for path in ("rulesets/1", "environments/pypi", "private-vulnerability-reporting"):
        with pytest.raises(DeniedError):
            api.delete(path)


def test_only_some_tokens_see_people(fake: FakeGitHub, clients: dict[str, GitHubApi]) -> None:
    assert clients[WRITER].get("collaborators", list[Json])
    for api in (clients[READER], clients[WORKFLOW]):
        with pytest.raises(DeniedError):
            api.get("collaborators", list[Json])
    assert clients[READER].get("/user", Json)["login"] == "bob"
    with pytest.raises(DeniedError):
        clients[WORKFLOW].get("/user", Json)


@pytest.mark.parametrize("late", [False, True])
def test_a_request_can_fail_before_or_after_its_effect(fake: FakeGitHub, api: GitHubApi, late: bool) -> None:
    api.get("", Json)
    fake.count_from_here(fail_at=2, fail_late=late)
    api.get("", Json)
    with pytest.raises(EvenfallError, match="502"):
        api.put("immutable-releases")
    assert fake.switches["immutable-releases"] is late
    assert fake.writes == ["PUT immutable-releases"]
    api.put("immutable-releases")


def test_a_test_adds_refusals_and_endpoints(fake: FakeGitHub, api: GitHubApi) -> None:
    fake.refuse("PUT", "environments/.*", 422, "the billing plan does not support it")
    fake.routes["GET", "/zen"] = lambda call: {"level": call.level}
    with pytest.raises(RejectedError, match="billing plan"):
        api.put("environments/pypi", ENVIRONMENT)
    assert api.get("/zen", Json) == {"level": "admin"}
    fake.routes["POST", "git/refs"] = fake.routes["POST", "dispatch"] = lambda call: call.body
    for path, body in (("git/refs", {"ref": "refs/heads/a", "sha": "0"}), ("dispatch", {"any": "thing"})):
        assert api.post(path, body).json() == body
    with pytest.raises(RejectedError):
        api.post("git/refs", {"ref": "refs/heads/a"})
    with pytest.raises(DeniedError):
        api.get("zen", Json)


def test_an_answer_that_github_would_not_give_fails_the_test(fake: FakeGitHub, api: GitHubApi) -> None:
    number = fake.add_ruleset(invented=True)["id"]
    with pytest.raises(EvenfallError, match="invented"):
        api.get(f"rulesets/{number}", Json)
    assert len(fake.crashes) == 1
    fake.crashes.clear()
