"""Messages by HTTP, to a real receiver that fails, leads elsewhere and lies."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from scenery import HandClock, People
from sqlalchemy import select

from ipreg.db import transaction
from ipreg.errors import CallerError, MissingError
from ipreg.i18n import translator
from ipreg.models import Account, Channel, ChannelKind, ChannelState, Delivery, DeliveryState, Notice
from ipreg.notify import hooks, setup
from ipreg.notify.channels import mail_channel
from ipreg.notify.kinds import write
from ipreg.notify.notices import tell
from ipreg.notify.outcome import ELSEWHERE as ELSEWHERE_WORDS
from ipreg.notify.outcome import Fault, told
from ipreg.notify.sealed import Sealer
from ipreg.runtime import Runtime
from jobs import deliveries

pytestmark = pytest.mark.network
ELSEWHERE = Fault(ELSEWHERE_WORDS, {"status": 302})
EVIL = "</h1><script>alert(1)</script> [click](https://evil.example) **x**"


@dataclass
class Receiver:
    """Answers ``status`` and ``body``, and keeps what it got."""

    port: int = 0
    status: int = 204
    body: bytes = b""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    silent: bool = False
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?access_token=x"


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, data))
            if receiver.silent:  # holds the line and says nothing
                receiver.over.wait()
                return
            self.send_response(receiver.status)
            if receiver.status == 302:
                self.send_header("Location", "http://169.254.169.254/secrets")
            self.send_header("Content-Length", str(len(receiver.body)))
            self.end_headers()
            self.wfile.write(receiver.body)

        def log_message(self, *_words: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def prepare(runtime: Runtime, clock: HandClock, kind: ChannelKind, address: str) -> str:
    """A designer with this channel and one notice with a hostile title. Gives the webhook's secret."""
    object.__setattr__(runtime.config, "allow_private_addresses", True)
    with transaction(runtime.sessions) as session:
        people = People(session, clock())
        _, secret = setup.add_channel(
            session, account=people.designer, sealer=Sealer(runtime.secrets), kind=kind, name="群",
            address=address, secret="SECabc", any_host=True, now=clock(),
        )  # fmt: skip
        tell(
            session, account=people.designer, kind="alert", path="/filings", key="k", now=clock(),
            values={"likelihood": {"say": "Likely"}, "title": EVIL, "place": "淘淘", "facts": [["Seen", EVIL]]},
        )  # fmt: skip
    return secret


def the(runtime: Runtime, kind: ChannelKind) -> tuple[Channel, Delivery]:
    with runtime.sessions() as session:
        channel = session.scalars(select(Channel).where(Channel.kind == kind)).one()
        return channel, session.scalars(select(Delivery).where(Delivery.channel_id == channel.id)).one()


def test_the_signature_is_that_of_the_standard() -> None:
    """The example of Standard Webhooks' specification."""
    assert (
        hooks.signature(
            "whsec_plJ3nmyCDGBKInavdOK15jsl",
            message_id="msg_loFOjxBNrRLzqYUf",
            stamp="1731705121",
            body=b'{"event_type":"ping","data":{"success":true}}',
        )
        == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="
    )


def test_a_webhook_is_signed_tried_again_under_its_id_and_its_secret_exchanged(
    runtime: Runtime, clock: HandClock
) -> None:
    with receiving() as receiver:
        secret = prepare(runtime, clock, ChannelKind.WEBHOOK, receiver.address)
        receiver.status = 500
        assert deliveries.run(runtime, clock=clock).waiting == 1
        with transaction(runtime.sessions) as session:
            channel = session.scalars(select(Channel).where(Channel.kind == ChannelKind.WEBHOOK)).one()
            assert secret not in channel.secret and receiver.address not in channel.address
            new = setup.exchange_secret(session, channel=channel, sealer=Sealer(runtime.secrets), now=clock())
        receiver.status = 204
        clock.move(minutes=5)
        assert deliveries.run(runtime, clock=clock).sent == 1
    (first, _), (second, body) = receiver.got
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-timestamp"] != second["webhook-timestamp"]
    signed = f"{second['webhook-id']}.{second['webhook-timestamp']}.".encode() + body
    made = [
        "v1," + b64encode(hmac.digest(b64decode(one.removeprefix("whsec_")), signed, hashlib.sha256)).decode()
        for one in (new, secret)
    ]
    assert second["webhook-signature"].split() == made
    assert EVIL in json.loads(body)["data"]["notices"][0]["subject"]


