"""The steps of a letter: each is checked against the table, kept in its history, and entered in the log.

The log's statement names nobody: the actor as a salted digest, what the step's form said as one salted digest, and
the files by theirs.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import rfc8785
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from ipreg import access, acts, log, workdays
from ipreg.digests import digests
from ipreg.errors import CallerError, ConflictError, PermissionDeniedError
from ipreg.models import (
    Account,
    LegalEvent,
    LegalFile,
    LegalLetter,
    LegalLetterKind,
    LegalLetterState,
    LegalOutcome,
    StoredFile,
)
from ipreg.registry import Attached
from ipreg.response import law, table
from ipreg.response.words import COUNTER_ELEMENTS, WAYS
from ipreg.storage import Shelf, Store, keep_file

FORMAT = "ipreg-letter/1"
KIND = "letter_step"
MOST_FILES, NOTE_MAX, LINE_MAX = 20, 2000, 300
EARLIEST = timedelta(days=3660)
_TAKEN = frozenset(
    {"application/pdf", "image/jpeg", "image/png", "image/webp", "image/heic", "image/tiff", "application/zip"}
)
_EXTENSIONS = {
    "application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/heic": "heic",
    "image/tiff": "tif", "application/zip": "zip",
}  # fmt: skip


@dataclass(frozen=True)
class Given:
    """What the form of a step gave. ``on`` is the day it happened; ``values`` what the step keeps."""

    on: date | None = None
    note: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    outcome: LegalOutcome | None = None
    uploads: Sequence[Attached] = ()
    request_key: str = ""


NOTHING = Given()


def step(
    session: Session,
    store: Store,
    *,
    letter: LegalLetter,
    action: str,
    actor: Account,
    given: Given = NOTHING,
    row_version: int | None = None,
    now: datetime,
) -> LegalEvent:
    """A person takes the step; the same ``request_key`` again is the same step.

    Raises ``PermissionDeniedError``, ``ConflictError`` (changed meanwhile, not possible now), ``CallerError``.
    """
    require_actor(actor, letter)
    for event in letter.events:
        if given.request_key and event.request_key == given.request_key:
            return event
    move = table.find(letter.kind, letter.state, action)
    if move is None or move.system or action not in table.possible(letter.kind, letter.state, letter.outcome):
        raise ConflictError("letter_step_impossible")
    if row_version is not None and row_version != letter.row_version:
        raise ConflictError("letter_changed_by", name=_last_actor(letter))
    given = _checked(letter, action, given, now)
    return record(session, store, letter=letter, action=action, actor=actor, given=given, now=now)


def require_actor(account: Account, letter: LegalLetter) -> None:
    """Raises ``PermissionDeniedError`` for who may look on only."""
    if not access.can_act_on_alert(account, letter.alert):
        raise PermissionDeniedError("alert_not_yours_to_decide")


def record(
    session: Session,
    store: Store,
    *,
    letter: LegalLetter,
    action: str,
    actor: Account | None,
    given: Given = NOTHING,
    now: datetime,
) -> LegalEvent:
    """Takes a step that was checked: the state moves, the clock turns, history and log get their line."""
    _apply(letter, action, given, now)
    event = LegalEvent(
        letter=letter,
        position=len(letter.events),
        at=now,
        actor=actor,
        action=action,
        details=dict(given.values),
        note=given.note.strip()[:NOTE_MAX],
        request_key=given.request_key[:64],
        salt=secrets.token_hex(32),
    )
    session.add(event)
    _keep(session, store, letter, event.position, action, given.uploads, now)
    _flush(session)
    entry = log.append_entry(session, kind=KIND, subject=letter.number, statement=statement(event), now=now)
    event.log_index = entry.index
    _flush(session)
    return event


def statement(event: LegalEvent) -> dict[str, Any]:
    """What the step's log entry commits to, the files that came with it included."""
    letter = event.letter
    files = [one for one in letter.files if one.event_position == event.position]
    told: dict[str, Any] = {"salt": event.salt, "details": event.details, "note": event.note}
    return {
        "format": FORMAT,
        "letter": letter.number,
        "kind": letter.kind.value,
        "filing": letter.filing.number,
        "position": event.position,
        "at": event.at.isoformat(),
        "action": event.action,
        "actor": acts.digest_of(event.actor, event.salt, event.at) if event.actor else "system",
        "told": hashlib.sha256(rfc8785.dumps(told)).hexdigest(),
        "files": [{"name": one.name, "size": one.size, "sha256": one.sha256, "sm3": one.sm3} for one in files],
    }


def shelf_of(store: Store, letter: LegalLetter) -> Shelf:
    """Where the letter's files lie."""
    return store.shelf(letter.vault_key)


def add_file(
    letter: LegalLetter, *, event_position: int, role: str, name: str, given_name: str, data: bytes, kind: str
) -> LegalFile:
    """The row of a file; putting its bytes on the shelf is the caller's."""
    both = digests(data)
    made = LegalFile(
        position=len(letter.files),
        event_position=event_position,
        role=role,
        name=name,
        given_name=given_name[-200:],
        sha256=both.sha256,
        sm3=both.sm3,
        size=len(data),
        media_type=kind,
    )
    letter.files.append(made)
    return made


