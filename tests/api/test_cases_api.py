from __future__ import annotations

import base64
import json

from asking import picture, program, token_for
from scenery import HandClock
from site_of_tests import Site

from jobs import imports


def test_an_officer_carries_a_case_to_its_decision(site: Site) -> None:
    officer, owner = program(site, "regulator"), program(site, "designer")
    (queued,) = officer.get("/cases?tab=open").json["items"]
    case = officer.get(f"/cases/{queued['number']}").json
    assert {"action": "assigned", "needs": ["officer"]} in case["steps"]
    me = officer.get("/me").json["id"]
    taken = officer.post(
        f"/cases/{site.case}/steps/assigned", {"row_version": case["row_version"], "officer": me}
    ).json
    assert (taken["state"], taken["officer"]["id"]) == ("under_review", me)
    decision = {
        "row_version": taken["row_version"],
        "outcome": "not_infringing",
        "reason": "两件设计的主要视图不同，不构成近似。",
    }
    decided = officer.post(f"/cases/{site.case}/steps/decided", decision)
    assert decided.status_code == 200, decided.text
    assert (decided.json["state"], decided.json["outcome"]) == ("decided", "not_infringing")
    seen = owner.get(f"/cases/{site.case}").json
    assert seen["decision_reason"] == decision["reason"]
    assert [one["action"] for one in seen["steps"]] == ["appealed"]
    assert all(one["log_index"] is not None for one in seen["events"])


def test_the_slower_of_two_officers_is_told_so(site: Site) -> None:
    fast, slow = program(site, "regulator"), program(site, "second-regulator")
    seen = fast.get(f"/cases/{site.case}").json["row_version"]
    step = f"/cases/{site.case}/steps/accepted"
    assert fast.post(step, {"row_version": seen}).status_code == 200
    late = slow.post(step, {"row_version": seen})
    assert (late.status_code, late.json["code"]) == (409, "case_changed_by")
    assert "regulator" in late.json["detail"]
    again = slow.post(step, {"row_version": fast.get(f"/cases/{site.case}").json["row_version"]})
    assert (again.status_code, again.json["code"]) == (409, "case_step_impossible")


def test_a_step_is_for_whom_the_table_says_and_brings_what_it_needs(site: Site) -> None:
    officer, owner = program(site, "regulator"), program(site, "designer")
    seen = officer.get(f"/cases/{site.case}").json["row_version"]
    assert owner.post(f"/cases/{site.case}/steps/accepted", {"row_version": seen}).status_code == 403
    assert officer.post(f"/cases/{site.case}/steps/nothing", {"row_version": seen}).json["code"] == "step_missing"
    for body, field in (({"row_version": seen}, "reason"), ({}, "row_version")):
        answer = officer.post(f"/cases/{site.case}/steps/not_accepted", body)
        assert (answer.status_code, answer.json["field"]) == (400, field)
    assert officer.post(f"/cases/{site.case}/steps/assigned", {"row_version": seen}).json["field"] == "officer"


def test_what_is_the_authoritys_own_is_not_told_to_the_owner(site: Site) -> None:
    officer, owner = program(site, "regulator"), program(site, "designer")
    case = officer.get(f"/cases/{site.case}").json
    me = officer.get("/me").json["id"]
    officer.post(f"/cases/{site.case}/steps/assigned", {"row_version": case["row_version"], "officer": me})
    seen, own = owner.get(f"/cases/{site.case}").json, officer.get(f"/cases/{site.case}").json
    assert (seen["officer"], own["officer"]["id"]) == (None, me)
    assert {one["kind"] for one in seen["clocks"]} < {one["kind"] for one in own["clocks"]}


PICTURE = "data:image/jpeg;base64," + base64.b64encode(picture(90)).decode()


def test_a_personal_token_pushes_to_a_source_of_its_account(site: Site, clock: HandClock) -> None:
    shop = program(site, "enterprise", "listings:write", "listings:read")
    row = {"platform": "淘淘", "listing_id": "77", "title": "衣", "pictures": [PICTURE]}
    rows = json.dumps({"listings": [row, {"listing_id": "78"}]})

    def push(query: str, token: str) -> object:
        header = {"Authorization": f"Bearer {token}", "Accept-Language": "en", "Idempotency-Key": "monday"}
        return site.app.test_client().post(f"/api/v1/listings{query}", data=rows, headers=header)

    first, again = push("?source=1", shop.token), push("?source=1", shop.token)
    assert [one["status"] for one in first.json["rows"]] == ["accepted", "refused"]
    assert first.json["import"] == again.json["import"]
    imports.run(site.runtime, clock=clock)
    state = shop.get(f"/imports/{first.json['import']}").json
    assert (state["state"], state["total"]) == ("done", 2)
    assert push("", shop.token).json["field"] == "source"
    assert push("?source=1", token_for(site.runtime, "rival")).status_code == 404
    assert push("?source=1", token_for(site.runtime, "enterprise", ("listings:read",))).status_code == 403
    assert [one["title"] for one in shop.get("/listings").json["items"]] == ["衣", "外套"]


def test_figures_exact_for_officials_and_without_small_numbers_for_all(site: Site) -> None:
    exact = program(site, "regulator").get("/statistics?year=2026").json
    table = next(one for one in exact["tables"] if (one["figure"], one["dimension"]) == ("filings", "industry"))
    assert {"name": "clothing", "count": 1} in table["rows"]
    public = site.app.test_client().get("/api/v1/figures?year=2026").json
    assert all(row["count"] != 1 for one in public["tables"] for row in one["rows"])
    assert program(site, "designer").get("/statistics").status_code == 403
