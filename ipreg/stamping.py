"""Time stamps on checkpoints: which are wanted, asked for until they are there, and what covers an entry.

What is stamped is SHA-256 over the bytes of ``LogCheckpoint.note``: the note as the log signed it, UTF-8, from the
origin's first letter to the last signature's newline, without what witnesses add later. A token on a checkpoint
covers every entry before it, so only the newest checkpoint waits for an authority that was away.

Asking goes as mail does: a row is claimed by compare-and-swap, the authority is asked with no transaction open,
and the answer, verified, is written down. Each authority has a thread and waits of its own.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ipreg import authority, log, logkeys
from ipreg.db import Clock, transaction
from ipreg.errors import IpregError
from ipreg.models import LogCheckpoint, LogTimeStamp, StampState
from ipreg.runtime import Runtime
from ipreg.timestamps import Anchors, TimeStamp, ask_over_http, make_request, to_pem, verify_answer

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
CLAIM = timedelta(minutes=2)
PATIENCE = 3.0
"""Seconds that one who wants a certificate waits for another process that is stamping in this moment."""


@dataclass(frozen=True)
class Authority:
    """Who is asked, and what the answer is checked against. ``ask`` takes and gives DER, or raises our error."""

    name: str
    embedded: bool
    anchors: Anchors
    policy: str | None
    ask: Callable[[bytes], bytes]


@dataclass(frozen=True)
class Stamped:
    """How many tokens came, and how many authorities will be asked again."""

    stamped: int = 0
    waiting: int = 0


def authorities_of(runtime: Runtime, *, clock: Clock) -> list[Authority]:
    """The embedded authority, unless it is switched off, and the configured ones."""
    found = []
    if runtime.config.embedded_authority:
        ours = open_embedded(runtime, now=clock())
        found.append(
            Authority(
                authority.NAME,
                True,
                Anchors((ours.ca,)),
                authority.POLICY,
                lambda request: ours.answer(request, now=clock()),
            )
        )
    for one in runtime.config.authorities:
        ask = functools.partial(ask_over_http, one.address)
        found.append(Authority(one.name, False, one.anchors, one.policy, ask))
    return found


def open_embedded(runtime: Runtime, *, now: datetime) -> authority.EmbeddedAuthority:
    """The embedded authority of this installation."""
    return authority.open_authority(runtime.secrets, owner=runtime.config.origin, now=now)


def stamp_newest(runtime: Runtime, authorities: Sequence[Authority], *, clock: Clock) -> Stamped:
    """Asks every authority whose turn it is for a token on the newest checkpoint."""
    with transaction(runtime.sessions) as session:
        want_stamps(session, authorities, now=clock())
    if not authorities:
        return Stamped()
    with ThreadPoolExecutor(len(authorities), "time-stamp") as pool:
        done = list(pool.map(lambda one: _stamp(runtime, one, clock), authorities))
    return Stamped(done.count(StampState.STAMPED), done.count(StampState.WAITING))


def cover(runtime: Runtime, index: int | None, *, clock: Clock) -> None:
    """A checkpoint and our own stamp over the entry where none covers it: nobody waits for a job's next run."""
    if index is None or _is_covered(runtime, index):
        return
    with transaction(runtime.sessions) as session:
        logkeys.sign_newest(session, runtime, now=clock())
    ours = [one for one in authorities_of(runtime, clock=clock) if one.embedded]
    stamp_newest(runtime, ours, clock=clock)
    until = time.monotonic() + PATIENCE
    while ours and not _is_covered(runtime, index) and time.monotonic() < until:
        time.sleep(0.05)  # another process asked first, and is about to write down the answer


def _is_covered(runtime: Runtime, index: int) -> bool:
    with runtime.sessions() as session:
        return bool(stamps_covering(session, index=index))


def want_stamps(session: Session, authorities: Sequence[Authority], *, now: datetime) -> None:
    """A waiting row for the newest checkpoint and each authority; older waiting ones are superseded by it.

    The new row takes over how often the authority has failed and when it is asked next: a checkpoint every few
    seconds must not wear away the growing waits.
    """
    newest = log.latest_checkpoint(session)
    if newest is None:
        return
    for one in authorities:
        known = select(LogTimeStamp.id).where(LogTimeStamp.size == newest.size, LogTimeStamp.authority == one.name)
        if session.scalar(known) is not None:
            continue
        with suppress(IntegrityError), session.begin_nested():  # another run was faster
            _supersede(session, one, size=newest.size, now=now)


