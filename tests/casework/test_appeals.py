"""After the decision: it reaches both sides, each may appeal once and in time, and others judge the appeal."""

from __future__ import annotations

import pytest
from desk import REASON, Desk
from respondent import ANSWER, decide, issue_link, respond, state
from scenery import HandClock
from site_of_tests import Site
from sqlalchemy import select, update

from ipreg import workdays
from ipreg.casework import appeals, clocks, links, machine, table
from ipreg.casework.machine import Outside
from ipreg.casework.table import Part
from ipreg.db import transaction
from ipreg.errors import ConflictError, PermissionDeniedError
from ipreg.models import (
    Account,
    Case,
    CaseEvent,
    CaseOutcome,
    CasePaper,
    CaseState,
    ClockKind,
    PaperKind,
    Submission,
)

SELLER = Outside(Part.RESPONDENT, "快手小铺")


def delivered(desk: Desk, case: Case, *sides: Part) -> Case:
    for side in sides or appeals.SIDES:
        desk.step(case, "delivered", side=side)
    return case


def test_a_case_is_not_closed_before_both_sides_have_the_decision(desk: Desk) -> None:
    case = desk.decided()
    for side in appeals.SIDES:
        with pytest.raises(ConflictError, match="case_undelivered"):
            desk.step(case, "closed")
        delivered(desk, case, side)
    with pytest.raises(ConflictError, match="case_delivered_before"):
        delivered(desk, case, Part.OWNER)
    assert case.events[-1].details["side"] == "respondent" and case.events[-1].note == REASON
    assert desk.step(case, "closed").state is CaseState.CLOSED


def test_each_side_s_time_begins_when_the_decision_reaches_it(desk: Desk, clock: HandClock) -> None:
    case = desk.decided()
    assert clocks.running(case, ClockKind.APPEAL) is None
    delivered(desk, case, Part.OWNER)
    first = appeals.last_day(case, Part.OWNER)
    clock.move(days=20)
    delivered(desk, case, Part.RESPONDENT)
    counted = clocks.running(case, ClockKind.APPEAL)
    assert counted is not None and counted.due_on == appeals.last_day(case, Part.RESPONDENT)
    assert first is not None and counted.due_on is not None and first < counted.due_on
    desk.step(case, "closed")
    assert clocks.running(case, ClockKind.APPEAL) is counted  # closing takes no time from anybody
    clock.now = workdays.end_of(first)
    owner = desk.people.enterprise
    with pytest.raises(ConflictError, match="case_appeal_late"):
        desk.step(case, "appealed", owner)
    assert machine.possible(desk.session, case=case, actor=owner, now=clock()) == []
    desk.step(case, "appealed", SELLER)
    assert case.state is CaseState.APPEALED and case.events[-1].details["side"] == "respondent"
    assert clocks.running(case, ClockKind.APPEAL) is None


def test_the_last_moment_counts_and_an_officer_may_take_a_late_one_in(desk: Desk, clock: HandClock) -> None:
    case = delivered(desk, desk.decided())
    day = appeals.last_day(case, Part.OWNER)
    assert day is not None
    clock.now = workdays.end_of(day)
    clock.move(seconds=-1)
    assert appeals.may_appeal(case, Part.OWNER, clock())
    clock.move(seconds=1)
    assert not appeals.may_appeal(case, Part.OWNER, clock())
    desk.step(case, "appealed", side=Part.OWNER, reason="邮戳为期限届满前一日，视为按期提出。")
    assert case.state is CaseState.APPEALED


def test_a_side_appeals_once(desk: Desk) -> None:
    case = delivered(desk, desk.decided())
    desk.step(case, "appealed", desk.people.designer)
    review = clocks.running(case, ClockKind.REVIEW)
    assert review is not None and review.rule == "review" and case.due_at == review.due_at
    desk.step(case, "appeal_refused", desk.supervisor)
    assert case.state is CaseState.DECIDED and clocks.running(case, ClockKind.REVIEW) is None
    for actor, side in ((desk.people.enterprise, None), (desk.officer, Part.OWNER)):
        with pytest.raises(ConflictError, match="case_appealed_before"):
            desk.step(case, "appealed", actor, side=side)
    desk.step(case, "appealed", SELLER)
    desk.step(case, "appeal_granted", desk.supervisor)
    assert case.state is CaseState.ACCEPTED and appeals.decision(case) is None


