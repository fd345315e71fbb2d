"""The evidence bundle: one ZIP that proves a filing to strangers, offline, without us.

What is in it and how each part is checked stands in its VERIFY.md; ``ipreg.verifier`` is the judge of its form, and
is packed beside it. From the same state of the log the same bytes come.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlalchemy.orm import Session

from ipreg import certificate, log, logkeys, stamping, verifier
from ipreg.amending import version_of, versions_of
from ipreg.db import Clock
from ipreg.errors import ConflictError, ProofError
from ipreg.i18n import translator
from ipreg.manifest import DESIGN_FILE, applicant_opening, form_of
from ipreg.models import Disclosure, Filing, FilingVersion, Industry, LogEntry, LogTimeStamp, RightKind
from ipreg.names import DISCLOSURES, INDUSTRIES, RIGHTS, shows
from ipreg.plaintext import shown
from ipreg.runtime import Runtime
from ipreg.seal import open_seal
from ipreg.tlog.cosignature import Cosigner
from ipreg.tlog.note import Signature, Signer, Verifier, sign_note

_PAPERS = Path(__file__).parent / "papers"
_BEIJING = timezone(timedelta(hours=8))
Members = list[tuple[str, bytes]]


@dataclass(frozen=True)
class Side:
    """One step up the tree, for a reader who hashes by hand: the proof's line, and where its hash goes."""

    line: int
    left: bool


def build(
    runtime: Runtime, filing_id: int, *, with_applicant: bool, clock: Clock, version: int | None = None
) -> bytes:
    """The bundle of the filing's newest or given version, with the chain of those before it.

    ``with_applicant`` opens the commitment to the applicant's names and address.

    Call it with no transaction open; whether the reader may see the filing is for the caller to know. Raises
    ``ConflictError`` (``certificate_not_yet``) before a time stamp covers the filing, ``ProofError``
    (``bundle_does_not_hold``) where our own records would not convince our own verifier.
    """
    paper = certificate.obtain(runtime, filing_id, clock=clock, version=version)
    seal = open_seal(runtime.secrets, owner=runtime.config.origin, now=clock())
    with runtime.sessions() as session:
        filing = session.get_one(Filing, filing_id)
        with_applicant = with_applicant and bool(filing.applicant_salt)  # gone where the account was erased
        it = version_of(session, filing, version or filing.version)
        evidence = originals_of(runtime, it) + evidence_of(session, runtime, it, with_applicant)
        evidence.append(("proof/registry-ca.pem", seal.ca.public_bytes(serialization.Encoding.PEM)))
        signers = logkeys.signers(session, first=runtime.log_key, folder=runtime.secrets)
        members = _explained(runtime, it, evidence, paper, with_applicant, str(signers[-1].verifier))
    whole = _sealed(filing.number, members, signers)
    hold(whole, signers[-1].verifier)
    return b"".join(verifier.canonical_zip(whole))


def _sealed(number: str, members: Members, signers: Sequence[Signer]) -> Members:
    """The list of all files, and the signatures on it of every key that signs now, before them."""
    sums = verifier.sums_of(members)
    note = sign_note(verifier.contents_text(number, sums), signers).encode()
    return [(verifier.SUMS, sums), (verifier.CONTENTS, note), *members]


def hold(members: Members, key: Verifier) -> None:
    try:
        verifier.verify_files(dict(members), keys=[verifier.Key.parse(str(key))], ordered=True)
    except verifier.Refused as fault:
        raise ProofError("bundle_does_not_hold", why=str(fault)) from fault


def originals_of(runtime: Runtime, version: FilingVersion) -> Members:
    shelf = runtime.store.shelf(version.filing.vault_key)
    stated = json.loads(version.manifest)
    return [
        (
            verifier.original_name(position, one["view"], one["media_type"], stated["format"]),
            shelf.get(one["sha256"]),
        )
        for position, one in enumerate(stated["files"])
    ]


