"""Time-stamping authorities for the tests: honest ones, lying ones, and servers that speak for them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ipreg.authority import EmbeddedAuthority

START = datetime(2026, 1, 1, tzinfo=UTC)
Answer = Callable[[bytes], bytes]


def make_authority(
    *,
    purposes: tuple[x509.ObjectIdentifier, ...] = (ExtendedKeyUsageOID.TIME_STAMPING,),
    critical: bool = True,
    not_before: datetime = START,
    not_after: datetime = START + timedelta(days=3650),
) -> EmbeddedAuthority:
    """An authority with a CA of its own, faulty where the arguments make it so."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name, name = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in ("Test CA", "Test authority")
    )
    ca = (
        x509.CertificateBuilder(ca_name, ca_name, ca_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START - timedelta(days=365))
        .not_valid_after(START + timedelta(days=7300))
        .add_extension(x509.BasicConstraints(True, 0), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    made = (
        x509.CertificateBuilder(ca_name, name, key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    if purposes:
        made = made.add_extension(x509.ExtendedKeyUsage(purposes), critical=critical)
    return EmbeddedAuthority(ca, made.sign(ca_key, hashes.SHA256()), key)


@contextlib.contextmanager
def serve(answer: Callable[[bytes], tuple[int, bytes] | tuple[int, bytes, str]]) -> Iterator[str]:
    """The address of a server of ours that answers a POST with ``answer(body)``: status, body, content type."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, data, *kind = answer(body)
            with contextlib.suppress(OSError):  # who asked may be gone
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Content-Type", *(kind or ["application/octet-stream"]))
                self.end_headers()
                self.wfile.write(data)

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
