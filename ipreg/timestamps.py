"""Time stamps after RFC 3161: requests, the strict verification of what comes back, and the way over HTTP.

Whoever issued a token, it is judged by the same function. Signature and chain are checked by ``rfc3161-client``
(OpenSSL beneath) at the token's own time; what that leaves open is checked here: the imprint's algorithm, the
certificate's single critical purpose, the certificate named inside the signature, and that the time is believable.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from asn1crypto import cms, core, tsp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

from ipreg.errors import ConfigError, ProofError, UpstreamError

MAX_ANSWER = 256 * 1024
TIMEOUT = 10.0
# The registry's clock and the authority's may differ a little; more means that one of them is wrong.
TOLERANCE = timedelta(minutes=5)
_DIGESTS = {"sha256", "sha384", "sha512"}
_BARE = ("rsassa_pkcs1v15", "rsassa_pss")  # signature algorithms that leave the digest to the other field


class Answer(core.Sequence):  # type: ignore[misc]
    """TimeStampResp, RFC 3161 2.4.2. (asn1crypto's own demands a token even in a rejection.)"""

    _fields = [("status", tsp.PKIStatusInfo), ("token", cms.ContentInfo, {"optional": True})]  # noqa: RUF012


@dataclass(frozen=True)
class Anchors:
    """What an authority's tokens are checked against: ``roots`` (self-signed) and ``intermediates`` between."""

    roots: tuple[x509.Certificate, ...]
    intermediates: tuple[x509.Certificate, ...] = ()

    @classmethod
    def from_pem(cls, data: bytes) -> Anchors:
        """Sorts the certificates of a PEM file; raises ``ConfigError`` where there is no root among them."""
        try:
            found = x509.load_pem_x509_certificates(data)
        except ValueError as fault:
            raise ConfigError(["no certificates in PEM form"]) from fault
        roots = tuple(one for one in found if one.issuer == one.subject)
        if not roots:
            raise ConfigError(["no root certificate (one whose issuer is itself)"])
        return cls(roots, tuple(one for one in found if one not in roots))


@dataclass(frozen=True)
class Request:
    """A TimeStampReq (DER), with what the answer must repeat."""

    der: bytes
    nonce: int


@dataclass(frozen=True)
class TimeStamp:
    """What a token that holds says. ``signer`` is the certificate it was signed with; ``chain`` all it brought."""

    gen_time: datetime
    serial: int
    policy: str
    authority: str
    signer: x509.Certificate
    chain: tuple[x509.Certificate, ...]


def make_request(data: bytes, *, policy: str | None = None) -> Request:
    """Asks for a token over SHA-256(``data``), with a nonce and the authority's certificate (RFC 3161 2.4.1)."""
    nonce = secrets.randbits(63) | 1 << 62
    asked: dict[str, Any] = {
        "version": "v1",
        "message_imprint": {
            "hash_algorithm": {"algorithm": "sha256"},
            "hashed_message": hashlib.sha256(data).digest(),
        },
        "nonce": nonce,
        "cert_req": True,
    }
    if policy is not None:
        asked["req_policy"] = policy
    return Request(tsp.TimeStampReq(asked).dump(), nonce)


def verify_answer(
    answer: bytes,
    *,
    data: bytes,
    anchors: Anchors,
    policy: str | None = None,
    nonce: int | None = None,
    now: datetime | None = None,
) -> TimeStamp:
    """What the TimeStampResp ``answer`` (DER) says about ``data``; raises ``ProofError`` unless all of it holds.

    ``policy`` and ``nonce`` are compared where they are given; with ``now`` the token's time must lie within
    ``TOLERANCE`` of it (for a token that was just asked for). Certificates are judged at the token's time.
    """
    try:
        found = _verified(answer, data, anchors, policy, nonce)
    except ProofError:
        raise
    except Exception as fault:  # two parsers read a stranger's bytes, each with an error tree of its own
        raise ProofError("token_malformed") from fault
    if now is not None and abs(found.gen_time - now) > TOLERANCE:
        raise ProofError("token_time_off", token=found.gen_time.isoformat(), clock=now.isoformat())
    return found


def _verified(answer: bytes, data: bytes, anchors: Anchors, policy: str | None, nonce: int | None) -> TimeStamp:
    signed, info = _open(answer)
    _check_info(info, data, policy, nonce)
    signer, chain = _signer_of(signed)
    gen_time = info["gen_time"].native
    _check_certificate(signer, gen_time)
    _check_signed_attributes(signed, signer)
    _check_signature(answer, data, anchors, info["nonce"].native)
    return TimeStamp(
        gen_time=gen_time,
        serial=info["serial_number"].native,
        policy=info["policy"].dotted,
        authority=signer.subject.rfc4514_string(),
        signer=signer,
        chain=chain,
    )


def ask_over_http(address: str, request: bytes, *, timeout: float = TIMEOUT) -> bytes:
    """The authority's answer (RFC 3161 3.4); raises ``UpstreamError`` for anything but a whole, timely answer.

    ``timeout`` is in seconds, for each step and, doubled, for the whole.
    """
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    deadline = time.monotonic() + 2 * timeout
    whole = bytearray()
    try:
        with (
            httpx.Client(timeout=timeout, trust_env=False) as client,
            client.stream("POST", address, content=request, headers=headers) as answer,
        ):
            if answer.status_code != 200:
                raise UpstreamError("authority_status", status=answer.status_code)
            for part in answer.iter_bytes():
                whole += part
                if len(whole) > MAX_ANSWER:
                    raise UpstreamError("authority_too_much")
                if time.monotonic() > deadline:
                    raise UpstreamError("authority_unreachable", reason="too slow")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as fault:
        raise UpstreamError("authority_unreachable", reason=type(fault).__name__) from fault
    return bytes(whole)


def to_pem(certificates: Sequence[x509.Certificate]) -> str:
    """The certificates one after the other, each only once."""
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in dict.fromkeys(certificates))