def evidence_of(session: Session, runtime: Runtime, version: FilingVersion, with_applicant: bool) -> Members:
    """Manifest, salt, leaf, proof, checkpoint, keys, time stamps, and the versions before."""
    stamps = stamping.stamps_covering(session, index=version.log_index)
    if not stamps:
        raise ConflictError("certificate_not_yet", number=version.filing.number)
    entry = session.get_one(LogEntry, version.log_index)
    keys = logkeys.verifiers(session, first=runtime.log_key)
    found: Members = [(verifier.MANIFEST, version.manifest.encode()), (verifier.SALT, entry.salt)]
    if with_applicant:
        found.append((verifier.APPLICANT, _applicant(version)))
    found += [
        (verifier.LEAF, entry.leaf),
        *_newest_proof(session, runtime, entry.index),
        (verifier.LOG_KEYS, "".join(f"{one}\n" for one in keys).encode()),
    ]
    for number, stamp in enumerate(stamps, 1):
        found += stamp_members(session, entry.index, stamp, f"stamps/{number:02d}-{stamp.authority}")
    for earlier in versions_of(session, version.filing)[: version.version - 1]:
        found += _earlier(session, earlier)
    return found


def _earlier(session: Session, version: FilingVersion) -> Members:
    """What ties an earlier version to the log: statement, salt, leaf, and the proof under the same checkpoint."""
    entry = session.get_one(LogEntry, version.log_index)
    proof = replace(log.prove_inclusion(session, index=entry.index), cosignatures=())
    manifest, salt, leaf, path = verifier.version_names(version.version)
    return [
        (manifest, version.manifest.encode()),
        (salt, entry.salt),
        (leaf, entry.leaf),
        (path, str(proof.to_log_proof()).encode()),
    ]


def _newest_proof(session: Session, runtime: Runtime, index: int) -> Members:
    """Under the newest checkpoint, with the cosignatures of the witnesses whose keys are known."""
    proof = log.prove_inclusion(session, index=index)
    cosigners = [one.cosigner for one in runtime.config.witnesses]
    lines = [line for line in proof.cosignatures if any(_made(one, line) for one in cosigners)]
    used = [one for one in cosigners if any(_made(one, line) for line in lines)]
    cosigned = replace(proof, cosignatures=tuple(lines))
    found: Members = [
        (verifier.PROOF, str(cosigned.to_log_proof()).encode()),
        (verifier.CHECKPOINT, proof.checkpoint.encode()),
    ]
    return [*found, (verifier.WITNESS_KEYS, "".join(f"{one}\n" for one in used).encode())] if used else found


def _made(cosigner: Cosigner, line: str) -> bool:
    return cosigner.made(Signature.parse(line.rstrip("\n")))


def stamp_members(session: Session, index: int, stamp: LogTimeStamp, stem: str) -> Members:
    """The token, what it is over, the proof that the entry is under that, and the certificates."""
    proof = replace(log.prove_inclusion(session, index=index, size=stamp.size), cosignatures=())
    certificates = x509.load_pem_x509_certificates(stamp.certificates.encode())
    roots = [one for one in certificates if one.issuer == one.subject]
    chain = [one for one in certificates if one not in roots]
    found: Members = [
        (f"{stem}.tsr", stamp.answer or b""),
        (f"{stem}.checkpoint", proof.checkpoint.encode()),
        (f"{stem}.tlog-proof", str(proof.to_log_proof()).encode()),
        (f"{stem}.root.pem", to_pem(roots)),
    ]
    return [*found, (f"{stem}.chain.pem", to_pem(chain))] if chain else found


def to_pem(certificates: Sequence[x509.Certificate]) -> bytes:
    """The certificates one after the other."""
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)


def _applicant(version: FilingVersion) -> bytes:
    return rfc8785.dumps(applicant_opening(version.filing, form_of(json.loads(version.manifest))))


def sides(index: int, size: int, steps: int) -> list[Side]:
    """On which side each hash of the path stands (RFC 9162, 2.1.3.2); lines are counted from 1."""
    found, position, last = [], index, size - 1
    for step in range(steps):
        left = bool(position & 1) or position == last
        found.append(Side(step + 3, left))
        while left and position & 1 == 0 and position:
            position, last = position >> 1, last >> 1
        position, last = position >> 1, last >> 1
    return found


# --- What people read


def _explained(
    runtime: Runtime, version: FilingVersion, evidence: Members, paper: bytes, with_applicant: bool, log_key: str
) -> Members:
    """The readable files first, then the evidence, then the verifier."""
    told = {**_shown(runtime, version, dict(evidence), with_applicant), "log_key": log_key}
    texts = _templates()
    return [
        ("VERIFY.md", shown(texts.get_template("VERIFY.md.jinja").render(told)).encode()),
        ("index.html", shown(texts.get_template("index.html.jinja").render(told)).encode()),
        ("certificate.pdf", paper),
        *evidence,
        ("verifier.py", verifier_source()),
    ]


