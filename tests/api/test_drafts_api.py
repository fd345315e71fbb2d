from __future__ import annotations

from asking import FORM, ZIP, picture, program, small_batch
from site_of_tests import Site
from werkzeug.test import TestResponse

from ipreg.db import utc_now
from jobs import batches as batch_job
from jobs import novelty as novelty_job


def test_a_draft_is_compared_before_it_is_filed(site: Site) -> None:
    owner = program(site, "designer")
    form = {**FORM, "creators": [{"name": "林晓", "share": "100"}], "keywords": ["云纹", "外套"]}
    made = owner.file(form, picture(98), to="/drafts")
    assert made.status_code == 201, made.text
    place = f"/drafts/{made.json['id']}"
    assert (made.json["compared"], made.json["faults"], made.json["filing"]) == (False, [], None)
    novelty_job.run(site.runtime, clock=utc_now)
    told = owner.get(place).json
    assert told["compared"] is True and told["files"][0]["view"] == "front"
    assert program(site, "rival").get(place).json["code"] == "draft_missing"
    filed = owner.post(f"{place}/file")
    assert filed.status_code == 201, filed.text
    assert (filed.json["title"], filed.json["keywords"]) == (FORM["title"], ["云纹", "外套"])
    assert owner.post(f"{place}/file").json["number"] == filed.json["number"], "filed once"
    assert owner.delete(place).json["code"] == "draft_filed"
    assert owner.get("/drafts").json["items"] == []


def test_what_is_alike_is_told_as_far_as_it_is_for_the_reader(site: Site) -> None:
    stranger = program(site, "freelancer")
    from scenery import draw_picture

    made = stranger.file(FORM, draw_picture(1), to="/drafts").json
    novelty_job.run(site.runtime, clock=utc_now)
    alike = stranger.get(f"/drafts/{made['id']}").json["alike"]
    filings = [one for one in alike if one["kind"] == "filing"]
    assert filings and filings[0]["filing"] == {"number": site.filing, "title": None}
    assert filings[0]["probability"] > 0.9 and not filings[0]["yours"]
    assert stranger.delete(f"/drafts/{made['id']}").status_code == 204


def test_a_batch_is_checked_filed_and_is_the_same_when_it_is_sent_again(site: Site) -> None:
    owner, data = program(site, "designer"), small_batch()

    def send(sent: bytes, **more: str) -> TestResponse:
        headers = owner.bearing(ZIP) | {name.replace("_", "-"): value for name, value in more.items()}
        return owner.client.post("/api/v1/batches", data=sent, headers=headers)

    made = send(data, Idempotency_Key="b")
    assert (made.status_code, made.json["state"]) == (202, "checking"), made.text
    assert send(data, Idempotency_Key="b").json == made.json
    assert send(data).json["id"] == made.json["id"]
    assert send(b"PK another", Idempotency_Key="b").json["code"] == "key_reused"
    place = f"/batches/{made.json['id']}"
    assert owner.post(f"{place}/file").json["code"] == "batch_not_checked"
    batch_job.run(site.runtime, clock=utc_now)
    (row,) = owner.get(place).json["rows"]
    assert (row["state"], row["faults"]) == ("good", [])
    assert owner.post(f"{place}/file").json["state"] == "filing"
    batch_job.run(site.runtime, clock=utc_now)
    (row,) = owner.get(place).json["rows"]
    assert row["state"] == "filed" and owner.get(f"/filings/{row['filing']}").json["title"] == "戒指"
    assert program(site, "rival").get(place).status_code == 404
    assert send(b"no zip").json["field"] == "batch"
    assert owner.client.post("/api/v1/batches", data=data, headers=owner.bearing("text/plain")).status_code == 415
    assert owner.delete(place).status_code == 204 and owner.get("/batches").json["items"] == []
