"""The security features of a repository. Each is on if the project wants it.

https://docs.github.com/en/rest/repos/repos, https://docs.github.com/en/code-security/getting-started/github-security-features
"""

from __future__ import annotations

from collections.abc import Callable

from evenfall.github.live import ADMIN_WRITE, Live, Unreadable
from evenfall.github.setting import Difference, Setting, difference
from evenfall.github.wanted import WantedSettings
from evenfall.github_api.client import GitHubApi
from evenfall.project.github_settings import Feature

_WHERE = "Settings → Advanced Security"
_ALERTS = "vulnerability-alerts"


def _feature(
    feature: Feature,
    *,
    title: str,
    why: str,
    read: Callable[[Live], bool | Unreadable],
    write: Callable[[GitHubApi], object],
    where: str = _WHERE,
    needs: Feature | None = None,
) -> Setting[bool]:
    """Return the setting that a feature is on. One that needs another feature is turned on by hand if the project omits the other."""

    def compare(is_on: bool, wanted: WantedSettings) -> tuple[Difference, ...]:
        is_possible = needs is None or needs in wanted.features
        return difference("", is_on, True, by_hand="" if is_possible else f"Turn it on; it needs {needs}")

    return Setting(
        key=feature,
        title=title,
        why=why,
        where=where,
        read=lambda live, wanted: read(live),
        compare=compare,
        write=lambda api, is_on, wanted: write(api),
        feature=feature,
    )


def _analysis(api: GitHubApi, name: str) -> None:
    api.patch("", {"security_and_analysis": {name: {"status": "enabled"}}}, permission=ADMIN_WRITE)


DEPENDENCY_GRAPH = _feature(
    "dependency-graph",
    title="Dependency graph",
    why="alerts and the dependency review read it",
    # A public repository always has it, and alerts turn it on.
    read=lambda live: not live.repository.private or live.is_on(_ALERTS),
    write=lambda api: api.put(_ALERTS, permission=ADMIN_WRITE),
    needs="dependabot-alerts",
)
DEPENDABOT_ALERTS = _feature(
    "dependabot-alerts",
    title="Dependabot alerts",
    why="a vulnerability that is published after the last commit is not noticed",
    read=lambda live: live.is_on(_ALERTS),
    write=lambda api: api.put(_ALERTS, permission=ADMIN_WRITE),
)
SECURITY_UPDATES = _feature(
    "security-updates",
    title="Dependabot security updates",
    why="without it, Dependabot does not propose the fixed version of a vulnerable package",
    read=lambda live: live.security_feature("dependabot_security_updates"),
    write=lambda api: api.put("automated-security-fixes", permission=ADMIN_WRITE),
    needs="dependabot-alerts",
)
SECRET_SCANNING = _feature(
    "secret-scanning",
    title="Secret scanning",
    why="a secret in the history is not noticed",
    read=lambda live: live.security_feature("secret_scanning"),
    write=lambda api: _analysis(api, "secret_scanning"),
)
PUSH_PROTECTION = _feature(
    "push-protection",
    title="Push protection for secrets",
    why="a pushed secret is public before anyone can remove it",
    read=lambda live: live.security_feature("secret_scanning_push_protection"),
    write=lambda api: _analysis(api, "secret_scanning_push_protection"),
    needs="secret-scanning",
)
VULNERABILITY_REPORTING = _feature(
    "private-vulnerability-reporting",
    title="Private vulnerability reporting",
    why="without it, a vulnerability can be reported only in a public issue",
    # Only public repositories have it.
    read=lambda live: live.repository.private or live.is_on("private-vulnerability-reporting"),
    write=lambda api: api.put("private-vulnerability-reporting", permission=ADMIN_WRITE),
)
IMMUTABLE_RELEASES = _feature(
    "immutable-releases",
    title="Immutable releases",
    why="the files and the tag of a published release can be replaced",
    read=lambda live: live.is_on("immutable-releases"),
    write=lambda api: api.put("immutable-releases", permission=ADMIN_WRITE),
    where="Settings → General → Releases",
)