@pytest.mark.parametrize("kind", [ChannelKind.DINGTALK, ChannelKind.WECOM, ChannelKind.FEISHU])
def test_a_robot_that_answers_200_and_refuses_is_not_believed(
    runtime: Runtime, clock: HandClock, kind: ChannelKind
) -> None:
    with receiving() as receiver:
        prepare(runtime, clock, kind, receiver.address)
        receiver.status, receiver.body = 200, b'{"errcode":310000,"code":19021,"errmsg":"sign not match"}'
        assert deliveries.run(runtime, clock=clock).waiting == 1
        receiver.body = b"<html>welcome</html>"
        clock.move(minutes=5)
        assert deliveries.run(runtime, clock=clock).waiting == 1
        receiver.body = b'{"errcode":0,"code":0}'
        clock.move(minutes=5)
        assert deliveries.run(runtime, clock=clock).sent == 1
    text = receiver.got[-1][1].decode()
    assert "云纹" in text or "淘淘" in text
    if kind is not ChannelKind.WECOM:  # which shows plain text
        assert "<script>" not in text
    if kind is ChannelKind.DINGTALK:
        assert "[click]" not in text and "**x**" not in text


@pytest.mark.parametrize("kind", [ChannelKind.DINGTALK, ChannelKind.FEISHU])
def test_titles_without_end_make_no_message_that_a_robot_refuses(
    runtime: Runtime, clock: HandClock, kind: ChannelKind
) -> None:
    with receiving() as receiver:
        receiver.status, receiver.body = 200, b'{"errcode":0,"code":0}'
        prepare(runtime, clock, kind, receiver.address)
        with transaction(runtime.sessions) as session:
            channel = session.scalars(select(Channel).where(Channel.kind == kind)).one()
            assert channel.account is not None
            for number in range(30):
                tell(
                    session, account=channel.account, kind="channel_test", values={"name": "长" * 2000},
                    path="/channels", key=f"long{number}", now=clock(),
                )  # fmt: skip
        deliveries.run(runtime, clock=clock)
    assert len(receiver.got) == 1 and len(receiver.got[0][1]) < 20_000
    assert "/notices" in receiver.got[0][1].decode(), "how many more there are, and where"


def test_a_redirect_is_not_followed_and_a_private_address_not_called(runtime: Runtime, clock: HandClock) -> None:
    with receiving() as receiver:
        prepare(runtime, clock, ChannelKind.WEBHOOK, receiver.address)
        receiver.status = 302
        assert deliveries.run(runtime, clock=clock).waiting == 1
        assert the(runtime, ChannelKind.WEBHOOK)[1].last_fault == ELSEWHERE.kept
        object.__setattr__(runtime.config, "allow_private_addresses", False)
        clock.move(minutes=5)
        deliveries.run(runtime, clock=clock)
        assert len(receiver.got) == 1
        assert the(runtime, ChannelKind.WEBHOOK)[1].state is DeliveryState.PARKED


def test_a_receiver_that_never_answers_holds_nobody_up_and_gets_the_same_message_again(
    runtime: Runtime, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "PATIENCE", 0.3)
    with receiving() as receiver:
        prepare(runtime, clock, ChannelKind.WEBHOOK, receiver.address)
        receiver.silent = True
        assert deliveries.run(runtime, clock=clock) == deliveries.Sent(sent=1, waiting=1)  # the mail went out
        channel, delivery = the(runtime, ChannelKind.WEBHOOK)
        assert told(channel.fault, translator("zh")) == "对方没有及时应答。"
        assert told(channel.fault, translator("en")) == "The receiver did not answer in time."
        assert delivery.next_try_at > clock()
        receiver.silent = False
        receiver.over.set()
        monkeypatch.setattr(hooks, "PATIENCE", 60.0)
        clock.move(minutes=5)
        assert deliveries.run(runtime, clock=clock).sent == 1
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert the(runtime, ChannelKind.WEBHOOK)[0].fault == ""


def test_the_second_message_does_not_wait_in_vain_and_a_broken_one_holds_nobody_up(
    runtime: Runtime, clock: HandClock
) -> None:
    with receiving() as receiver:
        prepare(runtime, clock, ChannelKind.WEBHOOK, receiver.address)
        tell_more(runtime, clock, "2")
        receiver.status = 500
        assert deliveries.run(runtime, clock=clock) == deliveries.Sent(sent=2, waiting=1)
        assert len(receiver.got) == 1, "of two messages one was tried"
        receiver.status = 204
        with transaction(runtime.sessions) as session:  # as after a restore without the key
            hook = session.scalars(select(Channel).where(Channel.name == "群")).one()
            kept, hook.address = hook.address, "by another key"
            setup.add_channel(
                session, account=hook.account, sealer=Sealer(runtime.secrets), kind=ChannelKind.WEBHOOK,
                name="another", address=receiver.address, any_host=True, now=clock(),
            )  # fmt: skip
        tell_more(runtime, clock, "3")
        clock.move(minutes=5)
        assert deliveries.run(runtime, clock=clock) == deliveries.Sent(sent=2, waiting=1), "mail and the other hook"
        with transaction(runtime.sessions) as session:
            hook = session.scalars(select(Channel).where(Channel.name == "群")).one()
            assert told(hook.fault, translator("en")).startswith("The message could not be put together")
            hook.address = kept
        clock.move(minutes=5)
        assert deliveries.run(runtime, clock=clock).sent == 3


