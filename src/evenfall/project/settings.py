"""`[tool.evenfall]` of `pyproject.toml`: the project's own facts, each declared once.

Types, defaults and help live in these structs; unknown keys are errors with a did-you-mean.
"""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Any, Literal

import msgspec

from evenfall.errors import EvenfallError
from evenfall.text import did_you_mean

# What GitHub accepts as a `runs-on` label and git as a branch, without what YAML, expressions or a shell would read.
Label = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._-]*\Z")]
Branch = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._/-]*\Z")]
PythonVersion = Annotated[str, msgspec.Meta(pattern=r"\A3\.(0|[1-9][0-9]?)\Z")]


class Groups(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which of the project's dependency groups (PEP 735) a standard session installs; `None`: by their usual names."""

    tests: tuple[str, ...] | None = None
    lint: tuple[str, ...] | None = None
    docs: tuple[str, ...] | None = None


class Tests(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """`pytest_args`: arguments that the session `tests` adds to the project's own pytest options, such as `["-n", "auto"]`."""

    pytest_args: tuple[str, ...] = ()


class Build(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`reproducible`: "bytes", or "contents" where the backend can't write the same archive twice (setuptools' sdist)."""

    reproducible: Literal["bytes", "contents"] = "bytes"


class Coverage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`codecov`: whether the coverage job uploads to Codecov, and how it proves who it is."""

    codecov: Literal["off", "oidc", "token"] = "off"


# What an advisory or a distribution can be called: nothing that a shell, Markdown or a terminal would read.
Name = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,199}\Z")]
NonEmptyLine = Annotated[str, msgspec.Meta(pattern=r"\A[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*\Z")]
"""One line with at least one character that is not a space."""
OSV_EXPORT = "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip"
"""https://google.github.io/osv.dev/data/#data-dumps"""


class Ignore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A vulnerability that does not fail the audit until a date, by any of its ids; of one package, or of all packages."""

    id: Name
    reason: NonEmptyLine
    owner: NonEmptyLine
    expires: datetime.date
    package: Name | None = None


class AuditPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab", kw_only=True):
    """The source of the advisories, and the vulnerabilities that fail the audit.

    `database` is the URL or path of an OSV export as a zip file. `osv_api` is the URL of the OSV API for `uv audit`, empty for its
    default.
    """

    database: NonEmptyLine = OSV_EXPORT
    osv_api: str = ""
    fail_on: Literal["low", "moderate", "high", "critical"] = "low"
    unknown: Literal["fail", "warn"] = "fail"
    max_age_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 7
    ignore: tuple[Ignore, ...] = ()


Strictness = Literal["fail", "warn"]


class Exemption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of a package whose license somebody has looked at, and why it is all right."""

    package: Name
    version: NonEmptyLine
    reason: NonEmptyLine


class LicensePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which licenses packages may have: only those of `allow`, or all but those of `deny`; SPDX identifiers.

    `exceptions` are those that make any license they come with allowed, `unknown` is what an unknown license does, `dev` what
    packages do that do not ship.
    """

    allow: Annotated[tuple[NonEmptyLine, ...], msgspec.Meta(min_length=1)] | None = None
    deny: tuple[NonEmptyLine, ...] | None = None
    exceptions: tuple[NonEmptyLine, ...] = ()
    unknown: Strictness = "fail"
    dev: Strictness = "fail"
    exempt: tuple[Exemption, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a policy that would have to say what holds for a license that is on neither list."""
        if self.allow is not None and self.deny is not None:
            raise ValueError("allow and deny are both given; what is on neither list would be both")


class Review(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """`min_age_days`: how long a release must have been out before it is taken without a warning."""

    min_age_days: Annotated[int, msgspec.Meta(ge=0, le=3650)] = 3


class BaselineEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A finding of `evenfall secrets` that is not a secret, by its `fingerprint`; or all findings of a `rule` in some files.

    `path` is a shell pattern for these files, in which `*` also matches `/`. It starts with a name, so that no entry covers the
    whole repository.
    """

    fingerprint: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{20}\Z")] | None = None
    rule: Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9-]+\Z")] | None = None
    path: (
        Annotated[str, msgspec.Meta(pattern=r"\A[^*?\[\s\x00-\x1f\x7f\ud800-\udfff][^\x00-\x1f\x7f\ud800-\udfff]*\Z")]
        | None
    ) = None
    reason: NonEmptyLine

    def __post_init__(self) -> None:
        """Refuse an entry without findings, or with two ways to name them."""
        if (self.fingerprint is None) is (self.rule is None) or (self.rule is None) is not (self.path is None):
            raise ValueError("expected either a fingerprint, or a rule and a path")


class Secrets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`baseline`: findings of `evenfall secrets` that are not secrets, each with its reason."""

    baseline: tuple[BaselineEntry, ...] = ()


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab", kw_only=True):
    """The whole of `[tool.evenfall]`."""

    default_branch: Branch = "main"
    systems: Annotated[tuple[Label, ...], msgspec.Meta(min_length=1)] = (
        "ubuntu-latest",
        "macos-latest",
        "windows-latest",
    )
    pythons: tuple[PythonVersion, ...] = ()
    extras: tuple[Label, ...] = ()
    groups: Groups = Groups()
    tests: Tests = Tests()
    build: Build = Build()
    coverage: Coverage = Coverage()
    audit: AuditPolicy = AuditPolicy()
    licenses: LicensePolicy = LicensePolicy()
    review: Review = Review()
    secrets: Secrets = Secrets()


def read_settings(table: object, *, path: str) -> Settings:
    """`[tool.evenfall]` as typed values.

    Raises `EvenfallError` (usage) that names the key, and the one that was probably meant.
    """
    try:
        return msgspec.convert(table, Settings)
    except msgspec.ValidationError as error:
        raise _explained(error, path) from error


def _explained(error: msgspec.ValidationError, path: str) -> EvenfallError:
    text, _, at = str(error).partition(" - at `$")
    table = "tool.evenfall" + at.rstrip("`")
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", text, re.DOTALL)
    if unknown is None:
        return EvenfallError(f"{path}: {table}: {text}", hint="correct the value")
    known = _keys(at.rstrip("`").strip("."))
    return EvenfallError(
        f"{path}: {table}: unknown key {unknown[1]!r}{did_you_mean(unknown[1], known)}",
        hint="correct or remove the key",
    )


def _keys(table: str) -> tuple[str, ...]:
    """The keys that a table of `[tool.evenfall]` takes; of the top where `table` is empty."""
    tables: dict[str, Any] = {
        "": Settings,
        "groups": Groups,
        "tests": Tests,
        "build": Build,
        "coverage": Coverage,
        "audit": AuditPolicy,
        "audit.ignore": Ignore,
        "licenses": LicensePolicy,
        "review": Review,
        "licenses.exempt": Exemption,
        "secrets": Secrets,
        "secrets.baseline": BaselineEntry,
    }
    struct = tables[re.sub(r"\[\d+\]", "", table)]
    return tuple(field.encode_name for field in msgspec.structs.fields(struct))
