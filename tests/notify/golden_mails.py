"""Mails as a mail server took them, for the golden files: a warning, more evidence, a flood, a dead channel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from market import Market
from scenery import HandClock, People

from ipreg.db import transaction
from ipreg.models import Account
from ipreg.notify.notices import tell
from ipreg.notify.outcome import TOO_SLOW, Fault, value_of
from ipreg.runtime import Runtime
from jobs import alerts, deliveries

GOLDEN = Path(__file__).parent / "golden"
EVIL = (
    "外套</p><script>alert(1)</script><img src=x onerror=alert(2)> %(count)s {{ 7*7 }} &amp; \r\nBcc: a@b.example"
)
TURNED = f"\u202e\u2066{EVIL}\u200f"
"""With marks that turn round what follows, of which a mail shows none."""
NAMES = ("alert", "more_evidence", "flood", "channel_dead", "letter_clock")
LETTER = {
    "days": 3, "addressee": "淘淘", "number": "HJ2026-000001", "title": TURNED, "day": "2026-03-17",
    "article": {"say": "E-Commerce Law art. 43"},
}  # fmt: skip


def mails(runtime: Runtime, clock: HandClock) -> dict[str, str]:
    """Each golden file's name and text; one reader has Chinese, the other English."""
    with transaction(runtime.sessions) as session:
        people = People(session, clock())
        people.enterprise.locale = "en"
        market = Market(runtime, session, people, clock)
        shown = market.file(2, people.rival).views[0].sha256
        market.offer(1, seller="店<b>一</b>", picture=shown)
        market.listing(1).title = TURNED
        market.listing(1).address = 'https://shop.example/1?a=1&b="><script>'
        told = [people.designer.id, people.enterprise.id]
    found = dict(_sent(runtime, clock, "alert"))
    with transaction(runtime.sessions) as session:
        market.session = session
        market.filing = session.merge(market.filing)
        clock.move(minutes=1)
        market.offer(2, seller="店<b>一</b>", picture=shown)
    found |= _sent(runtime, clock, "more_evidence")
    with transaction(runtime.sessions) as session:
        market.session = session
        market.filing = session.merge(market.filing)
        for number in range(3, 28):
            market.offer(number, seller=f"店{number}", picture=shown)
    found |= _sent(runtime, clock, "flood")
    fault = value_of(Fault(TOO_SLOW).kept)
    for name, values in (("channel_dead", {"channel": TURNED, "fault": fault}), ("letter_clock", LETTER)):
        with transaction(runtime.sessions) as session:
            for one in told:
                tell(
                    session, account=session.get_one(Account, one), kind=name, values=values, path="/channels",
                    key=name, now=clock(),
                )  # fmt: skip
        found |= _sent(runtime, clock, name)
    return found


def _sent(runtime: Runtime, clock: HandClock, name: str) -> Iterator[tuple[str, str]]:
    """What went out now, as text: the headers that a reader sees, then both parts."""
    folder = runtime.config.var / "mail"
    before = set(folder.glob("*.eml"))
    clock.now += timedelta(minutes=20)
    alerts.run(runtime, clock=clock)
    deliveries.run(runtime, clock=clock)
    for file in sorted(set(folder.glob("*.eml")) - before):
        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        language = "zh" if mail["To"] == "designer@ipreg.example" else "en"
        assert isinstance(mail, EmailMessage)
        yield f"{name}.{language}.txt", _plain(runtime, mail)
        yield f"{name}.{language}.html", _html(runtime, mail)


def _plain(runtime: Runtime, mail: EmailMessage) -> str:
    heads = "".join(f"{name}: {mail[name]}\n" for name in ("From", "To", "Subject", "Date", "Auto-Submitted"))
    part = mail.get_body(("plain",))
    assert part is not None
    pictures = sum(one.get_content_maintype() == "image" for one in mail.walk())
    return _settled(runtime, f"{heads}Pictures: {pictures}\n\n{part.get_content()}")


def _html(runtime: Runtime, mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return _settled(runtime, part.get_content())


def _settled(runtime: Runtime, text: str) -> str:
    """Without what differs from machine to machine: the address, and the digests of pictures that Pillow made."""
    text = text.replace(runtime.config.public_url, "https://registry.example").replace("\r\n", "\n")
    known: dict[str, str] = {}
    return re.sub(r"cid:[0-9a-f]+", lambda one: known.setdefault(one[0], f"cid:picture-{len(known) + 1}"), text)
