"""Every operation of the API with every kind of reader: the same rows as on the pages, and no more."""

from __future__ import annotations

import re

import pytest
from asking import Program, program, token_for
from site_of_tests import Site
from sqlalchemy import select
from written import rows_since

from ipreg.api.operation import Operation
from ipreg.api.routes import OPERATIONS
from ipreg.db import transaction
from ipreg.models import Account, OrganizationRole, Role

OWNERS = {"designer", "enterprise"}
OFFICERS = {"regulator", "second-regulator", "auditor"}
READERS = (*sorted(OWNERS), "freelancer", "rival", *sorted(OFFICERS), "administrator")
ROLES = {"freelancer": Role.DESIGNER, "rival": Role.ENTERPRISE, "second-regulator": Role.REGULATOR}
# Whose the row is that the address names; other readers of the right role do not find it.
OF_ONE = {
    "filing": OWNERS | OFFICERS,
    "versions": OWNERS | OFFICERS,
    "certificate_file": OWNERS | OFFICERS,
    "bundle_file": OWNERS | OFFICERS,
    "view": OWNERS | OFFICERS,
    "import_state": {"enterprise", "administrator"},
    "listing": OWNERS | OFFICERS,
    "alert": OWNERS,
    "case": OWNERS | OFFICERS,
    "source": {"enterprise", "administrator"},
    "source_runs": {"enterprise", "administrator"},
    "refused_pages": {"enterprise", "administrator"},
    "allowed_sellers": OWNERS,
    "filing_acts": OWNERS,
    "watch": set(),
    "agreement": set(),
    "channel": set(),
    "draft": set(),
    "batch": set(),
    "letter": set(),
    "letter_file": set(),
    "letter_zip": set(),
    "list_submissions": OWNERS | OFFICERS,
    "submission": set(),
    "submission_file": set(),
    "list_papers": OWNERS | OFFICERS,
    "paper_file": set(),
    "case_document": set(),
    "case_bundle": OWNERS | OFFICERS,
    "list_notes": OWNERS | OFFICERS,
    "list_tasks": OFFICERS,
    "version_view": OWNERS | OFFICERS,
    "design_file": set(),
    "filing_rights": OWNERS | {"regulator", "second-regulator"},
    "right_paper": set(),
    "rights_calendar": OWNERS | {"regulator", "second-regulator"},
    "package_texts": OWNERS,
    "package": OWNERS,
    "package_zip": OWNERS,
    "listing_picture": OWNERS | OFFICERS,
    "report": {"designer"},
    "seller": OWNERS | {"regulator", "second-regulator"},
    "alert_evidence": OWNERS,
    "alert_evidence_file": set(),
    "case_evidence": OWNERS | OFFICERS,
    "case_evidence_file": set(),
    "draft_reasons": {"regulator", "second-regulator"},
}
# What lists hold for whom; for all others they are empty.
LISTED = {
    "filings": OWNERS,
    "listings": {"enterprise"},
    "list_sources": {"enterprise", "administrator"},
    "matches": OWNERS,
    "alerts": OWNERS,
    "cases": OWNERS | OFFICERS,
    "list_watches": set(),
    "list_agreements": set(),
    "list_drafts": set(),
    "list_batches": set(),
    "list_letters": set(),
    "list_reports": {"designer"},
    "list_filters": set(),
    "calibrations": set(),
    "list_views": set(),
    "list_absences": set(),
    "channels": OWNERS,
    "notices": OWNERS,
}


def address(site: Site, one: Operation) -> str:
    number = site.case if "/cases/" in one.rule else site.filing
    values = {"number": number, "position": "0", "import_id": "1", "listing_id": "1", "alert_id": "1",
              "action": "accepted", "source_id": "1", "watch_id": "1", "agreement_id": "1", "channel_id": "99",
              "entry_id": "1", "action_id": "1", "draft_id": "1", "batch_id": "1", "serial": "1", "paper_id": "1",
              "which": "0", "task_id": "1", "version": "1", "record_id": "1", "report_id": "1", "seller_id": "1",
              "capture_id": "1", "filter_id": "1", "link_id": "99", "match_id": "1", "calibration_id": "1",
              "view_id": "1", "absence_id": "1", "kind": kind_of(one)}  # fmt: skip
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], one.rule).removeprefix("/api/v1")
    asked = {
        "by_digest": f"?digest={'0' * 64}",
        "alerts": "?state=all",
        "draft_reasons": "?outcome=infringing&language=zh",
    }
    return path + asked.get(one.name, "")


