"""The upload of one file by `uv publish`, and what its failure means."""

from __future__ import annotations

import html
import re
import subprocess
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.package_index.address import shown_addresses
from evenfall.project.uv import run_uv
from evenfall.release.credentials import Credentials
from evenfall.release.index import IndexUrls
from evenfall.text import one_line

_STATUS = re.compile(r"Server returned status code (\d+)")
_TRY_AGAIN = {408, 425, 429}
_NO_ANSWER = re.compile(r"Failed to send POST request|error sending request|returned error code 5\d\d")
_NOT_TRUSTED = re.compile("Failed to (obtain|discover).*(trusted publishing|OIDC)")
_SKIPPED = re.compile(", skipping$", re.MULTILINE)
_MASKED = re.compile(r"^::add-mask::(.+)$", re.MULTILINE)
"""Where uv tells GitHub the token that it got by trusted publishing."""


class UploadRefusedError(Exception):
    """The index does not take a file; the text is its reason."""


class UploadFailedError(Exception):
    """An upload did not reach its end, and may succeed later. The text is the reason."""


def upload_file(folder: Path, name: str, *, attestation: str, urls: IndexUrls, credentials: Credentials) -> None:
    """Upload one file of a folder, with its attestation if `attestation` is not empty.

    Raises `UploadRefusedError`, `UploadFailedError`, and `EvenfallError` if the credentials are wrong (usage) or if uv did not upload
    the file (unknown).
    """
    done = run_uv(
        folder,  # its path is no argument, because uv reads an argument as a pattern
        "publish",
        "--no-config",
        "--color=never",
        f"--trusted-publishing={'always' if credentials.trusted_publishing else 'never'}",
        *([name, attestation] if attestation else [name, "--no-attestations"]),
        # The address may contain a password. The retries are those of `publish`. RUST_LOG would add lines to the output.
        env=credentials.variables() | {"UV_PUBLISH_URL": urls.upload, "UV_HTTP_RETRIES": "0", "RUST_LOG": None},
    )
    output = done.stderr
    if done.returncode == 0 and f"Uploading {name} " in output and not _SKIPPED.search(output):
        return
    error = output[output.find("error: ") :] if "error: " in output else ""
    reason = f"{name}: {_redact(credentials, done, error or output)}"
    match = _STATUS.search(error)
    status = int(match[1]) if match else 0
    if status >= 500 or status in _TRY_AGAIN or _NO_ANSWER.search(error):
        raise UploadFailedError(reason)
    if status in {401, 403} or _NOT_TRUSTED.search(error):
        raise _authentication_error(urls, credentials, reason)
    if status:
        raise UploadRefusedError(reason)
    raise EvenfallError(
        f"inconclusive: uv publish did not upload {reason}",
        hint=f"compare the files on the index with those in {folder}",
        exit_code=Exit.UNKNOWN,
    )


def _redact(credentials: Credentials, done: subprocess.CompletedProcess[str], output: str) -> str:
    """Return a part of uv's output on one line, without the secrets and without the markup of an index that answers in HTML.

    The token that uv got by trusted publishing is one of the secrets. A server may repeat a secret as it is, or escaped for HTML.
    """
    for token in _MASKED.findall(done.stdout + done.stderr):
        output = output.replace(token.strip(), "***")
    text = re.sub(r"(?is)<(style|title)\b.*?</\1>|<[^>]*>", " ", credentials.redact(output))
    return credentials.redact(shown_addresses(one_line(html.unescape(text))))[:2000]


def _authentication_error(urls: IndexUrls, credentials: Credentials, reason: str) -> EvenfallError:
    command = f"evenfall release publish --index={urls.name}"
    if credentials.trusted_publishing:
        hint = (
            f"compare the trusted publisher in the settings of the project on {urls.name} with this workflow: owner, repository, the "
            "name of the workflow's file, environment; the job needs the permission id-token: write; invalid-publisher means that no "
            f"trusted publisher of the project has these values; then: {command}"
        )
    else:
        hint = (
            f"check that the token is one of {urls.name}, complete, not revoked, and that its scope includes the project; in GitHub, "
            f"that the secret is one of the repository or of this job's environment; then: {command}"
        )
    return EvenfallError(f"{urls.name} does not accept {credentials.source}: {reason}", hint=hint)
