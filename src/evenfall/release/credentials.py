"""The credentials of an upload: they reach uv in its environment, and nothing prints them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from evenfall.errors import EvenfallError
from evenfall.release.manifest import IndexName

TOKEN_VARIABLES: Mapping[IndexName, str] = {"pypi": "PYPI_API_TOKEN", "testpypi": "TEST_PYPI_API_TOKEN"}
"""The variable with the API token of each index."""

USER_VARIABLES = ("UV_PUBLISH_USERNAME", "UV_PUBLISH_PASSWORD")
"""uv's own variables for an index with passwords: https://docs.astral.sh/uv/reference/environment/"""

OIDC_VARIABLES = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
"""GitHub sets them in a job with the permission `id-token: write`: https://docs.github.com/en/actions/reference/security/oidc"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The variables for uv, and what they are, such as `the token in PYPI_API_TOKEN`.

    With `trusted_publishing`, they are those with which uv gets a token for the workflow run from the index.
    """

    source: str
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    trusted_publishing: bool = False

    def redact(self, text: str) -> str:
        """Return a text without the secrets. The name of a user is not secret."""
        for name, value in self.environ.items():
            if name != "UV_PUBLISH_USERNAME":
                text = text.replace(value, "***")
        return text

    def variables(self) -> dict[str, str | None]:
        """Return the variables for uv, and None for every other one that has credentials or would change an upload."""
        names = (
            *TOKEN_VARIABLES.values(),
            *OIDC_VARIABLES,
            *(name for name in os.environ if name.startswith("UV_PUBLISH_")),
        )
        return dict.fromkeys(names) | dict(self.environ)


def find_credentials(index: IndexName, environ: Mapping[str, str] = os.environ) -> Credentials:
    """Return the credentials for an index: its token, or else uv's own variables, or else trusted publishing in GitHub Actions.

    An empty variable is not set: GitHub passes a secret that does not exist as an empty string. Raises `EvenfallError` (usage) if
    there are none.
    """
    variable = TOKEN_VARIABLES[index]
    for name in (variable, "UV_PUBLISH_TOKEN"):
        if token := environ.get(name, "").strip():
            return Credentials(source=f"the token in {name}", environ={"UV_PUBLISH_TOKEN": token})
    user = {name: value for name in USER_VARIABLES if (value := environ.get(name, ""))}
    if len(user) == len(USER_VARIABLES):
        return Credentials(source=" and ".join(USER_VARIABLES), environ=user)
    oidc = {name: value for name in OIDC_VARIABLES if (value := environ.get(name, ""))}
    if environ.get("GITHUB_ACTIONS") == "true" and len(oidc) == len(OIDC_VARIABLES):
        return Credentials(source="trusted publishing", environ=oidc, trusted_publishing=True)
    raise EvenfallError(
        f"no credentials for {index}: {variable} is not set, and this is not a job with the permission id-token: write",
        hint=f"set {variable} to an API token of the index, then: evenfall release publish --index={index}",
    )
