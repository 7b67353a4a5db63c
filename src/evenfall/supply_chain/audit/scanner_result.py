"""Who says that a version is vulnerable: our own database, and others who can be asked."""

from __future__ import annotations

from dataclasses import dataclass

from evenfall.supply_chain.audit.advisories import Advisory

OWN = "osv"
"""Who says what our own database says."""
UV = "uv audit"
SAFETY = "safety"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What `by` (`"osv"`, `"uv audit"`, `"safety"`) says of one version of a package; `version` is canonical."""

    by: str
    version: str
    advisory: Advisory


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a tool says."""

    tool: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A tool that can't be heard, and why."""

    tool: str
    why: str


Opinion = Heard | Missing
