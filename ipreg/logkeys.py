"""The log's keys: which sign now, which ever did, and how one takes over from another.

A rotation makes a second key; both sign every checkpoint until the old one is retired, so that whoever knows only
one of them can follow. That a key came or went is an entry of the log itself, covered by checkpoints which the
older key signed: it vouches for its successor. Proofs made before stay valid under the key they were signed with.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from ipreg import log
from ipreg.errors import ConflictError, MissingError
from ipreg.keys import keep_once
from ipreg.models import LogCheckpoint, LogEntry, LogKey
from ipreg.runtime import Runtime
from ipreg.tlog.note import Signer, Verifier

KEY_FORMAT = "ipreg-log-key/1"


@dataclass(frozen=True)
class KeySpan:
    """One key and when it signs; None means from the start, and still. ``added`` is the entry that announces it."""

    verifier: Verifier
    signs_from: datetime | None
    signs_until: datetime | None
    added: LogEntry | None = None
    retired: LogEntry | None = None


def spans(session: Session, *, first: Signer) -> list[KeySpan]:
    """Every key the log ever had, the oldest first. ``first`` is the key that it began with."""
    rows = list(session.scalars(_in_order()))
    if not rows:
        return [KeySpan(first.verifier, None, None)]
    found = []
    for row in rows:
        added, retired = (
            None if index is None else session.get(LogEntry, index)
            for index in (row.added_index, row.retired_index)
        )
        begins = None if row.added_index is None else row.added_at
        found.append(KeySpan(Verifier.parse(row.verifier_key), begins, row.retired_at, added, retired))
    return found


def verifiers(session: Session, *, first: Signer) -> list[Verifier]:
    """What any checkpoint of the log can be verified with."""
    return [span.verifier for span in spans(session, first=first)]


def current_verifier(session: Session, *, first: Signer) -> Verifier:
    """The newest key: what a new reader should take down."""
    return verifiers(session, first=first)[-1]


def signers(session: Session, *, first: Signer, folder: Path) -> list[Signer]:
    """The keys that sign now, the oldest first; raises ``ValueError`` where a key's file is gone or another's."""
    signing = [span.verifier for span in spans(session, first=first) if span.signs_until is None]
    return [_load(one, first, folder) for one in signing]


def sign_newest(session: Session, runtime: Runtime, *, now: datetime) -> LogCheckpoint | None:
    """A checkpoint over all entries by every key that signs now; in a transaction of its own."""
    return log.sign_checkpoint(
        session, signer=signers(session, first=runtime.log_key, folder=runtime.secrets), now=now
    )


def rotate(session: Session, *, first: Signer, folder: Path, now: datetime) -> Verifier:
    """A new key signs from now on, beside the old one. Its file is written before the database knows of it.

    Raises ``ConflictError`` (``log_key_rotating``) while an earlier rotation's old key still signs.
    """
    signing = signers(session, first=first, folder=folder)
    if len(signing) > 1:
        raise ConflictError("log_key_rotating", key_id=signing[0].verifier.key_id.hex())
    made = _new_signer(first.name, folder)
    if session.get(LogKey, first.verifier.key_id.hex()) is None:
        session.add(_row(first.verifier, now))
    row = _row(made.verifier, now)
    session.add(row)
    row.added_index = _announce(session, row, "added", now)
    session.flush()
    return made.verifier


def retire(session: Session, *, key_id: str, now: datetime) -> None:
    """The key signs no more. Raises ``MissingError`` for an unknown one, ``ConflictError`` for the newest one."""
    rows = list(session.scalars(_in_order().where(LogKey.retired_at.is_(None))))
    row = next((one for one in rows if one.key_id == key_id.lower()), None)
    if row is None:
        raise MissingError("log_key_missing", key_id=key_id)
    if row is rows[-1]:
        raise ConflictError("log_key_needed", key_id=key_id)
    row.retired_at = now
    row.retired_index = _announce(session, row, "retired", now)
    session.flush()


def statement(row: LogKey, action: str, at: datetime) -> dict[str, object]:
    """What the entry says about the key: ``added`` or ``retired``."""
    return {"format": KEY_FORMAT, "action": action, "verifier_key": row.verifier_key, "at": at.isoformat()}


def _announce(session: Session, row: LogKey, action: str, now: datetime) -> int:
    said = statement(row, action, now)
    return log.append_entry(session, kind="log_key", subject=row.key_id, statement=said, now=now).index


def _row(verifier: Verifier, now: datetime) -> LogKey:
    return LogKey(key_id=verifier.key_id.hex(), verifier_key=str(verifier), added_at=now)


def _new_signer(name: str, folder: Path) -> Signer:
    key = Ed25519PrivateKey.generate()
    made = Signer(name, key)
    keep_once(_place(folder, made.verifier), key.private_bytes_raw())
    return made


def _load(verifier: Verifier, first: Signer, folder: Path) -> Signer:
    if verifier == first.verifier:
        return first
    key = Ed25519PrivateKey.from_private_bytes(_place(folder, verifier).read_bytes())
    found = Signer(first.name, key)
    if found.verifier != verifier:
        raise ValueError(f"{_place(folder, verifier)} holds another key than the database names")
    return found


def _place(folder: Path, verifier: Verifier) -> Path:
    return folder / f"log-key-{verifier.key_id.hex()}"


def _in_order() -> Select[LogKey]:
    """The first key came without an entry; the others stand in the order of theirs."""
    return select(LogKey).order_by(func.coalesce(LogKey.added_index, -1))
