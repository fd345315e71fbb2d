"""Reminders: 60, 30 and 7 days before a clock of a filing ends, once each, and none for what is done or over.

A diary has one row a filing: the day on which its clocks are looked at again. So a run reads only what is due, and
where the scheduler was down for a week the next run finds what it missed; of several steps that passed meanwhile
only the last is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ipreg import access, workdays
from ipreg.models import Account, Filing, FilingState, QuietReminders, RightsDiary
from ipreg.notify.notices import tell
from ipreg.rights import law
from ipreg.rights.clocks import Clock, State
from ipreg.rights.records import clocks_now, look_again
from ipreg.rights.words import TITLES

KIND = "rights_reminder"
_LONGEST = timedelta(days=366)  # the dates of a filing do not change by themselves, the calendar of free days does


def due_filings(session: Session, *, now: datetime, limit: int = 200) -> list[int]:
    """The ids of filings whose clocks are to be looked at: those of the diary's day, and those not in it yet."""
    today = workdays.shanghai_day(now)
    due = select(RightsDiary.filing_id).where(RightsDiary.look_on <= today).order_by(RightsDiary.look_on)
    found = list(session.scalars(due.limit(limit)))
    if len(found) < limit:
        known = select(RightsDiary.filing_id).where(RightsDiary.filing_id == Filing.id)
        new = select(Filing.id).where(~known.exists()).order_by(Filing.id)
        found += session.scalars(new.limit(limit - len(found)))
    return found


def remind(session: Session, *, filing_id: int, now: datetime) -> int:
    """Tells the filing's people what ends soon, writes the diary, and returns how many were told something."""
    filing = session.get_one(Filing, filing_id)
    today = workdays.shanghai_day(now)
    withdrawn = filing.state is FilingState.WITHDRAWN
    clocks = [] if withdrawn else clocks_now(session, filing, now)
    running = [one for one in clocks if one.due_on and one.wanted and _runs(one)]
    told = 0
    for clock in running:
        step = step_of(clock)
        if step is not None:
            told += sum(_tell(session, filing, clock, step, account, now) for account in people(session, filing))
    look_again(session, filing, min([*(_next(one, today) for one in running), today + _LONGEST]))
    return told


def step_of(clock: Clock) -> int | None:
    """The narrowest of 60, 30 and 7 days that has been reached."""
    reached = [days for days in law.REMIND_DAYS if clock.days_left is not None and clock.days_left <= days]
    return min(reached, default=None)


def people(session: Session, filing: Filing) -> Sequence[Account]:
    """The owner and those of his enterprise who act on it, but for those who want no reminders."""
    mine = Account.id == filing.owner_id
    if filing.owner_organization_id is not None:
        acting = Account.organization_role.in_(access.ACTING_MEMBERS)
        mine = or_(mine, (Account.organization_id == filing.owner_organization_id) & acting)
    quiet = select(QuietReminders.account_id).where(QuietReminders.account_id == Account.id)
    return session.scalars(select(Account).where(mine, ~quiet.exists()).order_by(Account.id)).unique().all()


def wants_reminders(session: Session, account: Account) -> bool:
    return session.get(QuietReminders, account.id) is None


def set_reminders(session: Session, *, account: Account, wanted: bool, now: datetime) -> None:
    """Switches the account's reminders of clocks on or off."""
    quiet = session.get(QuietReminders, account.id)
    if wanted and quiet is not None:
        session.delete(quiet)
    elif not wanted and quiet is None:
        session.add(QuietReminders(account_id=account.id, since=now))
    session.flush()


def _runs(clock: Clock) -> bool:
    return clock.state in (State.OPEN, State.SOON)


def _next(clock: Clock, today: date) -> date:
    """The next day on which there is something to say about a running clock."""
    assert clock.due_on is not None
    ahead = [clock.due_on - timedelta(days=days) for days in law.REMIND_DAYS]
    return min([day for day in ahead if day > today], default=clock.due_on + timedelta(days=1))


def _tell(session: Session, filing: Filing, clock: Clock, step: int, account: Account, now: datetime) -> bool:
    assert clock.due_on is not None
    made = tell(
        session,
        account=account,
        kind=KIND,
        values={
            "clock": {"say": TITLES[clock.kind]},
            "title": filing.told_title,
            "day": clock.due_on.isoformat(),
            "days": clock.days_left,
            "number": filing.number,
            "article": {"say": clock.article},
        },
        path=f"/filings/{filing.number}/rights",
        key=f"rights:{filing.number}:{clock.kind}:{clock.due_on}:{step}",
        now=now,
    )
    return made is not None
