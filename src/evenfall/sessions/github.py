"""The sessions of a project that manages its repository on GitHub by `[tool.evenfall.github]`."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from typing import Any

import nox

from evenfall.errors import EvenfallError
from evenfall.pipeline.declare import session
from evenfall.pipeline.gates import AUTO_MERGE
from evenfall.project.github_settings import MergeMethod
from evenfall.project.project import Project
from evenfall.sessions.run_command import run_evenfall

_REFRESH_TROUBLESHOOTING = (
    (
        "The checks of its pull request do not start",
        "A pull request that a workflow opens with its default token starts no other workflow. Close it and reopen it, or set "
        "`token-secret` in `[tool.evenfall.github]`.",
        ("gh pr close evenfall/refresh-tools", "gh pr reopen evenfall/refresh-tools"),
    ),
    (
        "The generated files are not current in its pull request",
        "The action that installs Nox has the version of uv in `noxfile.py.lock`. Generate it again on the branch, then commit and push.",
        ("gh pr checkout evenfall/refresh-tools", "evenfall generate"),
    ),
)
_SETTINGS_TROUBLESHOOTING = (
    (
        "A setting differs",
        "Somebody changed it on GitHub, or `pyproject.toml` wants another one. Decide which is right.",
        ("evenfall github plan", "evenfall github apply"),
    ),
    (
        "The token can't read everything (exit code 3)",
        "The message names the missing permission. Make a token that has it, and store it as the secret.",
        ("gh secret list", "gh secret set NAME"),
    ),
)
_MERGE_TROUBLESHOOTING = (
    (
        "The rules do not require the checks",
        "GitHub waits only for required checks before it merges.",
        ("evenfall github plan", "evenfall github apply"),
    ),
    (
        "No workflow starts after the merge",
        "A merge by the default token of a workflow starts no workflow on the push. Set `token-secret` in `[tool.evenfall.github]`, and "
        "store the token as a secret of Dependabot.",
        ("gh secret set NAME --app dependabot",),
    ),
)


def declare_github_sessions(project: Project, omit: Sequence[str]) -> None:
    """Declare the sessions except those in `omit`, if the project has the table.

    The token of a workflow can't read all settings, so the session `settings` is local only without a secret for a token.
    """
    github = project.pyproject.settings.github
    if github is None:
        return
    weekly: dict[str, Any] = {"workflow": "security", "events": ("weekly", "manual"), "network": True}
    arguments: dict[str, dict[str, Any]] = {
        "refresh-tools": {
            **weekly,
            "permissions": {"contents": "write", "pull-requests": "write"},
            "secrets": (github.token_secret or "GITHUB_TOKEN",),
            "side_effects": True,
            "troubleshooting": _REFRESH_TROUBLESHOOTING,
        },
        AUTO_MERGE: {
            "workflow": AUTO_MERGE,
            "permissions": {"contents": "write", "pull-requests": "write"},
            "secrets": ("GITHUB_TOKEN", *([github.token_secret] if github.token_secret else [])),
            "network": True,
            "side_effects": True,
            "troubleshooting": (
                _not_merged(project.pyproject.settings.default_branch, github.merge_methods[0]),
                *_MERGE_TROUBLESHOOTING,
            ),
        },
    }
    if github.token_secret:
        arguments["settings"] = {
            **weekly,
            "secrets": (github.token_secret,),
            "troubleshooting": _SETTINGS_TROUBLESHOOTING,
        }
    for name, function in SESSIONS.items():
        if name in omit or (name == AUTO_MERGE and not github.auto_merge):
            continue
        if name in arguments:
            session(name=name, python=project.python_for(()), **arguments[name])(function)
        else:
            nox.session(name=name, python=False, default=False)(_with_error(function))


def _not_merged(branch: str, method: MergeMethod) -> tuple[str, str, tuple[str, ...]]:
    return (
        "An update by Dependabot is not merged",
        "The comment of the job names the reasons, such as a major update, an update of actions, or a finding of the review. Read the "
        "review, and merge it.",
        ("gh pr checkout NUMBER", f"evenfall review {branch}..HEAD", f"gh pr merge NUMBER --{method}"),
    )


def refresh_tools(session: nox.Session) -> None:
    """Update noxfile.py.lock to releases that are older than the cooldown. On GitHub, open a pull request with it."""
    propose = ("--propose",) if os.environ.get("GITHUB_ACTIONS") == "true" else ()
    run_evenfall(session, "github refresh-tools", *propose)


def settings(session: nox.Session) -> None:
    """Check that the settings on GitHub are as wanted. Options of `evenfall github plan` go after --."""
    run_evenfall(session, "github plan", "--check")


def auto_merge(session: nox.Session) -> None:
    """Merge a patch or minor update by Dependabot after all required checks. It runs only in a pull request on GitHub."""
    run_evenfall(session, "github auto-merge")


SESSIONS: dict[str, Callable[[nox.Session], None]] = {
    "refresh-tools": refresh_tools,
    "settings": settings,
    AUTO_MERGE: auto_merge,
}
"""Every session by its name."""


def _with_error(function: Callable[[nox.Session], None]) -> Callable[[nox.Session], None]:
    """Return a session whose `EvenfallError` is its failure, as for a session that is declared with `evenfall.session`."""

    @functools.wraps(function)
    def wrapper(session: nox.Session) -> None:
        try:
            function(session)
        except EvenfallError as error:
            session.error(str(error))

    return wrapper
