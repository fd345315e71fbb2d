"""Sealed filings whose day has come are opened, and the encrypted files of what was opened or destroyed go."""

from __future__ import annotations

import logging

from ipreg.db import Clock, utc_now
from ipreg.errors import IpregError
from ipreg.runtime import Runtime
from ipreg.sealing import due_openings, open_now, sweep

_log = logging.getLogger(__name__)


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many filings were opened."""
    with runtime.sessions() as session:
        waiting = due_openings(session, now=clock())
    opened = 0
    for filing_id in waiting:
        try:
            open_now(runtime, filing_id, account_id=None, clock=clock)
            opened += 1
        except IpregError:
            _log.exception("filing %s is due and was not opened; it will be tried again", filing_id)
    sweep(runtime, clock=clock)
    return opened
