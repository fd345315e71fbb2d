from __future__ import annotations

from datetime import timedelta

from asking import FORM, OFFER, picture, program
from scenery import HandClock
from site_of_tests import Site
from sqlalchemy import select, update

from ipreg.db import transaction, utc_now
from ipreg.models import Account, Agreement, Case, CaseState


def test_a_sealed_filing_gets_its_day_and_is_opened_by_its_owner_alone(site: Site) -> None:
    owner = program(site, "designer")
    made = owner.file({**FORM, "sealed": True}, picture(90)).json
    place = f"/filings/{made['number']}"
    day = (utc_now() + timedelta(days=30)).date().isoformat()
    set_day = owner.put(f"{place}/opening-day", {"opens_on": day})
    assert set_day.status_code == 200 and set_day.json["opens_at"] is not None, set_day.text
    assert owner.put(f"{place}/opening-day", {"opens_on": None}).json["opens_at"] is None
    past = owner.put(f"{place}/opening-day", {"opens_on": "2020-01-01"})
    assert (past.status_code, past.json["field"]) == (400, "opens_on")
    assert program(site, "rival").post(f"{place}/open").status_code == 404
    for _ in range(2):  # again, nothing happens
        assert owner.post(f"{place}/open", Idempotency_Key="open").json["state"] == "open"
    assert [one["action"] for one in owner.get(f"{place}/acts").json["items"]] == [
        "opening_set", "opening_set", "opened",
    ]  # fmt: skip
    assert owner.put(f"{place}/opening-day", {"opens_on": day}).json["code"] == "filing_not_sealed"


def test_a_filing_is_withdrawn_only_by_who_says_its_number_and_not_within_a_case(site: Site) -> None:
    owner = program(site, "designer")
    place = f"/filings/{site.filing}"
    body = {"files": "destroy", "confirmed": site.filing}
    in_case = owner.post(f"{place}/withdraw", body)
    assert (in_case.status_code, in_case.json["code"]) == (409, "withdraw_in_case")
    with transaction(site.runtime.sessions) as session:
        session.execute(update(Case).values(state=CaseState.CLOSED))
    wrong = owner.post(f"{place}/withdraw", {**body, "confirmed": "YB"})
    assert (wrong.status_code, wrong.json["field"]) == (400, "confirmed")
    done = owner.post(f"{place}/withdraw", body)
    assert (done.status_code, done.json["state"]) == (200, "withdrawn"), done.text
    assert owner.get(f"{place}/views/0").status_code == 404
    assert site.app.test_client().get(f"/api/v1/verify/{site.filing}").json["withdrawn_at"] is not None


def test_a_licence_needs_both_sides(site: Site) -> None:
    giver, taker = program(site, "enterprise"), program(site, "freelancer")
    offer = {"kind": "licence", "taker_email": "freelancer@ipreg.example", "licence_kind": "ordinary",
             "territory": "广东", "shops": ["新店"]}  # fmt: skip
    made = giver.post(f"/filings/{site.filing}/agreements", offer, Idempotency_Key="o")
    assert made.status_code == 201, made.text
    assert giver.post(f"/filings/{site.filing}/agreements", offer, Idempotency_Key="o").json == made.json
    place = f"/agreements/{made.json['id']}"
    assert (made.json["state"], made.json["may_answer"], made.json["may_take_back"]) == ("offered", False, True)
    assert giver.post(f"{place}/accept").status_code == 404, "the other side's to accept"
    assert program(site, "rival").get(place).status_code == 404
    assert [one["id"] for one in taker.get("/agreements").json["items"]] == [made.json["id"]]
    assert taker.get(place).json["may_answer"] is True
    accepted = taker.post(f"{place}/accept")
    assert (accepted.status_code, accepted.json["state"]) == (200, "accepted"), accepted.text
    assert taker.get(f"/filings/{site.filing}").status_code == 200
    assert giver.post(f"{place}/end").status_code == 403, "an owner takes no licence away"
    assert taker.post(f"{place}/end").json["state"] == "ended"
    assert giver.get(f"/agreements?filing={site.filing}").json["items"][0]["state"] == "ended"


def test_a_transfer_hands_the_filing_over(site: Site) -> None:
    giver, taker = program(site, "designer"), program(site, "freelancer")
    own = giver.file(FORM, picture(91)).json["number"]
    to = {"kind": "transfer", "taker_email": "freelancer@ipreg.example"}
    terms = giver.post(f"/filings/{own}/agreements", {**to, "licence_kind": "sole"})
    assert (terms.status_code, terms.json["field"]) == (400, "licence_kind")
    agreement = giver.post(f"/filings/{own}/agreements", to).json["id"]
    again = giver.post(f"/filings/{own}/agreements", to)
    assert (again.status_code, again.json["code"]) == (409, "transfer_waits")
    assert taker.post(f"/agreements/{agreement}/accept").status_code == 200
    assert taker.get(f"/filings/{own}").json["yours"] is True
    assert giver.post(f"/filings/{own}/agreements", to).status_code in (403, 404)


def test_an_offer_is_taken_back_or_refused(site: Site, clock: HandClock) -> None:
    giver, taker = program(site, "designer"), program(site, "freelancer")
    own = giver.file(FORM, picture(92)).json["number"]
    to = {"kind": "transfer", "taker_email": "freelancer@ipreg.example"}
    first = giver.post(f"/filings/{own}/agreements", to).json["id"]
    assert giver.post(f"/agreements/{first}/take-back").json["state"] == "withdrawn"
    second = giver.post(f"/filings/{own}/agreements", to).json["id"]
    assert taker.post(f"/agreements/{second}/refuse").json["state"] == "refused"
    assert taker.post(f"/agreements/{second}/accept").status_code == 409
    with site.runtime.sessions() as session:
        owner = session.scalars(select(Account).where(Account.email == "designer@ipreg.example")).one()
        assert giver.get("/me").json["id"] == owner.id


def test_whoever_was_offered_more_than_a_page_shows_reads_all_of_it(site: Site) -> None:
    giver, taker = program(site, "designer"), program(site, "freelancer")
    first = giver.post(f"/filings/{site.filing}/agreements", OFFER).json["id"]
    with transaction(site.runtime.sessions) as session:
        one = session.get_one(Agreement, first)
        names = ("kind", "filing_id", "giver_id", "taker_email", "licence_kind", "offered_at", "expires_at")
        same = {name: getattr(one, name) for name in names}
        session.add_all(Agreement(**same, request_key=f"many-{number}") for number in range(210))
    read, cursor = list[int](), ""
    while cursor is not None:
        page = taker.get(f"/agreements?limit=100&cursor={cursor}").json
        read += [each["id"] for each in page["items"]]
        cursor = page["next"]
    assert len(read) == len(set(read)) == 211 and read == sorted(read, reverse=True)