def _supersede(session: Session, by: Authority, *, size: int, now: datetime) -> None:
    made = LogTimeStamp(size=size, authority=by.name, embedded=by.embedded, created_at=now)
    made.tries, made.next_try_at = 0, now
    for old in session.scalars(_waiting(by.name)):
        old.state = StampState.SUPERSEDED
        if by.embedded:  # it answers at once: that it is being asked for an older checkpoint is no reason to wait
            continue
        made.tries, made.next_try_at, made.last_fault = old.tries, old.next_try_at, old.last_fault
    session.add(made)


def stamps_on(session: Session, *, size: int) -> list[LogTimeStamp]:
    """The tokens that the checkpoint over ``size`` entries has, the independent authorities' first."""
    wanted = select(LogTimeStamp).where(LogTimeStamp.size == size, LogTimeStamp.state == StampState.STAMPED)
    return list(session.scalars(wanted.order_by(LogTimeStamp.embedded, LogTimeStamp.gen_time, LogTimeStamp.id)))


def stamps_covering(session: Session, *, index: int) -> list[LogTimeStamp]:
    """Of every authority the earliest token on a checkpoint that covers entry ``index``; independent ones first.

    Prove the entry in that very checkpoint: ``log.prove_inclusion(session, index=index, size=stamp.size)``.
    """
    wanted = (
        select(LogTimeStamp)
        .where(LogTimeStamp.size > index, LogTimeStamp.state == StampState.STAMPED)
        .order_by(LogTimeStamp.size.desc())
    )
    earliest = {stamp.authority: stamp for stamp in session.scalars(wanted)}
    return sorted(earliest.values(), key=lambda stamp: (stamp.embedded, stamp.gen_time, stamp.id))


def verify_stamp(session: Session, stamp: LogTimeStamp) -> TimeStamp:
    """Checks the stored token against its checkpoint and the certificates kept with it; raises ``ProofError``."""
    checkpoint = session.get_one(LogCheckpoint, stamp.size)
    return verify_answer(
        stamp.answer or b"",
        data=checkpoint.note.encode(),
        anchors=Anchors.from_pem(stamp.certificates.encode()),
        policy=stamp.policy,
    )


def _stamp(runtime: Runtime, one: Authority, clock: Clock) -> StampState | None:
    """One authority's turn; None where nothing waits for it or it is not due."""
    claimed = _claim(runtime, one, clock())
    if claimed is None:
        return None
    stamp_id, note = claimed
    request = make_request(note, policy=one.policy)
    try:
        answer = one.ask(request.der)
        found = verify_answer(
            answer, data=note, anchors=one.anchors, policy=one.policy, nonce=request.nonce, now=clock()
        )
    except IpregError as fault:
        return _mark_failed(runtime, stamp_id, str(fault), clock())
    with transaction(runtime.sessions) as session:
        stamp = session.get_one(LogTimeStamp, stamp_id)
        stamp.state, stamp.last_fault, stamp.answer = StampState.STAMPED, "", answer
        stamp.gen_time, stamp.serial, stamp.policy = found.gen_time, f"{found.serial:x}"[:64], found.policy
        stamp.signer = found.authority
        stamp.certificates = to_pem([*one.anchors.roots, *one.anchors.intermediates, *found.chain])
    return StampState.STAMPED


def _claim(runtime: Runtime, one: Authority, now: datetime) -> tuple[int, bytes] | None:
    """Moves the next try ahead, so that no other process asks at the same time; the wait grows with each try."""
    with transaction(runtime.sessions) as session:
        stamp = session.scalar(_waiting(one.name).where(LogTimeStamp.next_try_at <= now).limit(1))
        if stamp is None:
            return None
        claimed = session.execute(
            update(LogTimeStamp)
            .where(LogTimeStamp.id == stamp.id, LogTimeStamp.next_try_at <= now)
            .values(next_try_at=now + CLAIM, tries=LogTimeStamp.tries + 1)
        )
        if cast("CursorResult[Any]", claimed).rowcount != 1:
            return None
        return stamp.id, session.get_one(LogCheckpoint, stamp.size).note.encode()


def _mark_failed(runtime: Runtime, stamp_id: int, fault: str, now: datetime) -> StampState:
    with transaction(runtime.sessions) as session:
        stamp = session.get_one(LogTimeStamp, stamp_id)
        stamp.last_fault = fault[:500]
        stamp.next_try_at = now + min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(stamp.tries - 1, 12))
        return stamp.state


def _waiting(name: str) -> Any:
    return (
        select(LogTimeStamp)
        .where(LogTimeStamp.authority == name, LogTimeStamp.state == StampState.WAITING)
        .order_by(LogTimeStamp.size.desc())
    )
