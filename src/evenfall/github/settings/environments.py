"""The environments that jobs deploy to, and who and what may deploy to them.

https://docs.github.com/en/rest/deployments/environments
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evenfall.errors import EvenfallError
from evenfall.github.answers import Account, DeploymentPolicy, LiveEnvironment
from evenfall.github.live import ADMIN_WRITE, Live
from evenfall.github.setting import Difference, Setting, difference
from evenfall.github.wanted import Environment, WantedSettings
from evenfall.github_api.client import GitHubApi, quoted

_WHERE = "Settings → Environments"
_OMIT = 'omit = ["environment-protection"], if the plan of the owner does not have it'
_Environments = Mapping[str, LiveEnvironment]
_Policies = Mapping[str, tuple[DeploymentPolicy, ...]]


def _compare(live: _Environments, wanted: WantedSettings) -> Iterator[Difference]:
    for environment in wanted.environments:
        if environment.name not in live:
            yield Difference(what=f"environment {environment.name}", live="missing", wanted="there")
        if environment.tags:  # an environment without rules of its own may have any
            yield from _rules(environment, live.get(environment.name) or LiveEnvironment(name=environment.name))


def _rules(environment: Environment, live: LiveEnvironment) -> Iterator[Difference]:
    name = environment.name
    reviewers = {_short(each): each for each in environment.reviewers}
    found = [reviewers.get(each, each) for each in sorted(live.reviewers)]
    yield from difference(f"reviewers of {name}", _listed(found), _listed(sorted(reviewers.values(), key=_short)))
    yield from difference(f"wait minutes of {name}", live.wait_minutes, environment.wait_minutes)
    yield from difference(f"limit of the branches and tags that deploy to {name}", live.has_policies, True)
    if _is_alone(environment):
        yield from difference(f"prevention of self-review of {name}", live.prevents_self_review, False)


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"


def _short(reviewer: str) -> str:
    """Return a reviewer as the live ones are named: a user as `@octocat`, and a team without its organization."""
    user, _, team = reviewer.partition("/")
    return (f"team {team}" if team else user).lower()


def _is_alone(environment: Environment) -> bool:
    """Return whether the only reviewer is a person, who must be able to approve their own release."""
    return len(environment.reviewers) == 1 and "/" not in environment.reviewers[0]


def _write(api: GitHubApi, live: _Environments, wanted: WantedSettings) -> None:
    """Create or change the environments that differ. Raises `EvenfallError` with all failures."""
    failures, hint = [], ""
    for environment in wanted.environments:
        old = live.get(environment.name)
        if old and not (environment.tags and any(_rules(environment, old))):
            continue
        try:
            body = _body(api, environment, old) if environment.tags else None
            api.put(f"environments/{quoted(environment.name)}", body, permission=ADMIN_WRITE)
        except EvenfallError as error:
            failures.append(str(error))
            hint = _OMIT if environment.tags else hint
    if failures:
        raise EvenfallError("\n".join(failures), hint=hint)


def _body(api: GitHubApi, environment: Environment, old: LiveEnvironment | None) -> dict[str, Any]:
    """Return all rules of an environment, because GitHub resets those that a request leaves out."""
    kept = {"can_admins_bypass": False} if old and not old.can_admins_bypass else {}
    return {
        **kept,
        "wait_timer": environment.wait_minutes,
        "prevent_self_review": bool(old and old.prevents_self_review and not _is_alone(environment)),
        "reviewers": [_reviewer(api, each) for each in environment.reviewers],
        "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
    }


def _reviewer(api: GitHubApi, name: str) -> dict[str, Any]:
    """Return a user or a team by its number."""
    organization, _, team = name.removeprefix("@").partition("/")
    if team:
        path, permission = f"/orgs/{quoted(organization)}/teams/{quoted(team)}", "members: read"
        return {"type": "Team", "id": api.get(path, Account, permission=permission).id}
    return {"type": "User", "id": api.get(f"/users/{quoted(organization)}", Account).id}


def _read_policies(live: Live, wanted: WantedSettings) -> _Policies:
    limited = [each.name for each in wanted.environments if each.tags and each.name in live.environments]
    return {name: live.deployment_policies(name) for name in limited if live.environments[name].has_policies}


def _compare_policies(live: _Policies, wanted: WantedSettings) -> Iterator[Difference]:
    for environment in wanted.environments:
        if environment.tags:
            found = {str(policy) for policy in live.get(environment.name, ())}
            should = {f"tag {environment.tags}"}
            for name in sorted(found ^ should):
                yield from difference(f"deployments to {environment.name} from {name}", name in found, name in should)


def _write_policies(api: GitHubApi, live: _Policies, wanted: WantedSettings) -> None:
    for environment in wanted.environments:
        if environment.tags:
            path = f"environments/{quoted(environment.name)}/deployment-branch-policies"
            policies = live.get(environment.name, ())
            wanted_policy = f"tag {environment.tags}"
            if wanted_policy not in map(str, policies):
                api.post(path, {"name": environment.tags, "type": "tag"}, permission=ADMIN_WRITE)
            for policy in policies:
                if str(policy) != wanted_policy:
                    api.delete(f"{path}/{policy.id}", permission=ADMIN_WRITE)


ENVIRONMENTS = Setting(
    key="environments",
    title="Environments",
    why="a release must wait for a person's approval, and no branch may publish",
    where=_WHERE,
    read=lambda live, wanted: live.environments,
    compare=_compare,
    write=_write,
)
DEPLOYMENT_TAGS = Setting(
    key="deployment-tags",
    title="Tags that may deploy",
    why="code that no version tag is on must not be published",
    where=_WHERE,
    read=_read_policies,
    compare=_compare_policies,
    write=_write_policies,
    feature="environment-protection",
)
