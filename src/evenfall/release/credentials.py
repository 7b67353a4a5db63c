"""The credentials of an upload: they reach uv in its environment, and nothing prints them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from evenfall.errors import EvenfallError
from evenfall.release.manifest import IndexName

TOKEN_VARIABLES: Mapping[IndexName, str] = {"pypi": "PYPI_API_TOKEN", "testpypi": "TEST_PYPI_API_TOKEN"}
"""The variable with the API token of each index."""

UV_VARIABLES = ("UV_PUBLISH_TOKEN", "UV_PUBLISH_USERNAME", "UV_PUBLISH_PASSWORD")
"""uv's own variables: https://docs.astral.sh/uv/reference/environment/"""

OIDC_VARIABLES = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
"""GitHub sets them in a job with the permission `id-token: write`: https://docs.github.com/en/actions/reference/security/oidc"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The variables for uv, and what they are, such as `the token in PYPI_API_TOKEN`.

    With `trusted_publishing`, there are no variables, and uv gets a token for the workflow run from the index.
    """

    source: str
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    trusted_publishing: bool = False

    def redact(self, text: str) -> str:
        """Return a text without the secrets."""
        for name, value in self.environ.items():
            if name != "UV_PUBLISH_USERNAME" and value:
                text = text.replace(value, "***")
        return text


def find_credentials(index: IndexName, environ: Mapping[str, str] = os.environ) -> Credentials:
    """Return the credentials for an index: its token, or else trusted publishing in GitHub Actions, or else uv's own variables.

    An empty variable is not set: GitHub passes a secret that does not exist as an empty string. Raises `EvenfallError` (usage) if
    there are none.
    """
    variable = TOKEN_VARIABLES[index]
    if token := environ.get(variable, "").strip():
        return Credentials(source=f"the token in {variable}", environ={"UV_PUBLISH_TOKEN": token})
    if all(environ.get(name) for name in OIDC_VARIABLES):
        return Credentials(source="trusted publishing", trusted_publishing=True)
    own = {name: value for name in UV_VARIABLES if (value := environ.get(name, "").strip())}
    if "UV_PUBLISH_TOKEN" in own:
        return Credentials(
            source="the token in UV_PUBLISH_TOKEN", environ={"UV_PUBLISH_TOKEN": own["UV_PUBLISH_TOKEN"]}
        )
    if "UV_PUBLISH_PASSWORD" in own:
        return Credentials(source="the password in UV_PUBLISH_PASSWORD", environ=own)
    raise EvenfallError(
        f"no credentials for {index}: {variable} is not set, and this is not a job with the permission id-token: write",
        hint=f"set {variable} to an API token of the index, then: evenfall release publish --index={index}",
    )
