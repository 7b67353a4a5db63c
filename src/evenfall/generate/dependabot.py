"""`.github/dependabot.yml`: which dependencies Dependabot updates, and when.

https://docs.github.com/en/code-security/reference/supply-chain-security/dependabot-options-reference
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from evenfall.generate.yaml import dump, inline, quoted
from evenfall.pipeline.own_workflows import ACTION_NAMES
from evenfall.project.cooldown import cooldown_days
from evenfall.project.lockfile import NAME
from evenfall.project.precommit_config import HOOKS, read_hooks
from evenfall.project.pyproject import Pyproject

DEPENDABOT = ".github/dependabot.yml"
OPEN_PULL_REQUESTS = 5
DEPENDABOT_UV = "0.11.31"
"""The version of uv that Dependabot runs, in August 2026: https://github.com/dependabot/dependabot-core/blob/main/uv/Dockerfile"""


def dependabot_text(root: Path, pyproject: Pyproject) -> str:
    """Return the text of the file, for the ecosystems that the repository in `root` has.

    Minor and patch updates of an ecosystem come in one pull request, on Mondays at 03:00 UTC. A release is left out until it is older
    than the cooldown, which is longer than `exclude-newer`: otherwise uv would not find what Dependabot proposes. Security updates
    have no cooldown. Raises `EvenfallError` (usage) if the configuration of pre-commit is invalid.
    """
    return dump({"version": 2, "updates": dependabot_updates(root, pyproject)})


def dependabot_updates(root: Path, pyproject: Pyproject) -> list[dict[str, Any]]:
    """Return the entries of `updates`, one for each ecosystem."""
    days = cooldown_days(pyproject)
    updates: list[dict[str, Any]] = []
    if (root / NAME).is_file():
        updates.append(_update("uv", {"directory": "/"}, days))
    files = (file for name in ACTION_NAMES for file in (root / ".github" / "actions").glob(f"*/{name}"))
    actions = sorted({f"/{file.parent.relative_to(root).as_posix()}" for file in files})  # in / it finds only workflows
    updates.append(_update("github-actions", {"directories": inline(("/", *actions))}, days))
    if (root / HOOKS).is_file() and any(hooks.repo not in ("local", "meta") for hooks in read_hooks(root)):
        updates.append(_update("pre-commit", {"directory": "/"}, days))
    return updates


def _update(ecosystem: str, place: dict[str, Any], days: int) -> dict[str, Any]:
    return {
        "package-ecosystem": ecosystem,
        **place,
        "schedule": {"interval": "weekly", "day": "monday", "time": quoted("03:00"), "timezone": "Etc/UTC"},
        "open-pull-requests-limit": OPEN_PULL_REQUESTS,
        "cooldown": {"default-days": days},
        "groups": {"minor-and-patch": {"update-types": inline(("minor", "patch"))}},
    }


def dependabot_warnings(pyproject: Pyproject) -> Iterator[str]:
    """Yield the settings of uv with which Dependabot can't update the lock."""
    required = pyproject.uv_required_version
    try:
        is_supported = SpecifierSet(required if not re.match(r"\d", required) else f"=={required}").contains(
            DEPENDABOT_UV
        )
    except InvalidSpecifier:
        return  # uv itself reports it
    if not is_supported:
        yield (
            f'pyproject.toml: tool.uv.required-version = "{required}" excludes uv {DEPENDABOT_UV}, which Dependabot runs, so its updates '
            "end with tool_version_not_supported; allow that version"
        )
    if re.match(r"\d{4}-\d{2}-\d{2}", pyproject.uv_exclude_newer):
        yield (
            f'pyproject.toml: tool.uv.exclude-newer = "{pyproject.uv_exclude_newer}" is a date, so Dependabot never finds a newer release; '
            'use a duration such as "7 days"'
        )
