"""What to do when something fails. The entries of a job come from its session, and those of GitHub itself are here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from evenfall.generate.dependabot import DEPENDABOT_UV
from evenfall.generate.guide.markdown import code, codes, console, paragraphs, prose
from evenfall.generate.guide.source import GuideSource
from evenfall.pipeline.model import HostedJob, Session, Trouble


def troubleshooting(source: GuideSource) -> str:
    """Return the text of the section "Troubleshooting": first what concerns every job, then each workflow with its jobs."""
    return paragraphs(
        "### Pull requests and Dependabot",
        _entries(_github(source)),
        *(_workflow(source, workflow) for workflow in source.workflows),
    )


def _workflow(source: GuideSource, workflow: str) -> str:
    sessions = (
        _session(source, session, _after_side_effects(source, session))
        for session in source.pipeline.in_workflow(workflow)
    )
    hosted = (_hosted_job(source, job) for job in source.pipeline.hosted_jobs if job.workflow == workflow)
    more = (
        "[RELEASING.md](RELEASING.md) says how to go on after each failure."
        if source.has_release and workflow == "cd"
        else ""
    )
    name = source.title(workflow)
    return paragraphs(f"### {prose(name[:1].upper() + name[1:])} failures", more, *sessions, *hosted)


def _session(source: GuideSource, session: Session, after: str) -> str:
    """Return the entries of a session. `after` is a session before it that changes something outside of the project."""
    if session.facts.side_effects:
        here = "It changes something outside of the project, so it runs only on GitHub."
    elif after:
        here = f"It needs what {code(after)} has done, so it runs only on GitHub."
    else:
        here = "To reproduce a failure here:\n\n" + console((f"nox -s {session.name}", f"evenfall run {session.name}"))
    return paragraphs(f"#### {code(session.name)}", here, _entries(_renamed(source, session.facts.troubleshooting)))


def _after_side_effects(source: GuideSource, session: Session) -> str:
    """Return the name of a session with side effects that a session needs, directly or not, or an empty string."""
    chain = [session]
    for current in chain:
        for needed in source.pipeline.needs(current):
            if needed.facts.side_effects:
                return needed.name
            if needed not in chain:
                chain.append(needed)
    return ""


def _hosted_job(source: GuideSource, job: HostedJob) -> str:
    return paragraphs(
        f"#### {code(job.name)}",
        "It runs only on GitHub. What comes closest here:",
        console((f"nox -s {job.local}",)),
        _entries(_renamed(source, job.troubleshooting)),
    )


def _renamed(source: GuideSource, troubles: Iterable[Trouble]) -> Iterator[Trouble]:
    """Yield the entries of a job with the names that the files of the workflows have in this repository."""
    for trouble in troubles:
        commands = trouble.commands
        for workflow in source.pipeline.renamed:
            commands = tuple(each.replace(f" {workflow}.yml", f" {source.file_name(workflow)}") for each in commands)
        yield Trouble(trouble.symptom, trouble.advice, commands)


def _entries(troubles: Iterable[Trouble]) -> str:
    return paragraphs(*(text for trouble in troubles for text in _entry(trouble)))


def _entry(trouble: Trouble) -> tuple[str, str]:
    return f"**{prose(trouble.symptom)}.** {prose(trouble.advice)}", console(trouble.commands)


def _github(source: GuideSource) -> Iterator[Trouble]:
    checks = source.wanted.branch.required_checks
    yield Trouble(
        "Expected — Waiting for status to be reported",
        f"No job reports a required check. The required ones are {codes(checks)}. Look whether the workflow has run for the newest commit "
        "of the pull request: its runs may wait for approval (a pull request from outside), the branch may have a conflict, or the rules "
        "may require a check under an old name.",
        ("gh pr checks", "evenfall generate --check"),
    )
    yield Trouble(
        "Everything is green, but the pull request can't be merged",
        "The branch must be up to date with the default branch, all conversations must be resolved, and the approvals must be newer than "
        "the last commit, as far as the rules above ask for it.",
        ("gh pr view --json mergeStateStatus,reviewDecision",),
    )
    yield Trouble(
        "A job was canceled",
        "A new commit on the pull request cancels the run of the one before it. A job is also canceled at its timeout, which the list of "
        "jobs above has: look for the last line in its log.",
        ("gh run list", "gh run rerun ID --failed"),
    )
    yield Trouble(
        "A job fails in its set-up, or with an old package",
        "Its cache can be broken. Without one, the next run downloads everything again.",
        ("gh cache delete --all", "gh run rerun ID --failed"),
    )
    yield Trouble(
        "A job needs a secret and fails only for pull requests of Dependabot or from a fork",
        "Such runs do not get the secrets of Actions. Store the secret for Dependabot, too; a fork never gets it.",
        ("gh secret list --app=dependabot",),
    )
    yield Trouble(
        "Dependabot reports `tool_version_not_supported`",
        f"`required-version` of `[tool.uv]` excludes the uv that Dependabot runs ({DEPENDABOT_UV}). Allow that version; "
        "`evenfall generate` warns until it is allowed.",
        ("evenfall generate",),
    )
    yield Trouble(
        "Dependabot proposes nothing",
        "An `exclude-newer` that is a date hides every later release: use a duration. The log is in Insights → Dependency graph → "
        "Dependabot.",
        ("uv tree --outdated --depth=1",),
    )
