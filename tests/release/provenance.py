"""The provenance of files on an index, as its publisher states it: https://docs.pypi.org/api/integrity/"""

from __future__ import annotations

import base64
import json
from typing import Any

from evenfall.release.manifest import ReleaseFile

GITHUB = {"kind": "GitHub", "repository": "Lamp-Makers/lamp", "workflow": "cd.yml", "environment": "pypi"}


def provenance(*subjects: Any, **publisher: Any) -> bytes:
    """Return a provenance with an attestation for each subject. Its certificate and signatures are not valid."""
    return json.dumps(
        {
            "version": 1,
            "attestation_bundles": [
                {"publisher": {**GITHUB, **publisher}, "attestations": [_attestation(each) for each in subjects]}
            ],
        }
    ).encode()


def subject(file: ReleaseFile, **values: Any) -> dict[str, Any]:
    """Return what an attestation states about a file."""
    return {"name": file.name, "digest": {"sha256": file.sha256}, **values}


def _attestation(subject: Any) -> dict[str, Any]:
    statement = {"_type": "https://in-toto.io/Statement/v1", "subject": [subject], "predicate": None}
    return {
        "version": 1,
        "verification_material": {"certificate": _encoded(b"certificate"), "transparency_entries": [{}]},
        "envelope": {"statement": _encoded(json.dumps(statement).encode()), "signature": _encoded(b"signature")},
    }


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()
