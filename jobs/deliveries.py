"""Messages that are due go out: to the configured mail server, or into the embedded postbox."""

from __future__ import annotations

from sqlalchemy import select

from ipreg.db import Clock, utc_now
from ipreg.models import Delivery, DeliveryState
from ipreg.notify.deliveries import Sent, send_due
from ipreg.notify.postbox import open_postbox
from ipreg.runtime import Runtime


def run(runtime: Runtime, *, clock: Clock = utc_now) -> Sent:
    """What became of the messages that were due."""
    config = runtime.config
    if config.smtp is not None:
        return send_due(runtime, config.smtp, clock=clock)
    if not _anything_waits(runtime):
        return Sent()
    with open_postbox(config.var / "mail", config.mail_sender) as smtp:
        return send_due(runtime, smtp, clock=clock)


def _anything_waits(runtime: Runtime) -> bool:
    with runtime.sessions() as session:
        waiting = select(Delivery.id).where(Delivery.state == DeliveryState.WAITING).limit(1)
        return session.scalar(waiting) is not None
