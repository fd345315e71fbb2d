"""One thing is told once: in the inbox, and by each channel, when the channel wants it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from scenery import HandClock, People
from site_of_tests import Site
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg.db import transaction
from ipreg.models import Account, Channel, ChannelKind, Delivery, Notice, Outgoing, Rhythm
from ipreg.notify import notices
from ipreg.notify.channels import mail_channel
from ipreg.notify.kinds import write
from ipreg.notify.packing import APART, Lately, Waiting, pack, ripe
from ipreg.notify.rhythm import due_at

NAME = {"name": "林晓"}


def told(session: Session, account: Account, key: str, clock: HandClock, path: str = "/notices") -> Notice | None:
    return notices.tell(session, account=account, kind="channel_test", values=NAME, path=path, key=key, now=clock())


def test_the_same_key_is_told_once_to_each(session: Session, people: People, clock: HandClock) -> None:
    assert told(session, people.designer, "k", clock) is not None
    assert told(session, people.designer, "k", clock) is None
    assert told(session, people.freelancer, "k", clock) is not None
    assert len(session.scalars(select(Outgoing)).all()) == 2
    assert notices.count_unread(session, account=people.designer) == 1


def test_a_group_of_an_enterprise_is_told_once_what_its_members_are_told(
    session: Session, people: People, clock: HandClock
) -> None:
    robot = Channel(
        organization_id=people.enterprise.organization_id, kind=ChannelKind.DINGTALK, created_at=clock()
    )
    session.add(robot)
    for account in (people.designer, people.enterprise, people.freelancer):
        told(session, account, "k", clock)
    assert len(session.scalars(select(Outgoing).where(Outgoing.channel_id == robot.id)).all()) == 1
    assert len(session.scalars(select(Outgoing)).all()) == 4


def test_what_cannot_be_said_is_refused_before_it_is_stored(
    session: Session, people: People, clock: HandClock
) -> None:
    for kind, values, path in (("nothing", NAME, "/"), ("channel_test", {}, "/"), ("channel_test", NAME, "//evil")):
        with pytest.raises((KeyError, ValueError)):
            notices.tell(
                session, account=people.designer, kind=kind, values=values, path=path, key="k", now=clock()
            )
    assert session.scalars(select(Notice)).all() == []


def test_values_are_words_times_and_lines_that_cannot_break_out() -> None:
    values = {
        "likelihood": {"say": "Likely"},
        "title": "a\r\nBcc: x@y.z",
        "place": {"moment": "2026-03-01T18:00:00+00:00"},
        "facts": [["Seen", "b\nc"]],
    }
    words = write("alert", values, lambda text: {"Likely": "很可能", "Seen": "发现"}.get(text, text))
    assert words.subject == "很可能 a copy of “a Bcc: x@y.z” on 2026-03-02 02:00"
    assert words.lines == ("发现: b c",)


def test_a_digest_comes_by_the_clock_of_who_reads_it(session: Session, people: People, clock: HandClock) -> None:
    own = mail_channel(session, account=people.designer, now=clock())
    own.rhythm, own.hour = Rhythm.DAILY, 18
    moment = datetime(2026, 3, 2, 3, tzinfo=UTC)
    assert due_at(own, moment) == datetime(2026, 3, 2, 10, tzinfo=UTC)  # 18:00 in Shanghai
    people.designer.time_zone = "Europe/Berlin"
    assert due_at(own, moment) == datetime(2026, 3, 2, 17, tzinfo=UTC)


def channel(**more: object) -> Channel:
    return Channel(**{"time_zone": "Asia/Shanghai", "rhythm": Rhythm.IMMEDIATE, "hour": 9, "weekday": 0, **more})


@pytest.mark.parametrize(
    ("settings", "now", "due"),
    [
        ({}, "2026-03-02T09:00", "2026-03-02T09:00"),
        ({"rhythm": Rhythm.HOURLY}, "2026-03-02T09:00", "2026-03-02T10:00"),
        ({"rhythm": Rhythm.DAILY}, "2026-03-02T00:59", "2026-03-02T01:00"),
        ({"rhythm": Rhythm.DAILY}, "2026-03-02T01:00", "2026-03-03T01:00"),
        ({"rhythm": Rhythm.WEEKLY}, "2026-03-02T01:00", "2026-03-09T01:00"),
        ({"rhythm": Rhythm.WEEKLY, "weekday": 6}, "2026-03-02T01:00", "2026-03-08T01:00"),
        # 22:00 to 07:00 in Shanghai is 14:00 to 23:00 in UTC.
        ({"quiet_from": 1320, "quiet_to": 420}, "2026-03-02T13:59", "2026-03-02T13:59"),
        ({"quiet_from": 1320, "quiet_to": 420}, "2026-03-02T14:00", "2026-03-02T23:00"),
        ({"quiet_from": 1320, "quiet_to": 420}, "2026-03-02T22:59", "2026-03-02T23:00"),
        ({"quiet_from": 1320, "quiet_to": 420}, "2026-03-02T23:00", "2026-03-02T23:00"),
        ({"quiet_from": 720, "quiet_to": 840}, "2026-03-02T04:30", "2026-03-02T06:00"),
        # Clocks went forward in Berlin at 01:00 UTC, and back at 01:00 UTC.
        ({"rhythm": Rhythm.DAILY, "time_zone": "Europe/Berlin"}, "2026-03-28T09:00", "2026-03-29T07:00"),
        ({"rhythm": Rhythm.DAILY, "time_zone": "Europe/Berlin"}, "2026-10-24T09:00", "2026-10-25T08:00"),
        ({"rhythm": Rhythm.DAILY, "hour": 6, "quiet_from": 1320, "quiet_to": 420},
         "2026-03-02T09:00", "2026-03-02T23:00"),
    ],
)  # fmt: skip
def test_when_a_channel_wants_it(settings: dict[str, object], now: str, due: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert due_at(channel(**settings), moment) == datetime.fromisoformat(due).replace(tzinfo=UTC)


SETTLE = timedelta(seconds=4)


@pytest.mark.parametrize(
    ("count", "oldest", "newest", "lately", "ready"),
    [
        (1, 1, 1, 0, False),  # another may come right after
        (1, 4, 4, 0, True),
        (9, 14, 1, 0, False),
        (9, 15, 1, 0, True),  # a steady flow holds nothing for ever
        (10_000, 64, 1, 0, False),  # ten thousand in a minute are one message
        (10_000, 65, 1, 0, True),
        (10_000, 30, 5, 0, True),
        (1, 39, 39, 5, False),  # the fifth message went out when this one came
        (1, 40, 40, 5, True),  # and nobody waits for longer than that
        (1, 4, 4, 4, True),
        (1, -3600, -3600, 0, True),  # the clock went back
    ],
)
def test_when_it_is_time_to_write(count: int, oldest: int, newest: int, lately: int, ready: bool) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    waiting = Waiting(count, now - timedelta(seconds=oldest), now - timedelta(seconds=newest))
    sent = Lately(lately, now - timedelta(seconds=oldest) if lately else None)
    assert ripe(waiting, lately=sent, settle=SETTLE, now=now) is ready


def test_a_steady_flow_is_a_message_now_and_then_and_none_waits_long(
    session: Session, people: People, clock: HandClock
) -> None:
    """One notice every two seconds for ten minutes, packed as the schedule does."""
    mail = mail_channel(session, account=people.designer, now=clock())
    waits: list[timedelta] = []
    for number in range(300):
        told(session, people.designer, f"k{number}", clock)
        clock.move(seconds=2)
        for one in pack(session, channel=mail, domain="x.example", settle=SETTLE, now=clock()):
            packed = session.scalars(select(Outgoing.created_at).where(Outgoing.delivery_id == one.id)).all()
            waits += [clock() - at for at in packed]
    assert len(waits) > 270 and max(waits) <= APART + timedelta(seconds=2)
    assert len(session.scalars(select(Delivery)).all()) <= 20


def test_who_opens_the_page_has_read_the_notice(site: Site, clock: HandClock) -> None:
    client = site.sign_in("enterprise")
    assert "text-bg-primary" in client.get("/notices?show=unread").text
    client.get("/alerts/1")
    assert "所有消息都已读" in client.get("/notices?show=unread").text
    assert "云纹外套" in client.get("/notices").text


def test_a_notice_is_followed_and_read_by_its_owner_only(site: Site, clock: HandClock) -> None:
    with transaction(site.runtime.sessions) as session:
        designer = session.scalars(select(Account).where(Account.email == "designer@ipreg.example")).one()
        notice = told(session, designer, "k", clock, "/filings")
        assert notice is not None
    assert site.sign_in("freelancer").get(f"/notices/{notice.id}").status_code == 404
    client = site.sign_in("designer")
    assert client.get(f"/notices/{notice.id}").headers["Location"] == "/filings"
    client.post("/notices/read")
    assert "所有消息都已读" in client.get("/notices?show=unread").text


def test_channels_are_set_up_on_their_page_and_a_secret_is_shown_once(site: Site) -> None:
    client = site.sign_in("freelancer")  # who was never told anything
    assert "freelancer@ipreg.example" in client.get("/channels").text
    wrong = client.post("/channels", data={"kind": "dingtalk", "name": "群", "address": "https://evil.example/"})
    assert wrong.status_code == 400 and "此类机器人的地址以" in wrong.text
    given = {"kind": "webhook", "name": "ERP", "address": "https://erp.example/hook"}
    assert "whsec_" in client.post("/channels", data=given).text
    page = client.get("/channels").text
    assert "ERP" in page and "whsec_" not in page
    number = page.split("/channels/")[-1].split("/")[0]
    assert client.post(f"/channels/{number}", data={"rhythm": "daily", "quiet_from": "x"}).status_code == 400
    times = {"rhythm": "daily", "quiet_from": "22:00", "quiet_to": "07:00"}
    assert client.post(f"/channels/{number}", data=times).status_code == 302
    assert 'value="22:00"' in client.get("/channels").text
    assert "whsec_" in client.post(f"/channels/{number}/secret").text
    for action in ("test", "pause", "resume", "again"):
        assert client.post(f"/channels/{number}/{action}").status_code == 302
        assert site.sign_in("rival").post(f"/channels/{number}/{action}").status_code == 404
