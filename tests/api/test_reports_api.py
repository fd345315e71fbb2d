from __future__ import annotations

from asking import picture, program
from site_of_tests import Site


def test_an_address_is_reported_once_and_a_picture_is_a_listing_at_once(site: Site) -> None:
    asks = program(site, "designer")
    address = {"address": "https://shop.example/7", "note": "像我的"}
    first, again = asks.post("/reports", address), asks.post("/reports", address)
    assert (first.status_code, first.json["state"]) == (201, "waiting"), first.text
    assert first.json["id"] == again.json["id"]
    shown = asks.send("report", {"title": "外套"}, {"picture": picture(96)}, "/reports").json
    assert shown["state"] == "kept"
    listing = asks.get(f"/listings/{shown['listing']}").json
    assert listing["title"] == "外套"
    assert asks.get(f"/listings/{shown['listing']}/pictures/0").data == picture(96)
    assert asks.get(f"/listings/{shown['listing']}/pictures/1").status_code == 404
    titles = [one["title"] for one in asks.get("/reports?limit=1").json["items"]]
    assert titles == ["外套"], "the newest first"
    assert program(site, "enterprise").get(f"/reports/{first.json['id']}").status_code == 404


def test_what_a_report_lacks_is_told_with_its_field(site: Site) -> None:
    asks = program(site, "designer")
    for body, field in (({}, "address"), ({"address": "file:///etc/passwd"}, "address")):
        answer = asks.post("/reports", body)
        assert (answer.status_code, answer.json["field"]) == (400, field)
    untitled = asks.send("report", {}, {"picture": picture(96)}, "/reports")
    assert (untitled.status_code, untitled.json["field"]) == (400, "title")


def test_a_seller_is_shown_to_whom_his_listings_concern(site: Site) -> None:
    found = program(site, "enterprise").get("/sellers/1").json
    assert (found["name"], found["platform"]) == ("快手小铺", "淘淘")
    assert found["risk"] == min(100, sum(one["points"] for one in found["reasons"])) > 0
    assert found["cases"] == [site.case] and found["listings"][0]["title"] == "外套"
    assert program(site, "rival").get("/sellers/1").status_code == 404
