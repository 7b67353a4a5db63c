"""What the repository on GitHub must be set to: secrets, rules of the default branch, environments, code owners, security settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evenfall.generate.codeowners import CODEOWNERS
from evenfall.generate.guide.markdown import bullets, code, codes, console, paragraphs, prose
from evenfall.generate.guide.source import GuideSource
from evenfall.github.mergeability import merge_rules, mergeability
from evenfall.github.mergeability_report import assumption, mergeability_text
from evenfall.github.wanted import PROTECTED_ENVIRONMENT, Environment, Secret
from evenfall.pipeline.marker import MARKER
from evenfall.project.github_settings import Feature
from evenfall.project.pyproject import NAME as PYPROJECT
from evenfall.project.uv_settings import private_index
from evenfall.text import plural

FEATURES: Mapping[Feature, str] = {
    "dependency-graph": "Dependency graph",
    "dependabot-alerts": "Dependabot alerts",
    "security-updates": "Dependabot security updates",
    "grouped-security-updates": "Grouped security updates (by hand: `evenfall github apply` can't change it)",
    "secret-scanning": "Secret scanning",
    "push-protection": "Push protection for secrets: GitHub rejects a push that contains one",
    "private-vulnerability-reporting": "Private vulnerability reporting",
    "immutable-releases": "Immutable releases: the files and the tag of a published release can't change",
    "sha-pinned-actions": "Required pinning of actions to a commit",
    "read-only-workflow-permissions": "Default permissions of a workflow's token: only reading",
    "fork-approval": "Approval of workflow runs from forks: always, for every contributor from outside",
    "environment-protection": "Rules of the environment `pypi`, as above",
    "tag-rules": "Ruleset of the version tags: they can't be moved or deleted",
}
"""What each feature is called in the guide, as in `evenfall.github.settings`, whose client for GitHub would take long to import."""

_PURPOSES = {
    "PYPI_API_TOKEN": "uploads to PyPI, only without a trusted publisher: a token with the scope of this project, from "
    "<https://pypi.org/manage/account/token/>",
    "TEST_PYPI_API_TOKEN": "uploads to TestPyPI, only without a trusted publisher: a token with the scope of this project, from "
    "<https://test.pypi.org/manage/account/token/>",
    "SAFETY_API_KEY": "current advisories of Safety, from <https://platform.safetycli.com>; without it, its public ones",
    "CODECOV_TOKEN": "uploads the coverage, from <https://app.codecov.io>",
}
_READS_SETTINGS = (
    "the settings of the repository: a fine-grained token that can read administration, environments and secrets, and write contents and "
    "pull requests"
)
_PROVIDED = "GITHUB_TOKEN"
_CHECK = "settings"
"""The name of the session that compares the settings."""


def introduction(source: GuideSource) -> str:
    """Return how the settings are compared and changed."""
    if any(session.name == _CHECK for session in source.pipeline.sessions):
        check = f"The job {code(_CHECK)} compares the settings, too."
    elif _CHECK in source.pipeline.local:
        check = f"{code(f'nox -s {_CHECK}')} compares the settings, too; a workflow has no token that can read them."
    else:
        check = ""
    return paragraphs(
        f"`[tool.evenfall.github]` in {code(PYPROJECT)} and the pipeline determine all settings below. The first command shows what "
        "differs on GitHub. The second one changes it, and ends with what is still to do by hand. They use the token in `GH_TOKEN` or "
        f"`GITHUB_TOKEN`, or else that of `gh auth login`. {check}",
        console(("evenfall github plan", "evenfall github apply")),
    )


def required_secrets(source: GuideSource) -> str:
    """Return the text of "Required secrets": each secret that a workflow uses or that the settings name."""
    ages = {secret.name: secret for secret in source.wanted.secrets}
    names = dict.fromkeys((*_used_secrets(source), *ages))
    if not names:
        return paragraphs(
            "### Required secrets", "None. The workflows use only the token that GitHub gives to each job."
        )
    rows = "".join(_secret_row(source, name, ages.get(name)) for name in names)
    dependabot = bullets(
        f"{code(secret.name)} must exist for Dependabot, too, whose pull requests get no other secrets"
        for secret in source.wanted.secrets
        if secret.is_for_dependabot
    )
    publisher = "With trusted publishing, which [RELEASING.md](RELEASING.md) sets up, a release needs no token."
    return paragraphs(
        "### Required secrets",
        publisher if source.has_release else "",
        "Settings → Secrets and variables → Actions, or by command; it asks for the value:",
        console(("gh secret set NAME", *(("gh secret set NAME --app=dependabot",) if dependabot else ()))),
        "| Secret | Must exist | Replaced after | Used by | Purpose |\n| --- | --- | --- | --- | --- |\n" + rows,
        dependabot,
    )


def _used_secrets(source: GuideSource) -> Iterator[str]:
    for session in source.pipeline.sessions:
        yield from (name for name in session.facts.secrets if name != _PROVIDED)


def _secret_row(source: GuideSource, name: str, secret: Secret | None) -> str:
    users = [session.name for session in source.pipeline.sessions if name in session.facts.secrets]
    if name == "CODECOV_TOKEN" and source.settings.coverage.codecov == "token":
        users.append("coverage")
    purpose = _READS_SETTINGS if name == source.github.token_secret else _PURPOSES.get(name, "")
    for session in source.pipeline.sessions:
        index = session.facts.environment
        if name in session.facts.secrets and index and private_index(source.project.root, index):
            purpose = f"uploads to the index {code(index)}"
    age = plural(secret.max_age_days, "day") if secret else ""
    must = "yes" if secret else "no"
    return f"| {code(name)} | {must} | {age} | {codes(users)} | {purpose} |\n"


def branch_protection(source: GuideSource) -> str:
    """Return the text of "Branch protection rules"."""
    branch, merge = source.wanted.branch, source.wanted.merge
    rules = (
        ("Require a pull request before merging", True),
        (f"Required approvals: {branch.approvals}", True),
        ("Dismiss stale pull request approvals when new commits are pushed", branch.dismiss_stale_approvals),
        ("Require review from Code Owners", branch.code_owner_review),
        ("Require approval of the most recent reviewable push", branch.last_push_approval),
        ("Require conversation resolution before merging", branch.conversation_resolution),
        ("Require status checks to pass, reported by GitHub Actions", bool(branch.required_checks)),
        ("Require branches to be up to date before merging", branch.strict_checks),
        ("Require linear history", branch.linear_history),
        ("Block force pushes, restrict deletions", True),
        ("No bypass, not even for admins", not branch.admins_bypass),
    )
    options = (
        ("Allow squash merging", "squash" in merge.methods),
        ("Allow merge commits", "merge" in merge.methods),
        ("Allow rebase merging", "rebase" in merge.methods),
        ("Allow auto-merge", merge.auto_merge),
        ("Automatically delete head branches", merge.delete_head_branches),
        ("Allow GitHub Actions to create and approve pull requests", source.wanted.actions_can_approve),
    )
    return paragraphs(
        "### Branch protection rules",
        f"A ruleset for {code(branch.branch)} (Settings → Rules → Rulesets). The profile is `{source.wanted.profile}`:",
        _checklist(rules),
        "Required status checks. They are the gates of the workflows, so a new job needs no change here:",
        bullets(map(code, branch.required_checks)),
        "Merge options (Settings → General, and Settings → Actions → General):",
        _checklist(options),
        "Whose pull requests can be merged under these settings:",
        "".join(_mergeability(source)),
    )


def _mergeability(source: GuideSource) -> Iterator[str]:
    """Yield the lines of a list with every kind of pull request; below one that can't be merged, its conflicts."""
    rules = merge_rules(source.wanted)
    for result in mergeability(rules):
        first, *conflicts = mergeability_text(result, rules).splitlines()
        yield f"- {prose(first)}\n"
        yield from (f"{'    ' if line.startswith('  ') else '  '}- {prose(line)}\n" for line in conflicts)
    yield bullets((prose(assumption(source.wanted)),))


