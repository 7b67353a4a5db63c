"""The rules of `.github/CODEOWNERS` for each profile: which files have owners.

The last rule that matches a file decides, and a rule without owners leaves the file without one:
https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

from evenfall.project.github_settings import Profile

DEPENDABOT_FILES = ("pyproject.toml", "uv.lock")
"""The names of the files that Dependabot edits to update packages, in pull requests that `auto-merge.yml` merges.

It edits the `pyproject.toml` of every member of a workspace. Its updates of actions edit workflows. A person must merge these, because
the token of a workflow can't change workflows.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedPath:
    """One rule: its pattern, the title of its section, and whether the files that match it have owners."""

    pattern: str
    section: str
    is_owned: bool = True

    def matches(self, path: str) -> bool:
        """Return whether a file matches. The pattern is `*`, `/FOLDER/`, `/FILE` or `FILE` (in any folder), as in the rules below."""
        anchored = f"/{path}"
        if self.pattern.endswith("/"):
            return anchored.startswith(self.pattern)
        return self.pattern in ("*", anchored, posixpath.basename(path))


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
    edits have none there. Everything that decides what CI runs has one, because anyone who can push a branch can start a workflow that
    approves a change of the other files.
    """
    packaging = (OwnedPath(pattern=file, section=_PACKAGING, is_owned=profile == "solo") for file in DEPENDABOT_FILES)
    return (*_RULES, *packaging)


def owned_files(rules: tuple[OwnedPath, ...], files: Iterable[str]) -> tuple[str, ...]:
    """Return those of the files that have owners."""
    return tuple(file for file in files if next(rule.is_owned for rule in reversed(rules) if rule.matches(file)))
