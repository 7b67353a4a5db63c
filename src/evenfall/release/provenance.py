"""The provenance of a file on an index (PEP 740): who published it, and for which bytes.

https://docs.pypi.org/api/integrity/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evenfall.errors import EvenfallError, Exit
from evenfall.package_index.address import shown_address
from evenfall.package_index.http import HttpError, new_client, open_url
from evenfall.project.tools import ADD_SESSIONS_EXTRA
from evenfall.release.manifest import ReleaseFile
from evenfall.text import one_line

if TYPE_CHECKING:
    from pypi_attestations import Attestation, AttestationBundle

CD = "cd.yml"
"""The file of the workflow that Evenfall generates for releases, unless the repository has a hand-written one of that name."""
TIMEOUT = 20
"""The number of seconds after which a silent server is given up."""
MAX_BYTES = 1 << 20
"""The maximum number of bytes of a provenance. Usual ones have some thousands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """The trusted publisher of a project: a workflow of one of its repositories on GitHub, such as `owner/name`.

    The workflow `generated`, which Evenfall generates, uses an environment. A project may publish with another workflow of its own.
    """

    repositories: tuple[str, ...]
    workflows: tuple[str, ...] = (CD,)
    generated: str = CD
    environment: str


def provenance_problems(content: bytes, file: ReleaseFile, expected: Publisher) -> list[str]:
    """Return how the provenance of a file differs from what is expected: another publisher, or attestations for something else.

    The publisher is what the index states after it has checked the signatures at the upload. They are not checked again here;
    `pypi-attestations verify pypi` does. Raises `EvenfallError` (unknown) if the provenance can't be read.
    """
    try:
        from pypi_attestations import Provenance  # slow to import
    except ImportError as error:
        raise EvenfallError(
            "pypi-attestations: not installed in the environment that runs Evenfall",
            hint=ADD_SESSIONS_EXTRA,
            exit_code=Exit.UNKNOWN,
        ) from error
    try:
        bundles = Provenance.model_validate_json(content).attestation_bundles
        problems = [problem for bundle in bundles for problem in _bundle_problems(bundle, file, expected)]
    except (ValueError, RecursionError) as error:
        raise _unknown(f"the provenance of {file.name} is not valid (PEP 740)") from error
    if not any(bundle.attestations for bundle in bundles):
        problems.append("the provenance has no attestation")
    return list(dict.fromkeys(problems))


def _bundle_problems(bundle: AttestationBundle, file: ReleaseFile, expected: Publisher) -> Iterator[str]:
    publisher = bundle.publisher
    if publisher.kind != "GitHub":
        yield f"published by {one_line(publisher.kind)}, not by GitHub"
        return
    if publisher.repository.lower() not in {name.lower() for name in expected.repositories}:
        names = " or ".join(expected.repositories)
        yield f"published by the repository {one_line(publisher.repository)}, not {names}"
    if publisher.workflow not in expected.workflows:
        names = " or ".join(map(one_line, expected.workflows))
        yield f"published by the workflow {one_line(publisher.workflow)}, not {names}"
    # A publisher without an environment is configured to accept every environment.
    if publisher.workflow == expected.generated and publisher.environment not in {None, "", expected.environment}:
        yield f"published from the environment {one_line(publisher.environment or '')}, not {expected.environment}"
    for attestation in bundle.attestations:
        yield from _subject_problems(attestation, file)


def _subject_problems(attestation: Attestation, file: ReleaseFile) -> Iterator[str]:
    match attestation.statement:
        case {"subject": [{"name": str(name), "digest": {"sha256": str(digest)}}]}:
            if name != file.name:
                yield f"an attestation is for the file {one_line(name)}"
            if digest != file.sha256:
                yield f"an attestation is for the SHA-256 {one_line(digest)}"
        case _:
            yield "an attestation is not for exactly one file with a SHA-256"


def download_provenance(url: str) -> bytes:
    """Return the provenance at an address. Raises `EvenfallError` (unknown) if it can't be downloaded."""
    content = b""
    try:
        with new_client(seconds=TIMEOUT) as client, open_url(client, url, {"Accept": "application/json"}) as response:
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > MAX_BYTES:
                    raise HttpError(f"larger than {MAX_BYTES} bytes")
    except HttpError as error:
        raise _unknown(f"{shown_address(url)}: {error}") from error
    return content


def _unknown(message: str) -> EvenfallError:
    return EvenfallError(message, hint="try again later", exit_code=Exit.UNKNOWN)
