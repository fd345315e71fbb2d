from __future__ import annotations

from datetime import timedelta

import pytest
from asking import program
from scenery import HandClock
from site_of_tests import Site, build_site
from sqlalchemy import select

from ipreg.db import utc_now
from ipreg.models import AuditRow, Case
from ipreg.runtime import Runtime


@pytest.fixture
def open_site(runtime: Runtime, clock: HandClock) -> Site:
    """With an alert that nobody has decided on."""
    return build_site(runtime, clock, confirmed=False)


def test_an_alert_is_read_with_its_reasons_and_confirmed_to_the_regulator(open_site: Site) -> None:
    owner = program(open_site, "enterprise")
    (listed,) = owner.get("/alerts").json["items"]
    whole = owner.get(f"/alerts/{listed['id']}").json
    assert (whole["filing"]["number"], whole["may_decide"]) == (open_site.filing, True)
    assert whole["matches"][0]["listing"]["seller"] == "快手小铺"
    assert "mirrored" in " ".join(whole["matches"][0]["reasons"])
    assert whole["reasons"] and whole["events"][0]["kind"] == "raised"
    done = owner.post(f"/alerts/{listed['id']}/confirm", {"row_version": whole["row_version"], "note": "抄袭"})
    assert done.status_code == 200, done.text
    assert (done.json["state"], done.json["decided_by"]["name"]) == ("confirmed", "enterprise")
    number = done.json["case"]
    assert program(open_site, "regulator").get(f"/cases/{number}").json["state"] == "flagged"
    assert owner.get("/alerts").json["items"] == []


def test_who_saw_an_older_state_is_told_who_was_faster(open_site: Site) -> None:
    owner, colleague = program(open_site, "enterprise"), program(open_site, "enterprise")
    seen = owner.get("/alerts/1").json["row_version"]
    dismissed = colleague.post("/alerts/1/dismiss", {"reason": "licensed", "row_version": seen})
    assert dismissed.json["dismiss_reason"] == "licensed"
    late = owner.post("/alerts/1/confirm", {"row_version": seen})
    assert (late.status_code, late.json["code"]) == (409, "alert_changed_by")
    assert "enterprise" in late.json["detail"]


def test_the_same_key_hands_an_alert_over_once(open_site: Site) -> None:
    owner = program(open_site, "enterprise")
    seen = owner.get("/alerts/1").json["row_version"]
    answers = [
        owner.post("/alerts/1/confirm", {"row_version": seen}, Idempotency_Key="confirm-1") for _ in range(2)
    ]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].data == answers[1].data
    with open_site.runtime.sessions() as session:
        assert len(session.scalars(select(Case)).unique().all()) == 1


def test_snoozing_assigning_commenting_and_taking_back(open_site: Site) -> None:
    owner = program(open_site, "enterprise")
    until = (utc_now() + timedelta(days=3)).isoformat()
    assert owner.post("/alerts/1/snooze", {"until": until}).json["snoozed_until"] is not None
    assert owner.get("/alerts").json["items"] == []
    assert len(owner.get("/alerts?state=snoozed").json["items"]) == 1
    assert owner.post("/alerts/1/wake", {}).json["snoozed_until"] is None
    me = next(one for one in owner.get("/alerts/colleagues").json["items"] if one["name"] == "enterprise")
    assert owner.post("/alerts/1/assign", {"account": me["id"]}).json["assigned_to"] == me
    assert owner.post("/alerts/1/assign", {"account": 9999}).json["field"] == "assigned"
    said = owner.post("/alerts/1/comment", {"text": "看过了"}).json["events"][-1]
    assert (said["text"], said["actor"]["name"]) == ("看过了", "enterprise")
    kept = owner.post("/alerts/1/confirm", {"to_regulator": False}).json
    assert (kept["state"], kept["case"]) == ("confirmed", None)
    assert owner.post("/alerts/1/reopen", {}).json["state"] == "open"
    for wrong in ({"until": "2020-01-01T00:00:00Z"}, {"until": "2026-12-01T00:00:00"}, {"until": "soon"}, {}):
        assert owner.post("/alerts/1/snooze", wrong).status_code == 400


def test_many_alerts_at_once_have_a_result_each(open_site: Site) -> None:
    owner = program(open_site, "enterprise")
    seen = owner.get("/alerts/1").json["row_version"]
    body = {
        "action": "dismiss",
        "reason": "not_similar",
        "alerts": [{"id": 1, "row_version": seen}, {"id": 77}, {"id": 1, "row_version": seen}],
    }
    done = owner.post("/alerts/bulk", body)
    assert (done.status_code, done.json["done"]) == (200, 1)
    assert [(one["status"], one["code"]) for one in done.json["rows"]] == [
        ("done", None),
        ("refused", "alert_missing"),
        ("refused", "alert_changed_by"),
    ]
    assert owner.get("/alerts/1").json["state"] == "dismissed"
    needed = owner.post("/alerts/bulk", {"action": "dismiss", "alerts": [{"id": 1}]})
    assert (needed.status_code, needed.json["field"]) == (400, "reason")


def test_what_a_program_does_stands_in_the_audit_trail_as_its_accounts(open_site: Site) -> None:
    owner = program(open_site, "enterprise")
    owner.post("/alerts/1/dismiss", {"reason": "mine"})
    program(open_site, "rival").post("/alerts/1/reopen", {})
    with open_site.runtime.sessions() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action.startswith("api_alerts."))).all()
        told = {(one.action, one.actor, one.result) for one in rows}
    assert ("api_alerts.dismiss", "account:1", "done") in told
    assert ("api_alerts.reopen", "account:4", "404") in told


def test_matches_of_a_design(open_site: Site) -> None:
    owner = program(open_site, "designer")
    (found,) = owner.get(f"/matches?filing={open_site.filing}").json["items"]
    assert found["listing"]["platform"] == "淘淘" and 0.5 < found["probability"] <= 1
    assert owner.get("/matches?least=1").json["items"] == []
    assert program(open_site, "freelancer").get(f"/matches?filing={open_site.filing}").status_code == 404
