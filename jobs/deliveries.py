"""Messages that are due go out: by mail, to the configured server or into the embedded postbox, and by HTTP."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select

from ipreg.db import Clock, utc_now
from ipreg.models import Channel, Delivery, DeliveryState, Outgoing
from ipreg.notify.deliveries import MAILED, Sent, mail_due, post_due
from ipreg.notify.postbox import open_postbox
from ipreg.runtime import Runtime

SETTLE = timedelta(seconds=4)


def run(runtime: Runtime, *, clock: Clock = utc_now, settle: timedelta = timedelta(0)) -> Sent:
    """What became of the messages that were due."""
    return mail(runtime, clock=clock, settle=settle) + post(runtime, clock=clock, settle=settle)


def mail(runtime: Runtime, *, clock: Clock = utc_now, settle: timedelta = timedelta(0)) -> Sent:
    """Those by mail."""
    config = runtime.config
    if config.smtp is not None:
        return mail_due(runtime, config.smtp, clock=clock, settle=settle)
    if not _any_mail(runtime):
        return Sent()
    with open_postbox(config.var / "mail", config.mail_sender) as smtp:
        return mail_due(runtime, smtp, clock=clock, settle=settle)


def post(runtime: Runtime, *, clock: Clock = utc_now, settle: timedelta = timedelta(0)) -> Sent:
    """Those by HTTP: a job of its own, so that no mail waits for a receiver that does not answer."""
    return post_due(runtime, clock=clock, settle=settle)


def keep_mailing(runtime: Runtime) -> Sent:
    """As a step of the schedule, which comes again: a notice waits a moment for others that belong with it."""
    return mail(runtime, settle=SETTLE)


def keep_posting(runtime: Runtime) -> Sent:
    """As ``keep_mailing``."""
    return post(runtime, settle=SETTLE)


def _any_mail(runtime: Runtime) -> bool:
    with runtime.sessions() as session:
        by_mail = Channel.kind.in_(MAILED)
        waiting = select(Delivery.id).join(Channel).where(by_mail, Delivery.state == DeliveryState.WAITING).exists()
        unpacked = select(Outgoing.id).join(Channel).where(by_mail, Outgoing.delivery_id.is_(None)).exists()
        return bool(session.scalar(select(or_(waiting, unpacked))))
