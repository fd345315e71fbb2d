"""Amending, the opening day and offers on their pages: what was entered is there again, whatever was wrong."""

from __future__ import annotations

import io

import pytest
from scenery import HandClock, draw_picture
from site_of_tests import Site
from sqlalchemy import select
from wizard import file_by_wizard

from ipreg.db import transaction
from ipreg.models import Agreement, Filing, FilingState, RightKind
from ipreg.web import keeping


def changed(site: Site, **more: object) -> dict[str, object]:
    """The amendment's form as its page offers it, with ``more`` in place of its values."""
    with site.runtime.sessions() as session:
        filing = session.scalars(select(Filing).where(Filing.number == site.filing)).one()
        given = keeping._stated(filing)
        given |= {"keep": [one.sha256 for one in filing.views], "seen_version": filing.version}
    return {**given, "created_on": str(given["created_on"]), "first_disclosed_on": "", **more}


def newest(site: Site) -> tuple[Filing, list[str], list[str]]:
    with site.runtime.sessions() as session:
        filing = session.scalars(select(Filing).where(Filing.number == site.filing)).one()
        return filing, [one.kind.value for one in filing.views], [one.filename for one in filing.design_files]


def test_who_amends_second_loses_neither_his_words_nor_the_others_pictures(site: Site) -> None:
    client, path = site.sign_in("designer"), f"/filings/{site.filing}/amend"
    slow = changed(site, title="第二个标签页", materials="丝")
    more = {"view": "back", "pictures": (io.BytesIO(draw_picture(9)), "back.jpg")}
    assert client.post(path, data=changed(site, title="第一个标签页", **more)).status_code == 302
    late = client.post(path, data=slow)
    assert late.status_code == 409 and 'value="第二个标签页"' in late.text and 'value="丝"' in late.text
    assert 'name="seen_version" value="2"' in late.text and late.text.count(" checked") == 2
    with site.runtime.sessions() as session:
        filing = session.scalars(select(Filing).where(Filing.number == site.filing)).one()
        keep = [one.sha256 for one in filing.views]
    assert client.post(path, data={**slow, "seen_version": 2, "keep": keep}).status_code == 302
    found, kinds, _ = newest(site)
    assert (found.version, found.title, kinds) == (3, "第二个标签页", ["front", "back"])


def test_an_amendment_states_all_that_a_filing_does(site: Site) -> None:
    client, path = site.sign_in("designer"), f"/filings/{site.filing}/amend"
    page = client.get(path).text
    for name in ("rights_wanted", "district", "design_files", "view-of-"):
        assert f'name="{name}' in page, name
    first = changed(site)
    (digest,) = first["keep"]  # type: ignore[misc]
    sent = {
        **first, "rights_wanted": ["design_patent", "copyright"], "district": "罗湖",
        "locarno_class": "LOC (15) Cl. 2-2",
        f"view-of-{digest}": "perspective", "design_files": (io.BytesIO(b"%PDF-1.4\n%%EOF\n"), "设计说明.pdf"),
        "view-2": "left", "pictures-2": (io.BytesIO(draw_picture(4)), "l.jpg"),
    }  # fmt: skip
    answer = client.post(path, data=sent, content_type="multipart/form-data")
    assert answer.status_code == 302, answer.text
    found, kinds, files = newest(site)
    assert (found.district, found.locarno_class, kinds) == ("罗湖", "02-02", ["perspective", "left"])
    assert set(found.rights_wanted) == {RightKind.DESIGN_PATENT, "copyright"} and files == ["设计说明.pdf"]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"locarno_class": "31-77"}, "locarno_class"), ({"created_on": ""}, "created_on"), ({"title": ""}, "title")],
)
def test_a_wrong_amendment_is_told_beside_its_field(site: Site, change: dict[str, str], field: str) -> None:
    answer = site.sign_in("designer").post(f"/filings/{site.filing}/amend", data=changed(site, **change))
    assert answer.status_code == 400 and f'id="fault-{field}"' in answer.text
    assert newest(site)[0].version == 1


def test_a_wrong_opening_day_is_told_beside_it(site: Site, clock: HandClock) -> None:
    with transaction(site.runtime.sessions) as session:
        filing = session.scalars(select(Filing).where(Filing.number == site.filing)).one()
        filing.vault_key, filing.state = site.runtime.store.new_key(session, now=clock()), FilingState.SEALED
    client, path = site.sign_in("designer"), f"/filings/{site.filing}/opening-day"
    for day in ("2020-01-01", "tomorrow"):
        answer = client.post(path, data={"opens_on": day})
        assert (
            answer.status_code == 400 and 'id="fault-opens_on"' in answer.text and f'value="{day}"' in answer.text
        )
    assert client.post(path, data={"opens_on": "2027-01-01"}).status_code == 302


def test_an_offer_made_before_its_shops_were_checked_is_refused_in_words(site: Site) -> None:
    giver, taker = site.sign_in("enterprise"), site.sign_in("rival")
    offer = f"/filings/{site.filing}/offer/licence"
    sent = {"taker_email": "rival@ipreg.example", "licence_kind": "ordinary", "shops": "*"}
    refused = giver.post(offer, data=sent)
    assert refused.status_code == 400 and 'id="fault-shops"' in refused.text
    place = giver.post(offer, data={**sent, "shops": "快手小铺"}).headers["Location"]
    with transaction(site.runtime.sessions) as session:
        found = session.scalars(select(Agreement)).one()
        found.shops = "*"
    answer = taker.post(f"{place}/accept")
    assert answer.status_code == 409 and 'role="alert"' in answer.text


def test_what_was_destroyed_is_offered_no_more(site: Site) -> None:
    client = site.sign_in("freelancer")
    page = file_by_wizard(client, {"a.jpg": draw_picture(5), "源.zip": b"PK\5\6" + bytes(18)}).headers["Location"]
    page = page.split("?")[0]
    number = page.rpartition("/")[2]
    assert "/packages/patent" in client.get(f"{page}/rights").text
    gone = {"files": "destroy", "confirmed": number}
    assert client.post(f"{page}/withdraw", data=gone).status_code == 302
    for place in (page, f"{page}/rights"):
        shown = client.get(place)
        assert shown.status_code == 200 and "/packages/" not in shown.text and "/files/0" not in shown.text
    for place in (
        "packages/patent",
        "packages/patent.zip",
        "files/0",
        "views/0",
        "certificate.pdf",
        "evidence.zip",
    ):
        assert client.get(f"{page}/{place}").status_code == 404, place
    assert f"{number} 的文件已在撤回时销毁" in client.get(f"{page}/packages/works").text
