"""`evenfall github refresh-tools`: update the noxfile's lock, which Dependabot does not read."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from evenfall.cli.github_options import find_github, require_github
from evenfall.errors import Exit
from evenfall.git.tracked import uncommitted_files
from evenfall.github.refresh_tools import ToolUpdate, propose_update, update_tools
from evenfall.github_api.client import GitHubApi
from evenfall.github_api.repository import GitHubRepository
from evenfall.pipeline.marker import is_generated, read_text
from evenfall.pipeline.script_environment import SCRIPT_LOCK, run_locked_evenfall, script_python
from evenfall.project.cooldown import cooldown_days
from evenfall.project.project import read_project
from evenfall.project.root import find_locked_root
from evenfall.text import printable


@click.command()
@click.option("--propose", is_flag=True, help="Commit the changes to a branch, and open a pull request.")
def refresh_tools(propose: bool) -> int:
    """Update noxfile.py.lock to releases that are older than the cooldown.

    The generated files follow, because they contain the locked version of uv. The cooldown is that of Dependabot's updates: a week, or
    longer than exclude-newer of [tool.uv]. The token for --propose is that of token-secret in [tool.evenfall.github], or else that in
    GH_TOKEN or GITHUB_TOKEN.
    """
    project = read_project(find_locked_root(Path.cwd()))
    github = require_github(project)
    repository = find_github(project.root, github) if propose else None
    now = datetime.datetime.now(datetime.UTC)
    updates = update_tools(project.root, cooldown_days=cooldown_days(project.pyproject), now=now)
    for update in updates:
        click.echo(printable(str(update)))
    if not updates:
        click.echo(f"{SCRIPT_LOCK} is current")
        return Exit.FINE
    run_locked_evenfall(script_python(project.root), project.root, "generate")
    changed = [path for path in uncommitted_files(project.root) if is_generated(read_text(project.root / path))]
    paths = (SCRIPT_LOCK, *changed)
    click.echo(
        printable(_propose(repository, project.root, updates, paths) if repository else f"changed: {', '.join(paths)}")
    )
    return Exit.FINE


def _propose(repository: GitHubRepository, root: Path, updates: tuple[ToolUpdate, ...], paths: tuple[str, ...]) -> str:
    with GitHubApi(repository) as api:
        return f"pull request: {propose_update(api, root, updates, paths)}"
