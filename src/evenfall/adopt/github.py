"""`[tool.evenfall.github]`: the table that makes Evenfall manage the repository on GitHub."""

from __future__ import annotations

import os
import re
from pathlib import Path

import tomlkit

from evenfall.adopt.adoption import Adoption
from evenfall.generate.hand_written import CODE_OWNERS_FILES
from evenfall.git.repository import find_repository, is_top
from evenfall.github_api.repository import github_repository
from evenfall.pipeline.marker import is_generated, read_text
from evenfall.project.github_settings import OWNER

_EVERY_FILE = frozenset({"*", "**", "/**"})


def write_github_settings(adoption: Adoption) -> None:
    """Write the table with the code owners, if the project is on GitHub and does not have the table yet."""
    if adoption.project.pyproject.settings.github is not None:
        return
    account = _account(adoption.root)
    if not account:
        adoption.notes.append(
            "origin is not a repository on GitHub, so its settings, Dependabot and code owners are not set up; once it is: evenfall init"
        )
        return
    owners = _default_owners(adoption.root)
    if not owners:
        owners = (account,)
        adoption.notes.append(
            f"the code owner is {account}, the account of the repository; if it is an organization, "
            "write a team (@organization/team) or users into tool.evenfall.github.owners"
        )
    is_team = len(owners) > 1 or "/" in owners[0]
    table = {"owners": tomlkit.item(list(owners)), "profile": "team" if is_team else "solo"}
    adoption.set_settings({"github": table})


def _account(root: Path) -> str:
    """Return the account that has the repository on GitHub, as `@octocat`; an empty string if origin is not on GitHub."""
    if not is_top(root):
        return ""
    # Without PATH and the variables of a token: the name needs none.
    servers = {name: os.environ[name] for name in ("GITHUB_SERVER_URL", "GH_HOST") if name in os.environ}
    repository = github_repository(find_repository(root).origin, servers)
    account = f"@{repository.name.partition('/')[0]}" if repository else ""
    return account if re.match(OWNER, account) else ""


def _default_owners(root: Path) -> tuple[str, ...]:
    """Return the users and teams that the last rule for every file in the project's own CODEOWNERS names.

    GitHub also accepts email addresses there, but not as the reviewers of an environment.
    """
    texts = (read_text(root / path) for path in CODE_OWNERS_FILES)
    text = next((text for text in texts if text and not is_generated(text)), "")
    owners: tuple[str, ...] = ()
    for line in text.splitlines():
        pattern, *names = line.partition("#")[0].split() or [""]
        if pattern in _EVERY_FILE:
            owners = tuple(dict.fromkeys(name for name in names if re.match(OWNER, name)))
    return owners
