from __future__ import annotations

import io
import zipfile

import pytest
from asking import LETTER, program
from scenery import HandClock
from site_of_tests import Site, build_site

from ipreg.runtime import Runtime


@pytest.fixture
def site(runtime: Runtime, clock: HandClock) -> Site:
    """With an alert that nobody has decided on."""
    return build_site(runtime, clock, confirmed=False)


def test_a_letter_is_drawn_up_made_sent_and_answered(site: Site) -> None:
    owner = program(site, "enterprise")
    made = owner.post("/alerts/1/letters", LETTER, Idempotency_Key="l")
    assert made.status_code == 201, made.text
    assert owner.post("/alerts/1/letters", LETTER, Idempotency_Key="l").json["number"] == made.json["number"]
    assert owner.get("/alerts/1").json["state"] == "confirmed", "it says that this is a copy"
    place = f"/letters/{made.json['number']}"
    ready = owner.get(place).json
    assert ready["state"] == "ready" and "sent" in ready["steps"]
    pdf = next(one for one in ready["files"] if one["media_type"] == "application/pdf")
    assert owner.get(f"{place}/files/{pdf['position']}").data.startswith(b"%PDF")
    assert pdf["name"] in zipfile.ZipFile(io.BytesIO(owner.get(f"{place}/zip").data)).namelist()
    day = ready["created_at"][:10]
    sent = owner.post(f"{place}/steps/sent", {"on": day, "way": "nothing", "row_version": ready["row_version"]})
    assert (sent.status_code, sent.json["field"]) == (400, "way")
    sent = owner.post(f"{place}/steps/sent", {"on": day, "way": "post", "row_version": ready["row_version"]})
    assert (sent.status_code, sent.json["state"]) == (200, "sent"), sent.text
    late = owner.post(f"{place}/steps/replied", {"on": day, "row_version": ready["row_version"]})
    assert (late.status_code, late.json["code"]) == (409, "letter_changed_by")
    assert owner.get("/letters?limit=1").json["items"][0]["number"] == made.json["number"]
    assert owner.post(f"{place}/steps/nonsense", {}).json["code"] == "letter_step_impossible"


def test_what_a_letter_lacks_is_told_and_strangers_find_none(site: Site) -> None:
    owner = program(site, "enterprise")
    for change, field in (({"truth": False}, "truth"), ({"phone": ""}, "phone"), ({"matches": [999]}, "matches")):
        answer = owner.post("/alerts/1/letters", {**LETTER, **change})
        assert (answer.status_code, answer.json["field"]) == (400, field), answer.text
    number = owner.post("/alerts/1/letters", LETTER).json["number"]
    rival = program(site, "rival")
    assert rival.get(f"/letters/{number}").json["code"] == "letter_missing"
    assert rival.post("/alerts/1/letters", LETTER).status_code == 404
    handed = owner.post(f"/letters/{number}/hand-over")
    assert handed.status_code == 200 and handed.json["state"] == "flagged", handed.text
