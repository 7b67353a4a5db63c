"""The secrets that the workflows use: whether they exist, and how old they are. Nobody can read their values.

https://docs.github.com/en/rest/actions/secrets
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evenfall.github.answers import LiveSecret
from evenfall.github.live import Live
from evenfall.github.setting import Difference, Setting
from evenfall.github.wanted import WantedSettings
from evenfall.github_api.client import quoted
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


def _ages(secrets: list[LiveSecret], live: Live) -> _Ages:
    ages: dict[str, int] = {}
    for secret in secrets:
        ages[secret.name] = max(ages.get(secret.name, 0), (live.now - secret.updated_at).days)
    return ages


def _compare(ages: _Ages, wanted: WantedSettings) -> Iterator[Difference]:
    for secret in wanted.secrets:
        age, command = ages.get(secret.name.upper()), f"gh secret set {secret.name}"
        what = f"secret {secret.name}"
        if age is None:
            yield Difference(what=what, live="missing", wanted="there", by_hand=f"Create it: {command}")
        elif age > secret.max_age_days:
            old, new = plural(age, "day"), plural(secret.max_age_days, "day")
            by_hand = f"Replace it where it was issued, and then here: {command}"
            yield Difference(what=what, live=f"{old} old", wanted=f"at most {new} old", by_hand=by_hand)


SECRETS = Setting(
    key="secrets",
    title="Secrets",
    why="a job that uses a missing secret fails, and an old secret may be known to others",
    where="Settings → Secrets and variables → Actions",
    read=_read,
    compare=_compare,
)
