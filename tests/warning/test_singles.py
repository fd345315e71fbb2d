"""One listing of an alert is dismissed alone."""

from __future__ import annotations

import pytest
from market import Market, kinds
from scenery import HandClock, People
from sqlalchemy.orm import Session

from ipreg.errors import ConflictError, MissingError, PermissionDeniedError
from ipreg.models import Alert, AlertState
from ipreg.runtime import Runtime
from ipreg.warning import singles


@pytest.fixture
def market(runtime: Runtime, session: Session, people: People, clock: HandClock) -> Market:
    return Market(runtime, session, people, clock)


def three(market: Market) -> Alert:
    """One seller's three listings, the second the strongest."""
    for number, probability in ((1, 0.9), (2, 0.97), (3, 0.85)):
        alert = market.offer(number, picture=f"p{number}", probability=probability)
    assert alert is not None and alert.listing_count == 3
    market.session.expire(alert, ["matches"])
    return alert


def leave_out(market: Market, alert: Alert, number: int) -> None:
    held = next(one for one in alert.matches if one.match.listing.external_id == str(number))
    singles.leave_out(
        market.session, alert=alert, match_id=held.match_id, account=market.people.enterprise,
        row_version=alert.row_version, now=market.clock.move(minutes=1),
    )  # fmt: skip


def test_the_strongest_of_those_left_leads_and_the_figures_are_theirs(market: Market) -> None:
    alert = three(market)
    assert alert.match.listing is not None and alert.match.listing.external_id == "2"
    before = alert.severity
    leave_out(market, alert, 2)
    assert alert.match.listing.external_id == "1" and alert.probability == pytest.approx(0.9)
    assert alert.listing_count == 2 and alert.severity < before and alert.state is AlertState.OPEN
    assert kinds(alert)[-1] == "dismissed"


def test_the_same_picture_does_not_come_back_and_another_one_may(market: Market) -> None:
    alert = three(market)
    leave_out(market, alert, 2)
    market.clock.move(minutes=5)
    assert market.offer(9, seller="别家", picture="p2") is None
    assert market.offer(8, picture="p2") is None, "the same seller's next listing of it"
    out = next(one for one in alert.matches if one.dismissed_at is not None)
    out.match.considered = False
    assert market.consider(out.match) is None and alert.listing_count == 2
    market.clock.move(minutes=5)
    market.picture(out.match, "changed", 0.95)
    assert market.consider(out.match) is alert
    assert out.dismissed_at is None and alert.listing_count == 3
    assert kinds(alert)[-1] == "came_back"


def test_it_can_be_taken_back_in(market: Market) -> None:
    alert = three(market)
    leave_out(market, alert, 2)
    held = next(one for one in alert.matches if one.dismissed_at is not None)
    singles.take_in(
        market.session, alert=alert, match_id=held.match_id, account=market.people.enterprise,
        row_version=alert.row_version, now=market.clock(),
    )  # fmt: skip
    assert alert.listing_count == 3 and alert.match is held.match


def test_the_last_one_somebody_elses_and_a_changed_alert_are_refused(market: Market) -> None:
    alert = three(market)
    leave_out(market, alert, 1)
    leave_out(market, alert, 2)
    with pytest.raises(ConflictError, match="listing_is_last"):
        leave_out(market, alert, 3)
    last = next(one for one in alert.matches if one.dismissed_at is None)
    given = {"alert": alert, "match_id": last.match_id, "now": market.clock()}
    with pytest.raises(PermissionDeniedError):
        singles.leave_out(market.session, **given, account=market.people.rival, row_version=None)  # type: ignore[arg-type]
    with pytest.raises(ConflictError, match="alert_changed_by"):
        singles.leave_out(market.session, **given, account=market.people.enterprise, row_version=1)  # type: ignore[arg-type]
    with pytest.raises(MissingError):
        singles.leave_out(
            market.session, alert=alert, match_id=10**6, account=market.people.enterprise, row_version=None,
            now=market.clock(),
        )  # fmt: skip
