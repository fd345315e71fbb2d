"""The registry's seal: the key that signs certificates, and the registry's own certification authority above it.

Made when the first certificate is; one file of mode 0600. RSA, since every reader of PDF checks it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from ipreg.keys import keep_once, replace

_BITS = 3072
_CA_YEARS, _SEAL_YEARS, _RENEW_BEFORE = 30, 10, timedelta(days=365)
_PEM, _PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8


@dataclass(frozen=True)
class Seal:
    """``ca`` signed ``certificate``, whose ``key`` signs what the registry issues."""

    ca: x509.Certificate
    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


def open_seal(folder: Path, *, owner: str, now: datetime) -> Seal:
    """The seal of ``folder``, made when it is first asked for; ``owner`` stands in its certificates.

    A year before the signing certificate ends, the CA signs another one. What was signed before stays good: the
    signature carries its certificate and a time stamp.
    """
    place = folder / "seal.pem"
    if not place.exists():
        ca_key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
        keep_once(place, _to_pem(_make_ca(ca_key, owner, now), ca_key, owner, now))
    seal, ca_key = _from_pem(place.read_bytes())
    if now > seal.certificate.not_valid_after_utc - _RENEW_BEFORE:
        replace(place, _to_pem(seal.ca, ca_key, owner, now))
        seal, _ = _from_pem(place.read_bytes())
    return seal


def _make_ca(key: rsa.RSAPrivateKey, owner: str, now: datetime) -> x509.Certificate:
    name = _name(owner, "Design registry CA")
    return (
        _builder(name, name, key.public_key(), now, _CA_YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _to_pem(ca: x509.Certificate, ca_key: rsa.RSAPrivateKey, owner: str, now: datetime) -> bytes:
    """CA certificate and key, then a new signing certificate and key: in one file they can't part."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    certificate = (
        _builder(_name(owner, "Design registry seal"), ca.subject, key.public_key(), now, _SEAL_YEARS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    return b"".join(
        one.public_bytes(_PEM) + secret.private_bytes(_PEM, _PKCS8, serialization.NoEncryption())
        for one, secret in ((ca, ca_key), (certificate, key))
    )


@functools.lru_cache(maxsize=4)
def _from_pem(data: bytes) -> tuple[Seal, rsa.RSAPrivateKey]:
    # A third of a second goes into checking that two keys of such a length are sound: once for the same bytes.
    ca, certificate = x509.load_pem_x509_certificates(data)
    end = b"-----END PRIVATE KEY-----"
    keys = [
        serialization.load_pem_private_key(part[part.index(b"-----BEGIN PRIVATE") :] + end, password=None)
        for part in data.split(end)[:2]
    ]
    ca_key, key = keys
    if not isinstance(ca_key, rsa.RSAPrivateKey) or not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("the seal's file holds other keys than expected")
    return Seal(ca, certificate, key), ca_key


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPublicKey, now: datetime, years: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * years))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(owner: str, common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, owner[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=not certificates,
        key_cert_sign=certificates,
        crl_sign=certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
