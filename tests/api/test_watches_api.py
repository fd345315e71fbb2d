from __future__ import annotations

from typing import Any

import pytest
from asking import program
from scenery import HandClock
from site_of_tests import Site, build_site

from ipreg.api import calls
from ipreg.runtime import Runtime


@pytest.fixture
def site(runtime: Runtime, clock: HandClock) -> Site:
    """With an alert that nobody has decided on."""
    return build_site(runtime, clock, confirmed=False)


def test_of_two_that_take_away_the_same_at_once_both_are_told_that_it_is_done(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = program(site, "enterprise")
    watch = owner.post("/watches", {"name": "一"}).json["id"]
    assert owner.delete(f"/watches/{watch}", Idempotency_Key="k").status_code == 204
    known, asked = calls._known, list[str]()

    def late(*given: Any) -> Any:
        """The other one's answer is kept a moment after this one looked for it."""
        asked.append("once")
        return known(*given) if len(asked) > 1 else None

    monkeypatch.setattr(calls, "_known", late)
    again = owner.delete(f"/watches/{watch}", Idempotency_Key="k")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (204, "true")


def test_a_write_that_counts_on_if_match_is_refused(site: Site) -> None:
    owner = program(site, "enterprise")
    refused = owner.post("/watches", {"name": "一"}, If_Match='"x"')
    assert (refused.status_code, refused.json["code"]) == (400, "if_match_unknown")
    assert owner.get("/watches", If_Match='"x"').status_code == 200


def test_a_watch_is_made_changed_as_a_whole_and_taken_away(site: Site) -> None:
    owner = program(site, "enterprise")
    form = {"name": "夜里", "scope": "filings", "filings": [site.filing.lower()], "threshold": 0.85, "look": 0.7,
            "least_price": "99.50", "quiet_from": "22:00", "quiet_until": "07:00", "regions": ["广东"]}  # fmt: skip
    made = owner.post("/watches", form)
    assert made.status_code == 201, made.text
    told = made.json
    assert (told["filings"], told["threshold"], told["look"], told["least_price"]) == (
        [site.filing],
        0.85,
        0.7,
        "99.5",
    )
    assert (told["quiet_from"], told["regions"], told["row_version"]) == ("22:00", ["广东"], 1)
    place = f"/watches/{told['id']}"
    assert owner.put(place, form).json["field"] == "row_version"
    changed = owner.put(place, {"name": "全部", "row_version": 1})
    assert (changed.json["scope"], changed.json["filings"], changed.json["threshold"]) == ("all", [], None)
    late = owner.put(place, {"name": "x", "row_version": 1})
    assert (late.status_code, late.json["code"]) == (409, "changed_meanwhile")
    gone = owner.delete(place)
    assert (gone.status_code, gone.data) == (204, b"")
    assert owner.get(place).status_code == 404 and owner.get("/watches").json["items"] == []


def test_taking_away_under_a_key_is_done_once(site: Site) -> None:
    owner = program(site, "enterprise")
    watch = owner.post("/watches", {"name": "一"}).json["id"]
    answers = [owner.delete(f"/watches/{watch}", Idempotency_Key="gone") for _ in range(2)]
    assert [one.status_code for one in answers] == [204, 204]
    assert answers[1].headers["Idempotency-Replayed"] == "true"


def test_a_watch_says_what_it_does_not_know(site: Site) -> None:
    owner = program(site, "enterprise")
    for form, field in (
        ({"name": "x", "scope": "filings", "filings": [site.filing, "YB2026-0000009-9"]}, "filings"),
        ({"name": "x", "filings": [site.filing]}, "filings"),
        ({"name": "x", "recipients": [9999]}, "recipients"),
        ({"name": "x", "zone": "Mars/Base"}, "zone"),
        ({"name": "x", "least_price": "20", "most_price": "10"}, "most_price"),
        ({"name": "x", "quiet_from": "22:00"}, "quiet_until"),
        ({"name": "x", "scope": "industry"}, "industry"),
    ):
        answer = owner.post("/watches", form)
        assert (answer.status_code, answer.json["field"]) == (400, field), answer.text
    assert owner.get("/watches").json["items"] == []


def test_a_licensed_seller_quiets_his_alerts_until_he_is_taken_off(site: Site) -> None:
    owner = program(site, "enterprise")
    place = f"/filings/{site.filing}/sellers"
    allowed = owner.post(place, {"mark": "name", "pattern": "快手*", "note": "合同 7"})
    assert allowed.status_code == 201, allowed.text
    assert owner.get("/alerts/1").json["dismiss_reason"] == "licensed"
    (entry,) = owner.get(place).json["items"]
    assert (entry["pattern"], entry["note"], entry["every_design"]) == ("快手*", "合同 7", False)
    assert program(site, "rival").delete(f"{place}/{entry['id']}").status_code == 404
    assert owner.delete(f"{place}/{entry['id']}").status_code == 204
    assert owner.post(place, {"mark": "name", "pattern": "*"}).json["field"] == "pattern"


def test_the_kind_of_a_match_is_told_and_asked_for(site: Site) -> None:
    owner = program(site, "enterprise")
    (alert,) = owner.get("/alerts").json["items"]
    assert alert["kind"] == owner.get("/alerts/1").json["matches"][0]["kind"] == "copy"
    assert len(owner.get("/matches?kind=copy").json["items"]) == 1
    assert owner.get("/matches?kind=similar").json["items"] == []


def test_an_act_is_taken_back_by_who_did_it(site: Site) -> None:
    owner = program(site, "enterprise")
    done = owner.post("/alerts/1/dismiss", {"reason": "mine"}).json
    assert program(site, "designer").post(f"/alerts/actions/{done['undo']}/undo").status_code == 404
    assert owner.post(f"/alerts/actions/{done['undo']}/undo").json == {"alerts": 1}
    back = owner.get("/alerts/1").json
    assert (back["state"], back["undo"]) == ("open", None)


def test_an_alert_confirmed_for_oneself_is_handed_over_later(site: Site) -> None:
    owner = program(site, "enterprise")
    assert owner.post("/alerts/1/hand-over", {}).status_code == 200
    assert owner.get("/alerts/1").json["case"] is not None
    again = owner.post("/alerts/1/hand-over", {"note": "再次"})
    assert again.json["case"] == owner.get("/alerts/1").json["case"]