def kind_of(one: Operation) -> str:
    return "warning" if "letter-texts" in one.rule else "patent"


@pytest.mark.parametrize("name", READERS)
def test_each_reader_gets_what_is_his_and_nothing_else(site: Site, name: str) -> None:
    asks, role = program(site, name), ROLES.get(name) or Role(name)
    for one in OPERATIONS:
        if one.writes or not one.roles:
            continue
        answer = asks.get(address(site, one))
        if role not in one.roles:
            assert (answer.status_code, answer.json["code"]) == (403, "role_refused"), one
        elif one.name in OF_ONE:
            assert answer.status_code == (200 if name in OF_ONE[one.name] else 404), one
        elif one.name in LISTED:
            assert bool(answer.json["items"]) == (name in LISTED[one.name]), one
        else:
            assert answer.status_code == 200, one


@pytest.mark.parametrize("name", READERS)
def test_writes_are_refused_to_whom_the_pages_refuse_them(site: Site, name: str) -> None:
    asks, role = program(site, name), ROLES.get(name) or Role(name)
    size = len(rows_since(site.runtime, 0))
    for one in OPERATIONS:
        if not one.writes:
            continue
        answer = asks.write(one.method, address(site, one))
        rows = rows_since(site.runtime, size)
        size += len(rows)
        assert one.name in {row.action.rpartition(".")[2] for row in rows}, "done or refused, it has its audit row"
        stranger = name in ("freelancer", "rival") and "<" in one.rule
        if role not in one.roles:
            assert answer.status_code == 403, one
        else:  # an empty body is wrong, which is told before whether there is such a row
            done = set() if stranger else {200, 201, 202, 204, 403, 409}
            assert answer.status_code in done | {400, 404, 415}, (one, answer.text)


@pytest.mark.parametrize("token", [None, "ipreg-pat-nonsense", "nonsense"])
def test_nothing_but_what_is_public_is_answered_without_a_good_token(generous: Site, token: str | None) -> None:
    client = generous.app.test_client()
    header = {} if token is None else {"Authorization": f"Bearer {token}"}
    for one in OPERATIONS:
        target = f"/api/v1{address(generous, one)}"
        answer = client.open(target, method=one.method, headers=header)
        if one.roles:
            assert (answer.status_code, answer.json["code"]) == (401, "token_wrong"), one
            assert answer.mimetype == "application/problem+json"
        else:
            assert answer.status_code == (404 if one.name == "by_digest" else 200), one


def test_a_member_who_only_looks_on_changes_nothing(site: Site) -> None:
    with transaction(site.runtime.sessions) as session:
        member = session.scalars(select(Account).where(Account.email == "designer@ipreg.example")).one()
        member.organization_role = OrganizationRole.VIEWER
    designer = Program(site.app, token_for(site.runtime, "designer"))
    assert designer.get("/alerts?state=all").status_code == 200
    refused = designer.post("/alerts/1/comment", {"text": "x"})
    assert (refused.status_code, refused.json["code"]) == (403, "viewer_only_sees")


def test_addresses_that_are_none_answer_in_the_same_form(site: Site) -> None:
    asks = program(site, "designer")
    for path, status, code in (
        ("/nothing", 404, "page_missing"),
        ("/filings/YB2026-9999999-X", 404, "filing_missing"),
        ("/filings/%00", 400, None),
        (f"/alerts/{10**30}", 404, None),
        ("/me?x=1", 400, "field_unknown"),
    ):
        answer = asks.get(path)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), path
        assert code is None or answer.json["code"] == code
    wrong = asks.post("/me")
    assert (wrong.status_code, wrong.json["code"], "GET" in wrong.headers["Allow"]) == (405, "method_wrong", True)
    text = site.app.test_client().post(
        "/api/v1/alerts/1/comment", data="{", headers={"Authorization": f"Bearer {asks.token}"}
    )
    assert text.status_code == 415
