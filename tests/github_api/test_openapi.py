from __future__ import annotations

import json

import pytest

from tests.github_api.openapi import DESCRIPTION, problems_of_answer, problems_of_request

SOURCE = "@octokit/openapi"


def test_the_extract_is_small_and_names_its_source_and_license() -> None:
    content = DESCRIPTION.read_bytes()
    values = json.loads(content)
    assert len(content) < 60_000
    assert SOURCE in values["source"]
    assert values["license"][0].startswith("MIT License Copyright")


@pytest.mark.parametrize(
    ("method", "path", "body", "place"),
    [
        ("PUT", "environments/pypi", {"wait_timer": "5"}, "wait_timer: "),
        ("PATCH", "", {"security_and_analysis": {"secret_scaning": {}}}, "security_and_analysis: "),
        ("POST", "rulesets", {"name": "a", "enforcement": "on"}, "enforcement: "),
        ("POST", "pulls/1/reviews", {"event": "LGTM"}, "event: "),
        ("PUT", "vulnerability-alerts", {}, "has no body"),
        ("PUT", "immutability", None, "the description has no"),
    ],
)
def test_a_wrong_request_has_its_place(method: str, path: str, body: object, place: str) -> None:
    (problem,) = problems_of_request(method, path, body)
    assert place in problem


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "environments/pypi", {"wait_timer": 5, "reviewers": None, "deployment_branch_policy": None}),
        ("PATCH", "", {"allow_auto_merge": True}),
        ("POST", "rulesets", {"name": "a", "enforcement": "active", "rules": [{"type": "deletion"}]}),
        ("POST", "pulls/1/reviews", {"event": "APPROVE"}),
        ("PUT", "vulnerability-alerts", None),
        ("PATCH", "git/refs/heads/a/b", {"sha": "0" * 40, "force": True}),
    ],
)
def test_a_right_request_has_no_problem(method: str, path: str, body: object) -> None:
    assert problems_of_request(method, path, body) == []


def test_an_answer_can_lack_fields_but_has_none_of_its_own() -> None:
    assert problems_of_answer("GET", "rulesets/1", {"id": 1, "rules": [{"type": "deletion"}]}) == []
    assert problems_of_answer("GET", "rulesets/1", {"id": "1"})
    assert problems_of_answer("GET", "rulesets/1", {"identity": 1})
    assert problems_of_answer("GET", "something/else", {"anything": 1}) == []
    assert problems_of_answer("GET", "pulls/1/merge", {"anything": 1}) == []
