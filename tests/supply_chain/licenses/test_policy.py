from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenfall.errors import EvenfallError, Exit
from evenfall.project.settings import LicensePolicy
from evenfall.supply_chain.licenses.policy import PolicyResult, ResolvedPolicy, evaluate, resolve_policy
from evenfall.supply_chain.licenses.spdx import AnyOf, Every, Expression, License, parse
from tests.supply_chain.licenses.test_spdx import expressions

ALLOWED, DENIED, UNKNOWN = PolicyResult.ALLOWED, PolicyResult.DENIED, PolicyResult.UNKNOWN
DEFAULT = LicensePolicy()


def judged(text: str, settings: LicensePolicy = DEFAULT) -> PolicyResult:
    expression = parse(text)
    assert expression is not None
    return evaluate(expression, resolve_policy(settings))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT", ALLOWED),
        ("MIT OR GPL-3.0-only", ALLOWED),
        ("MIT AND GPL-3.0-only", DENIED),
        ("MIT AND (GPL-3.0-only OR Zlib)", ALLOWED),
        ("MIT OR Zlib AND GPL-3.0-only", ALLOWED),
        ("(MIT OR Zlib) AND GPL-3.0-only", DENIED),
        ("GPL-3.0-only", DENIED),
        ("GPL-3.0-or-later", DENIED),
        ("GPL-3.0", DENIED),
        ("GPL-3.0+", DENIED),
        ("AGPL-3.0", DENIED),
        ("AGPL-3.0-or-later", DENIED),
        ("GPL-3.0-with-GCC-exception", DENIED),
        ("GPL-3.0-only WITH GCC-exception-3.1", DENIED),
        ("GPL-2.0-or-later", ALLOWED),
        ("LGPL-3.0-only", ALLOWED),
        ("LicenseRef-X", UNKNOWN),
        ("licenseref-x", UNKNOWN),
        ("DocumentRef-a:LicenseRef-b", UNKNOWN),
        ("LicenseRef-X OR MIT", ALLOWED),
        ("LicenseRef-X AND MIT", UNKNOWN),
        ("LicenseRef-X OR GPL-3.0-only", UNKNOWN),
        ("LicenseRef-X AND GPL-3.0-only", DENIED),
        ("LicenseRef-any-BSD", ALLOWED),
        ("LicenseRef-any-GPL", UNKNOWN),
        ("LicenseRef-any-AGPL", DENIED),
        ("Apache-2.0+", ALLOWED),
    ],
)
def test_by_default_the_gpl_3_and_the_agpl_3_are_denied_in_all_forms(expression: str, expected: PolicyResult) -> None:
    assert judged(expression) is expected


def test_no_license_is_an_unknown_one() -> None:
    assert evaluate(None, resolve_policy(DEFAULT)) is UNKNOWN


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT", ALLOWED),
        ("Zlib", DENIED),
        ("Zlib OR MIT", ALLOWED),
        ("Zlib AND MIT", DENIED),
        ("Apache-2.0+", ALLOWED),
        ("LGPL-3.0-only", ALLOWED),
        ("LGPL-3.0-or-later", ALLOWED),
        ("LicenseRef-Ours", ALLOWED),
        ("LicenseRef-Theirs", UNKNOWN),
        ("LicenseRef-any-BSD", UNKNOWN),
        ("LicenseRef-any-GPL", DENIED),
    ],
)
def test_with_a_list_of_what_is_allowed_everything_else_is_not(expression: str, expected: PolicyResult) -> None:
    settings = LicensePolicy(allow=("mit", "Apache-2.0", "LGPL-3.0", "LicenseRef-Ours", "BSD-3-Clause"))
    assert judged(expression, settings) is expected


def test_an_exact_form_denies_that_form_alone() -> None:
    settings = LicensePolicy(deny=("GPL-3.0-only",))
    assert judged("GPL-3.0-only", settings) is DENIED
    assert judged("GPL-3.0-or-later", settings) is ALLOWED


