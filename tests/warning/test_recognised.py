"""Goods photographed anew beside copied pictures: in one inbox, but never for the same."""

from __future__ import annotations

import pytest
from market import Market, kinds
from scenery import HandClock, People
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg.models import Alert, AlertState, DismissReason, Match, MatchKind, Notice
from ipreg.notify.visible import may_see
from ipreg.runtime import Runtime
from ipreg.warning import learning, singles, trial, watches
from ipreg.warning.owners import owner_of
from ipreg.warning.search import Filter, condition, seller_name
from ipreg.warning.telling import due_recipients, tell
from ipreg.warning.watches import WatchForm
from ipreg.warning.words import money


@pytest.fixture
def market(runtime: Runtime, session: Session, people: People, clock: HandClock) -> Market:
    return Market(runtime, session, people, clock)


def goods(market: Market, number: int, probability: float, seller: str = "快手小铺") -> Match:
    match = market.matched(number, seller, f"g{number}", probability, "99", "淘淘", market.filing, "")
    match.kind = MatchKind.NEW_PHOTOGRAPH
    return match


def told(market: Market) -> list[tuple[str, str]]:
    """Tells who is due, and returns what the enterprise was told: kind and likelihood."""
    for one in due_recipients(market.session, now=market.clock()):
        tell(market.session, recipient_id=one, now=market.clock())
    mine = select(Notice).where(Notice.account_id == market.people.enterprise.id).order_by(Notice.id)
    return [(one.kind, one.values["likelihood"]["say"]) for one in market.session.scalars(mine)]


def test_a_copy_of_the_same_seller_is_told_however_sure_the_goods_are(market: Market) -> None:
    alert = market.consider(goods(market, 1, 0.97))
    assert alert is not None and told(market) == []
    market.clock.move(minutes=1)
    assert market.offer(2, probability=0.85) is alert
    assert (alert.kind, alert.probability) == (MatchKind.COPY, 0.85)
    assert told(market) == [("alert", "Likely")]
    market.consider(goods(market, 3, 0.98))
    assert alert.kind is MatchKind.COPY, "goods take the lead from no copy"


def test_a_listing_whose_picture_turns_out_copied_is_told(market: Market) -> None:
    match = goods(market, 1, 0.97)
    alert = market.consider(match)
    assert alert is not None
    market.clock.move(minutes=1)
    match.kind, match.probability, match.considered = MatchKind.COPY, 0.9, False
    market.consider(match)
    assert kinds(alert) == ["raised", "likelier"] and alert.events[-1].values == {"copied": 0.9}
    assert told(market) == [("alert", "Likely")]


def test_a_copy_below_the_threshold_is_written_to_nobody(market: Market) -> None:
    match = goods(market, 1, 0.97)
    alert = market.consider(match)
    assert alert is not None
    match.kind, match.probability, match.considered = MatchKind.COPY, 0.6, False
    market.consider(match)
    assert alert.state is AlertState.OPEN and told(market) == []


def test_what_was_told_once_goes_on_to_be_told_after_the_watch_has_changed(market: Market) -> None:
    assert market.offer(1, probability=0.85) is not None
    assert len(told(market)) == 1
    watch(market, threshold="99")
    alert = market.session.scalars(select(Alert)).one()
    market.clock.move(minutes=1)
    market.picture(alert.match, "another", 0.85)
    market.consider(alert.match)
    assert told(market)[1:] == [("alert_changed", "Likely")]


def test_the_copy_left_out_leaves_goods_of_which_nobody_is_told(market: Market) -> None:
    alert = market.consider(goods(market, 1, 0.9))
    market.offer(2, probability=0.95)
    assert alert is not None
    market.session.expire(alert, ["matches"])
    singles.leave_out(
        market.session, alert=alert, match_id=alert.match_id, account=market.people.enterprise,
        row_version=None, now=market.clock(),
    )  # fmt: skip
    assert alert.kind is MatchKind.NEW_PHOTOGRAPH
    assert told(market) == [], "it was decided before anybody was told"


