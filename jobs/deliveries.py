"""Messages that are due go out: to the configured mail server, or into the embedded postbox."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select

from ipreg.db import Clock, utc_now
from ipreg.models import Delivery, DeliveryState, Outgoing
from ipreg.notify.deliveries import Sent, send_due
from ipreg.notify.postbox import open_postbox
from ipreg.runtime import Runtime

SETTLE = timedelta(seconds=4)


def run(runtime: Runtime, *, clock: Clock = utc_now, settle: timedelta = timedelta(0)) -> Sent:
    """What became of the messages that were due."""
    config = runtime.config
    if config.smtp is not None:
        return send_due(runtime, config.smtp, clock=clock, settle=settle)
    if not _anything_waits(runtime):
        return Sent()
    with open_postbox(config.var / "mail", config.mail_sender) as smtp:
        return send_due(runtime, smtp, clock=clock, settle=settle)


def keep_running(runtime: Runtime) -> Sent:
    """As a step of the schedule, which comes again: a notice waits a moment for others that belong with it."""
    return run(runtime, settle=SETTLE)


def _anything_waits(runtime: Runtime) -> bool:
    with runtime.sessions() as session:
        waiting = select(Delivery.id).where(Delivery.state == DeliveryState.WAITING).exists()
        unpacked = select(Outgoing.id).where(Outgoing.delivery_id.is_(None)).exists()
        return bool(session.scalar(select(or_(waiting, unpacked))))
