from __future__ import annotations

import io
import json
import zipfile

from asking import Program, picture, program
from scenery import HandClock
from site_of_tests import Site
from sqlalchemy import select
from werkzeug.test import TestResponse

from ipreg.casework import machine
from ipreg.casework.table import Part
from ipreg.db import transaction, utc_now
from ipreg.models import Case, CasePaper, PaperKind
from jobs import papers as paper_job

STATEMENT = {"kind": "statement", "text": "这是我方的设计，详见备案及附图。"}


def sent(asks: Program, to: str, part: str, said: dict[str, object], **files: bytes) -> TestResponse:
    """A form of several parts."""
    parts = {part: json.dumps(said)} | {name: (io.BytesIO(data), f"{name}.jpg") for name, data in files.items()}
    headers = {"Authorization": f"Bearer {asks.token}", "Accept-Language": "en"}
    return asks.client.post(f"/api/v1{to}", data=parts, headers=headers, content_type="multipart/form-data")


def test_a_statement_with_evidence_gets_its_receipt_and_is_read_by_whom_it_is_for(site: Site) -> None:
    owner, officer = program(site, "enterprise"), program(site, "regulator")
    place = f"/cases/{site.case}/submissions"
    made = sent(owner, place, "submission", {**STATEMENT, "confidential": True}, files=picture(110))
    assert made.status_code == 201, made.text
    assert (made.json["serial"], made.json["confidential"], len(made.json["files"])) == (1, True, 2)
    assert officer.get(f"{place}/1").json["text"] == STATEMENT["text"]
    assert officer.get(f"{place}/1/files/1").data == picture(110)
    assert officer.get(f"{place}/1/files/7").status_code == 404
    assert program(site, "rival").get(f"{place}/1").status_code == 404
    first, again = (owner.post(place, STATEMENT, Idempotency_Key="s") for _ in range(2))
    assert first.json == again.json and first.json["serial"] == 2
    assert officer.post(place, STATEMENT).status_code == 403, "an officer is no party"
    short = owner.post(place, {"kind": "statement", "text": "短"})
    assert (short.status_code, short.json["field"]) == (400, "text")
    wrong = sent(owner, place, "submission", STATEMENT, files=b"no picture")
    assert (wrong.status_code, wrong.json["field"]) == (400, "files")


def test_a_step_takes_documents_along(site: Site) -> None:
    officer = program(site, "regulator")
    case = officer.get(f"/cases/{site.case}").json
    step = {"row_version": case["row_version"], "officer": officer.get("/me").json["id"]}
    taken = sent(officer, f"/cases/{site.case}/steps/assigned", "step", step, documents=b"%PDF-1.7 minutes")
    assert taken.status_code == 200, taken.text
    event = taken.json["events"][-1]
    assert event["documents"][0]["name"] == "documents.jpg"
    kept = officer.get(f"/cases/{site.case}/documents/{event['position']}/0")
    assert (kept.data, kept.mimetype) == (b"%PDF-1.7 minutes", "application/octet-stream")
    assert program(site, "enterprise").get(f"/cases/{site.case}/documents/{event['position']}/0").status_code == 403


def test_notes_tasks_and_the_whole_case(site: Site) -> None:
    officer, owner = program(site, "regulator"), program(site, "enterprise")
    place, me = f"/cases/{site.case}", officer.get("/me").json["id"]
    inside = officer.post(f"{place}/notes", {"text": "内部意见"})
    assert inside.status_code == 201 and inside.json["shared"] is False, inside.text
    officer.post(f"{place}/notes", {"text": "请补充证据", "side": "owner"})
    assert [one["text"] for one in owner.get(f"{place}/notes").json["items"]] == ["请补充证据"]
    task = officer.post(f"{place}/tasks", {"text": "核对图样", "assignee": me})
    assert task.status_code == 201, task.text
    done = officer.post(f"{place}/tasks/{task.json['id']}/done").json
    assert done["done_at"] is not None and officer.get(f"{place}/tasks").json["items"] == [done]
    assert owner.post(f"{place}/tasks", {"text": "x", "assignee": me}).status_code == 403
    assert officer.post(f"{place}/tasks", {"text": "x", "assignee": 9999}).json["field"] == "assignee"
    assert zipfile.ZipFile(io.BytesIO(owner.get(f"{place}/bundle").data)).testzip() is None


