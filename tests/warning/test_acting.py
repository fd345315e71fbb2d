"""Acting on one alert or many, once, by who may; undo; what decisions teach."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from market import Market, kinds
from scenery import HandClock, People
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import alerts
from ipreg.errors import CallerError, ConflictError, MissingError, PermissionDeniedError
from ipreg.models import Alert, AlertState, CalibrationState, DismissReason
from ipreg.runtime import Runtime
from ipreg.warning import acting, learning, search, trial
from ipreg.warning.owners import owner_of
from ipreg.warning.search import Filter, Place


@pytest.fixture
def market(runtime: Runtime, session: Session, people: People, clock: HandClock) -> Market:
    return Market(runtime, session, people, clock)


def many(market: Market, count: int = 6) -> list[Alert]:
    found = [market.offer(n, seller=f"店{n}", price=str(10 * n), probability=0.8 + n / 100) for n in range(count)]
    assert all(found)
    return [one for one in found if one is not None]


def test_bulk_over_a_filter_does_what_was_counted_and_is_undone_at_once(market: Market, session: Session) -> None:
    made, person, now = many(market), market.people.enterprise, market.clock()
    where = search.condition(session, account=person, asked=Filter(most="35"), now=now)
    change = acting.dismissing(person, reason=DismissReason.NOT_SIMILAR, now=now)
    assert acting.count_fitting(session, account=person, change=change, where=where) == 4
    with pytest.raises(ConflictError, match="bulk_count_changed"):
        acting.act(session, account=person, change=change, where=where, request_key="a", expected=3, now=now)
    action = acting.act(session, account=person, change=change, where=where, request_key="a", expected=4, now=now)
    again = acting.act(session, account=person, change=change, where=where, request_key="a", expected=4, now=now)
    assert again is action and action.count == 4
    assert [one.state is AlertState.DISMISSED for one in made] == [True] * 4 + [False] * 2
    touched = made[0]
    change = acting.reopening()
    alerts.decide(session, alert=touched, account=person, change=change, now=market.clock.move(minutes=1))
    assert acting.undo(session, action_id=action.id, account=person, now=market.clock()) == 3
    assert acting.undo(session, action_id=action.id, account=person, now=market.clock()) == 0
    assert {one.state for one in made} == {AlertState.OPEN}
    assert kinds(made[1]) == ["raised", "dismissed", "undone"]
    assert kinds(touched) == ["raised", "dismissed", "reopened"], "what somebody touched since is left alone"


def test_undo_is_for_who_did_it_for_a_day_and_not_for_what_the_regulator_has(
    market: Market, session: Session
) -> None:
    alert, person, now = many(market, 1)[0], market.people.enterprise, market.clock()
    alerts.decide(session, alert=alert, account=person, change=acting.confirming(person, now=now), now=now)
    action = alert.action_id
    assert action is not None
    with pytest.raises(MissingError):
        acting.undo(session, action_id=action, account=market.people.rival, now=now)
    with pytest.raises(ConflictError, match="undo_too_late"):
        acting.undo(session, action_id=action, account=person, now=now + timedelta(days=2))
    alerts.hand_over(session, alert=alert, account=person, now=now)
    with pytest.raises(ConflictError, match="alert_in_case"):
        alerts.reopen(session, alert=alert, account=person, now=now)
    assert acting.undo(session, action_id=action, account=person, now=now) == 0
    assert alert.state is AlertState.CONFIRMED


def test_the_slower_of_two_is_told_who_was_faster(market: Market, session: Session) -> None:
    alert, now = many(market, 1)[0], market.clock()
    seen = alert.row_version
    first = acting.dismissing(market.people.enterprise, reason=DismissReason.OTHER, now=now)
    alerts.decide(session, alert=alert, account=market.people.enterprise, change=first, row_version=seen, now=now)
    with pytest.raises(ConflictError, match="alert_changed_by") as fault:
        alerts.confirm(session, alert=alert, account=market.people.enterprise, row_version=seen, now=now)
    assert fault.value.values["name"] == "enterprise"


def test_who_may_not_decide_changes_nothing(market: Market, session: Session) -> None:
    alert, now = many(market, 1)[0], market.clock()
    for name in ("designer", "rival"):
        person = getattr(market.people, name)
        change = acting.dismissing(person, reason=DismissReason.OTHER, now=now)
        with pytest.raises(PermissionDeniedError):
            alerts.decide(session, alert=alert, account=person, change=change, now=now)
        with pytest.raises(ConflictError, match="nothing_to_do"):
            acting.act(session, account=person, change=change, where=Alert.id > 0, request_key=name, now=now)
    with pytest.raises(CallerError):
        acting.assigning(session, market.people.enterprise, market.people.rival.id)


def test_pages_follow_each_other_without_gap_or_repeat(market: Market, session: Session) -> None:
    many(market, 7)
    person, now, asked = market.people.enterprise, market.clock(), Filter()
    everything = [one.id for one in alerts.inbox(session, account=person)]
    seen: list[int] = []
    page = search.page(session, account=person, asked=asked, limit=3, now=now)
    assert page.before is None
    while True:
        seen += [one.id for one in page.alerts]
        if page.after is None:
            break
        page = search.page(
            session, account=person, asked=asked, place=Place.read({"after": page.after}), limit=3, now=now
        )
    assert seen == everything and len(set(seen)) == 7
    back = search.page(
        session, account=person, asked=asked, place=Place.read({"before": page.before or ""}), limit=3, now=now
    )
    assert [one.id for one in back.alerts] == everything[3:6]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"state": "x", "least": "NaN", "since": "2026-13-01", "seller": "1'--", "severity": "grave"}, ""),
        ({"most": "1e3", "assigned": "me", "news": "1"}, "most=1e3&assigned=me&news=1"),
        ({"since": "2026-11-24", "state": "all", "design": "YB 1"}, "state=all&design=YB+1&since=2026-11-24"),
    ],
)
def test_a_filter_that_makes_no_sense_is_not_in_force(given: dict[str, str], kept: str) -> None:
    assert Filter.read(given).query() == kept


def decided(market: Market, count: int, *, truth: bool, likeness: float, first: int) -> None:
    chance = random.Random(first)
    for number in range(first, first + count):
        reason: dict[str, object] = {"likeness": likeness + chance.uniform(-0.1, 0.1), "hash_distance": 20}
        alert = market.offer(number, seller=f"店{number}", probability=chance.uniform(0.82, 0.98), reason=reason)
        assert alert is not None
        person, now = market.people.enterprise, market.clock.move(minutes=1)
        change = (
            acting.confirming(person, now=now)
            if truth
            else acting.dismissing(person, reason=DismissReason.NOT_SIMILAR, now=now)
        )
        alerts.decide(market.session, alert=alert, account=person, change=change, now=now)


def test_decisions_teach_what_the_verdict_does_not_know(market: Market, session: Session) -> None:
    owner, clock = owner_of(market.filing), market.clock
    decided(market, 30, truth=True, likeness=0.9, first=100)
    assert learning.learn(session, owner=owner, threshold=0.8, now=clock()) is None, "one kind only teaches nothing"
    decided(market, 30, truth=False, likeness=0.3, first=200)
    made = learning.learn(session, owner=owner, threshold=0.8, now=clock())
    assert made is not None and made.state is CalibrationState.ACTIVE
    assert made.after["log_loss"] < made.before["log_loss"] and made.after["false"] < made.before["false"]
    assert learning.learn(session, owner=owner, threshold=0.8, now=clock()) is None, "nothing new to learn from"
    assert market.offer(900, seller="假", probability=0.9, reason={"likeness": 0.3, "hash_distance": 20}) is None
    true = market.offer(901, seller="真", probability=0.9, reason={"likeness": 0.9, "hash_distance": 20})
    assert true is not None and true.calibration_id == made.id and true.match.probability == 0.9
    tried = {one.threshold: one for one in trial.try_thresholds(session, owner)}
    assert (tried[0.8].alerts, tried[0.8].confirmed, tried[0.8].false, tried[0.8].unseen) == (61, 30, 30, 1)
    switch = {"calibration_id": made.id, "account": market.people.enterprise, "now": clock()}
    with pytest.raises(MissingError):
        learning.switch(session, on=False, owner=owner_of(market.file(9, market.people.freelancer)), **switch)  # type: ignore[arg-type]
    learning.switch(session, on=False, owner=owner, **switch)  # type: ignore[arg-type]
    assert learning.probability_of(session, true.match) == 0.9


def test_what_is_in_use_is_followed_by_a_better_one_only_and_goes_when_it_has_become_wrong(
    market: Market, session: Session
) -> None:
    owner = owner_of(market.filing)
    decided(market, 30, truth=True, likeness=0.9, first=100)
    decided(market, 30, truth=False, likeness=0.3, first=200)
    first = learning.learn(session, owner=owner, threshold=0.8, now=market.clock())
    assert first is not None and first.state is CalibrationState.ACTIVE
    decided(market, 12, truth=True, likeness=0.9, first=300)
    second = learning.learn(session, owner=owner, threshold=0.8, now=market.clock())
    assert second is not None and second.before["log_loss"] < 0.3, "against what is in use, not the verdict alone"
    used = learning.active_calibration(session, owner)
    assert used is not None and used is (second if second.state is CalibrationState.ACTIVE else first)
    decided(market, 12, truth=True, likeness=0.9, first=400)
    used.weights = {**used.weights, "likeness": -used.weights["likeness"], "bias": -used.weights["bias"]}
    third = learning.learn(session, owner=owner, threshold=0.8, now=market.clock())
    assert third is not None and third.state is CalibrationState.ACTIVE and used.state is CalibrationState.RETIRED
    assert 0.3 < third.before["log_loss"] < 1.5, "the verdict's own figures: what was in use had become worse"


def test_a_calibration_that_is_not_better_is_shown_and_not_used(market: Market, session: Session) -> None:
    owner = owner_of(market.filing)
    for number in range(20):
        decided(market, 1, truth=True, likeness=0.9, first=1000 + 2 * number)
        decided(market, 1, truth=False, likeness=0.9, first=1001 + 2 * number)
    for alert in session.scalars(select(Alert)).unique():
        alert.match.probability = 0.5
    made = learning.learn(session, owner=owner, threshold=0.8, now=market.clock())
    assert made is not None and made.state is CalibrationState.REFUSED
    with pytest.raises(ConflictError, match="calibration_not_better"):
        learning.switch(session, calibration_id=made.id, on=True, owner=owner, account=market.people.enterprise,
                        now=market.clock())  # fmt: skip
