"""An index behind TLS that trusts a workflow run, as PyPI does, and records what it gets."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

MINTED = "pypi-minted-for-this-run"
RUN_TOKEN = "token-of-the-run"
REFUSED = {"message": "Token request failed", "errors": [{"code": "invalid-publisher", "description": "no publisher"}]}


@dataclass
class UploadServer:
    """An index, with the bodies and the credentials of the uploads, the tokens that were given back, and the command lines of all processes
    during an upload. If `refusal` is not empty, it refuses uploads with that text.
    """

    certificate: Path
    address: str = ""
    trusts_the_run: bool = True
    refusal: str = ""
    uploads: list[bytes] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)
    burned: list[str] = field(default_factory=list)
    processes: str = ""

    @property
    def environ(self) -> dict[str, str]:
        """The variables that GitHub sets in a job with the permission `id-token: write`, and the trust in the certificate."""
        return {
            "GITHUB_ACTIONS": "true",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.address}/token?version=1",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": RUN_TOKEN,
            "SSL_CERT_FILE": str(self.certificate),
        }


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, server: UploadServer, *args: object) -> None:
        self._index = server
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        if self.path == "/_/oidc/audience":
            self._answer(200, {"audience": "pypi"})
        elif self.path.startswith("/token") and self.headers["Authorization"].endswith(RUN_TOKEN):
            self._answer(200, {"value": "header.e30.signature"})
        else:
            self._answer(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/_/oidc/mint-token" and self._index.trusts_the_run:
            self._answer(200, {"success": True, "token": MINTED})
        elif self.path == "/_/oidc/mint-token":
            self._answer(422, REFUSED)
        elif self.path == "/_/oidc/burn-token":
            self._index.burned.append(json.loads(body)["token"])
            self._answer(200, {})
        else:
            self._index.processes += command_lines()
            self._index.uploads.append(body)
            password = self.headers["Authorization"].removeprefix("Basic ")
            self._index.passwords.append(base64.b64decode(password).decode())
            if self._index.refusal:
                self._send(400, "text/html", self._index.refusal.encode())
            else:
                self._answer(200, {})

    def _answer(self, status: int, values: object) -> None:
        self._send(status, "application/json", json.dumps(values).encode())

    def _send(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        pass


def command_lines() -> str:
    """Return the command lines of all processes. Only Linux has them in files."""
    text = ""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text += file.read_text(errors="replace").replace("\0", " ") + "\n"
        except OSError:
            continue  # the process has ended
    return text


@contextmanager
def serving(folder: Path) -> Iterator[UploadServer]:
    """Yield a server with a certificate of its own, which stops at the end of the block."""
    server = UploadServer(certificate=folder / "certificate.pem")
    _write_certificate(server.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server.certificate)
    http = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, server))
    http.socket = context.wrap_socket(http.socket, server_side=True)
    server.address = f"https://127.0.0.1:{http.server_port}"
    thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def _write_certificate(path: Path) -> None:
    """Write a certificate for loopback with its private key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + certificate.public_bytes(Encoding.PEM))
