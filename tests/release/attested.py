"""An attestation with a valid structure, whose signature is made up."""

from __future__ import annotations

import base64
import datetime
import json
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

_DAY = datetime.timedelta(days=1)


def attestation(name: str, sha256: str, **statement: Any) -> dict[str, Any]:
    """Return an attestation (PEP 740) for a file; `statement` replaces keys of its statement."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
        .sign(key, SHA256())
    )
    subject = [{"name": name, "digest": {"sha256": sha256}}]
    signed = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subject,
        "predicateType": "https://docs.pypi.org/attestations/publish/v1",
        "predicate": None,
    } | statement
    return {
        "version": 1,
        "verification_material": {
            "certificate": _base64(certificate.public_bytes(Encoding.DER)),
            "transparency_entries": [_log_entry()],
        },
        "envelope": {"statement": _base64(json.dumps(signed).encode()), "signature": _base64(b"signature")},
    }


def _log_entry() -> dict[str, Any]:
    return {
        "logIndex": "1",
        "logId": {"keyId": _base64(b"key")},
        "kindVersion": {"kind": "dsse", "version": "0.0.1"},
        "integratedTime": "1",
        "inclusionPromise": {"signedEntryTimestamp": _base64(b"time")},
        "inclusionProof": {
            "logIndex": "0",
            "rootHash": _base64(b"root"),
            "treeSize": "1",
            "hashes": [],
            "checkpoint": {"envelope": "checkpoint"},
        },
        "canonicalizedBody": _base64(b"{}"),
    }


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
