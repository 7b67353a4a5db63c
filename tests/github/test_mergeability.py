from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenfall.github.mergeability import (
    MergeRules,
    can_be_merged,
    merge_rules,
    mergeability,
    weaken_others,
)
from evenfall.github.wanted import wanted_settings
from evenfall.project.github_settings import PULL_REQUEST_KINDS, GitHub, Profile, PullRequestKind
from evenfall.project.settings import Settings
from tests.generate.pipelines import session
from tests.github.merge_events import DEPENDABOT, WORKFLOW, PullRequest, Repository, can_ever_be_merged
from tests.run.pipelines import pipeline

PIPELINE = pipeline(session("tests"), session("audit", workflows=("security",)))
GUIDE = GitHub(owners=("@ann",), profile="solo", approvals=1, code_owner_review=True)
OWNERS = ("@ann", "@bob", "@cy")


def rules_of(github: GitHub) -> MergeRules:
    return merge_rules(wanted_settings(Settings(), github, PIPELINE))


def conflicts(rules: MergeRules) -> dict[PullRequestKind, set[frozenset[str]]]:
    """The conflicts of the kinds that can't be merged."""
    return {each.kind: {frozenset(one) for one in each.conflicts} for each in mergeability(rules) if each.conflicts}


def simulated(
    rules: MergeRules, kind: PullRequestKind, *, dismiss: bool = True, strict: bool = True, is_behind: bool = True
) -> bool:
    # More people than approvals and an author add nothing but time.
    owners = tuple(f"owner-{number}" for number in range(min(rules.people, max(rules.approvals, 1) + 1)))
    repository = Repository(
        owners=owners,
        writers=("colleague",),
        owned=frozenset((*rules.owned_files, "code.py")),
        approvals=rules.approvals,
        code_owner_review=rules.code_owner_review,
        last_push_approval=rules.last_push_approval,
        dismiss_stale_approvals=dismiss,
        strict_checks=strict,
        linear_history=rules.linear_history,
        admins_bypass=rules.admins_bypass,
        methods=frozenset(rules.merge_methods),
        auto_merge=rules.auto_merge,
        actions_can_approve=rules.actions_can_approve,
        required=rules.required_checks,
        reported=rules.reported_checks,
        fork_approval=True,
    )
    author = {"owner": owners[0], "contributor": "colleague", "fork": "stranger", "dependabot": DEPENDABOT}[kind]
    is_fork = kind == "fork"
    return can_ever_be_merged(
        repository,
        PullRequest(
            author=author,
            actors=(DEPENDABOT, WORKFLOW) if kind == "dependabot" else tuple({author: None} | dict.fromkeys(owners)),
            files=frozenset(("pyproject.toml", "uv.lock") if kind == "dependabot" else ("code.py", "docs.md")),
            is_fork=is_fork,
            pusher=author,
            is_behind=is_behind,
            runs_start=not is_fork,
        ),
    )


def every_set_of_rules(kind: PullRequestKind) -> Iterator[MergeRules]:
    """All combinations of the settings that can matter for a kind of pull request."""
    flag = (False, True)
    reported = frozenset(("All CI checks pass",))
    values: dict[str, Iterable[object]] = {
        "approvals": (0, 1, 2),
        "code_owner_review": flag,
        "last_push_approval": flag,
        "required_checks": (reported, reported | {"renamed"}),
        "reported_checks": (reported,),
        "linear_history": flag,
        "merge_methods": (frozenset(("merge",)), frozenset(("merge", "squash"))),
        "admins_bypass": flag,
    }
    if kind == "dependabot":
        values |= {"auto_merge": flag, "actions_can_approve": flag, "people": (1,), "owned_files": ((), ("uv.lock",))}
    else:
        values |= {"auto_merge": (True,), "actions_can_approve": (True,), "people": (1, 2, 3), "owned_files": ((),)}
    for combination in product(*values.values()):
        yield MergeRules(**cast("Any", dict(zip(values, combination, strict=True))))


@pytest.mark.parametrize("kind", PULL_REQUEST_KINDS)
def test_the_answer_is_that_of_a_simulator_that_tries_every_sequence_of_events(kind: PullRequestKind) -> None:
    answers = {True: 0, False: 0}
    for rules in every_set_of_rules(kind):
        answer = can_be_merged(rules, kind)
        assert simulated(rules, kind) is answer, rules
        answers[answer] += 1
    assert min(answers.values()) > 50


