"""One alert an infringement: it grows, says what changed, and does not come back for what was dismissed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from market import SETTINGS, Market, kinds
from scenery import HandClock, People
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipreg import alerts
from ipreg.db import transaction
from ipreg.models import Alert, AlertMatch, AlertRecipient, AlertState, DismissReason, Match, Notice, SellerMark
from ipreg.runtime import Runtime
from ipreg.sightings.listings import Bringer, Offer, see_listing
from ipreg.warning import sellers, watches
from ipreg.warning.owners import owner_of
from ipreg.warning.raising import take_change, waiting_changes, waiting_matches, wake_due
from ipreg.warning.watches import Policy, WatchForm, not_before
from jobs import alerts as alert_job


@pytest.fixture
def market(runtime: Runtime, session: Session, people: People, clock: HandClock) -> Market:
    return Market(runtime, session, people, clock)


def test_listings_of_one_seller_are_one_alert_and_its_history_says_so(market: Market, session: Session) -> None:
    first = market.offer(1, probability=0.85)
    assert first is not None and market.offer(2, probability=0.95) is first
    other = market.offer(3, seller="好店")
    assert other is not None and other is not first
    assert (first.listing_count, first.match.listing and first.match.listing.external_id) == (2, "2")
    assert kinds(first) == ["raised", "listing_added"]
    assert {one.account.name for one in first.recipients} == {"designer", "enterprise"}
    assert waiting_matches(session) == [], "a second run finds nothing to do"


def test_another_picture_or_a_stronger_likeness_is_told_once(market: Market, session: Session) -> None:
    alert = market.offer(1, probability=0.85)
    assert alert is not None
    match = alert.match
    market.picture(match, "another", 0.84)
    market.consider(match)
    match.probability, match.considered = 0.97, False
    market.consider(match)
    match.considered = False
    assert market.consider(match) is None
    assert kinds(alert) == ["raised", "picture_added", "likelier"]
    assert alert.probability == 0.97 and alert.evidence == 3


def test_a_price_change_is_in_the_history_and_the_figure(market: Market, session: Session) -> None:
    alert = market.offer(1)
    assert alert is not None
    offer = Offer("淘淘", "1", "外套 1", seller="快手小铺", price="59", currency="CNY")
    see_listing(session, offer=offer, bringer=Bringer(market.people.enterprise.id), now=market.clock.move(hours=1))
    for _ in range(2):
        for change in waiting_changes(session):
            take_change(session, change_id=change, settings=SETTINGS, now=market.clock())
    assert kinds(alert) == ["raised", "price"]
    assert (alert.price, alert.events[-1].values) == (59, {"before": "99 CNY", "after": "59 CNY"})


def test_the_same_picture_dismissed_does_not_come_back_and_another_does(market: Market, session: Session) -> None:
    alert = market.offer(1, picture="same")
    assert alert is not None
    dismiss(market, alert, DismissReason.NOT_SIMILAR)
    market.clock.move(hours=1)
    assert market.offer(2, picture="same") is None
    assert market.offer(3, picture="same", seller="好店") is None, "nor with another seller"
    assert alert.state is AlertState.DISMISSED
    assert market.offer(4, picture="fresh") is alert
    assert alert.state is AlertState.OPEN and kinds(alert)[-1] == "came_back"


@pytest.mark.parametrize("reason", [DismissReason.MINE, DismissReason.LICENSED])
def test_who_is_in_the_right_stays_dismissed(market: Market, reason: DismissReason) -> None:
    alert = market.offer(1)
    assert alert is not None
    dismiss(market, alert, reason)
    market.offer(2, picture="fresh")
    assert alert.state is AlertState.DISMISSED and alert.listing_count == 2


def test_after_a_decision_the_seller_begins_another_alert(market: Market, session: Session) -> None:
    alert = market.offer(1)
    assert alert is not None
    case = alerts.confirm(session, alert=alert, account=market.people.enterprise, now=market.clock())
    assert market.offer(2) is alert
    case.decided_at = market.clock()
    session.flush()
    again = market.offer(3)
    assert again is not None and again is not alert and again.round == 2


@pytest.mark.parametrize(
    ("mark", "pattern", "platform", "meant"),
    [
        (SellerMark.NAME, "快手*", "", True),
        (SellerMark.NAME, " 快手 小铺 ", "淘淘", True),
        (SellerMark.NAME, "快手*", "别处", False),
        (SellerMark.NAME, "手小铺", "", False),
        (SellerMark.SHOP, "77", "", False),
    ],
)
def test_a_licensed_seller_does_not_alert(
    market: Market, session: Session, mark: SellerMark, pattern: str, platform: str, meant: bool
) -> None:
    sellers.allow_seller(
        session, account=market.people.enterprise, filing=market.filing, mark=mark, pattern=pattern,
        platform=platform, now=market.clock(),
    )  # fmt: skip
    assert (market.offer(1) is None) is meant


@given(st.text(max_size=12), st.text(max_size=12))
@settings(max_examples=60, deadline=None)
def test_a_pattern_is_no_regular_expression(pattern: str, name: str) -> None:
    assert sellers._fits(name, name) or "*" in name or "?" in name
    assert sellers._fits(pattern + "*", pattern + name) or "?" in pattern or "*" in pattern


def test_the_narrowest_watch_counts(market: Market, session: Session) -> None:
    owner = owner_of(market.filing)
    form = WatchForm("全部", threshold="60", recipients=(market.people.enterprise.id, market.people.rival.id))
    watches.save_watch(session, owner=owner, form=form, now=market.clock())
    alert = market.offer(1, probability=0.7)
    assert alert is not None and [one.account.name for one in alert.recipients] == ["enterprise"]
    narrow = WatchForm("一款", scope="filings", filings=(market.filing.number,), threshold="95", most_price="100",
                       regions=("广东",))  # fmt: skip
    watches.save_watch(session, owner=owner, form=narrow, now=market.clock())
    assert market.offer(2, probability=0.9, seller="甲") is None
    assert market.offer(3, probability=0.96, seller="乙", price="101") is None
    assert market.offer(4, probability=0.96, seller="丙", region="浙江义乌") is None
    assert market.offer(5, probability=0.96, seller="丁", region="广东广州") is not None


@pytest.mark.parametrize(
    ("at", "told"), [("20:00", "20:00"), ("23:30", "07:00"), ("03:00", "07:00"), ("07:00", "07:00")]
)
def test_quiet_hours_are_those_of_the_watchs_zone(clock: HandClock, at: str, told: str) -> None:
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Asia/Shanghai")
    hour, minute = map(int, at.split(":"))
    now = clock().astimezone(zone).replace(hour=hour, minute=minute).astimezone(clock().tzinfo)
    found = not_before(Policy(0.8, quiet_from=22 * 60, quiet_until=7 * 60), now)
    assert f"{found.astimezone(zone):%H:%M}" == told and timedelta(0) <= found - now < timedelta(days=1)


def test_a_snoozed_alert_wakes_by_itself(market: Market, session: Session) -> None:
    from ipreg.warning import acting

    alert = market.offer(1)
    assert alert is not None
    person, now = market.people.enterprise, market.clock()
    change = acting.snoozing(now + timedelta(days=1), now=now)
    alerts.decide(session, alert=alert, account=person, change=change, now=now)
    assert alerts.count_open(session, person, now=now) == 0
    assert wake_due(session, settings=SETTINGS, now=now) == 0
    later = market.clock.move(days=1)
    assert alerts.count_open(session, person, now=later) == 1, "in time, whether the job has run or not"
    assert wake_due(session, settings=SETTINGS, now=later) == 1 and kinds(alert)[-1] == "woken"


def test_who_left_the_enterprise_does_not_see_its_alerts(market: Market, session: Session) -> None:
    from ipreg.errors import MissingError

    alert = market.offer(1)
    assert alert is not None
    session.add(AlertRecipient(alert_id=alert.id, account_id=market.people.rival.id))
    session.flush()
    session.expire(alert)
    with pytest.raises(MissingError):
        alerts.get_alert(session, alert_id=alert.id, account=market.people.rival)


def test_a_design_that_changes_hands_takes_its_alerts_along(market: Market, session: Session) -> None:
    alert = market.offer(1)
    assert alert is not None
    market.filing.owner_organization_id = market.people.rival.organization_id
    session.flush()
    session.expire(alert)
    assert alert.organization_id == market.people.rival.organization_id


def dismiss(market: Market, alert: Alert, reason: DismissReason) -> None:
    alerts.dismiss(market.session, alert=alert, account=market.people.enterprise, reason=reason, now=market.clock())


def test_every_alerted_match_is_held_by_exactly_one_alert(market: Market, session: Session) -> None:
    for number in range(1, 7):
        market.offer(number, seller=f"店{number % 3}")
    held = session.scalar(select(func.count()).select_from(AlertMatch))
    assert held == session.scalar(select(func.count()).select_from(Match)) == 6
    assert session.scalar(select(func.sum(Alert.listing_count))) == 6


def test_further_evidence_is_told_once_and_again_when_there_is_more(market: Market, session: Session) -> None:
    from ipreg.models import Notice
    from ipreg.warning.telling import due_recipients, tell

    def told() -> list[str]:
        for _ in range(2):
            for one in due_recipients(session, now=market.clock()):
                tell(session, recipient_id=one, now=market.clock())
        return sorted(one.kind for one in session.scalars(select(Notice)))

    market.offer(1)
    assert told() == ["alert"] * 2
    market.offer(2)
    market.offer(3)
    assert told() == ["alert"] * 2 + ["alert_changed"] * 2, "two listings between two runs are one message"


def test_a_match_that_fails_is_told_of_and_keeps_no_other_waiting(runtime: Runtime, clock: HandClock) -> None:
    with transaction(runtime.sessions) as session:
        market = Market(runtime, session, People(session, clock()), clock)
        broken = market.matched(1, "快手小铺", "p1", 0.95, "99", "淘淘", market.filing, "")
        market.matched(2, "好店", "p2", 0.95, "99", "淘淘", market.filing, "")
        assert broken.listing is not None
        broken.listing.price = "no price"
    with pytest.raises(ArithmeticError):
        alert_job.run(runtime, clock=clock)
    with runtime.sessions() as session:
        assert [one.match.listing.seller for one in session.scalars(select(Alert)).unique()] == ["好店"]
        assert "alert" in session.scalars(select(Notice.kind)).all()
