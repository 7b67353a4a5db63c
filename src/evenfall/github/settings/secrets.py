"""The secrets that the workflows use: whether they exist, and how old they are. GitHub never returns their values.

https://docs.github.com/en/rest/actions/secrets, https://docs.github.com/en/rest/dependabot/secrets
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from evenfall.github.answers import LiveSecret
from evenfall.github.live import Live, Unreadable
from evenfall.github.setting import Difference, Setting
from evenfall.github.wanted import Secret, WantedSettings
from evenfall.github_api.client import quoted
from evenfall.github_api.errors import DeniedError
from evenfall.text import plural

_Ages = Mapping[str, int]
"""The age of each secret in days, by its name. That of one with several values is the age of the oldest."""


def _read(live: Live, wanted: WantedSettings) -> _Ages:
    names = {secret.name.upper() for secret in wanted.secrets}
    if not names:
        return {}
    found = [*live.secrets("actions/secrets", "secrets: read")]
    for environment in wanted.environments:
        if environment.name in live.environments:
            path = f"environments/{quoted(environment.name)}/secrets"
            found += live.secrets(path, "environments: read")
    if names - {secret.name for secret in found} and live.repository.owner.type == "Organization":
        found += live.secrets("actions/organization-secrets", "secrets: read")
    return _ages(found, live)


def _read_dependabot(live: Live, wanted: WantedSettings) -> _Ages | Unreadable:
    names = {secret.name.upper() for secret in _of_dependabot(wanted)}
    if not names:
        return {}
    found = [*live.secrets("dependabot/secrets", "Dependabot secrets: read")]
    missing = names - {secret.name for secret in found}
    if missing and live.repository.owner.type == "Organization":
        organization = live.api.repository.partition("/")[0]
        path = f"/orgs/{quoted(organization)}/dependabot/secrets"
        try:
            shared = live.secrets(path, "organization Dependabot secrets: read")
            unknown = missing & {secret.name for secret in shared if secret.visibility == "selected"}
        except DeniedError:
            shared, unknown = (), missing
        if unknown:
            listed = ", ".join(sorted(unknown))
            return Unreadable(
                reason=f"the repository has no {listed} of its own, and GitHub does not show whether it gets that of {organization}; "
                "to set it for the repository: gh secret set NAME --app dependabot"
            )
        found += [each for each in shared if each.visibility == "all" or live.repository.private]
    return _ages(found, live)


def _of_dependabot(wanted: WantedSettings) -> tuple[Secret, ...]:
    return tuple(secret for secret in wanted.secrets if secret.is_for_dependabot)


def _ages(secrets: list[LiveSecret], live: Live) -> _Ages:
    ages: dict[str, int] = {}
    for secret in secrets:
        ages[secret.name] = max(ages.get(secret.name, 0), (live.now - secret.updated_at).days)
    return ages


def _differences(ages: _Ages, secrets: Iterable[Secret], *, what: str, option: str) -> Iterator[Difference]:
    for secret in secrets:
        age, command = ages.get(secret.name.upper()), f"gh secret set {secret.name}{option}"
        name = f"{what} {secret.name}"
        if age is None:
            yield Difference(what=name, live="missing", wanted="there", by_hand=f"Create it: {command}")
        elif age > secret.max_age_days:
            old, new = plural(age, "day"), plural(secret.max_age_days, "day")
            by_hand = f"Replace it where it was issued, and then here: {command}"
            yield Difference(what=name, live=f"{old} old", wanted=f"at most {new} old", by_hand=by_hand)


SECRETS = Setting(
    key="secrets",
    title="Secrets",
    why="a job that uses a missing secret fails, and an old secret may be known to others",
    where="Settings → Secrets and variables → Actions",
    read=_read,
    compare=lambda ages, wanted: _differences(ages, wanted.secrets, what="secret", option=""),
)
DEPENDABOT_SECRETS = Setting(
    key="dependabot-secrets",
    title="Secrets of Dependabot",
    why="the jobs of a pull request by Dependabot get no other secrets",
    where="Settings → Secrets and variables → Dependabot",
    read=_read_dependabot,
    compare=lambda ages, wanted: _differences(
        ages, _of_dependabot(wanted), what="secret of Dependabot", option=" --app dependabot"
    ),
)
