"""What a person finds on coming in: what waits for him, and what happened since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import agreements, alerts, designs, drafts
from ipreg.casework.table import ENDED
from ipreg.models import Account, Alert, Case, CaseEvent, CaseState, Draft, Filing, Notice
from ipreg.notify import notices

SHOWN_ALERTS, SHOWN_CASES, SHOWN_EVENTS, SHOWN_DESIGNS, SHOWN_NOTICES, SHOWN_DRAFTS = 3, 6, 8, 12, 3, 3


@dataclass(frozen=True)
class OwnersDesk:
    """Of designers and enterprises. ``alerts`` are the gravest of the ``waiting`` ones; ``drafts``, ``designs`` and
    ``notices`` the newest; ``offers`` is how many transfers and licences wait for an answer."""

    waiting: int
    offers: int
    drafts: Sequence[Draft]
    alerts: Sequence[Alert]
    designs: Sequence[Filing]
    notices: Sequence[Notice]


@dataclass(frozen=True)
class OfficersDesk:
    """Of regulators: their own cases and those without an officer, the most urgent first; the latest steps."""

    mine: Sequence[Case]
    unassigned: Sequence[Case]
    steps: Sequence[tuple[CaseEvent, Case]]


def owners_desk(session: Session, *, account: Account, now: datetime) -> OwnersDesk:
    """What waits for who owns designs."""
    return OwnersDesk(
        waiting=alerts.count_open(session, account, now=now),
        offers=agreements.count_waiting(session, account, now),
        drafts=drafts.begun(session, account=account)[:SHOWN_DRAFTS],
        alerts=alerts.inbox(session, account=account, limit=SHOWN_ALERTS),
        designs=designs.newest(session, account=account, limit=SHOWN_DESIGNS),
        notices=notices.inbox(session, account=account, limit=SHOWN_NOTICES),
    )


def officers_desk(session: Session, *, account: Account) -> OfficersDesk:
    """What waits for an officer."""
    urgent = select(Case).order_by(Case.rank_at, Case.id).limit(SHOWN_CASES)
    mine = urgent.where(Case.officer_id == account.id, Case.state.not_in([*ENDED, CaseState.DECIDED]))
    unassigned = urgent.where(Case.officer_id.is_(None), Case.state.not_in(ENDED))
    steps = select(CaseEvent, Case).join(Case, CaseEvent.case_id == Case.id).order_by(CaseEvent.id.desc())
    return OfficersDesk(
        mine=session.scalars(mine).unique().all(),
        unassigned=session.scalars(unassigned).unique().all(),
        steps=[(step, case) for step, case in session.execute(steps.limit(SHOWN_EVENTS)).unique()],
    )
