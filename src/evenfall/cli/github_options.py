"""What `evenfall github plan` and `evenfall github apply` share: the option --json, and the wanted settings of the project."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from evenfall.errors import EvenfallError
from evenfall.generate.codeowners import CODEOWNERS
from evenfall.generate.hand_written import hand_written
from evenfall.git.commits import find_commit
from evenfall.git.repository import find_repository
from evenfall.github.job_names import job_names
from evenfall.github.live import Live
from evenfall.github.mergeability import merge_rules, mergeability
from evenfall.github.mergeability_report import refuse_unmergeable
from evenfall.github.plan import plan_notes
from evenfall.github.wanted import WantedSettings, wanted_settings
from evenfall.github_api.client import GitHubApi
from evenfall.github_api.errors import unknown
from evenfall.github_api.repository import GitHubRepository, repository_with_token
from evenfall.github_api.retry import Waiting
from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.script_environment import prefer_script_environment
from evenfall.project.code_owners import DEPENDABOT_FILES
from evenfall.project.github_settings import GitHub
from evenfall.project.project import Project, read_project
from evenfall.project.root import find_locked_root
from evenfall.report.output import print_progress

json_option = click.option("--json", "print_json", is_flag=True, help="Print the report as JSON on stdout.")

_LONGEST_WAIT = 300
"""How many seconds to wait in total for GitHub's rate limits and errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is live, what the project wants, and what a reader must know about the comparison of both."""

    live: Live
    wanted: WantedSettings
    notes: tuple[str, ...]


@contextmanager
def open_settings() -> Iterator[Settings]:
    """Yield the settings of the project in the current folder.

    Raises `EvenfallError`: the project does not manage the repository on GitHub, or the wanted settings exclude that some kind of pull
    request is ever merged (usage); the repository or a token is not known (unknown).
    """
    root = find_locked_root(Path.cwd())
    prefer_script_environment(root)
    project = read_project(root)
    settings, github = project.pyproject.settings, require_github(project)
    pipeline = read_pipeline(root)
    wanted = wanted_settings(settings, github, pipeline)
    rules = merge_rules(wanted)
    refuse_unmergeable(mergeability(rules), rules, github.allow_unmergeable)
    notes = (*plan_notes(wanted, rules), *_own_code_owners(project, wanted))
    try:
        repository = find_github(root, github)
    except EvenfallError as error:
        raise unknown(error.message, hint=error.hint) from error
    with GitHubApi(repository, Waiting(limit=_LONGEST_WAIT, progress=print_progress)) as api:
        live = Live(api, job_names(root, pipeline), datetime.now(UTC), find_commit(root, "HEAD"))
        yield Settings(live=live, wanted=wanted, notes=notes)


def _own_code_owners(project: Project, wanted: WantedSettings) -> Iterator[str]:
    """Yield what the proof that pull requests can be merged assumes about a CODEOWNERS that Evenfall did not generate."""
    own = hand_written(project, release=False).get(CODEOWNERS)
    if own and wanted.branch.code_owner_review:
        yield f"{own} is written by hand; this assumes that it names no owner of {' and '.join(DEPENDABOT_FILES)}"


def require_github(project: Project) -> GitHub:
    """Return the table `[tool.evenfall.github]`. Raises `EvenfallError` (usage) if the project does not have it."""
    github = project.pyproject.settings.github
    if github is None:
        raise EvenfallError(
            "pyproject.toml has no [tool.evenfall.github], so Evenfall does not manage the repository on GitHub",
            hint="evenfall init",
        )
    return github


def find_github(root: Path, github: GitHub) -> GitHubRepository:
    """Return the project's repository on GitHub, with the token in the variable that `token-secret` names, if it is set.

    Raises `EvenfallError` (usage) if the repository or a token is not known.
    """
    own = os.environ.get(github.token_secret or "", "")
    environ = os.environ | (dict.fromkeys(("GH_TOKEN", "GH_ENTERPRISE_TOKEN"), own) if own else {})
    return repository_with_token(find_repository(root).origin, environ, permission="administration: read")