def _flush(session: Session) -> None:
    try:
        session.flush()
    except StaleDataError as fault:
        raise ConflictError("changed_meanwhile") from fault


def _last_actor(letter: LegalLetter) -> str:
    return next((one.actor.name for one in reversed(letter.events) if one.actor), "—")


# --- What a step needs


def _checked(letter: LegalLetter, action: str, given: Given, now: datetime) -> Given:
    today = workdays.shanghai_day(now)
    for name, value in given.values.items():
        if isinstance(value, str) and len(value) > LINE_MAX:
            raise CallerError("field_too_long", field=name, most=LINE_MAX)
    if len(given.note) > NOTE_MAX:
        raise CallerError("field_too_long", field="note", most=NOTE_MAX)
    if len(given.uploads) > MOST_FILES:
        raise CallerError("submission_too_many", field="files", most=MOST_FILES)
    if action in _DATED:
        _check_day(given.on, today)
    if action == "sent" and given.values.get("way") not in WAYS:
        raise CallerError("choice_wrong", field="way")
    if action == "countered" and not set(given.values.get("elements", ())) <= set(COUNTER_ELEMENTS):
        raise CallerError("choice_wrong", field="elements")
    if action == "told" and given.values.get("to") not in ("complaint", "suit"):
        raise CallerError("choice_wrong", field="to")
    if action == "closed" and given.outcome not in table.OUTCOMES[letter.kind]:
        raise CallerError("choice_wrong", field="outcome")
    kept = dict(given.values) | ({"on": given.on.isoformat()} if given.on and action in _DATED else {})
    if given.outcome is not None:
        kept["outcome"] = given.outcome.value
    return Given(given.on, given.note, kept, given.outcome, given.uploads, given.request_key)


_DATED = ("sent", "acknowledged", "replied", "countered", "told")


def _check_day(day: date | None, today: date) -> None:
    if day is None:
        raise CallerError("date_wrong", field="on")
    if day > today:
        raise CallerError("day_in_future", field="on")
    if day < today - EARLIEST:
        raise CallerError("date_too_early", field="on")


# --- What a step does


def _apply(letter: LegalLetter, action: str, given: Given, now: datetime) -> None:
    move = table.find(letter.kind, letter.state, action)
    today = workdays.shanghai_day(now)
    if move is not None:
        _move(letter, action, move.targets[letter.state], given, today)
    letter.running = letter.state not in table.ENDED
    letter.next_on = next_day(letter)
    letter.look_on = look_day(letter, today)
    letter.changed_at = now


def _move(letter: LegalLetter, action: str, target: LegalLetterState, given: Given, today: date) -> None:
    before, letter.state = letter.state, target
    if action in ("sent", "mailed"):
        letter.sent_on = letter.sent_on or given.on or today
    if action == "countered":
        assert given.on is not None
        letter.countered_on, letter.due_on = given.on, law.last_day(given.on)
        letter.outcome = letter.before = None
    if action == "closed":
        letter.outcome, letter.before = given.outcome, before.value
    if action == "reopened":
        letter.state = LegalLetterState(letter.before) if letter.before else target
        letter.outcome = letter.before = None


def next_day(letter: LegalLetter) -> date | None:
    """The day by which something is to be done, or is worth asking for; None where nothing is."""
    if letter.state is LegalLetterState.COUNTERED:
        return letter.due_on
    if letter.state in (LegalLetterState.SENT, LegalLetterState.ACKNOWLEDGED):
        if letter.kind is LegalLetterKind.WARNING:
            return letter.answer_by
        return letter.sent_on and letter.sent_on + timedelta(days=law.ASK_AFTER_DAYS)
    return None


def look_day(letter: LegalLetter, today: date) -> date | None:
    """The next day on which there is something to remind of: nothing is said twice."""
    if letter.next_on is None:
        return None
    if letter.state is not LegalLetterState.COUNTERED:
        ahead = [letter.next_on + timedelta(days=1)]
    else:
        days = [letter.next_on - timedelta(days=days) for days in law.REMIND_DAYS]
        ahead = [*days, letter.next_on + timedelta(days=1)]
    return min((day for day in ahead if day >= today), default=today)


def _keep(
    session: Session,
    store: Store,
    letter: LegalLetter,
    position: int,
    action: str,
    uploads: Sequence[Attached],
    now: datetime,
) -> None:
    role = "annex" if action == "drafted" else action
    for serial, upload in enumerate(uploads, 1):
        kept = take(session, shelf_of(store, letter), upload, now)
        name = f"{position:02d}-{role}-{serial:02d}.{_EXTENSIONS[kept.media_type]}"
        add_file(
            letter, event_position=position, role=role, name=name, given_name=upload.filename,
            data=upload.data, kind=kept.media_type,
        )  # fmt: skip


def take(session: Session, shelf: Shelf, upload: Attached, now: datetime) -> StoredFile:
    """Looks into an upload and keeps it; raises ``CallerError`` on the field ``files``, naming the file."""
    try:
        kept = keep_file(session, shelf, data=upload.data, now=now)
    except CallerError as fault:
        raise CallerError(
            "letter_file_wrong", field="files", name=upload.filename[-100:], why=fault.code
        ) from fault
    if kept.media_type not in _TAKEN:
        raise CallerError("letter_file_wrong", field="files", name=upload.filename[-100:], why="paper_kind")
    return kept
