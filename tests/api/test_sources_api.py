from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from asking import program
from site_of_tests import Site
from sqlalchemy import select

from ipreg.models import ApiAnswer

ROW = {"platform": "淘淘", "listing_id": "9", "title": "戒指", "pictures": ["https://shop.example/a.jpg"]}
CRAWL = {"starts": ["https://shop.example/"], "pages": 10}


def test_a_source_is_made_pushed_to_paused_and_resumed(site: Site) -> None:
    keeper = program(site, "enterprise")
    made = keeper.post("/sources", {"kind": "push", "name": "ERP", "platform": "淘淘"})
    assert made.status_code == 201, made.text
    place = made.headers["Location"].partition("/api/v1")[2]
    assert (made.json["health"], made.json["has_token"], made.json["next_run_at"]) == ("new", False, None)
    token = keeper.post(f"{place}/token").json["token"]
    pushing = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    push = site.app.test_client().post("/api/v1/listings", data=json.dumps(ROW), headers=pushing)
    assert push.status_code == 202, push.text
    assert "RateLimit" in push.headers, "a source's token has an allowance too"
    assert keeper.post(f"{place}/pause").json["state"] == "paused"
    refused = site.app.test_client().post("/api/v1/listings", data=json.dumps(ROW), headers=pushing)
    assert (refused.status_code, refused.json["code"]) == (403, "source_paused")
    assert keeper.post(f"{place}/run").status_code == 409
    assert keeper.post(f"{place}/resume").json["state"] == "active"
    (run,) = keeper.get(f"{place}/runs").json["items"]
    assert (run["state"], run["fault"]) == ("running", None)
    assert keeper.get(place).json["last_run"]["id"] == run["id"]
    assert [one["name"] for one in keeper.get("/sources").json["items"]] == ["推送", "ERP"]


def test_the_same_push_at_once_is_one_import_for_all_who_sent_it(site: Site) -> None:
    keeper = program(site, "enterprise")
    headers = keeper.bearing("application/json") | {"Idempotency-Key": "monday"}
    with ThreadPoolExecutor(6) as together:
        sent = [
            together.submit(keeper.client.post, "/api/v1/listings?source=1", data=json.dumps(ROW), headers=headers)
            for _ in range(6)
        ]
    answers = [one.result() for one in sent]
    assert {one.status_code for one in answers} == {202}, [one.text for one in answers]
    assert len({one.json["import"] for one in answers}) == 1


def test_a_token_is_told_again_under_its_key_and_lies_encrypted(site: Site) -> None:
    keeper = program(site, "enterprise")
    (source,) = keeper.get("/sources").json["items"]
    first, again = (keeper.post(f"/sources/{source['id']}/token", Idempotency_Key="t") for _ in range(2))
    assert first.json == again.json and again.headers["Idempotency-Replayed"] == "true"
    with site.runtime.sessions() as session:
        kept = session.scalars(select(ApiAnswer.body)).one()
    assert first.json["token"].encode() not in kept


def test_a_crawl_and_a_feed_are_due_at_once_and_say_what_they_read(site: Site) -> None:
    keeper = program(site, "enterprise")
    crawl = keeper.post("/sources", {"kind": "crawl", "name": "店", "crawl": CRAWL}).json
    assert crawl["crawl"] | CRAWL == crawl["crawl"] and crawl["next_run_at"] is not None and crawl["feed"] is None
    feed = {"location": "https://shop.example/feed.csv", "complete": True}
    made = keeper.post("/sources", {"kind": "feed", "name": "表", "every_minutes": 60, "feed": feed}).json
    assert (made["feed"], made["every_minutes"]) == (feed, 60)
    assert keeper.get(f"/sources/{crawl['id']}/refused-pages").json == {"items": [], "next": None}


def test_what_a_source_lacks_or_may_not_is_told_with_its_field(site: Site) -> None:
    keeper = program(site, "enterprise")
    for body, code, field in (
        ({"kind": "crawl", "name": "x"}, "field_needed", "crawl"),
        ({"kind": "push", "name": "x", "crawl": CRAWL}, "field_unknown", "crawl"),
        ({"kind": "crawl", "name": "x", "crawl": {}}, "crawl_without_start", "starts"),
        ({"kind": "crawl", "name": "x", "crawl": {"starts": ["file:///etc/passwd"]}}, "address_wrong", "starts"),
        ({"kind": "feed", "name": "x", "feed": {"location": "/etc/passwd"}}, "address_wrong", "location"),
        ({"kind": "push", "name": " "}, "field_empty", "name"),
    ):
        answer = keeper.post("/sources", body)
        assert (answer.status_code, answer.json["code"], answer.json["field"]) == (400, code, field), answer.text
    crawl = keeper.post("/sources", {"kind": "crawl", "name": "店", "crawl": CRAWL}).json["id"]
    assert keeper.post(f"/sources/{crawl}/token").json["code"] == "source_takes_no_token"


def test_another_enterprise_neither_sees_nor_moves_a_source(site: Site) -> None:
    source = program(site, "enterprise").get("/sources").json["items"][0]["id"]
    rival = program(site, "rival")
    for act in ("pause", "run", "token"):
        assert rival.post(f"/sources/{source}/{act}").status_code == 404
    assert rival.get(f"/sources/{source}/runs").json["code"] == "source_missing"
    reader = program(site, "enterprise", "listings:read")
    assert reader.post(f"/sources/{source}/pause").json["code"] == "scope_missing"