def test_nobody_judges_the_appeal_against_his_own_decision(desk: Desk) -> None:
    chief = desk.person("chief", desk.supervisor.role)
    chief.supervisor = True
    case = desk.taken(officer=desk.supervisor)
    desk.step(case, "severity_set", severity=3)
    desk.step(case, "proposed", desk.supervisor, outcome=CaseOutcome.INFRINGING)
    desk.step(case, "approved", chief, reason="")
    desk.step(case, "handed_over", desk.supervisor, officer=desk.second)
    delivered(desk, case)
    desk.step(case, "appealed", SELLER)
    for actor in (desk.supervisor, chief):  # who proposed it, and who approved it
        for action in ("appeal_refused", "appeal_granted"):
            with pytest.raises(PermissionDeniedError, match="case_own_decision"):
                desk.step(case, action, actor)
    other = desk.person("other", desk.supervisor.role)
    other.supervisor = True
    desk.step(case, "appeal_refused", other)
    desk.step(case, "closed")
    with pytest.raises(PermissionDeniedError, match="case_own_decision"):
        desk.step(case, "reopened", chief)
    desk.step(case, "reopened", other)


def test_the_time_to_judge_an_appeal_can_be_lengthened_once_by_another(desk: Desk) -> None:
    case = delivered(desk, desk.decided())
    desk.step(case, "appealed", SELLER)
    desk.step(case, "extension_asked", clock=ClockKind.REVIEW, days=30)
    before = clocks.running(case, ClockKind.REVIEW).due_on  # type: ignore[union-attr]
    desk.step(case, "clock_extended", desk.supervisor, clock=ClockKind.REVIEW, days=30)
    assert clocks.running(case, ClockKind.REVIEW).due_on > before  # type: ignore[union-attr,operator]
    with pytest.raises(ConflictError, match="case_clock_not_extendable"):
        desk.step(case, "clock_extended", desk.supervisor, clock=ClockKind.REVIEW, days=1)


@pytest.mark.parametrize("state", [CaseState.DECIDED, CaseState.REMEDIES, CaseState.CLOSED])
def test_after_an_appeal_that_failed_the_case_goes_on_where_it_was(desk: Desk, state: CaseState) -> None:
    case = delivered(desk, desk.decided())
    if state is not CaseState.DECIDED:
        desk.step(case, "remedies_ordered" if state is CaseState.REMEDIES else "closed")
    rank, due = case.rank_at, case.due_at
    desk.step(case, "appealed", SELLER)
    desk.step(case, "appealed", desk.people.enterprise)  # the other side joins
    assert case.state is CaseState.APPEALED and not any(
        appeals.may_appeal(case, side, desk.clock()) for side in appeals.SIDES
    )
    desk.step(case, "appeal_refused", desk.supervisor)
    assert (case.state, case.outcome) == (state, CaseOutcome.INFRINGING)
    assert (case.rank_at, case.due_at) == (rank, due)
    assert table.replay(case.events) == table.Standing(state, case.outcome, case.decision_reason)


def test_an_appeal_suspends_the_remedies_only_where_that_is_ordered(desk: Desk, clock: HandClock) -> None:
    case = delivered(desk, desk.decided())
    desk.step(case, "remedies_ordered")
    desk.step(case, "appealed", SELLER)
    remedy = clocks.running(case, ClockKind.REMEDY)
    assert remedy is not None and remedy.due_on is not None
    left = clocks.days_left(remedy, clock())
    desk.step(case, "clock_paused", desk.supervisor, clock=ClockKind.REMEDY)
    clock.move(days=40)
    assert remedy.due_on is None
    desk.step(case, "appeal_refused", desk.supervisor)
    assert case.state is CaseState.REMEDIES and clocks.days_left(remedy, clock()) == left


@pytest.mark.parametrize("state", sorted(CaseState))
def test_the_pages_and_the_service_take_papers_in_the_same_states(state: CaseState) -> None:
    running = state not in table.ENDED
    assert (state in table.TAKES_PAPERS) is running


# --- On the site


def case_of(site: Site) -> Case:
    with site.runtime.sessions() as session:
        return session.scalars(select(Case)).one()


def close(site: Site) -> int:
    form = {"row_version": str(case_of(site).row_version), "reason": REASON}
    return site.sign_in("regulator").post(f"/cases/{site.case}/steps/closed", data=form).status_code


