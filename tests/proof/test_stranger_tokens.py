"""Tokens not of our making, through the single-file verifier: OpenSSL's, pyHanko's, faulty certificates'."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from authorities import START, make_authority
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from papers import refusal
from pyhanko.sign.timestamps import DummyTimeStamper

from ipreg import verifier
from ipreg.timestamps import make_request

DATA = b"what is stamped\n"
NOW = START + timedelta(days=60)
Chain = tuple[x509.Certificate, x509.Certificate, x509.Certificate, rsa.RSAPrivateKey]


@pytest.fixture(scope="module")
def chain() -> Chain:
    """Root, intermediate, signer and its key: RSA, as most public authorities have it."""
    keys = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(3)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in ("Root", "Between", "TSA")]
    made = []
    for level in range(3):
        above = max(level - 1, 0)
        builder = (
            x509.CertificateBuilder(names[above], names[level], keys[level].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(START - timedelta(days=9))
            .not_valid_after(datetime.now(UTC) + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(level < 2, None), critical=True)
        )
        if level == 2:
            purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(purpose, critical=True)
        made.append(builder.sign(keys[above], hashes.SHA256()))
    return made[0], made[1], made[2], keys[2]


@pytest.mark.skipif(not shutil.which("openssl"), reason="NO OPENSSL HERE: its tokens are not read")
@pytest.mark.parametrize("digest", ["sha256", "sha512"])
@pytest.mark.parametrize("identified_by", ["sha1", "sha256"])
def test_openssl_s_tokens_hold(chain: Chain, tmp_path: Path, digest: str, identified_by: str) -> None:
    """With either signing-certificate attribute (RFC 2634 by SHA-1, RFC 5816 by SHA-256)."""
    root, between, signer, key = chain
    pem = serialization.Encoding.PEM
    (tmp_path / "tsa.pem").write_bytes(signer.public_bytes(pem))
    (tmp_path / "between.pem").write_bytes(between.public_bytes(pem))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (tmp_path / "data").write_bytes(DATA)
    (tmp_path / "serial").write_text("01\n")
    (tmp_path / "tsa.cnf").write_text(
        "[tsa]\ndefault_tsa=one\n[one]\nserial=serial\ncrypto_device=builtin\nsigner_cert=tsa.pem\ncerts=between.pem\n"
        f"signer_key=key.pem\nsigner_digest={digest}\ndefault_policy=1.2.3\ndigests=sha256,sha512\n"
        f"ordering=yes\ntsa_name=yes\ness_cert_id_chain=no\ness_cert_id_alg={identified_by}\naccuracy=secs:1,millisecs:500\n"
    )
    asked = ["openssl", "ts", "-query", "-data", "data", f"-{digest}", "-cert", "-out", "query"]
    made = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply"]
    for words in (asked, made):
        subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    answer = (tmp_path / "reply").read_bytes()
    stamp = verifier.verify_stamp(answer, DATA, roots=[root])
    assert (stamp.authority, stamp.policy) == ("TSA", "1.2.3")
    assert abs(stamp.at - datetime.now(UTC)) < timedelta(minutes=2)
    assert refusal(lambda: verifier.verify_stamp(answer, DATA + b"x", roots=[root])) == "stamp_other_data"
    assert refusal(lambda: verifier.verify_stamp(answer, DATA, roots=[])) == "stamp_untrusted"
    stranger = make_authority().ca
    assert refusal(lambda: verifier.verify_stamp(answer, DATA, roots=[stranger])) == "stamp_untrusted"


def test_pyhanko_s_tokens_hold(chain: Chain) -> None:
    root, between, signer, key = chain
    der = serialization.Encoding.DER
    plain = key.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    maker = DummyTimeStamper(
        tsa_cert=asn1_x509.Certificate.load(signer.public_bytes(der)),
        tsa_key=asn1_keys.PrivateKeyInfo.load(plain),
        fixed_dt=NOW,
    )
    from asn1crypto import tsp

    answer = maker.request_tsa_response(tsp.TimeStampReq.load(make_request(DATA).der)).dump()
    assert verifier.verify_stamp(answer, DATA, roots=[root], others=[between]).at == NOW
    assert refusal(lambda: verifier.verify_stamp(answer, DATA, roots=[root])) == "stamp_untrusted"


@pytest.mark.parametrize(
    "fault",
    [
        {"purposes": ()},
        {"purposes": (ExtendedKeyUsageOID.CODE_SIGNING,)},
        {"purposes": (ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING)},
        {"critical": False},
        {"not_before": NOW + timedelta(days=1)},
        {"not_after": NOW - timedelta(days=1)},
    ],
)
def test_a_certificate_that_may_not_stamp_is_refused(fault: dict[str, object]) -> None:
    made = make_authority(**fault)  # type: ignore[arg-type]
    answer = made.answer(make_request(DATA).der, now=NOW)
    assert refusal(lambda: verifier.verify_stamp(answer, DATA, roots=[made.ca])) == "stamp_certificate"


def test_a_token_that_names_another_certificate_is_refused() -> None:
    """Same names, same CA, another key: the signed attribute says which certificate it was."""
    good = make_authority()
    answer = bytearray(good.answer(make_request(DATA).der, now=NOW))
    digest = good.certificate.fingerprint(hashes.SHA256())
    spot = answer.index(digest)
    answer[spot] ^= 1
    code = refusal(lambda: verifier.verify_stamp(bytes(answer), DATA, roots=[good.ca]))
    assert code in ("stamp_certificate", "stamp_signature")


def test_a_rejection_is_no_token() -> None:
    answer = make_authority().answer(b"\x30\x03\x02\x01\x01", now=NOW)
    assert refusal(lambda: verifier.verify_stamp(answer, DATA, roots=[])) == "stamp_malformed"
