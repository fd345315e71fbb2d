"""Reminds of the clocks of the law, each filing in a transaction of its own."""

from __future__ import annotations

import logging
import time

from ipreg.db import Clock, transaction, utc_now
from ipreg.rights import reminders
from ipreg.runtime import Runtime

SECONDS = 20.0
_log = logging.getLogger(__name__)


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """Looks at the filings that are due, for about ``SECONDS``; returns how many notices it made."""
    until, told, failed = time.monotonic() + SECONDS, 0, set[int]()
    while time.monotonic() < until:
        with runtime.sessions() as session:
            due = [one for one in reminders.due_filings(session, now=clock()) if one not in failed]
        if not due:
            break
        for filing_id in due:
            try:
                with transaction(runtime.sessions) as session:
                    told += reminders.remind(session, filing_id=filing_id, now=clock())
            except Exception:  # one filing that fails must not keep the others from being told
                _log.exception("no reminders for filing %s; tried again in the next run", filing_id)
                failed.add(filing_id)
    return told
