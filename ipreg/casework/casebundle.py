"""The case bundle: one ZIP that proves a case to strangers, offline, without us.

Every step with its salt and its proof in the log, the signed papers, what was handed in, and the filing with its
own proof. ``ipreg.verifier`` is the judge of its form, and is packed beside it (docs/parties.md).
"""

from __future__ import annotations

from dataclasses import replace

from cryptography.hazmat.primitives import serialization
from sqlalchemy.orm import Session

from ipreg import access, bundle, log, logkeys, stamping, verifier
from ipreg.amending import version_of
from ipreg.bundle import Members
from ipreg.casework import papers, submissions
from ipreg.casework.submissions import Party
from ipreg.db import Clock
from ipreg.errors import ConflictError, MissingError
from ipreg.models import Account, Case, CaseEvent, LogEntry, Role
from ipreg.runtime import Runtime
from ipreg.seal import open_seal
from ipreg.tlog.note import sign_note

_READ_ME = """# {number}

本文件夹证明一个案件的每一步、签发的文书和收到的材料，核验不需要登记处，也不需要网络：
This folder proves each step of a case, the papers issued and what was received; neither the registry nor a network
is needed:

    python3 verifier.py . --key '{key}'
    pdfsig papers/*.pdf

日志密钥请取自登记处公布处或您早先留存的副本。Take the log's key from where it is published, or from your own copy.
`case/NNN.json` 是第 NNN 步，`.salt` 打开它在日志里的承诺，`.tlog-proof` 证明该条目在签名的检查点之内。
`case/NNN.json` is step NNN; its `.salt` opens the commitment in the log, `.tlog-proof` proves the entry.
未收入的材料（保密、已按期删除或不属于您）只列摘要。Of papers that are not in here only the digests are told.
"""


def build(runtime: Runtime, case_id: int, *, reader: Account, clock: Clock) -> bytes:
    """The bundle as ``reader`` may have it. Call it with no transaction open; that he may see the case is for the
    caller to know. Raises ``ConflictError`` (``certificate_not_yet``) before a time stamp covers the filing, and
    ``ProofError`` (``bundle_does_not_hold``)."""
    stamping.cover(runtime, _newest_entry(runtime, case_id), clock=clock)
    seal = open_seal(runtime.secrets, owner=runtime.config.origin, now=clock())
    with runtime.sessions() as session:
        case = session.get_one(Case, case_id)
        signers = logkeys.signers(session, first=runtime.log_key, folder=runtime.secrets)
        named = reader.role in (Role.REGULATOR, Role.AUDITOR)
        filing = case.match.filing
        if not access.can_see_files(session, reader, filing):
            raise MissingError("filing_missing", number=filing.number)
        newest = version_of(session, filing, filing.version)
        members: Members = [
            ("VERIFY.md", _READ_ME.format(number=case.number, key=signers[-1].verifier).encode()),
            *_steps(session, case),
            *_last_stamp(session, case),
            *_papers(session, runtime, case, reader),
            *_documents(session, runtime, case, reader),
            *bundle.originals_of(runtime, newest),
            *bundle.evidence_of(session, runtime, newest, named),
            ("proof/registry-ca.pem", seal.ca.public_bytes(serialization.Encoding.PEM)),
            ("verifier.py", bundle.verifier_source()),
        ]
        sums = verifier.sums_of(members)
        text = verifier.contents_text(case.number, sums, verifier.CASE_BUNDLE_FORMAT)
        whole = [(verifier.SUMS, sums), (verifier.CONTENTS, sign_note(text, signers).encode()), *members]
    bundle.hold(whole, signers[-1].verifier)
    return b"".join(verifier.canonical_zip(whole))


def _newest_entry(runtime: Runtime, case_id: int) -> int | None:
    with runtime.sessions() as session:
        return _events(session.get_one(Case, case_id))[-1].log_index


def _events(case: Case) -> list[CaseEvent]:
    return sorted(case.events, key=lambda one: one.position)


def _steps(session: Session, case: Case) -> Members:
    found: Members = []
    newest = log.latest_checkpoint(session)
    size = newest.size if newest else 0
    for event in _events(case):
        entry = session.get_one(LogEntry, -1 if event.log_index is None else event.log_index)
        stem = verifier.step_stem(event.position)
        proof = replace(log.prove_inclusion(session, index=entry.index, size=size), cosignatures=())
        found += [
            (f"{stem}.json", entry.statement.encode()),
            (f"{stem}.salt", entry.salt),
            (f"{stem}.tlog-proof", str(proof.to_log_proof()).encode()),
        ]
    return [*found, (verifier.CASE_CHECKPOINT, proof.checkpoint.encode())]


def _last_stamp(session: Session, case: Case) -> Members:
    index = _events(case)[-1].log_index
    stamps = stamping.stamps_covering(session, index=-1 if index is None else index)
    if index is None or not stamps:
        raise ConflictError("certificate_not_yet", number=case.number)
    return bundle.stamp_members(session, index, stamps[0], verifier.CASE_STAMP)


def _papers(session: Session, runtime: Runtime, case: Case, reader: Party) -> Members:
    return [
        (f"papers/{papers.file_name(one)}", runtime.store.get(one.sha256))
        for one in papers.papers_of(session, case, reader)
    ]


def _documents(session: Session, runtime: Runtime, case: Case, reader: Party) -> Members:
    """What was handed in and the reader may have; with each the receipt that the log commits to."""
    found: Members = []
    for one in submissions.seen_by(session, case, reader):
        found.append((f"received/{one.serial:03d}-receipt.json", one.manifest.encode()))
        if one.erased_at is None:
            found += [
                (f"received/{one.serial:03d}-{file.name}", runtime.store.get(file.sha256)) for file in one.files
            ]
    return found
