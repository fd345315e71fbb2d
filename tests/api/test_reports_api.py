from __future__ import annotations

import base64

from asking import picture, program
from site_of_tests import Site
from sqlalchemy import select

from ipreg.models import Seller
from jobs import imports


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


def test_two_shops_are_said_to_be_one_seller_until_that_is_taken_back(site: Site) -> None:
    asks = program(site, "enterprise")
    source = asks.post("/sources", {"kind": "push", "name": "ERP"}).json["id"]
    shown = "data:image/jpeg;base64," + base64.b64encode(picture(96)).decode()
    common = {"platform": "淘淘", "title": "外套", "pictures": [shown]}
    rows = [{**common, "listing_id": name, "seller": name} for name in ("快手一店", "快手二店")]
    assert asks.post(f"/listings?source={source}", {"listings": rows}).status_code == 202
    imports.run(site.runtime)
    with site.runtime.sessions() as session:
        one, other = session.scalars(select(Seller.id).where(Seller.name.in_(["快手一店", "快手二店"])))
    untold = asks.post(f"/sellers/{one}/links", {"other": other, "same": True})
    assert (untold.status_code, untold.json["field"]) == (400, "reason")
    said = asks.post(f"/sellers/{one}/links", {"other": other, "same": True, "reason": "同一电话"})
    assert said.status_code == 201, said.text
    assert [each["id"] for each in asks.get(f"/sellers/{one}").json["links"]] == [said.json["id"]]
    assert program(site, "rival").post(f"/sellers/{one}/links", {"other": other, "same": False}).status_code == 404
    assert asks.delete(f"/sellers/{one}/links/{said.json['id']}").status_code == 204
    assert asks.get(f"/sellers/{one}").json["links"] == []
