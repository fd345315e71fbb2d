"""Withdrawal: a filing is given up, and a tombstone stays: number, times, digests, log entries.

The rule of its files (docs/versions.md): a sealed filing's are destroyed, by destroying their key. An open filing's
are kept or destroyed as the owner says; a file that another filing or a listing holds as well stays for that one.
Nothing is withdrawn while a case about it is undecided.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import Session

from ipreg import access, acts, agreements
from ipreg.casework import table
from ipreg.db import transaction
from ipreg.errors import CallerError, ConflictError, PermissionDeniedError
from ipreg.models import (
    Account,
    CaptureFile,
    Case,
    Certificate,
    DesignFile,
    Filing,
    FilingState,
    FilingView,
    ListingPicture,
    Match,
    PictureFingerprint,
    RemotePicture,
)
from ipreg.runtime import Runtime
from ipreg.sealing import files_of


def withdraw(
    session: Session, *, filing: Filing, account: Account, destroy: bool, confirmed: str, now: datetime
) -> None:
    """Gives the filing up for good. ``confirmed`` is its number as the owner typed it.

    Withdrawn already, nothing happens. After the commit call ``remove_files``. Raises ``PermissionDeniedError``,
    ``CallerError`` (field ``confirmed``), ``ConflictError`` (``withdraw_in_case``).
    """
    if not access.can_act_on_filing(account, filing):
        raise PermissionDeniedError("filing_not_yours_to_change")
    if filing.state is FilingState.WITHDRAWN:
        return
    if confirmed.strip().upper() != filing.number:
        raise CallerError("withdraw_unconfirmed", field="confirmed")
    if session.scalar(_undecided(filing).limit(1)) is not None:
        raise ConflictError("withdraw_in_case")
    destroy = destroy or filing.vault_key is not None
    agreements.end_all(session, filing=filing, account=account, now=now)
    filing.state, filing.withdrawn_at, filing.opens_at = FilingState.WITHDRAWN, now, None
    if destroy:
        filing.files_destroyed_at = now
        if filing.vault_key is not None:
            _shred(session, filing, now)
    details = {"files": "destroyed" if destroy else "kept"}
    acts.record(session, filing=filing, action="withdrawn", parties={"actor": account}, details=details, now=now)


def remove_files(runtime: Runtime, filing_id: int) -> int:
    """Takes away the open files of a filing that were destroyed, where nobody else has them; how many went.

    Call it with no transaction open; done again it finds nothing to do.
    """
    with transaction(runtime.sessions) as session:
        filing = session.get_one(Filing, filing_id)
        if filing.files_destroyed_at is None or filing.vault_key_id is not None:
            return 0
        papers = select(Certificate.sha256).where(Certificate.filing_id == filing.id)
        alone = [one for one in files_of(session, filing) if not _elsewhere(session, filing, one)]
        session.execute(delete(PictureFingerprint).where(PictureFingerprint.sha256.in_(alone)))
        gone = [*alone, *session.scalars(papers)]
    for digest in gone:
        runtime.store.remove(digest)
    return len(gone)


def due_removals(session: Session, *, now: datetime) -> list[int]:
    """Ids of open filings whose files were destroyed lately: a job sees to those that a crash left behind."""
    wanted = select(Filing.id).where(Filing.state == FilingState.WITHDRAWN, Filing.vault_key_id.is_(None))
    return list(session.scalars(wanted.where(Filing.files_destroyed_at > now - timedelta(days=1))))


def _shred(session: Session, filing: Filing, now: datetime) -> None:
    """Without its key what is encrypted is noise, in every backup too; the fingerprints go with it."""
    key = filing.vault_key
    if key is not None:
        key.wrapped, key.ended_at = None, now
        session.execute(delete(PictureFingerprint).where(PictureFingerprint.vault_key_id == key.id))
        # Where an open filing has the same picture, its fingerprint is made anew.
        session.execute(
            update(FilingView)
            .where(FilingView.filing_id != filing.id, FilingView.sha256.in_(list(files_of(session, filing))))
            .values(compared_by=None, goods_by=None)
        )


def _undecided(filing: Filing) -> Select[int]:
    """Cases about the filing that have not come to their end."""
    return (
        select(Case.id)
        .join(Match, Case.match_id == Match.id)
        .where(
            or_(Match.filing_id == filing.id, Match.later_filing_id == filing.id), Case.state.not_in(table.ENDED)
        )
    )


def _elsewhere(session: Session, filing: Filing, digest: str) -> bool:
    """Whether another filing, a listing or a captured page holds the same bytes in the open."""
    for kind in (FilingView, DesignFile):
        others = select(kind.id).join(Filing, kind.filing_id == Filing.id)
        others = others.where(kind.sha256 == digest, Filing.id != filing.id, Filing.files_destroyed_at.is_(None))
        if session.scalar(others.limit(1)) is not None:
            return True
    for seen in (ListingPicture, RemotePicture, CaptureFile):
        if session.scalar(select(seen.id).where(seen.sha256 == digest).limit(1)) is not None:
            return True
    return False