def _open(answer: bytes) -> tuple[cms.SignedData, tsp.TSTInfo]:
    found = Answer.load(answer, strict=True)
    status = found["status"]["status"].native
    if status != "granted":  # granted with changes is not what was asked for
        raise ProofError("token_not_granted", status=status, reason=_reason(found["status"]))
    token = found["token"]
    if not isinstance(token, cms.ContentInfo) or token["content_type"].native != "signed_data":
        raise ProofError("token_malformed")
    signed = token["content"]
    content = signed["encap_content_info"]
    if content["content_type"].native != "tst_info" or signed["version"].native != "v3":
        raise ProofError("token_malformed")
    return signed, tsp.TSTInfo.load(content["content"].contents, strict=True)


def _reason(status: Any) -> str:
    parts = [str(part) for part in status["status_string"].native or ()]
    parts += sorted(status["fail_info"].native or ())
    return ", ".join(parts)[:200]


def _check_info(info: tsp.TSTInfo, data: bytes, policy: str | None, nonce: int | None) -> None:
    if info["version"].native != "v1":
        raise ProofError("token_malformed")
    imprint = info["message_imprint"]
    if imprint["hash_algorithm"]["algorithm"].native != "sha256":
        raise ProofError("token_other_algorithm", algorithm=imprint["hash_algorithm"]["algorithm"].native)
    if imprint["hashed_message"].native != hashlib.sha256(data).digest():
        raise ProofError("token_other_data")
    if nonce is not None and info["nonce"].native != nonce:
        raise ProofError("token_other_nonce")
    if policy is not None and info["policy"].dotted != policy:
        raise ProofError("token_other_policy", policy=info["policy"].dotted)


def _signer_of(signed: cms.SignedData) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
    if len(signed["signer_infos"]) != 1:
        raise ProofError("token_malformed")
    identifier = signed["signer_infos"][0]["sid"]
    if identifier.name != "issuer_and_serial_number":
        raise ProofError("token_without_certificate")
    certificates = signed["certificates"]
    brought = [] if isinstance(certificates, core.Void) else [one.chosen for one in certificates]
    chain = tuple(x509.load_der_x509_certificate(one.dump()) for one in brought)
    wanted = identifier.chosen
    for certificate, parsed in zip(brought, chain, strict=True):
        if certificate.issuer.dump() == wanted["issuer"].dump() and (
            parsed.serial_number == wanted["serial_number"].native
        ):
            return parsed, chain
    raise ProofError("token_without_certificate")


def _check_certificate(signer: x509.Certificate, at: datetime) -> None:
    """RFC 3161 2.3: one purpose only, time stamping, and marked critical. Valid at the token's time."""
    try:
        purposes = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, ValueError) as fault:
        raise ProofError("token_certificate_purpose") from fault
    if not purposes.critical or list(purposes.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise ProofError("token_certificate_purpose")
    if not signer.not_valid_before_utc <= at.astimezone(UTC) <= signer.not_valid_after_utc:
        raise ProofError("token_certificate_not_valid_then", at=at.isoformat())


def _check_signed_attributes(signed: cms.SignedData, signer: x509.Certificate) -> None:
    """The signature covers which certificate made it (RFC 3161 2.4.2, RFC 5816); no algorithm is weak."""
    details = signed["signer_infos"][0]
    hashed, made = (details[kind]["algorithm"].native for kind in ("digest_algorithm", "signature_algorithm"))
    if hashed not in _DIGESTS or made not in (*_BARE, f"{hashed}_rsa", f"{hashed}_ecdsa"):
        raise ProofError("token_other_algorithm", algorithm=f"{hashed}, {made}")
    if details["version"].native != "v1":
        raise ProofError("token_malformed")
    der = signer.public_bytes(Encoding.DER)
    for attribute in details["signed_attrs"]:
        kind = attribute["type"].native
        if kind not in ("signing_certificate", "signing_certificate_v2"):
            continue
        first = attribute["values"][0]["certs"][0]
        digest = "sha1" if kind == "signing_certificate" else first["hash_algorithm"]["algorithm"].native
        if digest in ("sha1", *_DIGESTS) and (
            first["cert_hash"].native == hashlib.new(digest, der, usedforsecurity=False).digest()
        ):
            return
    raise ProofError("token_certificate_not_named")


def _check_signature(answer: bytes, data: bytes, anchors: Anchors, nonce: int | None) -> None:
    verifier = VerifierBuilder(
        roots=list(anchors.roots), intermediates=list(anchors.intermediates), nonce=nonce
    ).build()
    try:
        verifier.verify(decode_timestamp_response(_in_order(answer)), hashlib.sha256(data).digest())
    except (VerificationError, ValueError, TypeError) as fault:
        raise ProofError("token_signature_wrong", reason=str(fault)[:200]) from fault


def _in_order(answer: bytes) -> bytes:
    """``answer`` with its certificates in the order that DER asks for.

    OpenSSL writes them as they come, rfc3161-client insists on the order. No signature covers their place.
    """
    found = Answer.load(answer, strict=True)
    signed = found["token"]["content"]
    ordered = sorted(signed["certificates"], key=lambda one: one.dump())
    signed["certificates"] = cms.CertificateSet(ordered)
    return found.dump()  # type: ignore[no-any-return]
