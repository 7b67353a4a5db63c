"""The users, teams and secrets of the fake GitHub, as it answers them."""

from __future__ import annotations

from typing import Any

from tests.github_api.github_state import TIME, State
from tests.github_api.request import Refusal


def user(state: State, login: str) -> dict[str, Any]:
    """Return a user. Logins are not case-sensitive."""
    for name, number in state.users.items():
        if name.lower() == login.lower():
            return {"login": name, "id": number, "type": "User"}
    raise Refusal(404, "Not Found")


def team(state: State, name: str) -> dict[str, Any]:
    """Return a team, of which the name is `org/slug`."""
    if name not in state.teams:
        raise Refusal(404, "Not Found")
    slug = name.partition("/")[2]
    return {"id": state.teams[name], "slug": slug, "name": slug.title()}


def secrets(dates: dict[str, str]) -> dict[str, Any]:
    """Return the names of secrets and when they were last changed."""
    found = [{"name": name, "created_at": TIME, "updated_at": date} for name, date in dates.items()]
    return {"total_count": len(found), "secrets": found}
