from __future__ import annotations

import pytest

from evenfall.generate.codeowners import codeowners_text
from evenfall.pipeline.marker import MARKER
from evenfall.project.code_owners import owned_files, owned_paths
from evenfall.project.github_settings import GitHub, Profile

FILES = ("README.md", "noxfile.py", "noxfile.py.lock", "pyproject.toml", "uv.lock", ".github/workflows/ci.yml")


def rules(profile: Profile, *files: str) -> list[list[str]]:
    text = codeowners_text(GitHub(owners=("@octocat", "@octo-org/crew"), profile=profile), files)
    assert text.startswith(MARKER)
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


def test_every_rule_matches_a_file() -> None:
    assert rules("solo", "README.md", "uv.lock") == [
        ["*", "@octocat", "@octo-org/crew"],
        ["uv.lock", "@octocat", "@octo-org/crew"],
    ]


def test_a_team_leaves_the_files_that_dependabot_updates_without_owners() -> None:
    assert ["uv.lock"] in rules("team", *FILES)
    assert ["pyproject.toml"] in rules("team", *FILES)


@pytest.mark.parametrize("profile", ["solo", "team"])
def test_the_file_has_the_rules_of_the_profile_in_their_order(profile: Profile) -> None:
    """The last rule that matches a file decides."""
    patterns = [rule.pattern for rule in owned_paths(profile) if any(map(rule.matches, FILES))]
    assert [rule[0] for rule in rules(profile, *FILES)] == patterns
    owned = {rule[0]: len(rule) > 1 for rule in rules(profile, *FILES)}
    assert owned["uv.lock"] == bool(owned_files(owned_paths(profile), ["uv.lock"]))
