"""The edge to others who audit: what `uv audit` and Safety say of the same lock, or why they can't be heard."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from evenfall.project.tools import uv_program
from evenfall.supply_chain.audit.advisories import Advisory, Event, first_line
from evenfall.supply_chain.audit.scanner_result import UV, Claim, Heard, Missing, Opinion
from evenfall.supply_chain.versions import canonical

PATIENCE = 300.0
"""Seconds that one of them may take."""


def run(
    tool: str,
    command: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    *,
    fine: Iterable[int],
    patience: float = PATIENCE,
) -> subprocess.CompletedProcess[str] | Missing:
    """Run it; `fine` are the exit codes that mean that it has looked."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=patience,
        )
    except OSError as error:
        return Missing(tool=tool, why=f"it can't be started: {error.strerror}")
    except subprocess.TimeoutExpired:
        return Missing(tool=tool, why=f"no answer within {patience:g} seconds")
    if done.returncode not in fine:
        return Missing(tool=tool, why=f"it ended with {done.returncode}: {_reason(done)}")
    return done


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    """What it said of an error, else its last words."""
    lines = [line.strip() for line in (done.stderr.strip() or done.stdout).splitlines() if line.strip()]
    named = [place for place, line in enumerate(lines) if line.lower().startswith("error")]
    return first_line("; ".join(lines[named[0] :] if named else lines[-1:])) or "it says nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What another says of one version of a package: the names of a vulnerability, and the versions that mend it."""

    package: str
    version: str
    names: tuple[str, ...]
    summary: str
    fixed: tuple[str, ...] = ()


def claim(by: str, said: Said) -> Claim:
    """It in the shape of an advisory that lists this version."""
    known = canonical(said.version)
    return Claim(
        by=by,
        version=known,
        advisory=Advisory(
            id=said.names[0],
            package=canonicalize_name(said.package),
            modified="",
            aliases=said.names[1:],
            summary=first_line(said.summary),
            versions=frozenset([known]),
            ranges=tuple((Event(fixed=each),) for each in said.fixed),
        ),
    )


class _Dependency(msgspec.Struct, frozen=True):
    name: str
    version: str


class _Found(msgspec.Struct, frozen=True):
    dependency: _Dependency
    id: str
    aliases: tuple[str, ...] = ()
    summary: str | None = None
    description: str | None = None
    fix_versions: tuple[str, ...] = ()


class _Answer(msgspec.Struct, frozen=True):
    vulnerabilities: tuple[_Found, ...]


_NARROWING = ("UV_NO_DEV", "UV_NO_GROUP", "UV_NO_DEFAULT_GROUPS", "UV_PROJECT", "UV_WORKING_DIR", "VIRTUAL_ENV")


def ask_uv(root: Path, service: str) -> Opinion:
    """`uv audit` of the lock as it is; `service` is the URL of an OSV API, or empty for uv's own."""
    told = ("--frozen", "--output-format=json", *([f"--service-url={service}"] if service else []))
    environ = {name: value for name, value in os.environ.items() if name not in _NARROWING}
    done = run(UV, (str(uv_program()), "audit", "--quiet", *told), root, environ, fine=(0, 1))
    if isinstance(done, Missing):
        return done
    return understood(UV, lambda: _claims(msgspec.json.decode(done.stdout, type=_Answer)))


def _claims(answer: _Answer) -> tuple[Claim, ...]:
    return tuple(
        claim(
            UV,
            Said(
                package=each.dependency.name,
                version=each.dependency.version,
                names=(each.id, *each.aliases),
                summary=each.summary or each.description or "",
                fixed=each.fix_versions,
            ),
        )
        for each in answer.vulnerabilities
    )


def understood(tool: str, read: Callable[[], tuple[Claim, ...]]) -> Opinion:
    """What a tool wrote, or that it wrote something else: its format may change."""
    try:
        return Heard(tool=tool, claims=read())
    except (msgspec.MsgspecError, OSError, UnicodeDecodeError) as error:
        return Missing(tool=tool, why=f"its answer has another form than the one known here: {error}")
