from __future__ import annotations

from asking import HOOK, program
from site_of_tests import Site
from sqlalchemy import select

from ipreg.models import ApiAnswer, Channel, Outgoing


def test_a_webhook_is_made_tested_timed_and_gets_a_new_secret(site: Site) -> None:
    asks = program(site, "enterprise")
    made = asks.post("/channels", HOOK, Idempotency_Key="hook")
    assert made.status_code == 201 and made.json["secret"].startswith("whsec_"), made.text
    assert asks.post("/channels", HOOK, Idempotency_Key="hook").json == made.json, "one channel, the same secret"
    place = f"/channels/{made.json['id']}"
    with site.runtime.sessions() as session:
        assert made.json["secret"].encode() not in session.scalars(select(ApiAnswer.body)).one()
        kept = session.get_one(Channel, made.json["id"])
        assert "erp.example" not in kept.address and made.json["secret"] not in kept.secret
    assert asks.post(f"{place}/test").status_code == 200
    with site.runtime.sessions() as session:
        assert session.scalars(select(Outgoing.channel_id)).all()[-1] == made.json["id"]
    times = {"rhythm": "daily", "hour": 7, "quiet_from": "22:00", "quiet_to": "06:30"}
    timed = asks.put(f"{place}/times", times).json
    assert {name: timed[name] for name in times} == times and timed["next_at"] is not None
    assert asks.put(f"{place}/times", {"rhythm": "daily", "quiet_from": "22:00"}).json["field"] == "quiet_to"
    assert asks.post(f"{place}/secret").json["secret"] != made.json["secret"]
    assert asks.post(f"{place}/pause").json["state"] == "paused"
    assert asks.post(f"{place}/again").json["state"] == "active"
    assert "secret" not in asks.get(place).json


def test_a_channel_is_its_owners_alone(site: Site) -> None:
    place = f"/channels/{program(site, 'enterprise').post('/channels', HOOK).json['id']}"
    for name in ("rival", "designer", "administrator"):
        asks = program(site, name)
        assert asks.get(place).status_code == 404
        assert asks.post(f"{place}/secret").json["code"] == "channel_missing"
    assert program(site, "auditor").post("/channels", HOOK).status_code == 403
    assert program(site, "enterprise", "notices:read").post("/channels", HOOK).json["code"] == "scope_missing"


def test_addresses_that_are_none_are_refused(site: Site) -> None:
    asks = program(site, "enterprise")
    for kind, address in (
        ("webhook", "ftp://erp.example/"), ("webhook", "javascript:alert(1)"),
        ("webhook", "https://erp.example/\r\nHost: other.example"),
        ("dingtalk", "https://evil.example/robot/send?access_token=1"), ("slack", "https://evil.example/"),
    ):  # fmt: skip
        answer = asks.post("/channels", {**HOOK, "kind": kind, "address": address})
        assert (answer.status_code, answer.json["field"]) == (400, "address"), answer.text


def test_notices_are_read_in_the_language_of_the_program(site: Site) -> None:
    asks = program(site, "enterprise")
    told = asks.get("/notices?unread=true&limit=1").json
    (notice,) = told["items"]
    assert notice["link"].startswith("http") and notice["read_at"] is None
    chinese = asks.get("/notices?limit=1", Accept_Language="zh").json["items"][0]
    assert chinese["id"] == notice["id"] and chinese["subject"] != notice["subject"]
    assert asks.post("/notices/read").json == {"unread": 0}
    assert asks.get("/notices?unread=true").json["items"] == []
    other = program(site, "rival").get("/notices").json["items"]
    assert notice["id"] not in [one["id"] for one in other]