def _checklist(rules: tuple[tuple[str, bool], ...]) -> str:
    return bullets(f"{'✅' if is_on else '❌'} {text}" for text, is_on in rules)


def environments(source: GuideSource) -> str:
    """Return the text of "Environments"."""
    found = source.wanted.environments
    if not found:
        return paragraphs("### Environments", "No job uses an environment.")
    return paragraphs(
        "### Environments",
        "Settings → Environments:",
        "".join(_environment(source, environment) for environment in found),
    )


def _environment(source: GuideSource, environment: Environment) -> str:
    users = [session for session in source.pipeline.sessions if session.facts.environment == environment.name]
    secrets = dict.fromkeys(secret for session in users for secret in session.facts.secrets)
    if environment.name == PROTECTED_ENVIRONMENT and "environment-protection" in source.github.omit:
        rules: tuple[str, ...] = ("its rules are left as they are (`omit`)",)
    else:
        rules = (
            f"required reviewers: {codes(environment.reviewers)}" if environment.reviewers else "no required reviewers",
            f"wait timer: {plural(environment.wait_minutes, 'minute')}, in which a person can stop the job"
            if environment.wait_minutes
            else "no wait timer",
            f"only tags {code(environment.tags)} can deploy" if environment.tags else "every branch and tag can deploy",
        )
    return f"- **{code(environment.name)}**\n" + bullets(
        (
            f"used by {codes(session.name for session in users)}",
            *rules,
            f"secrets, of the repository or of the environment: {codes(secrets)}" if secrets else "no secrets",
        ),
        "  ",
    )


def code_owners(source: GuideSource) -> str:
    """Return the text of "Code owners"."""
    if own := source.own.get(CODEOWNERS):
        return paragraphs("### Code owners", f"{code(own)}, which is written by hand, names the code owners.")
    text = source.codeowners.removeprefix(MARKER).strip()
    return paragraphs(
        "### Code owners",
        f"{'A code owner must approve' if source.wanted.branch.code_owner_review else 'GitHub asks the code owners for a review of'} "
        "a change of a file that has owners. `.github/CODEOWNERS`, in which the last rule that matches a file decides:",
        f"```text\n{text}\n```",
    )


def security_settings(source: GuideSource) -> str:
    """Return the text of "Security settings"."""
    omitted = source.github.omit
    return paragraphs(
        "### Security settings",
        "Settings → Advanced Security, Actions, Rules and General:",
        _checklist(tuple((words, True) for feature, words in FEATURES.items() if feature in source.wanted.features)),
        f"Left as they are (`omit`): {codes(omitted)}." if omitted else "",
    )
