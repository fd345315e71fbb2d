"""Days that have come: sealed filings open, offers lapse, licences begin and end; destroyed files go."""

from __future__ import annotations

import logging

from ipreg import agreements, audit
from ipreg.db import Clock, transaction, utc_now
from ipreg.errors import IpregError
from ipreg.models import Agreement, Filing
from ipreg.runtime import Runtime
from ipreg.sealing import due_openings, open_now, sweep
from ipreg.withdrawing import due_removals, remove_files

_log = logging.getLogger(__name__)


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many filings were opened."""
    with runtime.sessions() as session:
        waiting = [(one, session.get_one(Filing, one).number) for one in due_openings(session, now=clock())]
    opened = 0
    for filing_id, number in waiting:
        try:
            with audit.acting("job:openings", "openings.open", subject=number):
                open_now(runtime, filing_id, account_id=None, clock=clock)
            opened += 1
        except IpregError:
            _log.exception("filing %s is due and was not opened; it will be tried again", filing_id)
    _agreements(runtime, clock)
    with runtime.sessions() as session:
        removals = due_removals(session, now=clock())
    for filing_id in removals:
        remove_files(runtime, filing_id)
    sweep(runtime, clock=clock)
    return opened


def _agreements(runtime: Runtime, clock: Clock) -> None:
    """Offers that nobody answered, licences whose first day has come or whose last is over; a transaction each."""
    with runtime.sessions() as session:
        waiting = agreements.due(session, now=clock())
    for agreement_id in waiting:
        try:
            acting = audit.acting("job:openings", "openings.agreement", subject=f"agreement:{agreement_id}")
            with acting, transaction(runtime.sessions) as session:
                agreements.move_on(session, agreement=session.get_one(Agreement, agreement_id), now=clock())
        except IpregError:
            _log.exception("agreement %s is due and stays as it was; it will be tried again", agreement_id)
