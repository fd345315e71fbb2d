"""Sealed filings: opened by their owner or on a set day, for one officer in a case, and their keys.

Opening goes in three steps, each harmless when it is done again: the files are copied into the open store; one
transaction says that the filing is open and writes it into the log; a job takes the encrypted files away.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ipreg import access, acts, registry
from ipreg.casework import machine
from ipreg.casework.table import Part
from ipreg.db import Clock, transaction
from ipreg.errors import CallerError, ConflictError, PermissionDeniedError
from ipreg.fingerprints import fingerprint_data
from ipreg.models import (
    Account,
    Case,
    CaseOpening,
    Certificate,
    DesignFile,
    Filing,
    FilingState,
    FilingView,
    PictureFingerprint,
    RightRecord,
    Role,
    VaultKey,
)
from ipreg.notify import notices
from ipreg.runtime import Runtime
from ipreg.storage import Store

REASON_MIN, REASON_MAX = 10, 1000


def open_now(runtime: Runtime, filing_id: int, *, account_id: int | None, clock: Clock) -> None:
    """Opens a sealed filing for good: its files are as visible as any filing's. Open already, nothing happens.

    ``account_id`` is who asked; None where its day has come. Call it with no transaction open. Raises
    ``PermissionDeniedError``, ``ConflictError`` (``withdrawn``), ``ProofError`` where the files can't be decrypted.
    """
    with runtime.sessions() as session:
        filing = session.get_one(Filing, filing_id)
        if account_id is not None:
            _require_acting(session.get_one(Account, account_id), filing)
        if filing.state is FilingState.OPEN:
            return
        _require_sealed(filing)
        _copy_out(session, runtime.store, filing)
    with transaction(runtime.sessions) as session:
        filing = session.get_one(Filing, filing_id)
        actor = None if account_id is None else session.get_one(Account, account_id)
        if filing.state is FilingState.SEALED:
            _open(session, runtime.store, filing, actor, clock())


def _copy_out(session: Session, store: Store, filing: Filing) -> None:
    """Every file of every version, the certificates and papers of rights, into the open store, piece by piece."""
    if filing.vault_key is None:
        return
    shelf = store.sealed_shelf(filing.vault_key)
    papers = session.scalars(select(Certificate.sha256).where(Certificate.filing_id == filing.id))
    shown = select(RightRecord.document_sha256).where(RightRecord.filing_id == filing.id)
    for digest in (*files_of(session, filing), *papers, *filter(None, session.scalars(shown))):
        if not store.holds(digest):
            store.take(digest, shelf.pieces(digest))


def files_of(session: Session, filing: Filing) -> Iterator[str]:
    """SHA-256 of all that was filed, in any version."""
    for table in (FilingView, DesignFile):
        yield from session.scalars(select(table.sha256).where(table.filing_id == filing.id).distinct())


def _open(session: Session, store: Store, filing: Filing, actor: Account | None, now: datetime) -> None:
    key = filing.vault_key
    if key is not None:
        for row in session.scalars(select(PictureFingerprint).where(PictureFingerprint.vault_key_id == key.id)):
            if row.data is not None:
                row.data = fingerprint_data(store, row)
            row.vault_key = None
        key.ended_at = now
    filing.state, filing.vault_key, filing.opens_at = FilingState.OPEN, None, None
    details = {"by": "owner" if actor else "date"}
    acts.record(
        session, filing=filing, action="opened", parties={"actor": actor} if actor else {}, details=details, now=now
    )
    if actor is None:
        _tell(session, filing, "opened", {}, f"opened-{filing.id}", now)


def _tell(session: Session, filing: Filing, kind: str, more: dict[str, str], key: str, now: datetime) -> None:
    values, path = {"number": filing.number, **more}, f"/filings/{filing.number}"
    notices.tell(session, account=filing.owner, kind=kind, values=values, path=path, key=key, now=now)


def set_opening(
    session: Session, *, filing: Filing, account: Account, opens_at: datetime | None, now: datetime
) -> None:
    """The day on which a sealed filing opens by itself; None: on none."""
    _require_acting(account, filing)
    _require_sealed(filing)
    opens_at = registry.checked_opening(opens_at, sealed=True, now=now)
    if opens_at == filing.opens_at:
        return
    filing.opens_at = opens_at
    details = {"opens_at": opens_at.isoformat() if opens_at else None}
    acts.record(session, filing=filing, action="opening_set", parties={"actor": account}, details=details, now=now)


def due_openings(session: Session, *, now: datetime) -> list[int]:
    """Ids of the sealed filings whose day has come."""
    wanted = select(Filing.id).where(Filing.state == FilingState.SEALED, Filing.opens_at <= now)
    return list(session.scalars(wanted.order_by(Filing.opens_at)))


def open_for_case(
    session: Session, *, filing: Filing, case: Case, officer: Account, reason: str, now: datetime
) -> CaseOpening:
    """An officer looks into a sealed filing that a case of his is about. Again, it is the same opening.

    Raises ``PermissionDeniedError``, ``CallerError`` (field ``reason``).
    """
    access.require_role(officer, Role.REGULATOR)
    _require_sealed(filing)
    if not may_open_for_case(session, case=case, officer=officer, now=now):
        raise PermissionDeniedError("case_not_assigned_to_you")
    if filing.id not in access.filings_of_case(case):
        raise PermissionDeniedError("filing_not_in_case")
    known = session.scalar(
        select(CaseOpening).filter_by(filing_id=filing.id, case_id=case.id, officer_id=officer.id)
    )
    if known is not None:
        return known
    reason = reason.strip()
    if not REASON_MIN <= len(reason) <= REASON_MAX:
        raise CallerError("reason_length", field="reason", least=REASON_MIN, most=REASON_MAX)
    opening = CaseOpening(filing=filing, case=case, officer=officer, reason=reason, opened_at=now)
    session.add(opening)
    acts.record(
        session,
        filing=filing,
        action="opened_for_case",
        parties={"actor": officer},
        details={"case": case.number},
        now=now,
    )
    _tell(session, filing, "opened_for_case", {"case": case.number}, f"opened-for-case-{opening.id}", now)
    return opening


def may_open_for_case(session: Session, *, case: Case, officer: Account, now: datetime) -> bool:
    """Who has the case, his deputy while he is away, and who may approve its decision while that waits for it: he
    sees what he puts his name to."""
    mine = machine.parts_of(session, case=case, actor=officer, now=now)
    proposed = machine.proposal(case)
    approves = Part.APPROVER in mine and proposed is not None and proposed.actor_id != officer.id
    return Part.OFFICER in mine or approves


def openings_of(session: Session, filing: Filing) -> list[CaseOpening]:
    """For whom a sealed filing was opened, oldest first: its owner sees it."""
    wanted = select(CaseOpening).where(CaseOpening.filing_id == filing.id)
    return list(session.scalars(wanted.order_by(CaseOpening.id)).unique())


# --- Keys


def rewrap_all(runtime: Runtime, *, clock: Clock) -> int:
    """Every filing's key under the keyring's first one, a transaction each; how many were changed."""
    first = runtime.store.keyring.ready(clock())[0].id
    with runtime.sessions() as session:
        wanted = select(VaultKey.id).where(VaultKey.wrapped_by != first, VaultKey.wrapped.is_not(None))
        waiting = list(session.scalars(wanted))
    for key_id in waiting:
        with transaction(runtime.sessions) as session:
            runtime.store.rewrap(session.get_one(VaultKey, key_id), now=clock())
    return len(waiting)


def drop_wrapping_key(session: Session, store: Store, *, key_id: str, now: datetime) -> None:
    """Takes a wrapping key out of the keyring; raises ``ConflictError`` (``vault_key_in_use``)."""
    used = select(func.count()).where(VaultKey.wrapped_by == key_id, VaultKey.wrapped.is_not(None))
    if session.scalar(used):
        raise ConflictError("vault_key_in_use", key_id=key_id)
    store.keyring.remove(key_id, now)


def sweep(runtime: Runtime, *, clock: Clock) -> int:
    """Encrypted files of what was opened or destroyed go; how many shelves. Their keys go first."""
    with transaction(runtime.sessions) as session:
        ended = list(
            session.scalars(select(VaultKey).where(VaultKey.ended_at.is_not(None), VaultKey.swept_at.is_(None)))
        )
        session.execute(update(VaultKey).where(VaultKey.id.in_([one.id for one in ended])).values(wrapped=None))
    for key in ended:
        runtime.store.sweep(key)
        with transaction(runtime.sessions) as session:
            session.get_one(VaultKey, key.id).swept_at = clock()
    return len(ended)


def _require_acting(account: Account, filing: Filing) -> None:
    if not access.can_act_on_filing(account, filing):
        raise PermissionDeniedError("filing_not_yours_to_change")


def _require_sealed(filing: Filing) -> None:
    if filing.state is not FilingState.SEALED:
        raise ConflictError("filing_not_sealed")
