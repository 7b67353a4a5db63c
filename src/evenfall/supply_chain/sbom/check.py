"""Check a document on disk against the lock, and optionally against an environment."""

from __future__ import annotations

import os
from pathlib import Path

from cyclonedx.exception import CycloneDxException
from cyclonedx.model.bom import Bom

from evenfall.errors import EvenfallError
from evenfall.project.project import find_locked_root, find_project
from evenfall.supply_chain.sbom.document import build_bom, parse_bom
from evenfall.supply_chain.sbom.environment_scan import installed_components
from evenfall.supply_chain.sbom.generate import read_inputs
from evenfall.supply_chain.sbom.report import SbomCheck
from evenfall.supply_chain.sbom.rules import incomplete_findings, stale_findings
from evenfall.supply_chain.sbom.validate import schema_error

DEFAULT_NAME = "sbom.cdx.json"


def check_sbom(folder: Path, path: Path | None, *, runtime: bool, environment: Path | None) -> SbomCheck:
    """Check the document at `path`, by default `sbom.cdx.json` of the project that contains `folder`.

    The document must agree with the lock and, if an environment is given, contain every distribution that is installed in it. Needs
    neither the network nor metadata. Raises `EvenfallError` as `read_inputs`, `read_document` and `installed_components` do.
    """
    root = find_locked_root(folder)
    project = find_project(folder, root)
    path = path or Path(os.path.relpath(project / DEFAULT_NAME))
    inputs = read_inputs(root, project, runtime=runtime)
    fix = f"evenfall sbom{' --runtime' if runtime else ''} --output {path}"
    document = read_document(path, fix)
    findings = stale_findings(path.as_posix(), document, build_bom(inputs), fix)
    if environment:
        findings += incomplete_findings(path.as_posix(), document, installed_components(environment), "uv lock")
    return SbomCheck(path=str(path), findings=findings)


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