def test_a_paper_is_served_to_the_party_that_reads_it(site: Site, clock: HandClock) -> None:
    officer, owner = program(site, "regulator"), program(site, "enterprise")
    case = officer.get(f"/cases/{site.case}").json
    officer.post(f"/cases/{site.case}/steps/accepted", {"row_version": case["row_version"], "reason": "材料齐全。"})
    paper_job.run(site.runtime, clock=utc_now)
    (paper,) = owner.get(f"/cases/{site.case}/papers").json["items"]
    assert (paper["kind"], paper["served_at"]) == ("acceptance", {})
    address = f"/cases/{site.case}/papers/{paper['id']}"
    assert owner.client.head(f"/api/v1{address}", headers=owner.bearing("")).status_code == 200
    assert owner.get(f"/cases/{site.case}/papers").json["items"][0]["served_at"] == {}, "only its headers were read"
    read = owner.get(address)
    assert read.data.startswith(b"%PDF") and read.mimetype == "application/pdf"
    assert "owner" in officer.get(f"/cases/{site.case}/papers").json["items"][0]["served_at"]


def test_papers_of_every_kind_are_told(site: Site) -> None:
    with transaction(site.runtime.sessions) as session:
        case = session.scalars(select(Case)).one()
        for number, kind in enumerate(PaperKind):
            event = machine.record(
                session, case=case, actor=machine.SYSTEM, part=Part.SYSTEM, action="noted", now=utc_now()
            )
            session.add(
                CasePaper(
                    case=case, event_id=event.id, kind=kind, sha256=f"{number:064d}", sm3="0" * 64, size=1,
                    issued_at=utc_now(), services=[],
                )
            )  # fmt: skip
    told = program(site, "regulator").get(f"/cases/{site.case}/papers").json["items"]
    assert [one["kind"] for one in told] == [kind.value for kind in PaperKind]


def test_cases_are_assigned_by_the_dozen_with_a_result_each(site: Site) -> None:
    officer = program(site, "regulator")
    case = officer.get(f"/cases/{site.case}").json
    body = {
        "action": "assign",
        "officer": officer.get("/me").json["id"],
        "cases": [
            {"number": site.case, "row_version": case["row_version"]},
            {"number": "AJ2026-0000009-9", "row_version": 1},
        ],
    }
    done = officer.post("/cases/bulk", body)
    assert (done.status_code, done.json["done"]) == (200, 1), done.text
    assert [one["status"] for one in done.json["rows"]] == ["done", "refused"]
    assert done.json["rows"][1]["code"] == "case_missing"
    assert program(site, "enterprise").post("/cases/bulk", body).status_code == 403


def test_an_owner_complains_of_what_he_saw(site: Site) -> None:
    owner = program(site, "enterprise")
    said = {"title": "外套", "seller": "夜市摊位", "place": "南京路", "text": "现场看到与我方备案相同的外套在售。"}
    made = sent(owner, f"/filings/{site.filing}/complaints", "complaint", said, picture=picture(1))
    assert made.status_code == 201, made.text
    assert made.json["state"] == "flagged" and made.json["filing"]["number"] == site.filing
    lacking = sent(owner, f"/filings/{site.filing}/complaints", "complaint", said)
    assert (lacking.status_code, lacking.json["field"]) == (400, "picture")
    stranger = sent(
        program(site, "rival"), f"/filings/{site.filing}/complaints", "complaint", said, picture=picture(1)
    )
    assert stranger.status_code == 404