def reached(site: Site) -> str:
    """Whom the decision has reached, as the case's page says."""
    page = site.sign_in("regulator").get(f"/cases/{site.case}").text
    return page.partition('id="decision"')[2].partition("</div>")[0]


@pytest.fixture
def decided(site: Site) -> Site:
    """A respondent answered; the decision is made and signed."""
    client = site.app.test_client()
    client.post(issue_link(site))
    respond(client)
    decide(site)
    return site


def decision(site: Site) -> CasePaper:
    with site.runtime.sessions() as session:
        wanted = select(CasePaper).where(CasePaper.kind == PaperKind.DECISION)
        return session.scalars(wanted).unique().one()


def test_the_decision_reaches_who_opens_it_and_the_closed_case_stays_open_to_the_other_side(decided: Site) -> None:
    site = decided
    client = site.app.test_client()
    client.post(issue_link(site))
    site.sign_in("designer").get(f"/cases/{site.case}/papers/{decision(site).id}").close()
    assert "尚未" in reached(site)
    assert close(site) == 409
    client.get(f"/respond/papers/{decision(site).id}").close()
    assert "尚未" not in reached(site)
    assert close(site) == 302
    assert client.get("/respond").status_code == 200
    other = site.app.test_client()
    other.post(issue_link(site))
    given = other.get(f"/respond/papers/{decision(site).id}")
    assert given.status_code == 200
    given.close()
    with transaction(site.runtime.sessions) as session:  # the time to appeal passes
        long_ago = session.scalars(select(Case)).one().events[0].at.replace(year=2020)
        session.execute(update(CaseEvent).values(at=long_ago))
    assert other.get("/respond").status_code == 403
    with site.runtime.sessions() as session:
        officer = session.scalars(select(Account).where(Account.email == "regulator@ipreg.example")).one()
        with pytest.raises(ConflictError, match="link_case_closed"):
            links.issue(session, case=case_of(site), officer=officer, name="张三", now=long_ago.replace(year=2026))


def test_the_other_side_appeals_by_its_link_with_a_receipt_and_only_once(decided: Site) -> None:
    site = decided
    client = site.app.test_client()
    client.post(issue_link(site))
    client.get(f"/respond/papers/{decision(site).id}").close()
    page = client.get("/respond").text
    assert 'id="appeal"' in page and 'id="hand-in"' in page
    short = client.post("/respond", data={"kind": "appeal", "text": "短", "request_key": "k2"})
    assert short.status_code == 400 and short.text.count('id="fault-text"') == 1
    assert state(site) is CaseState.DECIDED
    receipt = respond(client, "决定未采纳我方设计稿的形成时间。", kind="appeal", request_key="k3")
    assert f"{site.case}/2" in receipt.text  # type: ignore[attr-defined]
    assert state(site) is CaseState.APPEALED
    assert 'id="appeal"' not in client.get("/respond").text
    again = respond(client, "再次申请复议的理由说明。", kind="appeal", request_key="k4")
    assert again.status_code == 409  # type: ignore[attr-defined]
    with site.runtime.sessions() as session:
        event = session.scalars(select(CaseEvent).where(CaseEvent.action == "appealed")).one()
        assert (event.part, event.details["side"]) == ("respondent", "respondent")
        made = session.scalars(select(Submission).where(Submission.serial == 2)).unique().one()
        assert made.digest in str(event.details)


def test_the_other_side_proves_a_remedy_and_the_owner_appeals_from_his_page(decided: Site) -> None:
    site = decided
    client = site.app.test_client()
    client.post(issue_link(site))
    form = {"row_version": str(case_of(site).row_version), "reason": REASON}
    site.sign_in("regulator").post(f"/cases/{site.case}/steps/remedies_ordered", data=form)
    assert state(site) is CaseState.REMEDIES
    assert 'id="hand-in"' in client.get("/respond").text
    proof = respond(client, "已下架全部商品，附下架截图。", kind="evidence", request_key="k5")
    assert proof.status_code == 200  # type: ignore[attr-defined]
    owner = site.sign_in("designer")
    assert 'id="appeal"' in owner.get(f"/cases/{site.case}/parties").text
    data = {"kind": "appeal", "text": ANSWER, "request_key": "k6"}
    assert owner.post(f"/cases/{site.case}/submissions", data=data).status_code == 302
    assert state(site) is CaseState.APPEALED