def tell_more(runtime: Runtime, clock: HandClock, key: str) -> None:
    with transaction(runtime.sessions) as session:
        designer = session.scalars(select(Account).where(Account.email == "designer@ipreg.example")).one()
        values = {"name": "x"}
        tell(session, account=designer, kind="channel_test", values=values, path="/channels", key=key, now=clock())


def test_a_receiver_that_fails_for_three_days_is_given_up_and_told_of(runtime: Runtime, clock: HandClock) -> None:
    with receiving() as receiver:
        prepare(runtime, clock, ChannelKind.WEBHOOK, receiver.address)
        receiver.status = 503
        waits = []
        for _ in range(40):
            deliveries.run(runtime, clock=clock)
            _, delivery = the(runtime, ChannelKind.WEBHOOK)
            if delivery.state is DeliveryState.PARKED:
                break
            waits.append(delivery.next_try_at - clock())
            clock.now = delivery.next_try_at
    assert waits == sorted(waits) and waits[0] == timedelta(minutes=1) and waits[-1] == timedelta(hours=6)
    assert timedelta(days=3) <= clock() - delivery.created_at < timedelta(days=3, hours=6)
    with runtime.sessions() as session:
        notice = session.scalars(select(Notice).where(Notice.kind == "channel_dead")).one()
    chinese = write(notice.kind, notice.values, translator("zh"))
    assert "对方没有接收，返回了 503。" in " ".join(chinese.lines)


def test_a_channel_that_wants_no_more_is_dead_told_by_mail_and_can_be_used_again(
    runtime: Runtime, clock: HandClock
) -> None:
    with receiving() as receiver:
        prepare(runtime, clock, ChannelKind.WEBHOOK, receiver.address)
        receiver.status = 410
        assert deliveries.run(runtime, clock=clock).parked == 1
        channel, _ = the(runtime, ChannelKind.WEBHOOK)
        assert channel.state is ChannelState.DEAD
        with runtime.sessions() as session:
            assert session.scalars(select(Notice).where(Notice.kind == "channel_dead")).one().path == "/channels"
        assert deliveries.run(runtime, clock=clock).sent == 1  # the mail that tells of it
        receiver.status = 200
        with transaction(runtime.sessions) as session:
            setup.send_again(session, channel=session.get_one(Channel, channel.id), now=clock())
        assert deliveries.run(runtime, clock=clock).sent == 1
        assert receiver.got[0][0]["webhook-id"] == receiver.got[1][0]["webhook-id"]


def test_a_storm_is_one_message(runtime: Runtime, clock: HandClock) -> None:
    with receiving() as receiver:
        prepare(runtime, clock, ChannelKind.WEBHOOK, receiver.address)
        with transaction(runtime.sessions) as session:
            designer = session.scalars(select(Channel).where(Channel.kind == ChannelKind.WEBHOOK)).one().account
            assert designer is not None
            for number in range(300):
                tell(session, account=designer, kind="channel_test", values={"name": "x"}, path="/filings",
                     key=f"s{number}", now=clock())  # fmt: skip
        settle = timedelta(seconds=4)
        assert deliveries.run(runtime, clock=clock, settle=settle).sent == 0
        clock.move(seconds=5)
        assert deliveries.run(runtime, clock=clock, settle=settle).sent == 2  # one by mail, one by webhook
    data = json.loads(receiver.got[0][1])["data"]
    assert (len(receiver.got), len(data["notices"]), data["more"]) == (1, 20, 281)


def test_what_is_somebody_elses_is_not_there_and_a_robot_has_its_own_address(
    runtime: Runtime, clock: HandClock
) -> None:
    with transaction(runtime.sessions) as session:
        people = People(session, clock())
        own = mail_channel(session, account=people.designer, now=clock())
        assert setup.channels_of(session, account=people.designer) == [own]
        with pytest.raises(MissingError):
            setup.get_channel(session, channel_id=own.id, account=people.rival)
        with pytest.raises(CallerError, match="robot_address_wrong"):
            setup.add_channel(
                session, account=people.designer, sealer=Sealer(runtime.secrets), kind=ChannelKind.FEISHU,
                name="x", address="https://evil.example/", now=clock(),
            )  # fmt: skip
