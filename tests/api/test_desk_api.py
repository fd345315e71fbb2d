from __future__ import annotations

from itertools import pairwise

from asking import DAYS_AWAY, program
from site_of_tests import Site


def test_a_view_of_the_queue_is_kept_under_a_name(site: Site) -> None:
    officer = program(site, "regulator")
    made = officer.post("/cases/views", {"name": "急", "filter": {"tab": "mine", "severity": 3}})
    assert made.status_code == 201, made.text
    assert officer.get(f"/cases?{made.json['query']}").status_code == 200
    assert [one["name"] for one in officer.get("/cases/views").json["items"]] == ["急"]
    assert "急" in site.sign_in("regulator").get("/cases").text
    assert program(site, "second-regulator").delete(f"/cases/views/{made.json['id']}").status_code == 404
    assert officer.delete(f"/cases/views/{made.json['id']}").status_code == 204


def test_a_deputy_is_named_for_days_and_taken_back(site: Site) -> None:
    officer, deputy = program(site, "regulator"), program(site, "second-regulator")
    body = {"deputy": deputy.get("/me").json["id"], **DAYS_AWAY}
    made = officer.post("/absences", body)
    assert (made.status_code, made.json["deputy"]["id"]) == (201, body["deputy"]), made.text
    assert officer.post("/absences", body).json["code"] == "case_days_taken"
    own = officer.post("/absences", {**body, "deputy": officer.get("/me").json["id"]})
    assert (own.status_code, own.json["field"]) == (400, "deputy")
    assert deputy.delete(f"/absences/{made.json['id']}").status_code == 404
    assert officer.delete(f"/absences/{made.json['id']}").status_code == 204
    assert officer.get("/absences").json["items"] == []


def test_reasons_are_drafted_and_links_taken_back_by_officers_alone(site: Site) -> None:
    officer = program(site, "regulator")
    draft = officer.get(f"/cases/{site.case}/reasons?outcome=infringing&language=zh").json["text"]
    assert site.filing in draft and "【填写】" in draft
    assert officer.get(f"/cases/{site.case}/reasons").status_code == 400
    version = officer.get(f"/cases/{site.case}").json["row_version"]
    mine = {"row_version": version, "officer": officer.get("/me").json["id"]}
    assert officer.post(f"/cases/{site.case}/steps/assigned", mine).status_code == 200
    assert officer.delete(f"/cases/{site.case}/links").status_code == 204
    assert program(site, "enterprise").delete(f"/cases/{site.case}/links").status_code == 403


def test_the_audit_trail_is_read_page_by_page_and_its_digests_chain(site: Site) -> None:
    for name in ("云", "衣", "鞋"):
        program(site, "enterprise").post("/alerts/filters", {"name": name, "filter": {}})
    auditor = program(site, "auditor")
    first = auditor.get("/audit?limit=2").json
    rest = auditor.get(f"/audit?limit=200&cursor={first['next']}").json["items"]
    rows = first["items"] + rest
    assert len(first["items"]) == 2 and rows == auditor.get("/audit?limit=200").json["items"]
    assert all(row["previous"] == before["digest"] for row, before in pairwise(rows))
    kept = auditor.get("/audit?action=api_inbox.save_filter").json["items"]
    assert kept and {one["kind"] for one in kept} == {"write"}
    assert program(site, "regulator").get("/audit").status_code == 403
    assert program(site, "auditor", "cases:read").get("/audit").json["code"] == "scope_missing"


def test_evidence_of_an_alert_is_there_for_owners_and_of_a_case_for_its_parties(site: Site) -> None:
    assert program(site, "enterprise").get("/alerts/1/evidence").json["items"] == []
    assert program(site, "regulator").get(f"/cases/{site.case}/evidence").json["items"] == []
    assert program(site, "rival").get(f"/cases/{site.case}/evidence").status_code == 404
