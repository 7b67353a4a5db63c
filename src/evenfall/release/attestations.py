"""Attestations of the files (PEP 740): made in GitHub Actions by pypi-attestations, and checked before they are uploaded."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

import msgspec

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding, Severity
from evenfall.project.tools import require_tool, run_tool
from evenfall.release.comparison import location
from evenfall.release.credentials import Credentials
from evenfall.release.manifest import Manifest, ReleaseFile
from evenfall.text import one_line

SUFFIX = ".publish.attestation"
PROGRAM = "pypi-attestations"
SIGNING_TIME = 300
"""The number of seconds after which signing is given up."""


class _Digest(msgspec.Struct, frozen=True):
    sha256: str


class _Subject(msgspec.Struct, frozen=True):
    name: str
    digest: _Digest


class _Statement(msgspec.Struct, frozen=True, rename="camel"):
    """The signed statement: https://docs.pypi.org/attestations/publish/v1/"""

    subject: tuple[_Subject]
    predicate_type: str


def sign(
    folder: Path,
    files: Iterable[ReleaseFile],
    credentials: Credentials,
    *,
    programs: str | None = None,
    timeout: float = SIGNING_TIME,
) -> None:
    """Make the attestations that are missing, in at most `timeout` seconds, with the pypi-attestations in the folder `programs`.

    Raises `EvenfallError` (unknown) if pypi-attestations is not installed or can't make them.
    """
    unsigned = [file.name for file in files if not (folder / f"{file.name}{SUFFIX}").exists()]
    if not unsigned:
        return
    try:
        command = (require_tool(PROGRAM, programs), "sign", *unsigned)
        done = run_tool(command, folder, variables=credentials.variables(), timeout=timeout)
    except subprocess.TimeoutExpired:  # it contains the output
        raise _not_signed(unsigned, f"no end within {timeout:g} seconds") from None
    if done.returncode:
        raise _not_signed(unsigned, one_line(credentials.redact(done.stderr)))


def _not_signed(names: Iterable[str], reason: str) -> EvenfallError:
    return EvenfallError(
        f"inconclusive: {PROGRAM} can't sign {', '.join(names)}: {reason}",
        hint="run the job again; nothing was uploaded. It needs the permission id-token: write and the servers of Sigstore",
        exit_code=Exit.UNKNOWN,
    )


def check_attestations(
    folder: Path, manifest: Manifest, files: Iterable[ReleaseFile], *, are_uploaded: bool
) -> tuple[Finding, ...]:
    """Check the structure of every attestation of the files, and that its subject is the file. Return the problems.

    The index verifies the signature. Raises `EvenfallError` (unknown) if pypi-attestations is not installed.
    """
    attested = [file for file in files if (folder / f"{file.name}{SUFFIX}").exists()]
    problems = [(file, problem) for file in attested if (problem := _problem(folder, file))]
    invalid = [_invalid(manifest, file, problem) for file, problem in problems]
    return tuple(invalid if are_uploaded else invalid + [_unused(manifest, file) for file in attested])


def _invalid(manifest: Manifest, file: ReleaseFile, problem: str) -> Finding:
    return Finding(
        code="release-attestation-invalid",
        location=location(manifest, f"{file.name}{SUFFIX}"),
        reason=problem,
        fix=f"remove {file.name}{SUFFIX}, and let the workflow make it",
    )


def _unused(manifest: Manifest, file: ReleaseFile) -> Finding:
    return Finding(
        code="release-attestation-unused",
        severity=Severity.WARNING,
        location=location(manifest, f"{file.name}{SUFFIX}"),
        reason=f"it is not uploaded, because {manifest.index} takes attestations only with trusted publishing",
        fix=f"remove the API token from the job, and add the workflow to the trusted publishers of the project on {manifest.index}",
    )


def _problem(folder: Path, file: ReleaseFile) -> str:
    """Return what is wrong with the attestation of a file, or an empty text."""
    require_tool(PROGRAM)
    # Not at the top: they belong to evenfall[sessions], and take 0.8 seconds.
    from pydantic import ValidationError
    from pypi_attestations import Attestation, AttestationType
    from sigstore.errors import Error

    content = (folder / f"{file.name}{SUFFIX}").read_bytes()
    try:
        attestation = Attestation.model_validate_json(content)
        attestation.to_bundle()  # checks the certificate and the entry of the transparency log
        statement = msgspec.json.decode(attestation.envelope.statement, type=_Statement)
        AttestationType(statement.predicate_type)
    except ValidationError as error:
        fields = ("".join(f"{part}: " for part in each["loc"]) + each["msg"] for each in error.errors())
        return f"not a valid attestation: {one_line('; '.join(fields))}"
    except (ValueError, Error) as error:
        return f"not a valid attestation: {one_line(str(error))}"
    (subject,) = statement.subject
    if (subject.name, subject.digest.sha256) != (file.name, file.sha256):
        return f"it is for {subject.name} with the SHA-256 {subject.digest.sha256}, not {file.sha256}"
    return ""
