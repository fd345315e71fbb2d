"""Clients that send what no client of good will does: they are told why not, and others are served meanwhile."""

from __future__ import annotations

import gzip
import json
import re
import socket
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from asking import Program, picture, program
from serving import serving
from site_of_tests import Site

from ipreg.api.document import describe
from ipreg.api.routes import OPERATIONS

COMMENT = "/alerts/1/comment"


def sent_raw(asks: Program, body: bytes, path: str = COMMENT, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return asks.client.post(f"/api/v1{path}", data=body, headers=asks.bearing("application/json") | named)


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b'{"text": "a", "text": "b"}', "field_twice", "text"),
        (b'{"text": {"a": 1, "a": 2}}', "field_twice", "a"),
        ('{"text": "a"}'.encode("utf-16"), "body_malformed", None),
        (b'{"text": "a\\u0014"}', "field_control_characters", "text"),
        ('{"text": "a\u202eb"}'.encode(), "field_control_characters", "text"),
    ],
)
def test_a_body_that_two_readers_could_read_differently_is_refused(
    site: Site, body: bytes, code: str, field: str | None
) -> None:
    answer = sent_raw(program(site, "enterprise"), body)
    assert (answer.status_code, answer.json["code"], answer.json.get("field")) == (400, code, field)


def test_a_mark_of_the_byte_order_before_the_body_hurts_nobody(site: Site) -> None:
    assert sent_raw(program(site, "enterprise"), b'\xef\xbb\xbf{"text": "a"}').status_code == 200


def test_a_part_of_a_form_that_comes_twice_is_refused(site: Site) -> None:
    owner = program(site, "designer")
    parts = {"filing": ["{}", "{}"]}
    answer = owner.client.post("/api/v1/filings", data=parts, headers=owner.bearing("multipart/form-data"))
    assert (answer.status_code, answer.json["code"], answer.json["field"]) == (400, "field_twice", "filing")


@pytest.mark.parametrize("path", [COMMENT, "/listings?source=1", "/batches"])
def test_packed_bodies_are_refused_by_name(site: Site, path: str) -> None:
    asks, kind = program(site, "enterprise"), "application/zip" if path == "/batches" else "application/json"
    answer = sent_raw(asks, gzip.compress(b"{}"), path, Content_Encoding="gzip", Content_Type=kind)
    assert (answer.status_code, answer.json["code"]) == (415, "encoding_wrong")
    assert answer.json["detail"] == "Send the body as it is, not compressed."


def test_a_thousand_wrong_fields_get_a_short_answer(site: Site) -> None:
    many = json.dumps({f"field-{number}": 1 for number in range(20_000)}).encode()
    answer = sent_raw(program(site, "enterprise"), many)
    assert answer.status_code == 400 and len(answer.json["errors"]) == 100


def test_what_is_sent_where_nothing_is_expected_is_bounded_too(site: Site) -> None:
    answer = sent_raw(program(site, "enterprise"), b"x" * 2**21, "/notices/read", Idempotency_Key="large")
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("designer", "/filings?since=0001-01-01"),
        ("designer", "/filings?until=9999-12-31"),
        ("auditor", "/audit?since=0001-01-01"),
        ("auditor", "/audit?until=9999-12-31"),
        ("enterprise", "/alerts?since=0001-01-01"),
    ],
)
def test_days_at_the_ends_of_the_calendar_are_no_days_to_ask_for(site: Site, name: str, path: str) -> None:
    answer = program(site, name).get(path)
    (told,) = answer.json["errors"]
    assert answer.status_code == 400 and told["code"] == "date_wrong" and told["field"] in path


def test_a_time_that_no_zone_can_hold_is_refused(site: Site) -> None:
    late = {"row_version": 1, "until": "9999-12-31T23:59:59-14:00"}
    answer = program(site, "enterprise").post("/alerts/1/snooze", late)
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (400, "instant_wrong")


@pytest.mark.parametrize("key", ["a\tb", "k" * 201])
def test_a_key_that_the_description_does_not_allow_is_refused(site: Site, key: str) -> None:
    answer = program(site, "enterprise").post(COMMENT, {"text": "a"}, Idempotency_Key=key)
    assert (answer.status_code, answer.json["code"]) == (400, "key_wrong")


def test_a_page_of_cases_is_the_same_page_when_asked_again(site: Site) -> None:
    owner, officer = program(site, "enterprise"), program(site, "regulator")
    said = {"title": "外套", "seller": "夜市摊位", "place": "南京路", "text": "现场看到与我方备案相同的外套在售。"}
    owner.send("complaint", said, {"picture": picture(1)}, f"/filings/{site.filing}/complaints")
    first = officer.get("/cases?tab=open&limit=1")
    assert first.json["next"] is not None
    again = officer.get("/cases?tab=open&limit=1", If_None_Match=first.headers["ETag"])
    assert again.status_code == 304
    second = officer.get(f"/cases?tab=open&limit=1&cursor={first.json['next']}").json
    numbers = {first.json["items"][0]["number"], second["items"][0]["number"]}
    assert len(numbers) == 2 and second["next"] is None


@pytest.mark.network
def test_callers_who_never_end_what_they_send_keep_nobody_out(site: Site) -> None:
    begun = b"POST /api/v1/alerts/1/comment HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"
    with serving(site.app) as address, ExitStack() as open_ones:
        host, port = address.removeprefix("http://").split(":")
        for _ in range(120):
            one = open_ones.enter_context(socket.create_connection((host, int(port))))
            one.sendall(begun)
        assert httpx.get(f"{address}/api/v1/log", timeout=30).status_code == 200


# --- What the description says of it


def test_whatever_is_made_leads_to_what_can_be_done_with_it() -> None:
    document = describe(OPERATIONS, server="/", say=str)
    paths = {(one.name): re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", one.rule) for one in OPERATIONS}
    links = {
        about["operationId"]: answer["links"]
        for path in document["paths"].values()
        for about in path.values()
        for answer in about["responses"].values()
        if "links" in answer
    }
    assert links["new_watch"]["change_watch"]["parameters"] == {"path.watch_id": "$response.body#/id"}
    assert links["new_letter"]["letter"]["parameters"] == {"path.number": "$response.body#/number"}
    assert links["add_task"]["finish_task"]["parameters"] == {
        "path.number": "$request.path.number",
        "path.task_id": "$response.body#/id",
    }
    for following in (link for made in links.values() for link in made.values()):
        needed = {f"path.{name}" for name in re.findall(r"{(\w+)}", paths[following["operationId"]])}
        assert set(following["parameters"]) == needed


def test_the_description_names_the_scope_that_each_operation_needs() -> None:
    paths = describe(OPERATIONS, server="/", say=str)["paths"]
    assert paths["/api/v1/filings"]["get"]["security"] == [{"token": ["filings:read"]}]
    assert paths["/api/v1/me"]["get"]["security"] == [{"token": []}]
    assert paths["/api/v1/log"]["get"]["security"] == []
