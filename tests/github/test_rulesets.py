from __future__ import annotations

import pytest

from evenfall.github.rulesets import (
    TAG_RULESET,
    BypassActor,
    Conditions,
    RefNames,
    Ruleset,
    RulesetSpec,
    branch_ruleset,
)

BRANCH = branch_ruleset("main")
DEFAULT, TAGS = "~DEFAULT_BRANCH", "refs/tags/v*"


def ruleset(include: tuple[str, ...], exclude: tuple[str, ...]) -> Ruleset:
    return Ruleset(id=1, name="x", enforcement="active", conditions=Conditions(RefNames(include, exclude)))


@pytest.mark.parametrize(
    ("spec", "include", "exclude", "after"),
    [
        (BRANCH, (DEFAULT,), (), None),
        (BRANCH, ("refs/heads/main",), ("refs/heads/old", "refs/heads/v*"), None),
        (BRANCH, ("~ALL",), ("refs/heads/m*", "refs/heads/old"), (("~ALL",), ("refs/heads/old",))),
        (BRANCH, ("~ALL",), (DEFAULT,), (("~ALL",), ())),
        (
            BRANCH,
            ("~ALL",),
            ("refs/heads/[^x]ain", r"refs/heads/\main", "refs/heads/old-[0-9]"),
            (("~ALL",), ("refs/heads/old-[0-9]",)),
        ),
        (BRANCH, ("refs/heads/old",), (), (("refs/heads/old", DEFAULT), ())),
        (BRANCH, (), (), ((DEFAULT,), ())),
        (TAG_RULESET, (TAGS,), ("refs/tags/nightly*",), None),
        (TAG_RULESET, ("~ALL",), ("refs/tags/x", "refs/tags/*-rc"), (("~ALL",), ("refs/tags/x",))),
        (TAG_RULESET, (TAGS,), ("refs/tags/v0.1", "refs/tags/?1"), ((TAGS,), ())),
    ],
)
def test_a_ruleset_applies_or_gets_conditions_with_which_it_does(
    spec: RulesetSpec,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    after: tuple[tuple[str, ...], tuple[str, ...]] | None,
) -> None:
    live = ruleset(include, exclude)
    assert live.applies(spec) is (after is None)
    expected = Conditions(RefNames(*(after or (include, exclude))))
    assert live.conditions_for(spec) == expected
    assert ruleset(expected.ref_name.include, expected.ref_name.exclude).applies(spec)


def test_a_bypass_actor_is_named() -> None:
    actors = [("RepositoryRole", 5), ("RepositoryRole", 77), ("Integration", 9), ("DeployKey", None)]
    assert [str(BypassActor(actor_type=kind, actor_id=number)) for kind, number in actors] == [
        "role admin",
        "RepositoryRole 77",
        "Integration 9",
        "DeployKey",
    ]
