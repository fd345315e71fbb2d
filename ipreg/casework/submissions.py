"""What parties hand in: statements, counter-notices, evidence; kept by digest, each with a logged receipt."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import rfc8785
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from ipreg import access
from ipreg.casework import clocks, links, machine, table, telling
from ipreg.casework.machine import Document, Given
from ipreg.casework.table import Part
from ipreg.digests import digests
from ipreg.errors import CallerError, ConflictError, MissingError, PermissionDeniedError
from ipreg.models import (
    Account,
    Case,
    CaseEvent,
    CaseState,
    ClockKind,
    Filing,
    RespondentLink,
    Role,
    Submission,
    SubmissionFile,
    SubmissionKind,
)
from ipreg.storage import Store
from similarity.image import PictureError, decode, sniff

FORMAT = "ipreg-submission/1"
MOST_FILES = 10
TEXT_MIN, TEXT_MAX = 10, 5000
_RECEIVED = "收到材料，见回执。Received; see the receipt."
_EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "application/pdf": "pdf",
}


@dataclass(frozen=True)
class Upload:
    """A file as it came: its name is only shown, never believed."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Paper:
    """What is handed in. ``confidential`` is for the authority alone; all else the other side may read."""

    kind: SubmissionKind
    text: str
    uploads: Sequence[Upload] = ()
    confidential: bool = False


Party = Account | RespondentLink


def submit(
    session: Session, store: Store, *, case: Case, party: Party, paper: Paper, request_key: str, now: datetime
) -> Submission:
    """Takes it in, whole or not at all; the same ``request_key`` again gives the same receipt, and with something
    else in it is refused (``submission_sent_before``): nobody takes an old receipt for that of what he wrote since.

    A respondent's first one within the time to respond is his response. Raises ``CallerError`` with the field,
    ``ConflictError`` (``submission_case_closed``), ``PermissionDeniedError`` for whoever is no party.
    """
    part = part_of(case, party)
    if part is None:
        raise PermissionDeniedError("case_step_not_yours")
    machine.one_at_a_time(session, case.id)
    key = request_key[:64] or secrets.token_hex(16)
    known = session.scalar(select(Submission).where(Submission.case_id == case.id, Submission.request_key == key))
    if known is not None and _same_party(known, party):
        return _the_same(known, paper)
    takes = (
        table.find(case.state, "appealed") is not None if _appeals(paper.kind) else case.state in table.TAKES_PAPERS
    )
    if not takes:
        raise ConflictError("submission_case_closed")
    text = _checked_text(paper)
    files = _files(store, text, paper.uploads)
    serial = 1 + (session.scalar(select(func.max(Submission.serial)).where(Submission.case_id == case.id)) or 0)
    made = Submission(
        case=case,
        serial=serial,
        part=part.value,
        account=party if isinstance(party, Account) else None,
        link=party if isinstance(party, RespondentLink) else None,
        kind=paper.kind,
        confidential=paper.confidential,
        late=part is Part.RESPONDENT and _too_late(case, now),
        text=text,
        request_key=key,
        received_at=now,
        files=files,
    )
    made.manifest = rfc8785.dumps(cast("dict[str, Any]", manifest(made))).decode()
    store.put(made.manifest.encode())
    made.digest = hashlib.sha256(made.manifest.encode()).hexdigest()
    session.add(made)
    session.flush()
    made.log_index = _log(session, made, party, part, now)
    session.flush()
    return made


def manifest(one: Submission) -> dict[str, object]:
    """What the receipt says was received; no name of a person, and no file's own name."""
    return {
        "format": FORMAT,
        "receipt": one.receipt,
        "part": one.part,
        "kind": one.kind.value,
        "confidential": one.confidential,
        "received_at": one.received_at.isoformat(),
        "files": [_said(file) for file in one.files],
    }


def _said(file: SubmissionFile) -> dict[str, object]:
    kept = ("name", "size", "media_type", "sha256", "sm3")
    return {name: getattr(file, name) for name in kept}


def part_of(case: Case, party: Party) -> Part | None:
    """As what the party hands something in; None for whoever may not."""
    return _part(case, party, access.can_act_on_filing)


def side_of(case: Case, party: Party) -> Part | None:
    """On whose side the party reads; None for officials and strangers."""
    return _part(case, party, access.owns_filing)


def _part(case: Case, party: Party, owns: Callable[[Account, Filing], bool]) -> Part | None:
    if isinstance(party, RespondentLink):
        return Part.RESPONDENT if party.case_id == case.id else None
    if owns(party, case.match.filing):
        return Part.OWNER
    later = case.match.later_filing
    return Part.RESPONDENT if later is not None and owns(party, later) else None


def reads_step(case: Case, event: CaseEvent, reader: Party) -> bool:
    """Whether the words and values of a step are for the reader; that it was taken, and when, everybody sees."""
    if _official(reader):
        return True
    part = side_of(case, reader)
    return part is not None and table.tells(event, part)


