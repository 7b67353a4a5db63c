"""How dependencies are updated: Dependabot, auto-merge, and the lock of the noxfile."""

from __future__ import annotations

from evenfall.generate.dependabot import DEPENDABOT, dependabot_updates
from evenfall.generate.guide.markdown import bullets, code, codes, console, paragraphs
from evenfall.generate.guide.source import AUTO_MERGE_FILE, GuideSource
from evenfall.pipeline.script_environment import SCRIPT_LOCK
from evenfall.project.code_owners import DEPENDABOT_FILES
from evenfall.text import plural

REFRESH = "refresh-tools"
"""The name of the session that updates the lock of the noxfile."""


def dependency_automation(source: GuideSource) -> str:
    """Return the text of the section "Dependency automation"."""
    return paragraphs(_updates(source), _auto_merge(source), _tools(source))


def _updates(source: GuideSource) -> str:
    if own := source.own.get(DEPENDABOT):
        return paragraphs("### Updates", f"{code(own)}, which is written by hand, configures the updates.")
    updates = dependabot_updates(source.project.root, source.project.pyproject)
    schedule = updates[0]["schedule"]
    return paragraphs(
        f"### Dependabot (`{DEPENDABOT}`)",
        bullets(
            (
                f"ecosystems: {codes(update['package-ecosystem'] for update in updates)}",
                f"{schedule['interval']}, on {schedule['day'].title()} at {schedule['time']} ({schedule['timezone']})",
                f"at most {updates[0]['open-pull-requests-limit']} open pull requests for each ecosystem",
                "minor and patch updates of an ecosystem come in one pull request, major ones each in its own",
                f"a release waits {plural(updates[0]['cooldown']['default-days'], 'day')}, a security update does not",
                "the code owners of the changed files are asked for a review; Dependabot has no setting for reviewers",
            )
        ),
    )


def _tools(source: GuideSource) -> str:
    if any(session.name == REFRESH for session in source.pipeline.sessions):
        job = f"The job {code(REFRESH)} proposes an update in a pull request, with the same cooldown."
    else:
        job = "No job updates it."
    return paragraphs(
        f"### The tools of the pipeline (`{SCRIPT_LOCK}`)",
        f"`{SCRIPT_LOCK}` pins Nox, Evenfall and the tools of the sessions. Dependabot does not read it. {job} By hand:",
        console(("evenfall github refresh-tools", "evenfall run")),
    )


def _auto_merge(source: GuideSource) -> str:
    heading = f"### Auto-merge (`{AUTO_MERGE_FILE}`)"
    if own := source.own.get(AUTO_MERGE_FILE):
        return paragraphs("### Auto-merge", f"{code(own)}, which is written by hand, merges updates.")
    if not source.github.auto_merge:
        return paragraphs("### Auto-merge", "`auto-merge = false`: a person merges every update.")
    owned = source.wanted.branch.code_owner_review
    approval = "approves it and " if source.wanted.branch.approvals and source.wanted.actions_can_approve else ""
    return paragraphs(
        heading,
        bullets(
            (
                "only for pull requests by Dependabot from a branch of this repository, and without running their code",
                "the review of the change of `uv.lock` decides (`evenfall review`): versions, hashes, indexes, advisories, licenses",
                f"for a patch or minor update, it {approval}enables auto-merge; GitHub merges when all required checks have passed",
                "a major update gets a comment, and a person merges it",
                f"the files that Dependabot edits ({codes(DEPENDABOT_FILES)}) have no code owner, because an app can't approve as one"
                if owned
                else "",
                "a person merges updates of actions, because the token of a workflow can't change workflows",
                f"the token {code(token)} merges, if it is a secret of Dependabot, so that the push starts the workflows"
                if (token := source.github.token_secret)
                else "a merge by the token of a workflow starts no run for the push; the next push checks it"
                + (", or the daily run" if "security" in source.pipeline.workflows else ""),
            )
        ),
    )