def verifier_source() -> bytes:
    """The single-file verifier, as it is packed and offered for download."""
    return Path(verifier.__file__).read_bytes()


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_PAPERS),
        autoescape=select_autoescape(("html.jinja",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _shown(
    runtime: Runtime, version: FilingVersion, files: dict[str, bytes], with_applicant: bool
) -> dict[str, Any]:
    filing, stated = version.filing, json.loads(version.manifest)
    zh = translator("zh")
    pictures = [
        {
            "path": verifier.original_name(position, one["view"], one["media_type"], stated["format"]),
            "shown": one["view"] != DESIGN_FILE,
            "view_zh": zh(shows(one["view"])),
            "view_en": shows(one["view"]),
            **one,
        }
        for position, one in enumerate(stated["files"])
    ]
    stems = sorted(name.removesuffix(".tsr") for name in files if name.endswith(".tsr"))
    return {
        "filing": stated,
        "number": filing.number,
        "version": version.version,
        "applicant": filing.applicant_name if with_applicant else None,
        "organization": filing.organization_name if with_applicant else "",
        "industry_zh": zh(INDUSTRIES[Industry(stated["industry"])]),
        "industry_en": INDUSTRIES[Industry(stated["industry"])],
        "filed_at": both_times(version.filed_at),
        **_statements(stated),
        "pictures": pictures,
        "address": certificate.verification_address(runtime.config.public_url, filing.number),
        "entry": _tree(files, "proof/inclusion.tlog-proof", verifier.CHECKPOINT),
        "stamps": [_shown_stamp(files, stem) for stem in stems],
        "sentence_zh": certificate.SENTENCE_ZH,
        "sentence_en": certificate.SENTENCE_EN,
    }


def _statements(stated: dict[str, Any]) -> dict[str, Any]:
    """What version 2 of the manifest added, in both languages; nothing of it for version 1."""
    zh = translator("zh")
    rights = [RIGHTS[RightKind(one)] for one in stated.get("rights_wanted", [])]
    kind = DISCLOSURES[Disclosure(stated["disclosure"])] if stated.get("disclosure") else ""
    labels = (("keywords", "关键词 Keywords"), ("materials", "材料 Materials"), ("colours", "颜色 Colours"))
    return {
        "disclosure": (zh(kind), kind) if kind else None,
        "rights": [(zh(one), one) for one in rights],
        "lists": [(label, stated[name]) for name, label in labels if stated.get(name)],
    }


def _tree(files: dict[str, bytes], proof: str, checkpoint: str) -> dict[str, Any]:
    head = files[proof].decode().partition("\n\n")[0].split("\n")
    index, lines = int(head[1][6:]), files[checkpoint].decode().split("\n")
    size = int(lines[1])
    return {
        "proof": proof,
        "checkpoint": checkpoint,
        "index": index,
        "origin": lines[0],
        "size": size,
        "root": lines[2],
        "sides": sides(index, size, len(head) - 2),
    }


def _shown_stamp(files: dict[str, bytes], stem: str) -> dict[str, Any]:
    token = verifier.verify_stamp(
        files[f"{stem}.tsr"],
        files[f"{stem}.checkpoint"],
        roots=x509.load_pem_x509_certificates(files[f"{stem}.root.pem"]),
        others=x509.load_pem_x509_certificates(files.get(f"{stem}.chain.pem", files[f"{stem}.root.pem"])),
        name=stem,
    )
    return {
        "stem": stem,
        "authority": token.authority,
        "embedded": stem.endswith("-embedded"),
        "at": both_times(token.at),
        "seconds": int(token.at.timestamp()),
        "chain": f"{stem}.chain.pem" in files,
        **_tree(files, f"{stem}.tlog-proof", f"{stem}.checkpoint"),
    }


def both_times(at: datetime) -> str:
    """In UTC, and as a clock in China shows it."""
    form = "%Y-%m-%d %H:%M:%S"
    return f"{at.astimezone(UTC).strftime(form)} UTC（北京时间 {at.astimezone(_BEIJING).strftime(form)}）"
