"""The served description holds: no answer that it does not describe, no fault of the server, whatever is asked."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import schemathesis
from asking import DAYS_AWAY, FORM, HOOK, LETTER, OFFER, RIGHT, ZIP, Program, picture, small_batch, token_for
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from openapi_pydantic import OpenAPI
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from site_of_tests import Site

from ipreg import models
from ipreg.api import (
    deskshapes,
    inboxshapes,
    keepingshapes,
    noticeshapes,
    reportshapes,
    rightshapes,
    shapes,
    sourceshapes,
    watchshapes,
)
from ipreg.api.document import describe
from ipreg.api.operation import Operation
from ipreg.api.routes import OPERATIONS
from ipreg.casework.table import Tab
from ipreg.notify.services import SERVICES
from ipreg.rights.clocks import State
from ipreg.rights.packages.texts import SIX, Belongs, Omitted, PackageKind, WorkKind
from ipreg.warning.severity import LEVELS

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 8
# Who may ask the most of each part.
CALLERS = {
    "Cases": "regulator", "Work on cases": "regulator", "Statistics": "regulator",
    "Desk and audit trail": "regulator", "audit_trail": "auditor",
}  # fmt: skip


def test_the_document_is_openapi_3_1_in_both_languages(site: Site) -> None:
    client = site.app.test_client()
    texts = {}
    for locale in ("zh", "en"):
        answer = client.get("/api/v1/openapi.json", headers={"Accept-Language": locale})
        document = OpenAPI.model_validate(answer.json)
        assert document.openapi.startswith("3.1")
        texts[locale] = answer.json["info"]["title"]
        again = client.get(
            "/api/v1/openapi.json", headers={"Accept-Language": locale, "If-None-Match": answer.headers["ETag"]}
        )
        assert again.status_code == 304
    assert texts == {"zh": "设计预备案：API", "en": "Design pre-registration: API"}
    assert not re.search(
        r'"(description|summary)": "[^"]*[a-z]{4,} [a-z]{3,} [a-z]{3,}',
        client.get("/api/v1/openapi.json", headers={"Accept-Language": "zh"}).text,
    ), "English is left in the Chinese document"


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [one.name for one in OPERATIONS]
    assert len(names) == len(set(names))


def test_programs_made_from_the_document_have_the_same_names_in_each_language() -> None:
    english, chinese = (describe(OPERATIONS, server="/", say=say) for say in (str, lambda text: f"译：{text}"))
    for document in (english, chinese):
        named = {tag["name"]: tag["description"] for tag in document["tags"]}
        used = {one["tags"][0] for path in document["paths"].values() for one in path.values()}
        assert used == set(named) == {one.tag for one in OPERATIONS}
        assert all(name.isascii() for name in named)
    assert {tag["description"] for tag in chinese["tags"]} == {f"译：{one.tag}" for one in OPERATIONS}


def test_the_words_of_the_shapes_are_those_of_the_tables() -> None:
    pairs: list[tuple[Any, Any]] = [
        (shapes.Industry, models.Industry), (shapes.ViewKind, models.ViewKind),
        (shapes.FilingState, models.FilingState), (shapes.RightKind, models.RightKind),
        (shapes.Disclosure, models.Disclosure), (shapes.AlertState, models.AlertState),
        (shapes.DismissReason, models.DismissReason), (shapes.CaseKind, models.CaseKind),
        (shapes.CaseState, models.CaseState), (shapes.CaseOutcome, models.CaseOutcome),
        (shapes.ClockKind, models.ClockKind), (shapes.ImportState, models.ImportState),
        (shapes.ScopeName, models.Scope), (shapes.RoleName, models.Role), (shapes.CaseTab, Tab),
        (shapes.SourceKind, models.SourceKind), (shapes.MatchKind, models.MatchKind),
        (sourceshapes.RunState, models.RunState), (watchshapes.WatchScope, models.WatchScope),
        (watchshapes.SellerMark, models.SellerMark), (watchshapes.SellerTie, models.SellerTie),
        (noticeshapes.ChannelKind, models.ChannelKind), (noticeshapes.ChannelState, models.ChannelState),
        (noticeshapes.Rhythm, models.Rhythm), (keepingshapes.AgreementKind, models.AgreementKind),
        (keepingshapes.AgreementState, models.AgreementState), (keepingshapes.LicenceKind, models.LicenceKind),
        (rightshapes.ObtainedKind, models.ObtainedKind), (rightshapes.RightClockState, State),
        (rightshapes.PackageKind, PackageKind), (rightshapes.OmittedBecause, Omitted),
        (rightshapes.WorkKind, WorkKind), (rightshapes.Belongs, Belongs), (rightshapes.SideView, SIX),
        (reportshapes.ReportState, models.ReportState), (reportshapes.CaptureState, models.CaptureState),
        (inboxshapes.CalibrationState, models.CalibrationState), (deskshapes.AuditKind, models.AuditKind),
    ]  # fmt: skip
    for words, kind in pairs:
        assert set(get_args(words)) == {one.value for one in kind}, kind
    assert "urgent" in dict(LEVELS)
    robots = {"webhook", "dingtalk", "wecom", "feishu"}
    assert set(get_args(noticeshapes.NewChannelKind)) == robots | set(SERVICES)


def test_whatever_the_document_refers_to_is_in_it() -> None:
    document = describe(OPERATIONS, server="http://127.0.0.1:8000", say=lambda text: text)
    referred = set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(document)))
    assert referred <= set(document["components"]["schemas"])
    assert {"FilingBriefPage", "Problem"} <= referred


def test_the_readable_page_shows_every_operation_in_both_languages(site: Site) -> None:
    client = site.app.test_client()
    for locale, words in (("zh", "您的设计，最新的在前"), ("en", "Your designs, the newest first")):
        page = client.get(f"/developers?lang={locale}").text
        assert words in page and 'id="rate_spent"' in page and "<script>" not in page
        for one in OPERATIONS:
            path = one.tag.lower().replace(" ", "-")
            part = client.get(f"/developers/{path}").text
            assert f'href="/developers/{path}#do-{one.name}"' in page and f'id="do-{one.name}"' in part
            assert all(f'id="{shape}"' in part for shape in re.findall(r'href="#(shape-\w+)"', part))
    assert client.get("/developers/nothing").status_code == 404


def test_no_answer_that_the_document_does_not_describe(generous: Site) -> None:
    document = describe(OPERATIONS, server="http://127.0.0.1:8000", say=lambda text: text)
    schema = schemathesis.openapi.from_dict(document)
    schema.app = generous.app
    furnished = furnish(generous)
    answered = {one.name: asked_in_many_ways(generous, schema, one, furnished) for one in OPERATIONS}
    unanswered = {one.name for one in OPERATIONS if not one.writes and one.status not in answered[one.name]}
    # A digest that was filed is not found by chance; no step of this case has a document or a paper, the design no
    # file of another kind, and no page was captured.
    assert unanswered <= {
        "by_digest", "case_document", "paper_file", "design_file", "alert_evidence_file", "case_evidence_file",
    }  # fmt: skip


def furnish(site: Site) -> dict[str, Any]:
    """One of everything that an address can name, made by the API; the values of the addresses."""
    callers = {name: token_for(site.runtime, name) for name in ("enterprise", "regulator", "auditor")}
    owner, officer, _ = (Program(site.app, token) for token in callers.values())
    deputy = Program(site.app, token_for(site.runtime, "second-regulator"))
    ids = {
        name: made.json["id"]
        for name, made in {
            "source_id": owner.post("/sources", {"kind": "push", "name": "ERP"}),
            "watch_id": owner.post("/watches", {"name": "一"}),
            "channel_id": owner.post("/channels", HOOK),
            "agreement_id": owner.post(f"/filings/{site.filing}/agreements", OFFER),
            "draft_id": owner.file(FORM, picture(97), to="/drafts"),
            "batch_id": owner.client.post("/api/v1/batches", data=small_batch(), headers=owner.bearing(ZIP)),
            "entry_id": owner.post(f"/filings/{site.filing}/sellers", {"mark": "name", "pattern": "旗舰店"}),
            "filter_id": owner.post("/alerts/filters", {"name": "云", "filter": {"state": "all"}}),
            "report_id": owner.post("/reports", {"address": "https://shop.example/9"}),
            "record_id": owner.send("right", RIGHT, {"paper": picture(98)}, f"/filings/{site.filing}/rights"),
            "view_id": officer.post("/cases/views", {"name": "云", "filter": {"tab": "mine"}}),
            "absence_id": officer.post("/absences", {"deputy": officer_id(deputy), **DAYS_AWAY}),
            "task_id": officer.post(f"/cases/{site.case}/tasks", {"text": "核对", "assignee": officer_id(officer)}),
        }.items()
    }
    statement = {"kind": "statement", "text": "这是我方的设计，详见备案。"}
    serial = owner.post(f"/cases/{site.case}/submissions", statement).json["serial"]
    letter = owner.post("/alerts/1/letters", LETTER).json["number"]
    return ids | {
        "tokens": callers, "number_of_letter": letter, "serial": serial, "alert_id": 1, "listing_id": 1,
        "seller_id": 1, "match_id": 1, "capture_id": 1, "calibration_id": 1, "version": 1, "kind": "warning",
        "link_id": 1, "import_id": 1, "position": 0, "action": "accepted", "action_id": 1, "paper_id": 1,
        "which": 0,
    }  # fmt: skip


def officer_id(officer: Program) -> int:
    return int(officer.get("/me").json["id"])


def asked_in_many_ways(
    site: Site, schema: schemathesis.BaseSchema, operation: Operation, furnished: dict[str, Any]
) -> set[int]:
    """The statuses of the answers, all of which the document describes; the same requests in every run."""
    asked = schema[re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", operation.rule)][operation.method]
    caller = CALLERS.get(operation.name) or CALLERS.get(operation.tag, "enterprise")
    token, statuses = furnished["tokens"][caller], set[int]()
    real = furnished["number_of_letter"] if operation.tag == "Letters" else ""
    numbers = {"number": real or (site.case if "/cases/" in operation.rule else site.filing)}
    numbers |= {"kind": "patent"} if operation.tag == "Rights" else {}

    @seed(2026)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=asked.as_strategy(), hits=st.sampled_from([True, True, True, False]))
    def ask(case: schemathesis.Case, hits: bool) -> None:
        if hits and case.path_parameters:
            case.path_parameters = {name: (furnished | numbers)[name] for name in case.path_parameters}
        answer = case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)
        statuses.add(answer.status_code)

    ask()
    return statuses


def test_a_program_may_ask_in_any_way_and_gets_no_fault_of_the_server(site: Site) -> None:
    token = token_for(site.runtime, "enterprise")
    asks = Program(site.app, token)
    for body in (None, [], "x", {"text": "\ud800"}, {"text": "a\0b"}, {"a": {"b": [{}] * 3}}, 10**400, 1e400):
        assert asks.post("/alerts/1/comment", body).status_code == 400
    deep: Any = {}
    for _ in range(300):
        deep = {"x": deep}
    assert asks.post("/alerts/1/comment", deep).status_code == 400
    client = site.app.test_client()
    raw = client.post(
        "/api/v1/alerts/1/comment",
        data=b"[" * 100_000,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    assert (raw.status_code, raw.json["code"]) == (400, "body_malformed")
    large = asks.post("/alerts/1/comment", {"text": "x" * 2**20})
    assert (large.status_code, large.json["code"]) == (413, "body_too_large")
