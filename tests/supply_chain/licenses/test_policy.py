from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from license_expression import Licensing  # type: ignore[import-untyped]

from evenfall.errors import EvenfallError, Exit
from evenfall.project.settings import Exemption, LicensePolicy
from evenfall.supply_chain.licenses.policy import PolicyResult, ResolvedPolicy, policy_result, resolve_policy
from evenfall.supply_chain.licenses.spdx import SpdxExpression, combine, parse
from tests.supply_chain.licenses.test_spdx import expressions

ALLOWED, DENIED, UNKNOWN = PolicyResult.ALLOWED, PolicyResult.DENIED, PolicyResult.UNKNOWN
DEFAULT = LicensePolicy()


def result(text: str, policy: LicensePolicy = DEFAULT) -> PolicyResult:
    return policy_result(parse(text), resolve_policy(policy))


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
def test_the_default_policy_denies_all_forms_of_gpl_3_and_agpl_3(expression: str, expected: PolicyResult) -> None:
    assert result(expression) is expected


def test_a_missing_expression_is_unknown() -> None:
    assert policy_result(None, resolve_policy(DEFAULT)) is UNKNOWN


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
def test_an_allow_list_denies_every_other_license(expression: str, expected: PolicyResult) -> None:
    policy = LicensePolicy(allow=("mit", "Apache-2.0", "LGPL-3.0", "LicenseRef-Ours", "BSD-3-Clause"))
    assert result(expression, policy) is expected


def test_an_exact_form_on_the_deny_list_denies_that_form_alone() -> None:
    policy = LicensePolicy(deny=("GPL-3.0-only",))
    assert result("GPL-3.0-only", policy) is DENIED
    assert result("GPL-3.0-or-later", policy) is ALLOWED


def test_an_empty_deny_list_denies_nothing() -> None:
    assert result("AGPL-3.0", LicensePolicy(deny=())) is ALLOWED


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("LicenseRef-Ours", ALLOWED),
        ("MIT AND LicenseRef-Ours", ALLOWED),
        ("MIT", ALLOWED),
        ("GPL-3.0-only", DENIED),
        ("LicenseRef-Theirs", UNKNOWN),
    ],
)
def test_an_allow_list_beside_a_deny_list_accepts_its_license_references(
    expression: str, expected: PolicyResult
) -> None:
    assert result(expression, LicensePolicy(allow=("licenseref-Ours",), deny=("GPL-3.0",))) is expected


@pytest.mark.parametrize(
    ("allow", "deny", "named"),
    [(("LicenseRef-X", "MIT"), ("GPL-3.0",), "'MIT'"), (("LicenseRef-X",), ("LicenseRef-X",), "'LicenseRef-X'")],
)
def test_two_lists_without_a_clear_meaning_are_an_error(
    allow: tuple[str, ...], deny: tuple[str, ...], named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        LicensePolicy(allow=allow, deny=deny)


def test_an_exception_of_the_policy_allows_any_license() -> None:
    policy = LicensePolicy(exceptions=("gcc-exception-3.1",))
    assert result("GPL-3.0-only WITH GCC-exception-3.1", policy) is ALLOWED
    assert result("GPL-3.0-only WITH Autoconf-exception-3.0", policy) is DENIED
    assert result("GPL-3.0-only", policy) is DENIED


def test_an_exception_that_is_not_in_the_policy_changes_nothing() -> None:
    assert result("Apache-2.0 WITH LLVM-exception") is ALLOWED


@pytest.mark.parametrize(
    ("policy", "key"),
    [
        (LicensePolicy(deny=("MIT", "Apache-2")), "deny[1]: 'Apache-2' "),
        (LicensePolicy(deny=("MIT OR Zlib",)), "deny[0]: 'MIT OR Zlib' "),
        (LicensePolicy(deny=("qqq",)), "deny[0]: 'qqq' "),
        (LicensePolicy(exceptions=("MIT",)), "exceptions[0]: 'MIT' "),
        (LicensePolicy(exempt=(Exemption(license="Mit2", reason="x"),)), "exempt[0].license: 'Mit2' "),
    ],
)
def test_an_entry_that_is_not_an_identifier_is_an_error_with_its_key(policy: LicensePolicy, key: str) -> None:
    with pytest.raises(EvenfallError) as caught:
        resolve_policy(policy)
    assert f"tool.evenfall.licenses.{key}" in caught.value.message
    assert len(caught.value.message) < 200, "the message does not contain the whole list"
    assert caught.value.exit_code == Exit.USAGE


def test_a_misspelled_entry_gets_a_suggestion() -> None:
    with pytest.raises(EvenfallError, match=r"did you mean 'Apache-2\.0'"):
        resolve_policy(LicensePolicy(allow=("Apache-2.O",)))


lists = st.frozensets(st.sampled_from(["MIT", "Apache-2.0", "GPL-3.0-only", "BSD-3-Clause", "MPL-2.0"]))
policies = st.builds(
    ResolvedPolicy,
    allowed=lists,
    denied=lists,
    others=st.sampled_from([ALLOWED, DENIED]),
    exceptions=st.sampled_from([frozenset[str](), frozenset(["GCC-exception-3.1"])]),
)


@given(expressions, expressions, policies)
def test_or_is_the_best_of_its_parts_and_and_the_worst(
    one: SpdxExpression, other: SpdxExpression, policy: ResolvedPolicy
) -> None:
    both = {policy_result(one, policy), policy_result(other, policy)}
    assert policy_result(combine([one, other], "OR"), policy) is max(both)
    assert policy_result(combine([one, other], "AND"), policy) is min(both)


@given(expressions, policies)
def test_allowing_one_more_license_never_makes_a_result_worse(
    expression: SpdxExpression, policy: ResolvedPolicy
) -> None:
    for more in (
        replace(policy, allowed=policy.allowed | {"GPL-3.0-only"}),
        replace(policy, denied=policy.denied - {"GPL-3.0-only"}),
        replace(policy, others=ALLOWED),
    ):
        assert policy_result(expression, more) >= policy_result(expression, policy)


@given(expressions, policies)
def test_the_result_is_that_of_the_best_choice(expression: SpdxExpression, policy: ResolvedPolicy) -> None:
    """The disjunctive normal form lists all choices, each as the licenses that apply together."""
    normal_form = Licensing().dnf(Licensing().parse(expression))
    choices = normal_form.args if isinstance(normal_form, Licensing().OR) else [normal_form]
    best = max(
        min(policy_result(SpdxExpression(license.render()), policy) for license in choice.args or [choice])
        for choice in choices
    )
    assert policy_result(expression, policy) is best
