"""Decisions teach: a calibration for each owner with enough new ones, one transaction an owner."""

from __future__ import annotations

from ipreg.db import Clock, transaction, utc_now
from ipreg.runtime import Runtime
from ipreg.warning.learning import active_calibration, learn, owners_with_decisions
from ipreg.warning.raising import judge_again


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many calibrations were tried."""
    with runtime.sessions() as session:
        owners = owners_with_decisions(session)
    tried = 0
    for owner in owners:
        with transaction(runtime.sessions) as session:
            was = active_calibration(session, owner)
            made = learn(session, owner=owner, threshold=runtime.config.alert_threshold, now=clock())
            if active_calibration(session, owner) is not was:
                judge_again(session, owner)
        tried += made is not None
    return tried
