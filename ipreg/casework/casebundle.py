"""The case bundle: one ZIP that proves a case to strangers, offline, without us.

Every step with its salt and its proof in the log, the signed papers, what was handed in, and the filing with its
own proof. ``ipreg.verifier`` is the judge of its form, and is packed beside it (docs/parties.md).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from cryptography.hazmat.primitives import serialization
from sqlalchemy.orm import Session

from ipreg import access, bundle, log, logkeys, stamping, verifier
from ipreg.amending import version_of
from ipreg.bundle import Members
from ipreg.casework import machine, papers, submissions
from ipreg.casework.submissions import Party
from ipreg.db import Clock
from ipreg.errors import ConflictError
from ipreg.models import Account, Case, CaseEvent, LogEntry
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
`case/NNN.leaf` 是主管部门内部或不对您公开的步骤：只证明日志此处有这样一条，次序不变，内容不在本包内。
`case/NNN.leaf` is a step that is internal to the authority or not yours to read: that an entry stands at this place
of the log is proved, and the order; its words are not in here.
`documents/NNN-*` 是附于第 NNN 步的材料。`documents/NNN-*` was attached to step NNN.
未收入的材料（保密、过大、已按期删除或不属于您）只列摘要。Of papers that are not in here only the digests are told.
"""


MOST_ATTACHED = 256 * 2**20
"""So many bytes of attached documents go in, the oldest first; of the others the steps tell the digests."""
_ENDING = re.compile(r"\.([A-Za-z0-9]{1,8})")


def build(runtime: Runtime, case_id: int, *, reader: Account, clock: Clock) -> bytes:
    """The bundle as ``reader`` may have it. Call it with no transaction open; that he may see the case is for the
    caller to know. Raises ``ConflictError`` (``certificate_not_yet``) before a time stamp covers the filing, and
    ``ProofError`` (``bundle_does_not_hold``)."""
    stamping.cover(runtime, _newest_entry(runtime, case_id), clock=clock)
    seal = open_seal(runtime.secrets, owner=runtime.config.origin, now=clock())
    with runtime.sessions() as session:
        case, reader = session.get_one(Case, case_id), session.get_one(Account, reader.id)
        signers = logkeys.signers(session, first=runtime.log_key, folder=runtime.secrets)
        named = _named(case, reader)
        members: Members = [
            ("VERIFY.md", _READ_ME.format(number=case.number, key=signers[-1].verifier).encode()),
            *_steps(session, case, reader),
            *_last_stamp(session, case),
            *(one for one in _papers(session, runtime, case, reader) if _digest(one) in named),
            *(one for one in _documents(session, runtime, case, reader) if _digest(one) in named),
            *(one for one in _attached(runtime, case, reader) if _digest(one) in named),
            *_filing(session, runtime, case, reader),
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


def shown(case: Case, event: CaseEvent, reader: Account) -> bool:
    """Whether its statement goes in. The first formats named people by the address that they sign in with: such a
    one is for their own side and the officials alone."""
    if not submissions.reads_step(case, event, reader):
        return False
    own = event.actor is None or submissions.side_of(case, event.actor) is submissions.side_of(case, reader)
    return event.form >= 3 or own or reader.role in access.OFFICIALS


def _named(case: Case, reader: Account) -> frozenset[str]:
    """Digests of the papers that the steps in the bundle name: the others would have nothing to be checked by."""
    told = [one for one in case.events if shown(case, one, reader)]
    return frozenset(paper["sha256"] for one in told for paper in one.details.get("documents", []))


def _digest(member: tuple[str, bytes]) -> str:
    return hashlib.sha256(member[1]).hexdigest()


def _filing(session: Session, runtime: Runtime, case: Case, reader: Account) -> Members:
    """The filing with its proof, which has the designer's own files too. Who may not have these (the other owner of
    a conflict, or anybody before a sealed filing is opened for him) gets the case alone, with the log's keys."""
    filing = case.match.filing
    his = reader.role in access.OFFICIALS or access.owns_filing(reader, filing)
    if not (his and access.can_see_files(session, reader, filing)):
        keys = logkeys.verifiers(session, first=runtime.log_key)
        return [(verifier.LOG_KEYS, "".join(f"{one}\n" for one in keys).encode())]
    newest = version_of(session, filing, filing.version)
    official = reader.role in access.OFFICIALS
    return [*bundle.originals_of(runtime, newest), *bundle.evidence_of(session, runtime, newest, official)]


def _steps(session: Session, case: Case, reader: Account) -> Members:
    """Each step with its salt; of one that is not for the reader what stands in the log, and the proof of that."""
    found: Members = []
    newest = log.latest_checkpoint(session)
    size = newest.size if newest else 0
    for event in _events(case):
        entry = session.get_one(LogEntry, -1 if event.log_index is None else event.log_index)
        stem = verifier.step_stem(event.position)
        proof = replace(log.prove_inclusion(session, index=entry.index, size=size), cosignatures=())
        if shown(case, event, reader):
            found += [(f"{stem}.json", entry.statement.encode()), (f"{stem}.salt", entry.salt)]
        else:
            found.append((f"{stem}.leaf", entry.leaf))
        found.append((f"{stem}.tlog-proof", str(proof.to_log_proof()).encode()))
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


def _attached(runtime: Runtime, case: Case, reader: Account) -> Members:
    """What was attached to the steps and is kept: officials have all of it, a side what it attached itself."""
    own = submissions.side_of(case, reader)
    found: Members = []
    for event in _events(case) if case.documents_erased_at is None else []:
        if reader.role not in access.OFFICIALS and event.part != own:
            continue
        for which, one in enumerate(machine.attached(event), 1):
            size = sum(len(data) for _, data in found)
            if runtime.store.holds(one["sha256"]) and size < MOST_ATTACHED:
                name = f"documents/{event.position:03d}-{which}{_ending(one['name'])}"
                found.append((name, runtime.store.get(one["sha256"])))
    return found


def _ending(name: str) -> str:
    """That of the document's own name, where it can stand in the bundle."""
    found = _ENDING.fullmatch(f".{name.rpartition('.')[2]}")
    return f".{found[1].lower()}" if found else ".bin"
