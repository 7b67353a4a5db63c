"""The rules for the tags of versions, in a ruleset that Evenfall manages."""

from __future__ import annotations

from evenfall.github.rulesets import TAG_RULESET as SPEC
from evenfall.github.settings.rules import bypass_setting, rule_setting, ruleset_setting

TAG_RULESET = ruleset_setting(
    "tag-ruleset",
    title="Ruleset of the version tags",
    why="without it anyone with write access can move the tag of a release",
    spec=lambda wanted: SPEC,
    feature="tag-rules",
)
TAG_DELETION = rule_setting(
    "tag-deletion",
    title="A version tag can't be deleted",
    why="a deleted tag can be made again with other content",
    spec=lambda wanted: SPEC,
    rule="deletion",
    feature="tag-rules",
)
TAG_UPDATES = rule_setting(
    "tag-updates",
    title="A version tag can't be moved",
    why="the tag of a release must stay on the commit that was released",
    spec=lambda wanted: SPEC,
    rule="update",
    feature="tag-rules",
)
TAG_BYPASS = bypass_setting(
    "tag-bypass",
    title="Bypass of the rules of version tags",
    why="an account that can bypass the rules can move the tag of a release",
    spec=lambda wanted: SPEC,
    admins=lambda wanted: False,
    feature="tag-rules",
)
