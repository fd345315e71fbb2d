"""Witnesses: the newest checkpoint goes to each of them (c2sp.org/tlog-witness), and their cosignatures are kept.

As with time stamps a witness is claimed by compare-and-swap, asked with no transaction open, in a thread of its
own, and asked again with growing waits. What it answers is verified before it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import httpx
from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from ipreg import log
from ipreg.db import Clock, transaction
from ipreg.errors import IpregError, ProofError, UpstreamError
from ipreg.models import LogCosignature, LogWitness
from ipreg.runtime import Runtime
from ipreg.tlog.cosignature import Cosigner, add_checkpoint_body
from ipreg.tlog.note import Signature, parse_size, split_note

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
CLAIM = timedelta(minutes=2)
TOLERANCE = timedelta(minutes=5)
TIMEOUT = 10.0
MAX_ANSWER = 64 * 1024
_SIZE_TYPE = "text/x.tlog.size"


@dataclass(frozen=True)
class Answer:
    """What a witness said: HTTP status, content type, body."""

    status: int
    kind: str
    body: str


@dataclass(frozen=True)
class Witness:
    """Who cosigns, and how it is asked. ``ask`` gets the add-checkpoint body, or raises ``UpstreamError``."""

    cosigner: Cosigner
    ask: Callable[[str], Answer]


@dataclass(frozen=True)
class Cosigned:
    """How many witnesses cosigned in this run, and how many did not and are asked again."""

    cosigned: int = 0
    waiting: int = 0


def ask_over_http(address: str, body: str, *, timeout: float = TIMEOUT) -> Answer:
    """POST ``address``/add-checkpoint; ``timeout`` in seconds. Raises ``UpstreamError`` without a whole answer."""
    whole = bytearray()
    try:
        with (
            httpx.Client(timeout=timeout, trust_env=False) as client,
            client.stream("POST", f"{address}/add-checkpoint", content=body.encode()) as answer,
        ):
            for part in answer.iter_bytes():
                whole += part
                if len(whole) > MAX_ANSWER:
                    raise UpstreamError("witness_too_much")
            kind = answer.headers.get("Content-Type", "").split(";")[0].strip()
            return Answer(answer.status_code, kind, whole.decode())
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeDecodeError) as fault:
        raise UpstreamError("witness_unreachable", reason=type(fault).__name__) from fault


def witnesses_of(runtime: Runtime) -> list[Witness]:
    """The configured witnesses."""

    def speaking_to(address: str) -> Callable[[str], Answer]:
        return lambda body: ask_over_http(address, body)

    return [Witness(one.cosigner, speaking_to(one.address)) for one in runtime.config.witnesses]


def submit_newest(runtime: Runtime, witnesses: Sequence[Witness], *, clock: Clock) -> Cosigned:
    """Gives the newest checkpoint to every witness that has not cosigned it and whose turn it is."""
    if not witnesses:
        return Cosigned()
    with ThreadPoolExecutor(len(witnesses), "witness") as pool:
        done = list(pool.map(lambda one: _submit(runtime, one, clock), witnesses))
    return Cosigned(done.count(True), done.count(False))


def _submit(runtime: Runtime, one: Witness, clock: Clock) -> bool | None:
    """One witness's turn; None where it is not."""
    work = _claim(runtime, one.cosigner.name, clock())
    if work is None:
        return None
    try:
        line, timestamp = _cosigned(runtime, one, work, clock)
    except IpregError as fault:
        _mark_failed(runtime, one.cosigner.name, str(fault), clock())
        return False
    with transaction(runtime.sessions) as session:
        _keep(session, one.cosigner.name, work.size, line, timestamp, clock())
    return True


@dataclass(frozen=True)
class _Work:
    size: int
    note: str
    last_size: int


def _claim(runtime: Runtime, name: str, now: datetime) -> _Work | None:
    with transaction(runtime.sessions) as session:
        newest = log.latest_checkpoint(session)
        if newest is None or _has_cosigned(session, name, newest.size):
            return None
        state = session.get(LogWitness, name)
        if state is None:
            state = LogWitness(name=name, last_size=0, tries=0, next_try_at=now)
            session.add(state)
            session.flush()
        claimed = session.execute(
            update(LogWitness)
            .where(LogWitness.name == name, LogWitness.next_try_at <= now)
            .values(next_try_at=now + CLAIM, tries=LogWitness.tries + 1)
        )
        if cast("CursorResult[Any]", claimed).rowcount != 1:
            return None
        return _Work(newest.size, newest.note, state.last_size)


def _has_cosigned(session: Session, name: str, size: int) -> bool:
    known = select(LogCosignature.id).where(LogCosignature.size == size, LogCosignature.witness == name)
    return session.scalar(known) is not None


def _cosigned(runtime: Runtime, one: Witness, work: _Work, clock: Clock) -> tuple[Signature, int]:
    """The verified signature line and its time. A witness that knows another size is asked once more from there."""
    answer = one.ask(_body(runtime, work, min(work.last_size, work.size)))
    if answer.status == 409:
        known = _known_size(answer)
        if known > work.size:
            raise ProofError("witness_ahead", name=one.cosigner.name, size=known, ours=work.size)
        if known == min(work.last_size, work.size):
            raise ProofError("witness_other_root", name=one.cosigner.name, size=known)
        answer = one.ask(_body(runtime, work, known))
    if answer.status != 200:
        raise UpstreamError("witness_refused", name=one.cosigner.name, status=answer.status)
    return _verified(answer.body, one.cosigner, work.note, clock())


def _body(runtime: Runtime, work: _Work, old: int) -> str:
    with runtime.sessions() as session:
        path = log.prove_consistency(session, old=old, new=work.size).path
    return add_checkpoint_body(old, path, work.note)


def _known_size(answer: Answer) -> int:
    if answer.kind != _SIZE_TYPE or not answer.body.endswith("\n"):
        raise UpstreamError("witness_malformed")
    try:
        return parse_size(answer.body[:-1])
    except ProofError as fault:
        raise UpstreamError("witness_malformed") from fault


def _verified(body: str, cosigner: Cosigner, note: str, now: datetime) -> tuple[Signature, int]:
    text, _ = split_note(note)
    if not body.endswith("\n"):
        raise UpstreamError("witness_malformed")
    for line in body[:-1].split("\n"):
        signature = Signature.parse(line)
        if cosigner.made(signature):  # those of unknown keys are ignored, as the specification asks
            timestamp = cosigner.verify(text, signature)
            if abs(timestamp - now.timestamp()) > TOLERANCE.total_seconds():
                raise ProofError("cosignature_time_off", name=cosigner.name, timestamp=timestamp)
            return signature, timestamp
    raise ProofError("cosignature_missing", name=cosigner.name)


def _keep(session: Session, name: str, size: int, line: Signature, timestamp: int, now: datetime) -> None:
    at = datetime.fromtimestamp(timestamp, UTC)
    if not _has_cosigned(session, name, size):
        session.add(LogCosignature(size=size, witness=name, line=str(line), cosigned_at=at))
    state = session.get_one(LogWitness, name)
    state.last_size = max(state.last_size, size)
    state.tries, state.next_try_at, state.last_fault = 0, now, ""


def _mark_failed(runtime: Runtime, name: str, fault: str, now: datetime) -> None:
    with transaction(runtime.sessions) as session:
        state = session.get_one(LogWitness, name)
        state.last_fault = fault[:500]
        state.next_try_at = now + min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(state.tries - 1, 12))
