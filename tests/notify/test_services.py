"""Messaging services through Apprise: what is taken, where it goes, and what becomes of refusals."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from scenery import People
from site_of_tests import Site
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_hooks import EVIL, receiving

from ipreg.errors import CallerError
from ipreg.i18n import translator
from ipreg.models import Channel, ChannelKind
from ipreg.notify import outcome, services, setup
from ipreg.notify.kinds import write
from ipreg.notify.message import Item, Message
from ipreg.notify.sealed import Sealer
from ipreg.runtime import Runtime

NOW = datetime(2026, 3, 2, tzinfo=UTC)
GIVEN = {
    "serverchan": ("SCT123456Tabcdefghijkl", "sctapi.ftqq.com"),
    "pushdeer": ("PDU123Tabcdefghijklmnop", "api2.pushdeer.com"),
    "slack": ("https://hooks.slack.com/services/T0A1B2C3D/B0A1B2C3D/abcdefghijklmnopqrstuvwx", "hooks.slack.com"),
    "teams": (
        "https://prod-12.westus.logic.azure.com:443/workflows/0123456789abcdef0123456789abcdef/triggers/manual/"
        "paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=abcDEF-_123",
        "prod-12.westus.logic.azure.com",
    ),
    "discord": ("https://discord.com/api/webhooks/123456789012345678/abc-DEF_ghi", "discord.com"),
    "google_chat": (
        "https://chat.googleapis.com/v1/spaces/AAAA1234/messages?key=AIzaSy-x_1&token=tok-_1%3D",
        "chat.googleapis.com",
    ),
    "telegram": ("123456789:AAEabcdefghijklmnopqrstuvwxyz012345/-1001234567", "api.telegram.org"),
    "pushover": ("u" * 30 + "/" + "a" * 30, "api.pushover.net"),
    "bark": ("https://api.day.app/abcdef0123456789abcd/", "api.day.app"),
    "ntfy": ("https://ntfy.sh/ipreg-abc123", "ntfy.sh"),
    "pushbullet": ("o.abcdefghijklmnopqrstuvwxyz012345", "api.pushbullet.com"),
}


def message(service: str, address: str) -> Message:
    values = {"likelihood": {"say": "Likely"}, "title": EVIL + " @everyone", "place": "淘淘"}
    item = Item(write("alert", values, str), "https://ipreg.example/alerts/1?a=b_c", "alert", NOW)
    return Message(
        message_id="<1@ipreg.example>", created_at=NOW, channel_id=1, kind=ChannelKind.SERVICE, service=service,
        to="", address=address, secrets=(), locale="zh", subject=item.words.subject, items=(item,), more=0,
        inbox="https://ipreg.example/notices", settings="https://ipreg.example/channels",
    )  # fmt: skip


@contextmanager
def proxy() -> Iterator[tuple[int, list[str]]]:
    """A proxy that notes to which machine it was asked to connect, and refuses."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            asked.append(self.path)
            self.send_error(502)

        def log_message(self, *_words: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_every_service_takes_what_it_hands_out_and_nothing_that_leads_elsewhere() -> None:
    assert set(GIVEN) == set(services.SERVICES)
    for service, (given, host) in GIVEN.items():
        services.check(service, given)
        wrong = ["", "http://169.254.169.254/", "https://evil.example/", f"{given}?redirect=yes@evil.example"]
        wrong += [given.replace(host, "evil.example"), given.replace(host, f"{host}.evil.example")]
        wrong += [f"{given}\n{given}", given.replace("https://", "https://evil.example@")]
        for one in wrong:
            if one != given:
                with pytest.raises(CallerError, match="service_address_wrong"):
                    services.check(service, one)


@pytest.mark.network
@pytest.mark.parametrize("service", [name for name, one in services.SERVICES.items() if one.plugin])
def test_a_message_goes_to_the_service_and_nowhere_else(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given, host = GIVEN[service]
    with proxy() as (port, asked):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        fault = services.send(message(service, given))
    assert set(asked) == {f"{host}:443"}
    assert fault is not None and fault.words == outcome.UNREACHABLE and not fault.final


@pytest.mark.network
def test_what_a_stranger_wrote_is_text_and_a_refusal_is_told_without_the_key() -> None:
    with receiving() as receiver:
        address = f"bark://127.0.0.1:{receiver.port}/abcdef0123456789abcd/"
        receiver.status, receiver.body = 200, b'{"code":200}'
        assert services.deliver(message("bark", ""), "bark.NotifyBark", address) is None
        receiver.status = 403
        fault = services.deliver(message("bark", ""), "bark.NotifyBark", address)
    sent = json.dumps(json.loads(receiver.got[0][1]), ensure_ascii=False)
    assert "https://ipreg.example/alerts/1?a=b_c" in sent
    for sign in ("<script>", "[click]", "**x**", "@everyone"):
        assert sign not in sent
    assert fault is not None and fault.final
    assert outcome.told(fault.kept, translator("zh")) == "对方没有接收，返回了 403。"
    assert outcome.told(fault.kept, translator("en")) == "The receiver answered 403 instead of taking it."


def test_the_key_lies_sealed_in_the_database(session: Session, people: People, runtime: Runtime) -> None:
    for service, (given, _host) in GIVEN.items():
        setup.add_channel(
            session, account=people.designer, sealer=Sealer(runtime.secrets), kind=ChannelKind.SERVICE,
            service=service, name=service, address=given, now=NOW,
        )  # fmt: skip
    found = session.scalars(select(Channel).where(Channel.kind == ChannelKind.SERVICE)).all()
    assert [one.service for one in found] == list(GIVEN)
    for one in found:
        assert GIVEN[one.service][0] not in one.address
        assert Sealer(runtime.secrets).open(one.address) == GIVEN[one.service][0]


def test_a_service_is_set_up_on_the_page_and_its_digest_at_the_chosen_hour(site: Site) -> None:
    client = site.sign_in("freelancer")
    wrong = client.post("/channels", data={"kind": "telegram", "name": "手机", "address": "https://evil.example/"})
    assert wrong.status_code == 400 and "这不是 Telegram 给出的内容" in wrong.text
    given = {"kind": "telegram", "name": "手机", "address": GIVEN["telegram"][0]}
    assert client.post("/channels", data=given).status_code == 302
    page = client.get("/channels").text
    assert "手机" in page and GIVEN["telegram"][0] not in page
    number = page.split("/channels/")[-1].split("/")[0]
    times = {"rhythm": "weekly", "hour": "18", "weekday": "4"}
    assert client.post(f"/channels/{number}", data=times).status_code == 302
    page = client.get("/channels").text
    assert '<option value="18" selected>18:00</option>' in page and "下一份汇总将于" in page
    assert client.post(f"/channels/{number}", data={**times, "hour": "24"}).status_code == 400
