"""The way of the data below the pages: from files to a decision, with real mail."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path

import pytest
from scenery import HandClock, People, design_form, draw_picture, edited_copy, one_picture
from sqlalchemy import func, select

from ipreg import alerts, cases, log, registry
from ipreg.config import SmtpConfig
from ipreg.db import transaction
from ipreg.errors import CallerError, ConflictError, MissingError, PermissionDeniedError
from ipreg.models import (
    Alert,
    CaseOutcome,
    CaseState,
    Delivery,
    DeliveryState,
    DismissReason,
    FeedImport,
    ImportState,
    Match,
)
from ipreg.notify.deliveries import send_due
from ipreg.notify.postbox import open_postbox
from ipreg.runtime import Runtime
from ipreg.sightings import feeds
from jobs import alerts as alert_job
from jobs import checkpoints, deliveries, fingerprints, imports, matches

pytestmark = pytest.mark.network
FEED = """platform,listing_id,title,seller,price,currency,pictures
淘淘,1,云纹外套 秋冬,快手小铺,99.00,CNY,copy.jpg
淘淘,2,素色毛衣,好店,59,CNY,other.jpg
淘淘,3,,好店,59,CNY,other.jpg
淘淘,4,坏价,好店,abc,CNY,other.jpg
淘淘,5,坏图,好店,1,CNY,broken.jpg
淘淘,6,无图,好店,1,CNY,nowhere.jpg
淘淘,7,逃逸,好店,1,CNY,../../secret.jpg
淘淘,2,重复,好店,1,CNY,other.jpg
"""


def prepare(runtime: Runtime, clock: HandClock) -> None:
    with transaction(runtime.sessions) as session:
        people = People(session, clock())
        registry.register_design(
            session,
            runtime.store,
            applicant=people.designer,
            form=design_form(),
            pictures=one_picture(1),
            request_key="r1",
            now=clock(),
        )
        feeds.accept_feed(
            session,
            runtime.config,
            account=people.enterprise,
            filename="feed.csv",
            data=FEED.encode("gb18030"),
            pictures={
                "copy.jpg": edited_copy(draw_picture(1)),
                "other.jpg": draw_picture(77),
                "broken.jpg": draw_picture(3)[:500],
            },
            now=clock(),
        )


def run_jobs(runtime: Runtime, clock: HandClock) -> None:
    for job in (imports, checkpoints, fingerprints, matches, alert_job):
        job.run(runtime, clock=clock)


def account(runtime: Runtime, name: str) -> object:
    from ipreg.models import Account

    with runtime.sessions() as session:
        return session.scalars(select(Account).where(Account.email == f"{name}@ipreg.example")).one()


def test_broken_rows_are_reported_by_line_and_reason_and_the_others_kept(
    runtime: Runtime, clock: HandClock
) -> None:
    prepare(runtime, clock)
    imports.run(runtime, clock=clock)
    with runtime.sessions() as session:
        found = session.get_one(FeedImport, 1)
        assert (found.state, found.total_rows, found.done_rows, found.kept_rows) == (ImportState.DONE, 8, 8, 2)
        assert [(fault.line, fault.code) for fault in found.faults] == [
            (4, "row_value_missing"),
            (5, "row_price_wrong"),
            (6, "picture_broken"),
            (7, "picture_file_missing"),
            (8, "picture_outside_folder"),
            (9, "row_repeated"),
        ]


def test_a_copy_alerts_once_by_inbox_and_mail_and_becomes_a_decided_case(
    runtime: Runtime, clock: HandClock, tmp_path: Path
) -> None:
    prepare(runtime, clock)
    mailbox = tmp_path / "mailbox"
    with open_postbox(mailbox, "warn@ipreg.example") as smtp:
        for _ in range(2):
            run_jobs(runtime, clock)
            send_due(runtime, smtp, clock=clock)
            clock.move(hours=1)
    mails = [email.message_from_bytes(one.read_bytes(), policy=email.policy.default) for one in mailbox.iterdir()]
    assert sorted(mail["To"] for mail in mails) == ["designer@ipreg.example", "enterprise@ipreg.example"]
    assert all("云纹外套" in mail["Subject"] and "淘淘" in mail["Subject"] for mail in mails)
    assert all(len([part for part in mail.walk() if part.get_content_maintype() == "image"]) == 2 for mail in mails)
    with transaction(runtime.sessions) as session:
        decide_the_case(runtime, session, clock)
    with runtime.sessions() as session:
        assert log.verify_log(session, verifier=runtime.log_key.verifier) == 5


def decide_the_case(runtime: Runtime, session: object, clock: HandClock) -> None:
    from sqlalchemy.orm import Session

    from ipreg.models import Account

    assert isinstance(session, Session)
    people = {one.email.split("@")[0]: one for one in session.scalars(select(Account))}
    assert session.scalar(select(func.count()).select_from(Match)) == 1
    alert = session.scalars(select(Alert)).one()
    assert alert.match.listing is not None and alert.match.listing.external_id == "1"
    assert alert.match.reason["mirrored"] is True
    assert [alerts.count_open(session, people[name]) for name in ("designer", "enterprise", "rival")] == [1, 1, 0]
    with pytest.raises(MissingError):
        alerts.get_alert(session, alert_id=alert.id, account=people["rival"])
    with pytest.raises(PermissionDeniedError):
        alerts.confirm(session, alert=alert, account=people["designer"], now=clock())
    case = alerts.confirm(session, alert=alert, account=people["enterprise"], note="是我们的款", now=clock())
    assert alerts.confirm(session, alert=alert, account=people["enterprise"], now=clock()) is case
    with pytest.raises(ConflictError):
        alerts.dismiss(session, alert=alert, account=people["enterprise"], reason=DismissReason.MINE, now=clock())
    officer = people["regulator"]
    seen = case.row_version
    cases.assign(session, case=case, officer=officer, row_version=seen, now=clock())
    with pytest.raises(ConflictError):
        cases.assign(session, case=case, officer=people["second-regulator"], row_version=seen, now=clock())
    with pytest.raises(CallerError):
        cases.decide(
            session,
            case=case,
            officer=officer,
            outcome=CaseOutcome.INFRINGING,
            reason="短",
            unheard="展会次日闭幕，来不及告知。",
            row_version=case.row_version,
            now=clock(),
        )
    with pytest.raises(PermissionDeniedError):
        cases.assign(session, case=case, officer=people["enterprise"], row_version=case.row_version, now=clock())
    cases.decide(
        session,
        case=case,
        officer=officer,
        outcome=CaseOutcome.INFRINGING,
        reason="图案、廓形与备案一致，仅作镜像处理。",
        unheard="展会次日闭幕，来不及告知。",
        row_version=case.row_version,
        now=clock(),
    )
    assert case.state is CaseState.DECIDED
    assert [(event.action, event.actor.name) for event in case.events] == [
        ("opened", "enterprise"),
        ("accepted", "regulator"),
        ("assigned", "regulator"),
        ("decided_infringing", "regulator"),
    ]


def test_a_mail_server_that_is_down_loses_nothing_and_doubles_nothing(
    runtime: Runtime, clock: HandClock, tmp_path: Path
) -> None:
    prepare(runtime, clock)
    run_jobs(runtime, clock)
    dead = SmtpConfig(host="127.0.0.1", port=1, sender="warn@ipreg.example")
    assert send_due(runtime, dead, clock=clock).waiting == 2
    assert send_due(runtime, dead, clock=clock) == send_due(runtime, dead, clock=clock)
    clock.move(minutes=5)
    assert deliveries.run(runtime, clock=clock).sent == 2
    clock.move(days=1)
    assert deliveries.run(runtime, clock=clock).sent == 0
    assert len(list((runtime.config.var / "mail").iterdir())) == 2


def test_after_three_days_a_message_is_parked_and_shown(runtime: Runtime, clock: HandClock) -> None:
    prepare(runtime, clock)
    run_jobs(runtime, clock)
    dead = SmtpConfig(host="127.0.0.1", port=1, sender="warn@ipreg.example")
    assert send_due(runtime, dead, clock=clock).waiting == 2
    clock.move(days=3, minutes=1)
    assert send_due(runtime, dead, clock=clock).parked == 2
    with runtime.sessions() as session:
        assert {one.state for one in session.scalars(select(Delivery))} == {DeliveryState.PARKED}


def test_an_import_that_was_killed_goes_on_where_it_stood(runtime: Runtime, clock: HandClock) -> None:
    prepare(runtime, clock)

    def kill(done: int, _total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        feeds.run_import(runtime, 1, clock=clock, progress=kill)
    imports.run(runtime, clock=clock)
    with runtime.sessions() as session:
        found = session.get_one(FeedImport, 1)
        assert (found.done_rows, found.kept_rows, len(found.faults)) == (8, 2, 6)


def test_a_design_filed_again_by_somebody_else_alerts_the_earlier_applicant(
    runtime: Runtime, clock: HandClock
) -> None:
    prepare(runtime, clock)
    with transaction(runtime.sessions) as session:
        from ipreg.models import Account

        rival = session.scalars(select(Account).where(Account.email == "freelancer@ipreg.example")).one()
        again = registry.Picture(registry.ViewKind.FRONT, "a.jpg", edited_copy(draw_picture(1)))
        registry.register_design(
            session,
            runtime.store,
            applicant=rival,
            form=design_form("我的外套"),
            pictures=[again],
            request_key="x",
            now=clock(),
        )
    for job in (fingerprints, matches, alert_job):
        job.run(runtime, clock=clock)
    with runtime.sessions() as session:
        match = session.scalars(select(Match)).one()
        assert match.filing.title == "云纹外套"
        assert match.later_filing is not None and match.later_filing.title == "我的外套"
        assert session.scalars(select(Alert)).one().match_id == match.id