RULES = st.builds(
    MergeRules,
    approvals=st.integers(0, 3),
    code_owner_review=st.booleans(),
    last_push_approval=st.booleans(),
    required_checks=st.frozensets(st.sampled_from("ab")),
    reported_checks=st.just(frozenset("a")),
    linear_history=st.booleans(),
    merge_methods=st.frozensets(st.sampled_from(("squash", "merge", "rebase")), min_size=1),
    auto_merge=st.booleans(),
    actions_can_approve=st.booleans(),
    admins_bypass=st.booleans(),
    people=st.integers(1, 4),
    owned_files=st.sampled_from([(), ("uv.lock",)]),
)
KINDS = st.sampled_from(PULL_REQUEST_KINDS)


@given(RULES, KINDS, st.booleans(), st.booleans(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_settings_that_no_conflict_names_exclude_no_merge(
    rules: MergeRules, kind: PullRequestKind, dismiss: bool, strict: bool, is_behind: bool
) -> None:
    simulation = simulated(rules, kind, dismiss=dismiss, strict=strict, is_behind=is_behind)
    assert simulation is can_be_merged(rules, kind)


@given(RULES, KINDS)
@settings(max_examples=60, deadline=None)
def test_every_conflict_excludes_all_merges_and_weakening_any_one_of_its_settings_ends_it(
    rules: MergeRules, kind: PullRequestKind
) -> None:
    (found,) = (each.conflicts for each in mergeability(rules) if each.kind == kind)
    assert bool(found) is not simulated(rules, kind)
    for conflict in found:
        assert not simulated(weaken_others(rules, conflict), kind)
        for setting in conflict:
            assert simulated(weaken_others(rules, tuple(other for other in conflict if other != setting)), kind)


def test_the_settings_of_the_guide_lock_out_a_sole_maintainer_and_a_bot() -> None:
    assert conflicts(rules_of(GUIDE)) == {
        "owner": {
            frozenset(("approvals", "people", "admins_bypass")),
            frozenset(("code_owner_review", "people", "admins_bypass")),
        },
        "dependabot": {frozenset(("code_owner_review", "owned_files"))},
    }


@pytest.mark.parametrize("kind", PULL_REQUEST_KINDS)
@pytest.mark.parametrize(("profile", "people"), [("solo", 1), ("solo", 3), ("team", 2), ("team", 3)])
def test_every_kind_of_pull_request_can_be_merged_in_each_profile(
    profile: Profile, people: int, kind: PullRequestKind
) -> None:
    rules = rules_of(GitHub(owners=OWNERS[:people], profile=profile))
    assert can_be_merged(rules, kind)
    assert simulated(rules, kind)


def test_a_team_of_one_can_not_merge_its_own_pull_requests() -> None:
    assert set(conflicts(rules_of(GitHub(owners=("@ann", "@ANN"), profile="team")))) == {"owner"}


def test_a_team_is_assumed_to_have_enough_members_unless_their_number_is_known() -> None:
    github = GitHub(owners=("@octo-org/core",), profile="team", approvals=2)
    wanted = wanted_settings(Settings(), github, PIPELINE)
    assert set(conflicts(merge_rules(wanted))) == {"dependabot"}
    assert set(conflicts(merge_rules(wanted, people=2))) == {"owner", "dependabot"}


def test_a_required_check_that_no_job_reports_blocks_everybody_without_a_bypass() -> None:
    rules = replace(rules_of(GitHub(owners=OWNERS, profile="team")), required_checks=frozenset(("Old name",)))
    assert set(conflicts(rules)) == set(PULL_REQUEST_KINDS)
    assert conflicts(rules)["fork"] == {frozenset(("required_checks", "admins_bypass"))}
    assert set(conflicts(replace(rules, admins_bypass=True))) == {"dependabot"}


def test_owners_of_the_files_that_dependabot_edits_are_taken_from_a_code_owners_file_of_ones_own() -> None:
    wanted = wanted_settings(Settings(), GitHub(owners=OWNERS, profile="team"), PIPELINE)
    assert conflicts(merge_rules(wanted, owned=("uv.lock",))) == {
        "dependabot": {frozenset(("code_owner_review", "owned_files"))}
    }


@pytest.mark.parametrize("setting", ["auto_merge", "actions_can_approve"])
def test_dependabot_needs_auto_merge_and_the_approval_of_a_workflow(setting: str) -> None:
    rules = rules_of(GitHub(owners=OWNERS, profile="team", **cast("Any", {setting: False})))
    expected = {"auto_merge": {setting}, "actions_can_approve": {setting, "approvals"}}[setting]
    assert conflicts(rules) == {"dependabot": {frozenset(expected)}}