def seen_by(session: Session, case: Case, reader: Party) -> list[Submission]:
    """All for officials; for a party his own, and of the other side's what is not confidential."""
    query = select(Submission).where(Submission.case_id == case.id).order_by(Submission.serial)
    if not _official(reader):
        part = side_of(case, reader)
        if part is None:
            return []
        query = query.where(or_(Submission.part == part.value, _shared()))
    return list(session.scalars(query).unique())


def find(session: Session, *, case: Case, serial: int, reader: Party) -> Submission:
    """One of those; raises ``MissingError``."""
    for one in seen_by(session, case, reader):
        if one.serial == serial:
            return one
    raise MissingError("submission_missing")


def of_step(session: Session, event: CaseEvent) -> Submission | None:
    """What was handed in by the step, if it was that."""
    if event.log_index is None:
        return None
    return session.scalars(select(Submission).where(Submission.log_index == event.log_index)).unique().first()


def _shared() -> ColumnElement[bool]:
    return Submission.confidential.is_(False)


def _official(reader: Party) -> bool:
    return isinstance(reader, Account) and reader.role in (Role.REGULATOR, Role.AUDITOR)


def _same_party(one: Submission, party: Party) -> bool:
    return one.account_id == party.id if isinstance(party, Account) else one.link_id == party.id


def _the_same(known: Submission, paper: Paper) -> Submission:
    """What was handed in before, if it is what is sent now."""
    sent = [hashlib.sha256(one.data).hexdigest() for one in paper.uploads]
    kept = [one.sha256 for one in sorted(known.files, key=lambda one: one.position)[1:]]
    before = known.kind, known.confidential, known.text, kept
    if known.erased_at is None and before != (paper.kind, paper.confidential, _checked_text(paper), sent):
        raise CallerError("submission_sent_before", field="text", receipt=known.receipt)
    return known


def _too_late(case: Case, now: datetime) -> bool:
    if case.state is CaseState.NO_RESPONSE:
        return True
    clock = clocks.running(case, ClockKind.RESPONSE)
    return clock is not None and clock.due_at is not None and now >= clock.due_at


def _checked_text(paper: Paper) -> str:
    text = "\n".join(line.rstrip() for line in paper.text.strip().splitlines())
    if not TEXT_MIN <= len(text) <= TEXT_MAX:
        raise CallerError("reason_length", field="text", least=TEXT_MIN, most=TEXT_MAX)
    if any(ord(letter) < 32 and letter != "\n" for letter in text):
        raise CallerError("field_control_characters", field="text")
    if len(paper.uploads) > MOST_FILES:
        raise CallerError("submission_too_many", field="files", most=MOST_FILES)
    return text


def _files(store: Store, text: str, uploads: Sequence[Upload]) -> list[SubmissionFile]:
    """Each is looked into: only pictures and PDF that can be shown are taken, whatever their names say."""
    found = [_kept(store, 0, "statement.txt", "", text.encode(), "text/plain")]
    for position, upload in enumerate(uploads, 1):
        try:
            decode(upload.data, max_bytes=store.max_bytes, max_pixels=store.max_pixels)
        except PictureError as fault:
            raise CallerError(
                "submission_file_wrong", field="files", name=upload.name[:100], **{"why": fault.code}
            ) from fault
        kind = sniff(upload.data) or "application/octet-stream"
        name = f"evidence-{position:02d}.{_EXTENSIONS.get(kind, 'bin')}"
        found.append(_kept(store, position, name, upload.name[:200], upload.data, kind))
    if len({one.sha256 for one in found}) != len(found):
        raise CallerError("submission_file_twice", field="files")
    return found


def _kept(store: Store, position: int, name: str, given: str, data: bytes, kind: str) -> SubmissionFile:
    both = digests(data)
    store.put(data)
    return SubmissionFile(
        position=position,
        name=name,
        given_name=given,
        sha256=both.sha256,
        sm3=both.sm3,
        size=len(data),
        media_type=kind,
    )


def _appeals(kind: SubmissionKind) -> bool:
    return kind is SubmissionKind.APPEAL


def _log(session: Session, made: Submission, party: Party, part: Part, now: datetime) -> int | None:
    """Into the history of the case: as an appeal, as the response where one is waited for, else as received."""
    documents = (
        Document("receipt", made.receipt, made.digest),
        *(Document(made.kind.value, file.name, file.sha256) for file in made.files),
    )
    given = Given(reason=_RECEIVED, documents=documents)
    case = made.case
    actor = party if isinstance(party, Account) else links.actor_of(party)
    waited_for = part is Part.RESPONDENT and table.find(case.state, "responded") is not None
    step = "appealed" if _appeals(made.kind) else "responded" if waited_for else None
    if step:
        event = machine.transition(session, case=case, action=step, actor=actor, given=given, now=now)
    else:
        event = machine.record(session, case=case, actor=actor, part=part, action="received", given=given, now=now)
        telling.received(session, case=case, submission=made, by=actor.name, now=now)
    return event.log_index
