from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from evenfall.errors import EvenfallError, Exit
from evenfall.github.mergeability import MergeRules, mergeability
from evenfall.github.mergeability_report import assumption, mergeability_text, refuse_unmergeable
from evenfall.github.wanted import wanted_settings
from evenfall.project.github_settings import GitHub
from evenfall.project.settings import Settings
from tests.github.test_mergeability import GUIDE, OWNERS, PIPELINE, RULES, rules_of

SOLE_MAINTAINER = """\
A pull request by an owner can never be merged.
These settings exclude each other:
  approvals = 1, and the author can't approve it
  the code has 1 owner
  admins-bypass = false, so the rules apply to admins, too
  To end the conflict: approvals = 0, or 2 owners, or admins-bypass = true.
These settings exclude each other:
  code-owner-review = true, and the author can't be that owner
  the code has 1 owner
  admins-bypass = false, so the rules apply to admins, too
  To end the conflict: code-owner-review = false, or 2 owners, or admins-bypass = true.

A pull request by Dependabot can never be merged by auto-merge.yml.
These settings exclude each other:
  code-owner-review = true, and github-actions[bot] is no code owner
  CODEOWNERS names an owner of pyproject.toml and uv.lock
  To end the conflict: code-owner-review = false, or no owner of pyproject.toml and uv.lock in CODEOWNERS.
An owner can approve it and merge it by hand."""


def test_the_settings_of_the_guide_are_refused_for_a_sole_maintainer_with_the_proof() -> None:
    rules = rules_of(GUIDE)
    with pytest.raises(EvenfallError) as caught:
        refuse_unmergeable(mergeability(rules), rules, ())
    assert caught.value.exit_code == Exit.USAGE
    assert caught.value.message == SOLE_MAINTAINER
    assert 'allow-unmergeable = ["owner", "dependabot"]' in caught.value.hint


def test_kinds_of_pull_requests_that_the_project_accepts_are_not_refused() -> None:
    rules = rules_of(GUIDE)
    refuse_unmergeable(mergeability(rules), rules, ("owner", "dependabot"))
    with pytest.raises(EvenfallError, match=r'allow-unmergeable = \["owner", "dependabot"\]$') as caught:
        refuse_unmergeable(mergeability(rules), rules, ("dependabot", "fork"))
    assert "Dependabot" not in caught.value.message


def test_a_mergeable_pull_request_is_one_line() -> None:
    rules = rules_of(GitHub(owners=OWNERS, profile="team"))
    assert [mergeability_text(result, rules) for result in mergeability(rules)] == [
        "A pull request by an owner can be merged.",
        "A pull request by another contributor can be merged.",
        "A pull request by Dependabot can be merged by auto-merge.yml.",
        "A pull request from a fork can be merged.",
    ]


def test_the_smallest_change_is_named() -> None:
    rules = rules_of(GitHub(owners=OWNERS[:2], profile="team", approvals=3))
    texts = {result.kind: mergeability_text(result, rules) for result in mergeability(rules)}
    assert "To end the conflict: approvals = 1, or 4 owners, or admins-bypass = true." in texts["owner"]
    assert "To end the conflict: approvals = 2, or 3 owners, or admins-bypass = true." in texts["fork"]
    assert (
        "This setting excludes it:\n  approvals = 3, and only github-actions[bot] approves it\n" in texts["dependabot"]
    )
    assert "To end the conflict: approvals = 1." in texts["dependabot"]


def test_checks_that_no_workflow_reports_are_named() -> None:
    rules = replace(rules_of(GitHub(owners=OWNERS, profile="team")), required_checks=frozenset(("b", "a")))
    text = mergeability_text(mergeability(rules)[0], rules)
    assert "  required checks that no workflow reports: 'a', 'b'\n" in text


def test_what_is_assumed_about_teams_is_said() -> None:
    github = GitHub(owners=("@octo-org/core", "@ann", "@octo-org/ops"), profile="team", approvals=2)
    assert assumption(wanted_settings(Settings(), github, PIPELINE)) == (
        "This assumes that @octo-org/core and @octo-org/ops have at least 3 members with write access."
    )
    assert not assumption(wanted_settings(Settings(), GUIDE, PIPELINE))


@given(RULES)
@settings(max_examples=40, deadline=None)
def test_every_setting_of_every_conflict_has_a_reason_and_a_change(rules: MergeRules) -> None:
    for result in mergeability(rules):
        lines = mergeability_text(result, rules).splitlines()
        reasons = [line for line in lines if line.startswith("  ") and "To end the conflict: " not in line]
        changes = [line.count(", or ") + 1 for line in lines if line.startswith("  To end the conflict: ")]
        assert changes == [len(conflict) for conflict in result.conflicts]
        assert len(reasons) == sum(changes)
        assert not {"{", "}"} & {*"".join(lines)}
