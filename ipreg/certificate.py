"""The certificate: one page of PDF about a filing, signed with the registry's seal and time-stamped.

It is issued once, when a time stamp covers the filing's log entry, and kept: everybody who may see the filing gets
the same bytes. What it states comes from the manifest that the log entry commits to; below the number stand the
granted rights that its owner shows. After each change of these there is another; the earlier ones stay good.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

import segno
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from PIL import Image
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ipreg import log, logkeys, ornament, stamping, verifier
from ipreg.amending import version_of, views_of
from ipreg.db import Clock, transaction
from ipreg.digests import digests
from ipreg.errors import ConflictError, IpregError, ProofError, UpstreamError
from ipreg.i18n import translator
from ipreg.manifest import applicant_commitment, form_of
from ipreg.models import (
    Certificate,
    Filing,
    FilingVersion,
    FilingView,
    Industry,
    LogTimeStamp,
    RightRecord,
    ViewKind,
)
from ipreg.names import INDUSTRIES, shows
from ipreg.rights import records
from ipreg.rights.words import OBTAINED
from ipreg.runtime import Runtime
from ipreg.seal import Seal, open_seal
from ipreg.stamping import Authority
from ipreg.typesetting import set_page, showable

FIELD = "RegistrySeal"
REASON = "设计预备案证书 Certificate of Design Pre-registration"
_RESERVED = 40_000  # bytes for signature, certificates and time stamp: the same for every certificate
_PICTURE_SIDE = 1280
_RIGHTS = 3  # so many are named on the page
_ROOM = (150.0, 76.0)  # mm for the picture
_BEIJING = timezone(timedelta(hours=8))
EMBEDDED_ZH = "登记处内置时间戳机构（非独立第三方）"
SENTENCE_ZH = (
    "预备案是证据，不是权利：它证明所列内容已于所载时间提交登记处。"
    "专利权、商标权须另行取得，著作权自创作完成时产生。"
)
SENTENCE_EN = (
    "Pre-registration is evidence, not a right: it proves what was filed and when. "
    "Patents and trade marks must be obtained; copyright arises from creation."
)


@dataclass(frozen=True)
class Draft:
    """All that the page shows, read in one transaction; ``at`` is its document's time.

    The ``picture`` (JPEG) of a ``sealed`` filing is empty: the paper can be shown, the design stays where it is.
    """

    filing_id: int
    version: int
    sealed: bool
    facts: dict[str, Any]
    picture: bytes
    at: datetime
    rights: str = ""


def verification_address(public_url: str, number: str) -> str:
    """Where the QR code leads."""
    return f"{public_url.rstrip('/')}/verify/{number}"


def obtain(runtime: Runtime, filing_id: int, *, clock: Clock, version: int | None = None) -> bytes:
    """The certificate of the filing's newest or given version; issued now if it has not been before.

    Call it with no transaction open: an authority may be asked. Whether the reader may see the filing is for the
    caller to know. Raises ``ConflictError`` (``certificate_not_yet``) before the log and a time stamp cover the
    filing, and ``UpstreamError`` (``certificate_no_authority``) where no authority answers.
    """
    with runtime.sessions() as session:
        version = version or session.get_one(Filing, filing_id).version
        known = find(session, filing_id, version)
        if known is not None:
            return runtime.store.shelf(known.filing.vault_key).get(known.sha256)
    stamping.cover(runtime, _entry_of(runtime, filing_id), clock=clock)
    with runtime.sessions() as session:
        filing = session.get_one(Filing, filing_id)
        draft = prepare(session, runtime, filing, version_of(session, filing, version))
        shelf = runtime.store.shelf(filing.vault_key)
    seal = open_seal(runtime.secrets, owner=runtime.config.origin, now=clock())
    signed = sign(
        set_page(draft.facts, draft.picture, at=draft.at),
        seal=seal,
        authorities=stamping.authorities_of(runtime, clock=clock),
        host=_host(runtime),
    )
    shelf.put(signed)  # before the transaction: a slow store makes nobody wait
    try:
        with transaction(runtime.sessions) as session:
            kept = _keep(session, runtime, draft, signed, clock())
    except IntegrityError:  # another process issued it in the same moment
        with runtime.sessions() as session:
            found = find(session, filing_id, version)
        if found is None:
            raise ConflictError("changed_meanwhile") from None  # the filing was opened or amended in this moment
        kept = found
    return runtime.store.shelf(kept.filing.vault_key).get(kept.sha256)


def find(session: Session, filing_id: int, version: int | None = None) -> Certificate | None:
    """The certificate that was issued for the newest or given version, sealed or open as the filing is now."""
    wanted = select(Certificate).join(Filing).where(Certificate.filing_id == filing_id)
    wanted = wanted.where(Certificate.sealed == Filing.vault_key_id.is_not(None))
    rights = records.key_of(records.public_records(session, session.get_one(Filing, filing_id)))
    return session.scalar(
        wanted.where(Certificate.version == (version or Filing.version), Certificate.rights == rights)
    )


def _keep(session: Session, runtime: Runtime, draft: Draft, pdf: bytes, now: datetime) -> Certificate:
    """Of two that were made at once the first stays."""
    known = find(session, draft.filing_id, draft.version)
    if known is not None:
        return known
    both = digests(pdf)
    filing = session.get_one(Filing, draft.filing_id)
    rights = records.key_of(records.public_records(session, filing))
    if (filing.vault_key_id is not None) != draft.sealed or rights != draft.rights:
        raise ConflictError("changed_meanwhile")
    made = Certificate(
        filing=filing, version=draft.version, sealed=draft.sealed, rights=rights, sha256=both.sha256,
        sm3=both.sm3, size=len(pdf), issued_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def _entry_of(runtime: Runtime, filing_id: int) -> int | None:
    with runtime.sessions() as session:
        return session.get_one(Filing, filing_id).log_index


# --- What stands on the page


def prepare(session: Session, runtime: Runtime, filing: Filing, version: FilingVersion) -> Draft:
    """Reads what the certificate of ``version`` states; raises ``ConflictError`` (``certificate_not_yet``)."""
    stamps = stamping.stamps_covering(session, index=version.log_index)
    if not stamps:
        raise ConflictError("certificate_not_yet", number=filing.number)
    stamp = stamps[0]
    proof = log.prove_inclusion(session, index=version.log_index, size=stamp.size)
    proof.verify(*logkeys.verifiers(session, first=runtime.log_key))
    address = verification_address(runtime.config.public_url, filing.number)
    sealed = filing.vault_key_id is not None
    picture = b"" if sealed else _picture(runtime, views_of(session, version))
    shown = records.public_records(session, filing)
    facts = {
        **_ornament(),
        **({} if sealed else _picture_size(picture)),
        "sealed": sealed,
        **_filing_facts(filing, version),
        "rights": _rights(shown),
        **_proof_facts(proof, stamp),
        "issuer": f"设计预备案登记处 · Design Registry · {_host(runtime)}",
        "sentence_zh": SENTENCE_ZH,
        "sentence_en": SENTENCE_EN,
        "address": address,
        "code": _code(address),
    }
    at = max([stamp.gen_time or version.filed_at, *(one.recorded_at for one in shown)])
    return Draft(filing.id, version.version, sealed, facts, picture, at, records.key_of(shown))


def _host(runtime: Runtime) -> str:
    return urlsplit(runtime.config.public_url).hostname or runtime.config.origin


def _filing_facts(filing: Filing, version: FilingVersion) -> dict[str, Any]:
    """From the manifest, to which the log entry commits; names only where they are those it commits to."""
    stated = json.loads(version.manifest)
    zh = translator("zh")
    opened = applicant_commitment(filing, form_of(stated)) == stated["applicant_commitment"]
    if not opened:
        raise ProofError("applicant_not_committed", number=filing.number)
    industry = INDUSTRIES[Industry(stated["industry"])]
    turn = "" if version.version == 1 else f" · 第 {version.version} 版 Version {version.version}"
    filed = datetime.fromisoformat(stated["filed_at"])
    title = showable(stated["title"])
    return {
        "document_title": f"设计预备案证书 Certificate of Design Pre-registration {filing.number}",
        "document_description": title,
        "number": filing.number + turn,
        "title": title,
        "applicant": showable(filing.applicant_name) or "—",
        "organization": showable(filing.organization_name) or "—",
        "creator": showable(_creators(stated)),
        "created_on": _days(stated),
        "industry": f"{zh(industry)} · {industry}{_class(stated)}",
        "filed_at": f"{_moment(filed)}\n{_beijing(filed)}",
        "picture_alt": f"{title} · {filing.number}",
        "files": [
            {
                "label_zh": f"{position}. {zh(shows(one['view']))}",
                "label_en": shows(one["view"]),
                "name": showable(one["name"]),
                "sha256": one["sha256"],
                "sm3": one["sm3"],
            }
            for position, one in enumerate(stated["files"], 1)
        ],
    }


def _rights(shown: Sequence[RightRecord]) -> str:
    """In one line, as their owner recorded them; many are counted."""
    zh = translator("zh")
    told = [
        f"{zh(OBTAINED[one.kind])} {OBTAINED[one.kind]} {showable(one.number)} · {one.granted_on}" for one in shown
    ]
    more = f"；另有 {len(told) - _RIGHTS} 项 and {len(told) - _RIGHTS} more" if len(told) > _RIGHTS else ""
    return "已登记的权利 Rights on record: " + "；".join(told[:_RIGHTS]) + more if told else ""


def _creators(stated: dict[str, Any]) -> str:
    """With their shares, where they are stated; version 1 has one line of names."""
    shares = stated.get("creators", [])
    if any(one["share"] for one in shares):
        return "、".join(f"{one['name']} {one['share']}%" for one in shares)
    return str(stated["creator"])


def _days(stated: dict[str, Any]) -> str:
    """The day of creation, and the day of first showing below it, both as the applicant states them."""
    created = _both_days(stated["created_on"])
    shown = stated.get("first_disclosed_on")
    return f"{created}\n首次公开 First shown {_both_days(shown)}" if shown else created


def _both_days(day: str) -> str:
    found = date.fromisoformat(day)
    return f"{found.year}年{found.month}月{found.day}日 · {day}"


def _class(stated: dict[str, Any]) -> str:
    """The class as the classification has it written."""
    found = stated.get("locarno_class")
    return f"\n洛迦诺分类 Locarno class {found}" if found else ""


def _proof_facts(proof: log.InclusionProof, stamp: LogTimeStamp) -> dict[str, Any]:
    lines = proof.checkpoint.split("\n")
    at = stamp.gen_time or datetime.fromtimestamp(0, _BEIJING)
    name = showable(common_name(stamp))
    return {
        "log_entry": f"第 {proof.index} 条（从 0 起） · No. {proof.index} (counted from 0)",
        "checkpoint": f"{showable(lines[0])} · {lines[1]} 条 entries",
        "root": lines[2],
        "authority": f"{EMBEDDED_ZH}\n{name}" if stamp.embedded else name,
        "stamped_at": f"{_moment(at)} · {_beijing(at)}",
        "signature": "登记处签名（PAdES）并附时间戳 · signed, time-stamped",
    }


def common_name(stamp: LogTimeStamp) -> str:
    """The authority's name as its certificate has it."""
    parts = [part for part in stamp.signer.split(",") if part.startswith("CN=")]
    return parts[0][3:] if parts else stamp.signer or stamp.authority


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _beijing(at: datetime) -> str:
    return "北京时间 " + at.astimezone(_BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def _ornament() -> dict[str, Any]:
    return {
        "border": ornament.border(194, 281, colour="#7fb3af").decode(),
        "watermark": ornament.rosette(150, colour="#e3efee", petals=24, rings=14).decode(),
        "rosette": ornament.rosette(31, colour="#0b6e69", petals=18, rings=8, hole=0.66).decode(),
    }


def _picture(runtime: Runtime, views: Sequence[FilingView]) -> bytes:
    """The front, or else the first picture, as a JPEG."""
    shown = next((one for one in views if one.kind is ViewKind.FRONT), views[0])
    return runtime.store.thumbnail(shown.sha256, _PICTURE_SIDE)


def _picture_size(picture: bytes) -> dict[str, float]:
    width, height = Image.open(io.BytesIO(picture)).size
    scale = min(_ROOM[0] / width, _ROOM[1] / height)
    return {"picture_width": round(width * scale, 2), "picture_height": round(height * scale, 2)}


def _code(address: str) -> str:
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="svg", border=2, dark="#1d2a2a")
    return out.getvalue().decode()


