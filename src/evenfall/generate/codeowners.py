"""`.github/CODEOWNERS`: who must approve a change of which file.

https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from evenfall.pipeline.marker import MARKER
from evenfall.project.code_owners import owned_paths
from evenfall.project.github_settings import GitHub

CODEOWNERS = ".github/CODEOWNERS"


def codeowners_text(github: GitHub, files: Iterable[str]) -> str:
    """Return the text of the file, with the rules that match one of the repository's `files`.

    A rule for a file that leaves it without owners has only a pattern.
    """
    names = tuple(files)
    rules = (rule for rule in owned_paths(github.profile) if any(map(rule.matches, names)))
    owners = " ".join(github.owners)
    sections = (
        f"# {section}\n"
        + "".join(f"{rule.pattern} {owners if rule.is_owned else ''}".rstrip() + "\n" for rule in group)
        for section, group in groupby(rules, key=lambda rule: rule.section)
    )
    return MARKER + "\n" + "\n".join(sections)
