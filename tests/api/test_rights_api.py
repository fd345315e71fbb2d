from __future__ import annotations

import io
import zipfile

from asking import RIGHT, picture, program
from site_of_tests import Site


def test_a_right_is_recorded_once_with_its_paper_and_retracted(site: Site) -> None:
    owner = program(site, "designer")
    place = f"/filings/{site.filing}/rights"
    shown = {"paper": picture(98)}
    first, again = (owner.send("right", RIGHT, shown, place, Idempotency_Key="r") for _ in range(2))
    assert first.status_code == 201, first.text
    assert first.json == again.json and again.headers["Idempotency-Replayed"] == "true"
    (record,) = owner.get(place).json["records"]
    assert (record["number"], record["granted_on"]) == (RIGHT["number"], None) and record["log_index"] is not None
    assert owner.get(f"{place}/{record['id']}/paper").data == picture(98)
    wrong = owner.post(place, {**RIGHT, "number": "202630123456.1"})
    assert (wrong.status_code, wrong.json["field"]) == (400, "number")
    assert owner.post(f"{place}/{record['id']}/retract").json["records"] == []


def test_clocks_are_told_in_words_and_as_a_calendar(site: Site) -> None:
    owner = program(site, "designer")
    clocks = owner.get(f"/filings/{site.filing}/rights").json["clocks"]
    assert all(one["title"] and one["explanation"] for one in clocks)
    assert "pre_registration" in {one["kind"] for one in clocks}
    calendar = owner.get(f"/filings/{site.filing}/calendar")
    assert calendar.mimetype == "text/calendar" and calendar.text.startswith("BEGIN:VCALENDAR")
    assert owner.put("/reminders", {"wanted": False}).json == {"wanted": False}
    assert owner.get(f"/filings/{site.filing}/rights").json["reminders"] is False


def test_a_package_says_what_it_lacks_until_it_is_written(site: Site) -> None:
    owner = program(site, "designer")
    place = f"/filings/{site.filing}"
    before = owner.get(f"{place}/packages/patent").json["lacks"]
    written = owner.get(f"{place}/package-texts").json | {
        "product_use": "穿着", "essentials": "图案", "omitted": {"back": "unseen"},
    }  # fmt: skip
    assert owner.put(f"{place}/package-texts", written).json == written
    after = owner.get(f"{place}/packages/patent").json["lacks"]
    assert len(after) < len(before)
    packed = owner.get(f"{place}/packages/patent/zip")
    assert zipfile.ZipFile(io.BytesIO(packed.data)).namelist()
    assert owner.get(f"{place}/packages/nothing").status_code == 404
    long = owner.put(f"{place}/package-texts", {**written, "made_in": "x" * 201})
    assert (long.status_code, long.json["errors"][0]["field"]) == (400, "made_in")


def test_a_stranger_learns_nothing_of_what_a_filing_becomes(site: Site) -> None:
    rival = program(site, "rival")
    for path in ("rights", "calendar", "package-texts", "packages/patent", "packages/patent/zip"):
        assert rival.get(f"/filings/{site.filing}/{path}").status_code == 404
    assert rival.post(f"/filings/{site.filing}/rights", RIGHT).status_code == 404
    assert program(site, "regulator").post(f"/filings/{site.filing}/rights", RIGHT).status_code == 403
    reader = program(site, "designer", "filings:read")
    assert reader.post(f"/filings/{site.filing}/rights", RIGHT).json["code"] == "scope_missing"