def test_an_empty_list_denies_nothing() -> None:
    assert judged("AGPL-3.0", LicensePolicy(deny=())) is ALLOWED


def test_an_exception_makes_up_for_the_license_where_the_policy_says_so() -> None:
    settings = LicensePolicy(exceptions=("gcc-exception-3.1",))
    assert judged("GPL-3.0-only WITH GCC-exception-3.1", settings) is ALLOWED
    assert judged("GPL-3.0-only WITH Autoconf-exception-3.0", settings) is DENIED
    assert judged("GPL-3.0-only", settings) is DENIED
    assert judged("Apache-2.0 WITH LLVM-exception", settings) is ALLOWED, "an exception takes nothing away"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            LicensePolicy(deny=("MIT", "Apache-2")),
            "tool.evenfall.licenses.deny[1]: 'Apache-2' is no license of the SPDX list",
        ),
        (
            LicensePolicy(allow=("Apache-2.O",)),
            "tool.evenfall.licenses.allow[0]: 'Apache-2.O' is no license of the SPDX list; did you mean 'Apache-2.0'?",
        ),
        (LicensePolicy(deny=("MIT OR Zlib",)), "deny[0]: 'MIT OR Zlib' is no license"),
        (LicensePolicy(deny=("qqq",)), "deny[0]: 'qqq' is no license of the SPDX list"),
        (LicensePolicy(exceptions=("MIT",)), "exceptions[0]: 'MIT' is no exception of the SPDX list"),
    ],
)
def test_a_policy_that_names_what_is_no_license_is_refused_with_its_key(settings: LicensePolicy, message: str) -> None:
    with pytest.raises(EvenfallError) as caught:
        resolve_policy(settings)
    assert message in caught.value.message
    assert len(caught.value.message) < 200, "the whole list is no answer"
    assert caught.value.exit_code == Exit.USAGE


policies = st.builds(
    ResolvedPolicy,
    listed=st.frozensets(st.sampled_from(["MIT", "Apache-2.0", "GPL-3.0-only", "BSD-3-Clause", "MPL-2.0"])),
    allows=st.booleans(),
    exceptions=st.sampled_from([frozenset[str](), frozenset(["GCC-exception-3.1"])]),
)


@given(expressions, expressions, policies)
def test_a_choice_is_as_good_as_its_best_part_and_all_at_once_as_bad_as_the_worst(
    one: Expression, other: Expression, policy: ResolvedPolicy
) -> None:
    both = {evaluate(one, policy), evaluate(other, policy)}
    assert evaluate(AnyOf((one, other)), policy) is max(both)
    assert evaluate(Every((one, other)), policy) is min(both)


@given(expressions, policies)
def test_to_allow_one_license_more_never_makes_a_result_worse(expression: Expression, policy: ResolvedPolicy) -> None:
    if policy.allows:
        more = ResolvedPolicy(listed=policy.listed | {"GPL-3.0-only"}, allows=True, exceptions=policy.exceptions)
    else:
        more = ResolvedPolicy(listed=policy.listed - {"GPL-3.0-only"}, allows=False, exceptions=policy.exceptions)
    assert evaluate(expression, more) >= evaluate(expression, policy)


@given(expressions, policies)
def test_the_result_is_that_of_every_way_to_choose(expression: Expression, policy: ResolvedPolicy) -> None:
    """Against the definition: some choice of branches, of which every license is allowed."""

    def choices(part: Expression) -> list[list[License]]:
        if isinstance(part, License):
            return [[part]]
        each = [choices(inner) for inner in part.parts]
        if isinstance(part, AnyOf):
            return [choice for options in each for choice in options]
        found: list[list[License]] = [[]]
        for options in each:
            found = [[*start, *choice] for start in found for choice in options][:5000]
        return found

    best = max(min(evaluate(license, policy) for license in choice) for choice in choices(expression))
    assert evaluate(expression, policy) is best
