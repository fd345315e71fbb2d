"""A shop sells a copy: it is found, warned of, captured, and provable when the shop deletes it. Real processes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from scenery import draw_picture, edited_copy
from shop import Shop, html
from test_main_job import Place, Visitor, place, sign_up
from warcio.archiveiterator import ArchiveIterator
from wizard import walk_wizard

from ipreg.digests import digests

__all__ = ["place"]
pytestmark = pytest.mark.network
COPY = edited_copy(draw_picture(1))


@pytest.fixture(autouse=True)
def private_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop is on this machine."""
    monkeypatch.setenv("IPREG_ALLOW_PRIVATE_ADDRESSES", "yes")


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop(products=5) as opened:
        opened.links = ["/goods/1", "/bomb", "/forbidden/x"]
        opened.extra["/goods/1"] = html(
            "外套",
            '<div itemscope itemtype="https://schema.org/Product"><h1 itemprop="name">秋冬外套</h1>'
            '<img itemprop="image" data-src="/copy.jpg"><b itemprop="offers" itemscope><i itemprop="price">99</i>'
            '<meta itemprop="priceCurrency" content="CNY"><u itemprop="seller">快手小铺</u></b></div>',
        )
        opened.extra["/copy.jpg"] = (200, {"Content-Type": "image/jpeg"}, COPY)
        yield opened


def test_a_copy_in_a_shop_is_found_captured_and_provable_after_it_is_deleted(place: Place, shop: Shop) -> None:
    enterprise = sign_up(place, "enterprise", "enterprise", organization_name="锦绣服饰")
    files_a_design(enterprise)
    watches(enterprise, shop)
    for _ in range(2):
        place.ipreg("jobs", "run")
    page = enterprise.see("/sources/1")
    assert "正常" in page and "robots.txt 要求不读取" in page and "超过 5.0 MB" in page
    assert not any(path.startswith("/forbidden") for path in shop.asked)
    alert = enterprise.see("/alerts/1")
    assert "秋冬外套" in alert and "快手小铺" in alert and "¥99" in alert
    del shop.extra["/goods/1"], shop.extra["/copy.jpg"]
    stays_provable(enterprise, shop)
    assert "风险" in enterprise.see(re.search(r"/sellers/\d+", alert).group(0))  # type: ignore[union-attr]
    case = enterprise.send("/alerts/1/confirm", alert)
    regulator = place.visitor()
    regulator.sign_in("regulator")
    number = re.search(r"AJ\d{4}-\d{7}-\w", case.text)
    assert number is not None and "/evidence/1" in regulator.see(f"/cases/{number.group(0)}")
    assert digests(COPY).sm3 in regulator.see("/evidence/1")
    rival = sign_up(place, "rival", "enterprise", organization_name="别家")
    for path in ("/evidence/1", "/evidence/1/files/0", "/evidence/1/replay", "/sources/1", "/sellers/1"):
        assert rival.client.get(path).status_code == 404, path


def files_a_design(designer: Visitor) -> None:
    check, page = walk_wizard(designer, {"front.jpg": draw_picture(1)})
    assert "YB20" in designer.send(check, page).text


def watches(enterprise: Visitor, shop: Shop) -> None:
    tried = enterprise.send("/sources/try", enterprise.see("/sources/try"), address=f"{shop.address}/goods/1")
    assert "秋冬外套" in tried.text and "microdata" in tried.text
    form = enterprise.see("/sources/new/crawl")
    wrong = enterprise.send("/sources/new/crawl", form, name="淘淘", starts="not an address")
    assert wrong.status_code == 400 and 'id="fault-starts"' in wrong.text
    values = {"name": "淘淘", "platform": "淘淘", "starts": f"{shop.address}/", "delay": "0", "pages": "100"}
    assert enterprise.send("/sources/new/crawl", form, **values).status_code == 200
    shop.asked.clear()


def stays_provable(enterprise: Visitor, shop: Shop) -> None:
    page = enterprise.see("/evidence/1")
    assert digests(COPY).sha256 in page and "刚刚验证通过" in page
    replayed = enterprise.client.get("/evidence/1/replay")
    assert "秋冬外套" in replayed.text and "sandbox" in replayed.headers["Content-Security-Policy"]
    picture = re.search(r'src="(/evidence/1/files/\d+[^"]*)"', replayed.text)
    assert picture is not None
    assert enterprise.client.get(picture.group(1).replace("&amp;", "&")).content == COPY
    warc = re.findall(r"/evidence/1/files/\d+", page)[-1]
    found = {
        one.rec_headers.get_header("WARC-Target-URI"): one.content_stream().read()
        for one in ArchiveIterator(io.BytesIO(enterprise.client.get(warc).content))
        if one.rec_type == "response"
    }
    assert found[f"{shop.address}/copy.jpg"] == COPY


def test_a_person_reports_what_he_saw(place: Place, shop: Shop) -> None:
    designer = sign_up(place, "designer", "designer")
    files_a_design(designer)
    page = designer.see(f"/reports?address={shop.address}/goods/1")
    assert "javascript:void(open(" in page.replace("&#39;", "'")
    assert designer.send("/reports", page, address=f"{shop.address}/goods/1").status_code == 200
    for _ in range(2):
        place.ipreg("jobs", "run")
    assert "已收录" in designer.see("/reports")
    assert "秋冬外套" in designer.see("/alerts/1")
