"""Papers reach the parties: each opens its own, that is service, and the time to answer begins with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from desk import Desk
from respondent import decide, issue_link, respond, state
from site_of_tests import Site
from sqlalchemy import select

from ipreg.casework import clocks, conflicts
from ipreg.casework import papers as paper_desk
from ipreg.config import Config
from ipreg.errors import ConfigError
from ipreg.models import Case, CaseEvent, CasePaper, CaseState, ClockKind, Match, PaperKind
from jobs import papers

WON = "decided_infringing"


def papers_of(site: Site) -> dict[str, CasePaper]:
    with site.runtime.sessions() as session:
        return {one.kind.value: one for one in session.scalars(select(CasePaper)).unique()}


def served(site: Site) -> list[tuple[str, str, str]]:
    """Who opened which paper as what, from the history."""
    with site.runtime.sessions() as session:
        found = session.scalars(select(CaseEvent).where(CaseEvent.action == "paper_served").order_by(CaseEvent.id))
        return [(one.details["documents"][0]["kind"], one.part, one.who) for one in found]


def response_clock(site: Site) -> bool:
    with site.runtime.sessions() as session:
        case = session.scalars(select(Case)).one()
        return any(one.kind is ClockKind.RESPONSE and one.stopped_at is None for one in case.clocks)


@pytest.mark.parametrize("name", ["designer", "enterprise"])
def test_a_right_holder_opens_every_paper_of_his_case_and_is_served_once(site: Site, name: str) -> None:
    client = site.app.test_client()
    client.post(issue_link(site))
    respond(client)  # who answers knows of the notice, signed or not
    decide(site)
    found, owner = papers_of(site), site.sign_in(name)
    assert set(found) == {"acceptance", "notice", "decision"}
    for paper in [*found.values(), *found.values()]:
        answer = owner.get(f"/cases/{site.case}/papers/{paper.id}")
        assert answer.status_code == 200 and answer.data == site.runtime.store.get(paper.sha256)
        answer.close()
    assert served(site) == [(kind, "owner", name) for kind in found]
    officer = site.sign_in("regulator")
    officer.get(f"/cases/{site.case}/papers/{found['decision'].id}").close()
    assert len(served(site)) == 3  # officials are no parties


def test_a_notice_and_a_decision_tell_the_ways_and_times_of_the_law(site: Site) -> None:
    client = site.app.test_client()
    client.post(issue_link(site))
    respond(client)
    decide(site)
    with site.runtime.sessions() as session:
        told = {}
        for event in session.scalars(select(CaseEvent).where(CaseEvent.action.in_(("notice_issued", WON)))):
            told[event.action] = str(paper_desk.draft_of(session, site.runtime, event).facts["parts"])
    assert "五个工作日内要求听证" in told["notice_issued"] and "within five working days" in told["notice_issued"]
    for words in (
        "六十日内，向本机关所属的本级人民政府申请行政复议",
        "内部复核不是行政复议，也不是诉讼，不影响上述期限的计算",
        "十五日内（《专利法》第六十五条）",
        "六个月内（《行政诉讼法》第四十六条）",
    ):
        assert words in told[WON]
    assert "within 15 days" in told[WON] and "six months" in told[WON]


def test_papers_name_the_authority_and_where_reconsideration_is_applied_for_as_the_settings_do(site: Site) -> None:
    client = site.app.test_client()
    client.post(issue_link(site))
    respond(client)
    decide(site)
    named = {"IPREG_AUTHORITY": "深圳市市场监督管理局", "IPREG_RECONSIDERATION": "深圳市人民政府"}
    online = {"IPREG_RECONSIDERATION_ADDRESS": "https://review.example/apply"}
    config = Config.from_env({**named, **online})
    settings = {name: getattr(config, name) for name in ("authority", "reconsideration", "reconsideration_address")}
    runtime = replace(site.runtime, config=replace(site.runtime.config, **settings))
    with runtime.sessions() as session:
        event = session.scalars(select(CaseEvent).where(CaseEvent.action == WON)).one()
        facts = paper_desk.draft_of(session, runtime, event).facts
    assert facts["issuer"].startswith("深圳市市场监督管理局 · ")
    told = str(facts["parts"])
    assert "六十日内，向深圳市人民政府申请行政复议" in told and "to 深圳市人民政府 (Administrative" in told
    assert told.count("https://review.example/apply") == 2
    with pytest.raises(ConfigError, match="IPREG_RECONSIDERATION_ADDRESS"):
        Config.from_env({"IPREG_RECONSIDERATION_ADDRESS": "review.example"})


def test_the_time_to_answer_begins_when_the_notice_is_there_to_be_read(site: Site) -> None:
    path = issue_link(site)
    client = site.app.test_client()
    client.post(path)
    assert state(site) is CaseState.NOTICE_ISSUED and not response_clock(site)
    assert "正在签署" in client.get("/respond").text
    papers.run(site.runtime)
    assert state(site) is CaseState.NOTICE_ISSUED
    notice = papers_of(site)["notice"]
    assert "正在签署" not in client.get("/respond").text
    client.get(f"/respond/papers/{notice.id}").close()
    assert state(site) is CaseState.AWAITING_RESPONSE and response_clock(site)
    assert [one[:2] for one in served(site)] == [("notice", "respondent")]


def test_a_link_opened_after_the_notice_was_signed_counts_as_its_service(site: Site) -> None:
    path = issue_link(site)
    papers.run(site.runtime)
    site.app.test_client().post(path)
    assert state(site) is CaseState.AWAITING_RESPONSE and response_clock(site)


def test_in_a_conflict_the_later_owner_is_served_by_opening_the_notice(desk: Desk) -> None:
    earlier, later = desk.filing(1), desk.filing(2, applicant=desk.people.freelancer)
    match = Match(
        filing=earlier, view=earlier.views[0], later_filing=later, later_view=later.views[0], found_at=desk.clock(),
        probability=0.99, reason={}, algorithm="x/1",
    )  # fmt: skip
    desk.session.add(match)
    case = conflicts.open_and_tell(desk.session, match=match, now=desk.clock())
    desk.step(case, "assigned", desk.officer, officer=desk.officer)
    desk.step(case, "notice_issued")
    notice = CasePaper(
        case=case, event_id=case.events[-1].id, kind=PaperKind.NOTICE, sha256="1" * 64, sm3="1" * 64, size=1,
        issued_at=desk.clock(), services=[],
    )  # fmt: skip
    desk.session.add(notice)
    desk.session.flush()
    paper_desk.serve(desk.session, paper=notice, reader=desk.people.designer, now=desk.clock())
    assert case.state is CaseState.NOTICE_ISSUED  # the earlier owner is not who has to answer
    paper_desk.serve(desk.session, paper=notice, reader=desk.people.freelancer, now=desk.clock())
    assert case.state is CaseState.AWAITING_RESPONSE
    assert clocks.running(case, ClockKind.RESPONSE) is not None
