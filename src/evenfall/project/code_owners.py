"""The rules of `.github/CODEOWNERS` for each profile: which files have owners.

The last rule that matches a file decides, and a rule without owners leaves the file without one:
https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from evenfall.project.github_settings import Profile

DEPENDABOT_FILES = ("pyproject.toml", "uv.lock")
"""The files that Dependabot edits to update packages, in pull requests that `auto-merge.yml` merges.

Its updates of actions edit workflows. A person must merge these, because a workflow's token can't.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedPath:
    """One rule: its pattern, the title of its section, and whether the files that match it have owners."""

    pattern: str
    section: str
    is_owned: bool = True

    def matches(self, path: str) -> bool:
        """Return whether a file matches. The pattern is `*`, `/FILE` or `/FOLDER/`, the only forms in the rules below."""
        if self.pattern == "*":
            return True
        anchored = f"/{path}"
        return anchored.startswith(self.pattern) if self.pattern.endswith("/") else anchored == self.pattern


_DEFAULT = "Default owners"
_INFRASTRUCTURE = "CI infrastructure"
_PACKAGING = "Packaging"
_RULES = (
    OwnedPath(pattern="*", section=_DEFAULT),
    OwnedPath(pattern="/.github/", section=_INFRASTRUCTURE),
    OwnedPath(pattern="/noxfile.py", section=_INFRASTRUCTURE),
    OwnedPath(pattern="/noxfile.py.lock", section=_INFRASTRUCTURE),
    OwnedPath(pattern="/docs/DEPLOYMENT.md", section=_INFRASTRUCTURE),
)


def owned_paths(profile: Profile) -> tuple[OwnedPath, ...]:
    """Return the rules of CODEOWNERS in the order of the file.

    In profile `team` a code owner must approve every change of an owned file. An app is no code owner, so the files that Dependabot
    edits have none there; everything that decides what CI runs has one.
    """
    packaging = (
        OwnedPath(pattern=f"/{file}", section=_PACKAGING, is_owned=profile == "solo") for file in DEPENDABOT_FILES
    )
    return (*_RULES, *packaging)


def owned_files(rules: tuple[OwnedPath, ...], files: Iterable[str]) -> tuple[str, ...]:
    """Return those of the files that have owners."""
    return tuple(file for file in files if next(rule.is_owned for rule in reversed(rules) if rule.matches(file)))
