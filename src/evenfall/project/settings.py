"""The settings in `[tool.evenfall]` of `pyproject.toml`, with their types and defaults. An unknown key is an error with a suggestion."""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Any, Literal, get_args

import msgspec

from evenfall.errors import EvenfallError
from evenfall.project.github_settings import GitHub
from evenfall.text import did_you_mean

# Labels that GitHub accepts in `runs-on`, and branches of git, without characters that YAML, GitHub's expressions or a shell interpret.
LABEL = r"\A[A-Za-z0-9][A-Za-z0-9._-]*\Z"
Label = Annotated[str, msgspec.Meta(pattern=LABEL)]
Branch = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._/-]*\Z")]
Python = Annotated[str, msgspec.Meta(pattern=r"\A(pypy)?3\.(0|[1-9][0-9]?)\Z|\A3\.(1[3-9]|[2-9][0-9])t\Z")]
"""The name of a Python for Nox: CPython, its free-threaded build from 3.13 on, or PyPy."""
NonEmptyLine = Annotated[str, msgspec.Meta(pattern=r"\A[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*\Z")]
"""One line with at least one character that is not a space."""


class Groups(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The dependency groups (PEP 735) that the standard sessions install. None means the groups with usual names."""

    tests: tuple[str, ...] | None = None
    lint: tuple[str, ...] | None = None
    docs: tuple[str, ...] | None = None


class Tests(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """`pytest_args`: arguments that the session `tests` adds to the project's own pytest options, such as `["-n", "auto"]`."""

    pytest_args: tuple[str, ...] = ()


class Lint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`commands`: what the session `lint` runs, one command of a shell each. None means each linter that is locked and configured."""

    commands: tuple[NonEmptyLine, ...] | None = None


class Build(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the project is built.

    `reproducible` is "bytes", or "contents" if the build backend can't write the same archive twice, like setuptools' sdist. `history`
    is false if the build computes the version without the history and the tags of git, like that of a file.
    """

    reproducible: Literal["bytes", "contents"] = "bytes"
    history: bool = True


class Coverage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`codecov` is "off", or the way in which the job `coverage` authenticates when it uploads to Codecov."""

    codecov: Literal["off", "oidc", "token"] = "off"


# Names of advisories and packages, without characters that a shell, Markdown or a terminal interpret.
Name = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,199}\Z")]
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
DEFAULT_DENY = ("AGPL-3.0", "GPL-3.0")
"""The licenses that are denied if the policy has neither `allow` nor `deny`."""


class Exemption(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An exemption from the license policy, and the reason: for a version of a package, or for a license.

    It applies to the packages that all of its keys match. `scope = "dev"` matches packages that only dependency groups require.
    """

    package: Name | None = None
    version: NonEmptyLine | None = None
    license: NonEmptyLine | None = None
    scope: Literal["dev"] | None = None
    reason: NonEmptyLine

    def __post_init__(self) -> None:
        """Reject an exemption for all versions of a package with any license."""
        if self.license is None and (self.package is None or self.version is None):
            raise ValueError("expected license, or package and version")

    @property
    def matches(self) -> tuple[str, ...]:
        """What a package must have for the exemption."""
        return tuple(filter(None, (self.package, self.version, self.license, self.scope)))


class LicensePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The licenses that packages may have, as SPDX identifiers: only those of `allow`, or all except those of `deny`.

    `allow` beside `deny` has each `LicenseRef-` that is allowed, too. A license with one of the `exceptions` is allowed. `unknown`
    says whether an unknown license fails, and `dev` whether packages of scope `dev` fail.
    """

    allow: Annotated[tuple[NonEmptyLine, ...], msgspec.Meta(min_length=1)] | None = None
    deny: tuple[NonEmptyLine, ...] | None = None
    exceptions: tuple[NonEmptyLine, ...] = ()
    unknown: Strictness = "fail"
    dev: Strictness = "warn"
    exempt: tuple[Exemption, ...] = ()

    def __post_init__(self) -> None:
        """Reject two lists that leave open whether a license on neither is allowed, or one on both."""
        if self.allow is None or self.deny is None:
            return
        if other := next((entry for entry in self.allow if "licenseref-" not in entry.lower()), None):
            raise ValueError(
                f"beside deny, allow may have only LicenseRef- entries, because it is not clear what {other!r} changes"
            )
        if both := {*self.allow} & {*self.deny}:
            raise ValueError(f"{min(both)!r} is in allow and in deny")


class Review(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """`min_age_days` is the age of a release below which the review warns."""

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
        """Reject an entry that names no finding, or names findings in two ways."""
        if (self.fingerprint is None) is (self.rule is None) or (self.rule is None) is not (self.path is None):
            raise ValueError("expected either a fingerprint, or a rule and a path")


class Secrets(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """`baseline`: findings of `evenfall secrets` that are not secrets, each with its reason.

    `low_confidence` says whether a finding fails to which the scanner gives low confidence.
    """

    baseline: tuple[BaselineEntry, ...] = ()
    low_confidence: Strictness = "warn"


class Release(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab", kw_only=True):
    """How versions are released.

    `trigger` is what starts the publication to PyPI: a published GitHub release, or a pushed tag. `changelog` is the file that must have
    a section for each version; an empty path means that there is none, and None that one with a usual name must have it if it
    exists. `smoke` are commands that the installation test runs, by default `NAME --help` of each console script.
    `install_with` are requirements that it installs in addition, such as the host of a plugin.
    """

    trigger: Literal["release", "tag"] = "release"
    changelog: str | None = None
    smoke: tuple[NonEmptyLine, ...] | None = None
    install_with: tuple[NonEmptyLine, ...] = ()


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab", kw_only=True):
    """All settings in `[tool.evenfall]`. Without a table `github`, Evenfall does not manage the repository on GitHub."""

    default_branch: Branch = "main"
    systems: Annotated[tuple[Label, ...], msgspec.Meta(min_length=1)] = ("ubuntu-latest",)
    pythons: tuple[Python, ...] = ()
    extras: tuple[Label, ...] = ()
    groups: Groups = Groups()
    tests: Tests = Tests()
    lint: Lint = Lint()
    build: Build = Build()
    coverage: Coverage = Coverage()
    audit: AuditPolicy = AuditPolicy()
    licenses: LicensePolicy = LicensePolicy()
    review: Review = Review()
    secrets: Secrets = Secrets()
    release: Release = Release()
    github: GitHub | None = None


def read_settings(table: object, *, path: str) -> Settings:
    """Return the value of `[tool.evenfall]` as settings; `path` is the file's name for error messages.

    Raises `EvenfallError` (usage) that names the invalid key, and suggests another one for an unknown key.
    """
    try:
        return msgspec.convert(table, Settings)
    except msgspec.ValidationError as error:
        raise _error(error, path) from error


def _error(error: msgspec.ValidationError, path: str) -> EvenfallError:
    text, _, at = str(error).replace("`key` in ", "").partition(" - at `$")
    table = "tool.evenfall" + at.rstrip("`")
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", text, re.DOTALL)
    if unknown is None:
        if table.startswith("tool.evenfall.pythons[") and "matching regex" in text:
            text, hint = "not a Python by Nox's names", 'write it like "3.13", "3.13t" or "pypy3.11"'
            return EvenfallError(f"{path}: {table}: {text}", hint=hint)
        if table.startswith("tool.evenfall.licenses.exempt[") and "matching regex" in text:
            hint = 'name one package; for all packages of a license, write license = "…" instead'
            return EvenfallError(f"{path}: {table}: not the name of a package", hint=hint)
        return EvenfallError(f"{path}: {table}: {text}", hint="correct the value")
    known = _keys(at.rstrip("`").strip("."))
    return EvenfallError(
        f"{path}: {table}: unknown key {unknown[1]!r}{did_you_mean(unknown[1], known)}",
        hint="correct or remove the key",
    )


def _keys(table: str) -> tuple[str, ...]:
    """Return the keys of a table in `[tool.evenfall]`, or of `[tool.evenfall]` itself if `table` is empty."""
    struct: Any = Settings
    for name in re.sub(r"\[\d+\]", "", table).split(".") if table else ():
        kind = next(field.type for field in msgspec.structs.fields(struct) if field.encode_name == name)
        struct = get_args(kind)[0] if get_args(kind) else kind
    return tuple(field.encode_name for field in msgspec.structs.fields(struct))
