from __future__ import annotations

from urllib.parse import urlencode

from asking import program
from site_of_tests import Site

ASKED = {"state": "all", "severity": "high", "source": "淘淘", "since": "2026-01-01", "least": 10.5, "news": True}


def test_a_filter_is_kept_under_a_name_and_is_that_of_the_page(site: Site) -> None:
    asks = program(site, "enterprise")
    made = asks.post("/alerts/filters", {"name": "淘淘 急", "filter": ASKED})
    assert made.status_code == 201, made.text
    again = asks.post("/alerts/filters", {"name": "淘淘 急", "filter": {"state": "open", "kind": "copy"}})
    assert again.json == {"id": made.json["id"], "name": "淘淘 急", "query": "kind=copy"}
    assert asks.get("/alerts/filters").json["items"] == [again.json]
    assert asks.get(f"/alerts?{made.json['query']}").status_code == 200, "the query is that of the list"
    page = site.sign_in("enterprise")
    page.post("/alerts/filters", data={"name": "页面", "filter": urlencode({"state": "all", "assigned": "me"})})
    (of_page,) = (one for one in asks.get("/alerts/filters").json["items"] if one["name"] == "页面")
    assert asks.get(f"/alerts?{of_page['query']}").status_code == 200
    assert "淘淘 急" in page.get("/alerts").text
    stranger = program(site, "rival").delete(f"/alerts/filters/{made.json['id']}")
    assert (stranger.status_code, stranger.json["code"]) == (404, "filter_missing")
    assert asks.delete(f"/alerts/filters/{made.json['id']}").status_code == 204


def test_the_only_listing_of_an_alert_is_not_left_out(site: Site) -> None:
    asks = program(site, "enterprise")
    alert = asks.get("/alerts/1").json
    place = f"/alerts/1/listings/{alert['matches'][0]['id']}/leave-out"
    decided = asks.post(place, {"row_version": alert["row_version"]})
    assert (decided.status_code, decided.json["code"]) == (409, "alert_already_decided")
    asks.post("/alerts/1/reopen", {})
    assert asks.post("/alerts/1/listings/99/leave-out", {}).status_code == 404
    assert program(site, "rival").post(place, {}).status_code == 404


def test_thresholds_are_tried_on_what_was(site: Site) -> None:
    tried = program(site, "enterprise").get("/watches/trial").json["items"]
    assert [one["threshold"] for one in tried] == sorted(one["threshold"] for one in tried)
    assert tried[0]["alerts"] == 1 == tried[0]["confirmed"]
    assert program(site, "enterprise").get("/watches/calibrations").json["items"] == []
    assert program(site, "enterprise").post("/watches/calibrations/1", {"on": True}).status_code == 404