# --- The signature


class _Stamper(TimeStamper):
    """Asks the authorities one after the other; the first whose token holds is taken."""

    def __init__(self, authorities: Sequence[Authority]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._authorities = authorities

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        wanted = req["message_imprint"]["hashed_message"].native
        for one in self._authorities:
            try:
                answer = one.ask(req.dump())
                verifier.verify_stamp_on(
                    answer, lambda _: wanted, roots=one.anchors.roots, others=one.anchors.intermediates
                )
                return tsp.TimeStampResp.load(answer)
            except (IpregError, verifier.Refused):
                continue
        raise UpstreamError("certificate_no_authority")


class _SealSigner(signers.Signer):
    """Signs with the key that is at hand; the library's own signer reads and checks it anew for each document."""

    def __init__(self, seal: Seal) -> None:
        der = serialization.Encoding.DER
        known = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        known.register(asn1_x509.Certificate.load(seal.ca.public_bytes(der)))
        own = asn1_x509.Certificate.load(seal.certificate.public_bytes(der))
        super().__init__(signing_cert=own, cert_registry=known, embed_roots=True)
        self._key = seal.key

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def sign(pdf: bytes, *, seal: Seal, authorities: Sequence[Authority], host: str, reason: str = REASON) -> bytes:
    """``pdf`` with a PAdES signature of the seal over all of it, which allows no change, and a time stamp on it.

    Independent authorities are asked before the embedded one. Raises ``UpstreamError``.
    """
    stated = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        location=host,
        reason=reason,
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    asked = _Stamper(sorted(authorities, key=lambda one: one.embedded))
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    out = signers.sign_pdf(writer, stated, _SealSigner(seal), timestamper=asked, bytes_reserved=_RESERVED)
    return bytes(out.getvalue())
