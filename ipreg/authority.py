"""The embedded time-stamping authority: so that there are tokens without a network, and plainly named as ours.

A token of it shows that the registry claimed this time when it signed; it is no outsider's word. Its certificates
say so in their names. Key, certificates and policy are as RFC 3161 asks for, so the same tools check its tokens.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from ipreg.keys import keep_once, replace
from ipreg.timestamps import Answer

NAME = "embedded"
COMMON_NAME = "Embedded time-stamping authority (not independent)"
# An arc that anybody may use without asking: 2.25 and a UUID drawn once (ITU-T X.667).
POLICY = "2.25.216477731472734386145168097471444603391"
_CA_YEARS, _TSA_YEARS, _RENEW_BEFORE = 30, 10, timedelta(days=365)
_DIGEST_SIZES = {"sha256": 32, "sha384": 48, "sha512": 64}


@dataclass(frozen=True)
class EmbeddedAuthority:
    """An authority of our own: ``ca`` signed ``certificate``, whose ``key`` signs the tokens."""

    ca: x509.Certificate
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The root first."""
        return (self.ca, self.certificate)

    def answer(self, request: bytes, *, now: datetime) -> bytes:
        """The TimeStampResp (DER) to a TimeStampReq (DER); a request that can't be met gets a rejection."""
        try:
            asked = tsp.TimeStampReq.load(request, strict=True)
            fault = _fault_of(asked)
        except (ValueError, TypeError):
            return _rejection("bad_data_format")
        if fault is not None:
            return _rejection(fault)
        return self._granted(asked, now)

    def _granted(self, asked: tsp.TimeStampReq, now: datetime) -> bytes:
        info = tsp.TSTInfo(
            {
                "version": "v1",
                "policy": POLICY,
                "message_imprint": asked["message_imprint"],
                "serial_number": secrets.randbits(127) | 1 << 127,
                "gen_time": now.astimezone(UTC).replace(microsecond=0),
                "accuracy": {"seconds": 1},
                "tsa": asn1_x509.GeneralName("directory_name", self._asn1(self.certificate).subject),
            }
        )
        if asked["nonce"].native is not None:
            info["nonce"] = asked["nonce"].native
        token = {
            "content_type": "signed_data",
            "content": self._signed(info.dump(), bool(asked["cert_req"].native)),
        }
        return Answer({"status": {"status": "granted"}, "token": token}).dump()  # type: ignore[no-any-return]

    def _signed(self, info: bytes, with_certificates: bool) -> cms.SignedData:
        attributes = self._attributes(info)
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": {
                    "issuer_and_serial_number": {
                        "issuer": self._asn1(self.certificate).issuer,
                        "serial_number": self.certificate.serial_number,
                    }
                },
                "digest_algorithm": {"algorithm": "sha256"},
                "signed_attrs": attributes,
                "signature_algorithm": {"algorithm": "sha256_ecdsa"},
                "signature": self.key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
            }
        )
        signed: dict[str, Any] = {
            "version": "v3",
            "digest_algorithms": [algos.DigestAlgorithm({"algorithm": "sha256"})],
            "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(info)},
            "signer_infos": [signer],
        }
        if with_certificates:
            signed["certificates"] = [self._asn1(self.certificate)]
        return cms.SignedData(signed)

    def _attributes(self, info: bytes) -> cms.CMSAttributes:
        digest = hashlib.sha256(self.certificate.public_bytes(serialization.Encoding.DER)).digest()
        identifier = tsp.SigningCertificateV2({"certs": [{"cert_hash": digest}]})
        values = {
            "content_type": cms.ContentType("tst_info"),
            "message_digest": hashlib.sha256(info).digest(),
            "signing_certificate_v2": identifier,
        }
        return cms.CMSAttributes([cms.CMSAttribute({"type": kind, "values": [it]}) for kind, it in values.items()])

    @staticmethod
    def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def open_authority(folder: Path, *, owner: str, now: datetime) -> EmbeddedAuthority:
    """The authority of ``folder``, made when it is first asked for: one file of mode 0600.

    ``owner`` stands in the certificates. A year before the signing certificate ends, the CA signs another one;
    tokens carry the certificate that they were signed with, so the old ones stay good.
    """
    place = folder / "time-stamping-authority.pem"
    if not place.exists():
        keep_once(place, _to_pem(*_make_ca(owner, now), owner, now))
    ca, ca_key, certificate, key = _from_pem(place.read_bytes())
    if now > certificate.not_valid_after_utc - _RENEW_BEFORE:
        replace(place, _to_pem(ca, ca_key, owner, now))
        ca, ca_key, certificate, key = _from_pem(place.read_bytes())
    return EmbeddedAuthority(ca, certificate, key)


def _fault_of(asked: tsp.TimeStampReq) -> str | None:
    imprint = asked["message_imprint"]
    size = _DIGEST_SIZES.get(imprint["hash_algorithm"]["algorithm"].native)
    if size is None:
        return "bad_alg"
    if len(imprint["hashed_message"].native) != size or asked["version"].native != "v1":
        return "bad_data_format"
    if asked["req_policy"].native not in (None, POLICY):
        return "unaccepted_policy"
    return None


def _rejection(reason: str) -> bytes:
    return Answer({"status": {"status": "rejection", "fail_info": {reason}}}).dump()  # type: ignore[no-any-return]


def _make_ca(owner: str, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(owner, f"CA of: {COMMON_NAME}")
    certificate = (
        _builder(name, name, key.public_key(), now, _CA_YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate, key


def _make_certificate(
    ca: x509.Certificate, ca_key: ec.EllipticCurvePrivateKey, owner: str, now: datetime
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(_name(owner, COMMON_NAME), ca.subject, key.public_key(), now, _TSA_YEARS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    return certificate, key


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, years: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # requests take their time at their start
        .not_valid_after(now + timedelta(days=365 * years))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(owner: str, common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, owner[:64]),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name),
        ]
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _to_pem(ca: x509.Certificate, ca_key: ec.EllipticCurvePrivateKey, owner: str, now: datetime) -> bytes:
    """CA certificate and key, then a new certificate and key for the tokens: in one file they can't part."""
    certificate, key = _make_certificate(ca, ca_key, owner, now)
    pem = serialization.Encoding.PEM
    return b"".join(
        one.public_bytes(pem)
        + secret.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        for one, secret in ((ca, ca_key), (certificate, key))
    )


def _from_pem(
    data: bytes,
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey, x509.Certificate, ec.EllipticCurvePrivateKey]:
    ca, certificate = x509.load_pem_x509_certificates(data)
    end = b"-----END PRIVATE KEY-----"
    keys = [part[part.index(b"-----BEGIN PRIVATE") :] + end for part in data.split(end)[:2]]
    ca_key, key = (serialization.load_pem_private_key(one, password=None) for one in keys)
    if not isinstance(ca_key, ec.EllipticCurvePrivateKey) or not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("the time-stamping authority's file holds other keys than expected")
    return ca, ca_key, certificate, key
