"""`evenfall github auto-merge`: merge an update by Dependabot, if the review of its lock permits that."""

from __future__ import annotations

import os
from pathlib import Path

import click
import msgspec

from evenfall.cli.github_options import find_github, require_github
from evenfall.errors import EvenfallError, Exit
from evenfall.git.project_copy import commits_of_files
from evenfall.github.auto_merge.comment import write_comment
from evenfall.github.auto_merge.decision import Decision, decide
from evenfall.github.auto_merge.merge import (
    MERGED,
    approve,
    check_required,
    disable_auto_merge,
    merge_method,
    merge_when_allowed,
)
from evenfall.github.auto_merge.pull_request import (
    PullRequest,
    compare,
    current_state,
    event_pull_request,
    read_blob,
    read_file,
)
from evenfall.github.auto_merge.requirements import other_changes
from evenfall.github.auto_merge.version_changes import VersionChange
from evenfall.github.profiles import PROFILES
from evenfall.github_api.client import GitHubApi
from evenfall.pipeline.gates import required_checks
from evenfall.pipeline.load import read_pipeline
from evenfall.project import lockfile, pyproject
from evenfall.project.github_settings import GitHub
from evenfall.project.lockfile import LockedPackage
from evenfall.project.project import Project, read_project
from evenfall.project.root import find_locked_root
from evenfall.report.github_actions import add_to_summary
from evenfall.supply_chain.review.report import ReviewReport, as_markdown
from evenfall.supply_chain.review.review import ReviewRequest, run_review
from evenfall.text import one_line

_FILES = frozenset((lockfile.NAME, pyproject.NAME))
_NO_PUSH_WORKFLOWS = (
    "note: a merge by the default token of a workflow starts no workflow on the push. To start them, name a secret with another token in "
    "token-secret of [tool.evenfall.github], and add it to the secrets of Dependabot, because its pull requests get no others"
)


@click.command()
def auto_merge() -> int:
    """Merge a patch or minor update by Dependabot after all required checks.

    It decides by the review of the lock's diff (see evenfall review), enables auto-merge, and approves if the settings ask for it. Another
    update gets a comment with the reasons, and a person must merge it. Nothing of the pull request is checked out or executed. It runs
    on the event pull_request of GitHub Actions, with GITHUB_TOKEN. The exit code is 3 if the review could not find out everything.

    A merge by the default token starts no workflow on the push. A merge by the token of token-secret in [tool.evenfall.github] does; it
    must be a secret of Dependabot.
    """
    project = read_project(find_locked_root(Path.cwd()))
    github = require_github(project)
    event = event_pull_request(os.environ.get("GITHUB_EVENT_PATH", ""))
    default = find_github(project.root, msgspec.structs.replace(github, token_secret=None))
    own = find_github(project.root, github)
    with GitHubApi(default) as api, GitHubApi(own) as merger:
        request = current_state(api, event.number)
        if reason := _why_ignored(event, request):
            click.echo(f"nothing to do: {reason}")
            return Exit.FINE
        # An earlier run may have enabled it for another commit. Nothing is merged before this one is reviewed.
        disable_auto_merge(api, request)
        return _merge(api, merger, request, project, github)


def _merge(api: GitHubApi, merger: GitHubApi, request: PullRequest, project: Project, github: GitHub) -> Exit:
    """Review the update, and merge it or leave it to a person. Return the exit code."""
    decision = _decide(api, request, project)
    if not decision.is_allowed:
        write_comment(api, request, decision)
        _print_reasons(decision)
        return decision.exit_code
    check_required(api, request.base.ref, required_checks(read_pipeline(project.root)))
    done = merge_when_allowed(api, request, merge_method(github), merger)
    if done != MERGED and _needs_approval(github):
        approve(api, request)  # last, because GitHub may merge at once
    write_comment(api, request, decision)
    click.echo(done)
    if done == MERGED or not os.environ.get(github.token_secret or ""):
        click.echo(_NO_PUSH_WORKFLOWS)
    return Exit.FINE


def _why_ignored(event: PullRequest, request: PullRequest) -> str:
    if not (event.is_by_dependabot and request.is_by_dependabot):
        return "the pull request is not by Dependabot"
    if request.state != "open":
        return "the pull request is closed"
    if request.head.sha != event.head.sha:
        return "the pull request has a newer commit, for which another run decides"
    return ""


def _needs_approval(github: GitHub) -> bool:
    approvals = PROFILES[github.profile].approvals if github.approvals is None else github.approvals
    return github.actions_can_approve and approvals > 0


def _print_reasons(decision: Decision) -> None:
    """Print each reason on one line, because GitHub Actions executes a line that starts with `::`."""
    click.echo("not merged, so a person must decide:")
    for reason in decision.reasons:
        click.echo(f"- {one_line(reason)}")
    for reason in decision.inconclusive:
        click.echo(f"- inconclusive: {one_line(reason)}")


def _decide(api: GitHubApi, request: PullRequest, project: Project) -> Decision:
    change = compare(api, request)
    if problems := tuple(change.problems(_FILES)):
        return Decision(reasons=problems)
    locked, declared = change.blob(lockfile.NAME), change.blob(pyproject.NAME)
    if locked is None:
        return Decision(reasons=(f"{lockfile.NAME} does not change",))
    base = change.merge_base_commit.sha
    before, after = read_file(api, base, lockfile.NAME), read_blob(api, locked)
    requirements = (read_file(api, base, pyproject.NAME), read_blob(api, declared)) if declared else (b"", b"")
    try:
        others = other_changes(*requirements)
        report = _review(project.root, before, after)
    except EvenfallError as error:
        return Decision(inconclusive=(one_line(error.message),))
    add_to_summary(as_markdown(report))
    changed = tuple(f"{pyproject.NAME}: {key} changes in more than a version" for key in others)
    decision = decide(_changes(report), report.findings, report.inconclusive)
    return Decision(reasons=(*changed, *decision.reasons), inconclusive=decision.inconclusive)


def _review(root: Path, before: bytes, after: bytes) -> ReviewReport:
    """Return the review of a change of the lock, with the policies of the project in `root`."""
    with commits_of_files(root, {lockfile.NAME: before}, {lockfile.NAME: after}) as (copy, base, head):
        return run_review(ReviewRequest(folder=copy, revisions=f"{base}..{head}"))


def _changes(report: ReviewReport) -> tuple[VersionChange, ...]:
    return tuple(
        VersionChange(
            name=change.name,
            before=tuple(map(_index_version, change.before)),
            after=tuple(map(_index_version, change.after)),
        )
        for change in report.changes
    )


def _index_version(package: LockedPackage) -> str:
    return (package.source.registry and package.version) or ""
