"""Makes the papers that a killed process left unmade; reminds of the clocks of letters, one transaction each."""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy import select

from ipreg.db import Clock, transaction, utc_now
from ipreg.models import LegalLetter, LegalLetterState
from ipreg.response import making, reminders
from ipreg.runtime import Runtime

WAIT, GIVE_UP = timedelta(minutes=1), timedelta(days=7)
_log = logging.getLogger(__name__)


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many notices were made."""
    with runtime.sessions() as session:
        due = reminders.due(session, now=clock())
    told = 0
    for letter_id in due:
        try:
            with transaction(runtime.sessions) as session:
                told += reminders.remind(session, letter_id=letter_id, now=clock())
        except Exception:  # one letter that fails must not keep the others from being told
            _log.exception("no reminder for letter %s; tried again in the next run", letter_id)
    return told


def finish(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """Makes the papers of letters that a killed process or an absent authority left without; how many."""
    now = clock()
    wanted = select(LegalLetter.id).where(
        LegalLetter.state == LegalLetterState.MAKING,
        LegalLetter.created_at < now - WAIT,
        LegalLetter.created_at > now - GIVE_UP,
    )
    with runtime.sessions() as session:
        left = list(session.scalars(wanted.order_by(LegalLetter.id).limit(20)))
    done = 0
    for letter_id in left:
        try:
            done += making.make(runtime, letter_id, clock=clock)
        except Exception:
            _log.exception("letter %s could not be made; tried again in the next run", letter_id)
    return done
