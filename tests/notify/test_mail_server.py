"""Mail, to a real server that refuses, hangs up, says nothing, or is not there; and clocks that jump meanwhile."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from scenery import HandClock, People
from sqlalchemy import select

from ipreg.config import SmtpConfig
from ipreg.db import transaction
from ipreg.models import Account, Channel, ChannelState, Delivery, DeliveryState
from ipreg.notify import sending
from ipreg.notify.deliveries import Sent, mail_due
from ipreg.notify.notices import tell
from ipreg.notify.outcome import MAIL_ADDRESS, MAIL_AWAY, MAIL_REFUSED, MAIL_SLOW
from ipreg.runtime import Runtime

pytestmark = pytest.mark.network
TAKEN = "250 kept"


@dataclass
class Server:
    """Gives ``answers`` one after another, then takes everything; keeps what it was sent."""

    port: int = 0
    answers: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    got: list[bytes] = field(default_factory=list)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        answer = self.recipients.pop(0) if self.recipients else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.got.append(envelope.content)
        answer = self.answers.pop(0) if self.answers else TAKEN
        if answer == "hangs up":
            server.transport.close()
        if answer == "says nothing":
            await asyncio.sleep(3)
        return answer

    @property
    def config(self) -> SmtpConfig:
        return SmtpConfig(host="127.0.0.1", port=self.port, sender="registry@ipreg.example")


@contextmanager
def mail_server(*answers: str) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = Server(probe.getsockname()[1], list(answers))
    running = Controller(server, hostname="127.0.0.1", port=server.port)
    running.start()
    try:
        yield server
    finally:
        running.stop()


def warn(runtime: Runtime, clock: HandClock, key: str = "k") -> None:
    with transaction(runtime.sessions) as session:
        account = session.scalars(select(Account).where(Account.email == "designer@ipreg.example")).one_or_none()
        account = account or People(session, clock()).designer
        tell(
            session,
            account=account,
            kind="channel_test",
            values={"name": key},
            path="/filings",
            key=key,
            now=clock(),
        )


def the_delivery(runtime: Runtime) -> tuple[DeliveryState, Channel]:
    with runtime.sessions() as session:
        delivery = session.scalars(select(Delivery)).one()
        return delivery.state, delivery.channel


@pytest.mark.parametrize(
    ("answer", "fault"),
    [("451 busy", MAIL_REFUSED), ("554 no", MAIL_REFUSED), ("hangs up", MAIL_AWAY), ("says nothing", MAIL_SLOW)],
)
def test_the_same_mail_is_tried_again_a_minute_later(
    runtime: Runtime, clock: HandClock, monkeypatch: pytest.MonkeyPatch, answer: str, fault: str
) -> None:
    monkeypatch.setattr(sending, "PATIENCE", 1.0)
    warn(runtime, clock)
    with mail_server(answer) as server:
        assert mail_due(runtime, server.config, clock=clock) == Sent(waiting=1)
        assert fault in the_delivery(runtime)[1].fault, "what went wrong is shown with the channel"
        clock.move(seconds=59)
        assert mail_due(runtime, server.config, clock=clock) == Sent(), "not yet"
        clock.move(seconds=1)
        assert mail_due(runtime, server.config, clock=clock) == Sent(sent=1)
        clock.move(days=4)
        assert mail_due(runtime, server.config, clock=clock) == Sent(), "and never again"
    assert len(server.got) == 2 and server.got[0] == server.got[1], "byte for byte, under one Message-ID"
    assert the_delivery(runtime)[1].fault == ""


def test_an_address_that_is_refused_for_good_is_parked_and_three_switch_mail_off(
    runtime: Runtime, clock: HandClock
) -> None:
    with mail_server() as server:
        server.recipients = ["550 nobody here"] * 3
        for number in range(3):
            warn(runtime, clock, f"k{number}")
            assert mail_due(runtime, server.config, clock=clock) == Sent(parked=1)
            clock.move(minutes=5)
    with runtime.sessions() as session:
        channel = session.scalars(select(Channel)).one()
        assert channel.state is ChannelState.DEAD and MAIL_ADDRESS in channel.fault
    assert not server.got


def test_a_server_that_is_not_there_gets_the_mail_when_it_is(runtime: Runtime, clock: HandClock) -> None:
    with mail_server() as server:
        away = server.config
    warn(runtime, clock)
    assert mail_due(runtime, away, clock=clock) == Sent(waiting=1)
    assert MAIL_AWAY in the_delivery(runtime)[1].fault
    clock.move(minutes=1)
    with mail_server() as server:
        assert mail_due(runtime, server.config, clock=clock) == Sent(sent=1)
    assert len(server.got) == 1


@pytest.mark.parametrize(
    "jump", [timedelta(hours=-5), timedelta(days=-400), timedelta(days=2), timedelta(days=400)]
)
def test_a_clock_that_jumps_neither_loses_nor_doubles_a_mail(
    runtime: Runtime, clock: HandClock, jump: timedelta
) -> None:
    """It jumps between the warning and its mail, and again after a try that failed."""
    warn(runtime, clock)
    clock.now += jump
    with mail_server("451 busy") as server:
        assert mail_due(runtime, server.config, clock=clock) == Sent(waiting=1)
        clock.now -= jump
        clock.move(minutes=1)
        tried = [mail_due(runtime, server.config, clock=clock)]
        if jump > timedelta(0):  # the next try was set by a clock that was ahead; the true time comes to it
            clock.now += jump
            tried.append(mail_due(runtime, server.config, clock=clock))
        clock.move(days=1)
        tried.append(mail_due(runtime, server.config, clock=clock))
    assert sum(one.sent for one in tried) == 1
    assert {message_from_bytes(one)["Message-ID"] for one in server.got} == {
        message_from_bytes(server.got[0])["Message-ID"]
    } and len(server.got) == 2
