from __future__ import annotations

import pytest

from evenfall.project.code_owners import DEPENDABOT_FILES, owned_files, owned_paths
from evenfall.project.github_settings import Profile

OWNED = (
    "README.md",
    "noxfile.py",
    "noxfile.py.lock",
    ".github/workflows/ci.yml",
    ".github/CODEOWNERS",
    "docs/DEPLOYMENT.md",
    "docs/noxfile.py",
    "src/uv.lock/x",
)


@pytest.mark.parametrize("profile", ["solo", "team"])
def test_every_profile_owns_what_decides_what_ci_runs(profile: Profile) -> None:
    assert owned_files(owned_paths(profile), OWNED) == OWNED


def test_the_files_that_dependabot_edits_have_owners_only_where_no_owner_must_review_them() -> None:
    assert owned_files(owned_paths("solo"), DEPENDABOT_FILES) == DEPENDABOT_FILES
    assert owned_files(owned_paths("team"), (*DEPENDABOT_FILES, "packages/core/pyproject.toml")) == ()


@pytest.mark.parametrize("profile", ["solo", "team"])
def test_the_first_rule_names_the_owners_of_everything_else(profile: Profile) -> None:
    assert [rule.pattern for rule in owned_paths(profile)].index("*") == 0