def test_goods_confirmed_that_turn_out_copied_are_a_copy_from_then_on(market: Market) -> None:
    match = goods(market, 1, 0.97)
    alert = market.consider(match)
    assert alert is not None
    alert.state = AlertState.CONFIRMED
    match.kind, match.probability, match.considered = MatchKind.COPY, 0.99, False
    market.consider(match)
    assert (alert.kind, alert.state) == (MatchKind.COPY, AlertState.CONFIRMED)


def test_a_watch_says_from_when_goods_are_shown(market: Market) -> None:
    watch(market, threshold="99", look="80")
    assert market.consider(goods(market, 1, 0.7)) is None
    assert market.consider(goods(market, 2, 0.85, "好店")) is not None, "whatever it says of copies"
    assert market.offer(3, probability=0.9, seller="又一店") is None


def test_goods_weigh_half_and_are_worded_so(market: Market) -> None:
    alert = market.consider(goods(market, 1, 0.9))
    assert alert is not None
    assert alert.severity_reasons[0] == {"kind": "goods", "count": 90, "points": 20}
    copied = market.offer(2, probability=0.9, seller="好店")
    assert copied is not None
    assert copied.severity_reasons[0] == {"kind": "likeness", "count": 90, "points": 40}


def test_neither_learning_nor_the_trial_of_thresholds_counts_goods(market: Market) -> None:
    alert = market.consider(goods(market, 1, 0.9))
    assert alert is not None
    market.consider(goods(market, 2, 0.55, "好店"))
    owner = owner_of(market.filing)
    alert.state, alert.dismiss_reason, alert.decided_at = (
        AlertState.DISMISSED, DismissReason.NOT_SIMILAR, market.clock(),
    )  # fmt: skip
    market.session.flush()
    assert learning.owners_with_decisions(market.session) == []
    assert {(one.alerts, one.false, one.unseen) for one in trial.try_thresholds(market.session, owner)} == {
        (0, 0, 0)
    }


def test_the_inbox_is_filtered_by_what_was_recognised(market: Market) -> None:
    shown = market.consider(goods(market, 1, 0.9))
    copied = market.offer(2, seller="好店")
    for kind, wanted in (("copy", [copied]), ("new_photograph", [shown]), ("nonsense", [shown, copied])):
        asked = Filter.read({"kind": kind})
        where = condition(market.session, account=market.people.enterprise, asked=asked, now=market.clock())
        assert list(market.session.scalars(select(Alert).where(where).order_by(Alert.id)).unique()) == wanted


def watch(market: Market, **values: str) -> None:
    watches.save_watch(
        market.session, owner=owner_of(market.filing), form=WatchForm("mine", **values), now=market.clock()
    )


def test_what_a_member_has_for_himself_goes_to_no_group_of_his_enterprise(market: Market) -> None:
    people = market.people
    people.freelancer.organization_id = people.enterprise.organization_id
    own = market.file(2, people.freelancer)
    own.owner_organization_id = None
    alert, theirs = market.offer(1, filing=own), market.offer(2)
    assert alert is not None and theirs is not None and own.owner_id == people.freelancer.id
    group = people.enterprise.organization_id
    for account, path, seen, shown in (
        (people.freelancer, f"/alerts/{alert.id}", True, False),
        (people.freelancer, f"/filings/{own.number}", True, False),
        (people.enterprise, f"/alerts/{theirs.id}", True, True),
        (people.enterprise, "/letters/WL2026-1", False, False),
    ):
        assert may_see(market.session, account=account, path=path) is seen
        assert may_see(market.session, account=account, path=path, organization_id=group) is shown


def test_nobody_learns_of_sellers_that_he_has_no_alert_on(market: Market) -> None:
    alert = market.offer(1, seller="快手小铺")
    assert alert is not None
    asked = Filter.read({"seller": str(alert.seller_id)})
    assert seller_name(market.session, account=market.people.enterprise, asked=asked) == "快手小铺"
    assert seller_name(market.session, account=market.people.rival, asked=asked) == ""


def test_prices_read_the_same_everywhere() -> None:
    for value, currency, shown in (
        ("222.00", "CNY", "¥222"), ("1299.5", "CNY", "¥1,299.50"), ("9", "USD", "9 USD"), ("", "CNY", ""),
        ("about 9", "CNY", "about 9 CNY"), (None, "", ""),
    ):  # fmt: skip
        assert money(value, currency) == shown
