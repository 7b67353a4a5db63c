"""The rulesets that Evenfall manages, and how one rule of a ruleset is changed without losing what Evenfall does not know.

https://docs.github.com/en/rest/repos/rules
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from evenfall.github.wanted import VERSION_TAGS

Parameters = Mapping[str, Any]
"""The parameters of a rule, of which Evenfall knows some."""
ADMIN_ROLE = 5
"""https://docs.github.com/en/rest/repos/rules: the role is `RepositoryRole` with the id 5."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesetSpec:
    """A ruleset that Evenfall manages. `refs` are the values of `include` by which it can apply to what it protects, the preferred first.

    `rules` are the rules without parameters that it has from the start.
    """

    name: str
    target: str
    refs: tuple[str, ...]
    rules: tuple[str, ...]


def branch_ruleset(branch: str) -> RulesetSpec:
    """Return the ruleset for the default branch."""
    return RulesetSpec(
        name="Evenfall: default branch",
        target="branch",
        refs=("~DEFAULT_BRANCH", "~ALL", f"refs/heads/{branch}"),
        rules=("deletion", "non_fast_forward"),
    )


TAG_RULESET = RulesetSpec(
    name="Evenfall: version tags",
    target="tag",
    refs=(f"refs/tags/{VERSION_TAGS}", "~ALL"),
    rules=("deletion", "update"),
)


class BypassActor(msgspec.Struct, frozen=True, kw_only=True):
    """Who need not obey the rules."""

    actor_type: str
    actor_id: int | None = None
    bypass_mode: str = "always"

    @property
    def is_admin_role(self) -> bool:
        """Whether it is every admin of the repository."""
        return self.actor_type == "RepositoryRole" and self.actor_id == ADMIN_ROLE

    def __str__(self) -> str:
        roles = {2: "maintain", 4: "write", ADMIN_ROLE: "admin"}
        if self.actor_type == "RepositoryRole" and self.actor_id in roles:
            return f"role {roles[self.actor_id]}"
        return f"{self.actor_type} {self.actor_id or ''}".strip()


class RefNames(msgspec.Struct, frozen=True):
    """Which branches or tags a ruleset applies to."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


class Conditions(msgspec.Struct, frozen=True):
    """The conditions of a ruleset of a repository."""

    ref_name: RefNames = RefNames()


class Ruleset(msgspec.Struct, frozen=True, kw_only=True):
    """A ruleset as GitHub answers it. `bypass_actors` are None without write access to the ruleset."""

    id: int
    name: str
    target: str = "branch"
    enforcement: str
    conditions: Conditions = Conditions()
    rules: tuple[dict[str, Any], ...] = ()
    bypass_actors: tuple[BypassActor, ...] | None = None

    def parameters(self, rule: str) -> Parameters | None:
        """Return the parameters of a rule, or None if the ruleset does not have the rule."""
        return next((each.get("parameters") or {} for each in self.rules if each.get("type") == rule), None)

    def rules_with(self, rule: str, parameters: Parameters) -> tuple[dict[str, Any], ...]:
        """Return all rules, with a rule that is new or has these parameters in addition to those that it has."""
        others = tuple(each for each in self.rules if each.get("type") != rule)
        old = next((each for each in self.rules if each.get("type") == rule), {"type": rule})
        merged = {**(self.parameters(rule) or {}), **parameters}
        return (*others, {**old, "parameters": merged} if merged else old)

    def rules_without(self, rule: str) -> tuple[dict[str, Any], ...]:
        """Return all rules except one."""
        return tuple(each for each in self.rules if each.get("type") != rule)

    def applies(self, spec: RulesetSpec) -> bool:
        """Return whether the ruleset applies to all that it must protect."""
        names = self.conditions.ref_name
        return bool({*names.include} & {*spec.refs}) and not any(_excludes(each, spec) for each in names.exclude)

    def conditions_for(self, spec: RulesetSpec) -> Conditions:
        """Return the conditions with which it applies to all that it must protect, and to what else it applied."""
        names = self.conditions.ref_name
        include = names.include if {*names.include} & {*spec.refs} else (*names.include, spec.refs[0])
        return Conditions(RefNames(include, tuple(each for each in names.exclude if not _excludes(each, spec))))


def _excludes(pattern: str, spec: RulesetSpec) -> bool:
    """Return whether a pattern may exclude something that the ruleset must protect."""
    return pattern in ("~ALL", "~DEFAULT_BRANCH") or any(
        _may_match(pattern, ref) for ref in spec.refs if ref.startswith("refs/")
    )


def _may_match(pattern: str, ref: str) -> bool:
    """Return whether a pattern may match a branch, or one of the tags of another pattern. `*` here also matches a slash.

    GitHub reads patterns as Ruby's `File.fnmatch` does, in which brackets and a backslash mean something else than in Python's.
    """
    if "*" not in ref and not {"[", "\\"} & {*pattern}:
        return fnmatchcase(ref, pattern)
    start, of_tags = (re.split(r"[*?\[\\]", each)[0] for each in (pattern, ref))
    return start.startswith(of_tags) or of_tags.startswith(start)
