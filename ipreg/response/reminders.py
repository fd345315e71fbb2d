"""Reminders of letters: the fifteen days after a counter-notice as they run out, and answers that did not come.

Each letter has one day on which it is looked at again (``look_on``), so a run reads only what is due; of several
steps that passed meanwhile only the last is told, and each once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import workdays
from ipreg.models import LegalLetter, LegalLetterKind, LegalLetterState
from ipreg.notify.notices import tell
from ipreg.response import law
from ipreg.response.steps import look_day, next_day
from ipreg.rights.reminders import people

CLOCK, OVER, ASK, ANSWER = "letter_clock", "letter_clock_over", "letter_ask", "letter_answer"


def due(session: Session, *, now: datetime, limit: int = 200) -> list[int]:
    """Ids of the letters whose day has come."""
    wanted = select(LegalLetter.id).where(LegalLetter.look_on <= workdays.shanghai_day(now))
    return list(session.scalars(wanted.order_by(LegalLetter.look_on, LegalLetter.id).limit(limit)))


def remind(session: Session, *, letter_id: int, now: datetime) -> int:
    """Tells the owner's people what the letter waits for; how many were told something new."""
    letter = session.get_one(LegalLetter, letter_id)
    today, day = workdays.shanghai_day(now), next_day(letter)
    told = 0
    if letter.running and day is not None:
        said = _said(letter, (day - today).days)
        if said is not None:
            told = _tell(session, letter, *said, now)
    following = look_day(letter, today + timedelta(days=1)) if day is not None and today <= day else None
    letter.look_on = following
    session.flush()
    return told


def _said(letter: LegalLetter, left: int) -> tuple[str, int] | None:
    """The kind of notice and its step, for what is reached."""
    if letter.state is not LegalLetterState.COUNTERED:
        kind = ANSWER if letter.kind is LegalLetterKind.WARNING else ASK
        return (kind, -1) if left < 0 else None
    if left < 0:
        return OVER, -1
    reached = [days for days in law.REMIND_DAYS if left <= days]
    return (CLOCK, min(reached)) if reached else None


def _tell(session: Session, letter: LegalLetter, kind: str, step: int, now: datetime) -> int:
    day = next_day(letter)
    assert day is not None
    values = {
        "number": letter.number,
        "addressee": letter.addressee,
        "title": letter.filing.told_title,
        "day": day.isoformat(),
        "days": (day - workdays.shanghai_day(now)).days,
        "article": {"say": law.COUNTER_NOTICE_ARTICLE},
    }
    made = [
        tell(
            session,
            account=account,
            kind=kind,
            values=values,
            path=f"/letters/{letter.number}",
            key=f"letter:{letter.number}:{kind}:{day}:{step}",
            now=now,
        )
        for account in people(session, letter.filing)
    ]
    return sum(one is not None for one in made)
