"""Check a document on disk against the lock, and optionally against an environment."""

from __future__ import annotations

import os
from pathlib import Path
from shlex import quote

from cyclonedx.exception import CycloneDxException
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component

from evenfall.errors import EvenfallError, Exit
from evenfall.project.lock_subject import find_lock_subject
from evenfall.project.root import find_project
from evenfall.project.toml import lock_command
from evenfall.project.tools import require_tool, run_tool
from evenfall.supply_chain.sbom.document import build_bom, parse_bom
from evenfall.supply_chain.sbom.generate import SbomRequest, read_inputs
from evenfall.supply_chain.sbom.report import SbomCheck
from evenfall.supply_chain.sbom.rules import incomplete_findings, stale_findings
from evenfall.supply_chain.sbom.validate import schema_error

DEFAULT_NAME = "sbom.cdx.json"
_SCAN_OPTIONS = ("--no-validate", "--output-reproducible", "--sv", "1.6")


def check_sbom(request: SbomRequest, path: Path | None, *, environment: Path | None) -> SbomCheck:
    """Check the document at `path`, by default `sbom.cdx.json` of the project, or in the folder of the script.

    The document must agree with the lock and, if an environment is given by its Python or folder, contain every distribution that is
    installed in it. Neither the network nor metadata is needed. Raises `EvenfallError` as `read_inputs`, `read_document` and
    `_installed_components` do.
    """
    subject = find_lock_subject(request.folder, request.script)
    folder = subject.folder if subject.script else find_project(request.folder, subject.root)
    path = path or Path(os.path.relpath(folder / DEFAULT_NAME))
    inputs = read_inputs(subject, request)
    fix = f"evenfall sbom{subject.option}{' --runtime' if request.runtime else ''} --output {quote(str(path))}"
    document = read_document(path, fix)
    findings = stale_findings(path.as_posix(), document, build_bom(inputs), fix)
    if environment:
        installed = _installed_components(environment)
        findings += incomplete_findings(path.as_posix(), document, installed, lock_command(Path(subject.lock_name)))
    return SbomCheck(path=str(path), lock=subject.lock_name, findings=findings)


def read_document(path: Path, hint: str) -> Bom:
    """Read a CycloneDX 1.6 document. Raises `EvenfallError` (usage) with the hint if it can't be read or is invalid."""
    try:
        text = path.read_text(encoding="utf-8")
        # The library reads invalid documents, too, with values of any type.
        if error := schema_error(text):
            raise EvenfallError(f"{path}: not a valid CycloneDX 1.6 document: {error}", hint=hint)
        return parse_bom(text)
    except OSError as error:
        raise EvenfallError(f"{path}: can't be read: {error.strerror}", hint=hint) from error
    except (ValueError, RecursionError, CycloneDxException) as error:
        raise EvenfallError(f"{path}: not a valid CycloneDX 1.6 document: {error}", hint=hint) from error


def _installed_components(environment: Path) -> tuple[Component, ...]:
    """Return every distribution that `cyclonedx-py` finds in an environment, independently of `uv.lock`.

    Raises `EvenfallError`: usage if the environment does not exist; unknown if `cyclonedx-py` is missing, fails or finds nothing.
    """
    if not environment.exists():
        raise EvenfallError(
            f"{environment}: this environment does not exist", hint="name the Python of one: .venv/bin/python"
        )
    process = run_tool((require_tool("cyclonedx-py"), "environment", *_SCAN_OPTIONS, environment))
    if process.returncode:
        raise EvenfallError(
            f"cyclonedx-py environment {environment} failed: {process.stderr.strip()}",
            hint="name the Python of an environment: .venv/bin/python",
            exit_code=Exit.UNKNOWN,
        )
    components = tuple(parse_bom(process.stdout).components)
    if not components:
        raise EvenfallError(
            f"{environment}: no distribution is installed, so there is nothing to compare",
            hint="uv sync",
            exit_code=Exit.UNKNOWN,
        )
    return components
