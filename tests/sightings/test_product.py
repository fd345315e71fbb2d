"""What is read from a product's page, however it is published."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shop import product, title_of

from ipreg.errors import CallerError
from ipreg.sightings.prices import parse_price
from ipreg.sightings.product import Product, read_product
from ipreg.sightings.siterules import load_rules, parse_rules, rule_faults
from ipreg.sightings.webpage import WebPage, page_of, shape_of, tidy_address

AT = "https://www.shop.example/item/7"
PRODUCT = '{"@type":"http://schema.org/Product","name":"A"'
RULES = """
hosts = ["shop.example"]
product = "/item/"
[fields]
title = "h1.name"
price = ".cost"
currency = "=CNY"
seller = "b.shop"
pictures = "#photos img"
"""


def read(body: str, head: str = "") -> Product | None:
    return read_product(WebPage(AT, f"<html><head>{head}</head><body>{body}</body></html>"))


def ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("declared", [True, False])
def test_every_way_of_publishing_in_every_charset(number: int, declared: bool) -> None:
    text, charset = product(number, "12.50")
    kind = f"text/html; charset={charset}" if declared else "text/html"
    found = read_product(page_of(f"https://shop.example/item/{number}?utm_source=x", text.encode(charset), kind))
    assert found is not None
    assert (found.title, found.price, found.address) == (
        title_of(number), "12.50" if number % 6 not in (0, 4) else "12.5", f"https://shop.example/item/{number}",
    )  # fmt: skip
    assert found.currency == ("CNY", "TWD", "EUR", "CNY", "CNY", "TWD")[number]
    assert f"https://shop.example/pic/{number}.jpg" in found.pictures or number % 6 in (1, 5)
    assert found.found_by[0] == ("json-ld", "microdata", "rdfa", "open-graph", "json-ld", "microdata")[number]


def test_seller_brand_and_availability() -> None:
    text, _ = product(0, "9")
    found = read_product(WebPage("https://shop.example/item/0", text))
    assert found is not None
    assert (found.seller, found.seller_address, found.brand) == ("快手小铺", "https://shop.example/shop/7", "云锦")
    assert found.availability == "in_stock"


def test_the_largest_of_a_set_of_pictures_is_taken() -> None:
    text, _ = product(1, "9")
    found = read_product(WebPage("https://shop.example/item/1", text))
    assert found is not None and found.pictures == ("https://shop.example/pic/1-800.jpg",)


@pytest.mark.parametrize(
    ("image", "best"),
    [
        ('<img itemprop="image" src="/s.jpg" data-zoom-image="/z.jpg">', "z"),
        ('<img itemprop="image" src="/s.jpg" srcset="/a.jpg 1x, /b.jpg 2x">', "b"),
        ('<img itemprop="image" src="/s.jpg" srcset="/a,1.jpg 100w,/b,1.jpg 900w">', "b,1"),
        ('<img itemprop="image" src="data:image/png;base64,xx" data-src="/l.jpg">', "l"),
        ('<picture><source srcset="/x.avif 400w, /x.jpg 1200w"><img itemprop="image" src="/s.jpg"></picture>', "x"),
        ('<img itemprop="image" src="/s.jpg">', "s"),
        ('<img itemprop="image" src="/s.jpg" data-lazy-srcset="/a.jpg 100w, /b.jpg 900w">', "b"),
        ('<object itemprop="image" data="/o.jpg"></object>', "o"),
        ('<a href="/whole.jpg?v=1"><img itemprop="image" src="/s.jpg" srcset="/m.jpg 600w"></a>', "whole.jpg?v=1"),
        ('<a href="/item/8"><img itemprop="image" src="/s.jpg"></a>', "s"),
        ('<img itemprop="image" src="/s.jpg" data-old-hires="/h.jpg">', "h"),
    ],
)
def test_best_size_of_an_image_element(image: str, best: str) -> None:
    found = read(f'<div itemscope itemtype="http://schema.org/Product"><b itemprop="name">A</b>{image}</div>')
    name = best if "." in best else f"{best}.jpg"
    assert found is not None and found.pictures == (f"https://www.shop.example/{name}",)


@pytest.mark.parametrize(
    ("text", "price"),
    [
        (f'{PRODUCT},"offers":[{{"@type":"AggregateOffer","lowPrice":"9.90","priceCurrency":"USD"}}]}}', "9.90"),
        (f'{PRODUCT},"offers":{{"priceSpecification":[{{"price":"1.299,00 €","currency":"x"}}]}}}}', "1299.00"),
        ('[{"@type":"ProductGroup","name":"A","hasVariant":[{"@type":"Product","offers":{"price":5}}]}]', "5"),
        (f'<!-- {{"@graph":[{{"@type":"WebPage","mainEntity":{PRODUCT},"offers":{{"price":"￥7"}}}}}}]}} -->', "7"),
        ('{"@type":"Product","name":"A\tB\n","offers":{"price":"3"}};', "3"),
        (f'{PRODUCT}, // x "y"\n //"sku": 1,\n"url":"http://x//y","offers":{{"price":"4",}},\n}}', "4"),
    ],
)  # fmt: skip
def test_json_ld_as_shops_write_it(text: str, price: str) -> None:
    found = read("", ld(text))
    assert found is not None and found.price == price and found.title.startswith("A")


def test_a_list_of_products_is_no_product_and_a_related_one_not_the_pages() -> None:
    one, two = (f'{{"@type":"Product","name":"{name}"}}' for name in ("甲", "乙"))
    assert read("<h1>所有商品</h1>", ld(f"[{one},{two}]")) is None
    found = read("<h1>乙 特价</h1>", ld(f"[{one},{two}]"))
    assert found is not None and found.title == "乙"
    nested = (
        '<div itemscope itemtype="https://schema.org/Product"><b itemprop="name">主</b>'
        '<div itemprop="isRelatedTo" itemscope itemtype="https://schema.org/Product"><b itemprop="name">副</b>'
    )
    found = read(nested)
    assert found is not None and found.title == "主"


def test_a_product_without_a_name_does_not_hide_the_one_with_one() -> None:
    """As in the test suite of the extruct library, where properties are kept apart in a product of their own."""
    nameless = '<div itemscope itemtype="https://schema.org/Product"><img itemprop="image" src="/3.jpg"></div>'
    found = read('<div itemscope itemtype="http://schema.org/Product"><b itemprop="name">砧</b></div>' + nameless)
    assert found is not None and found.title == "砧"


def test_open_graph_alone_is_a_product_only_where_it_says_so() -> None:
    assert read("", '<meta property="og:title" content="新闻"><meta property="og:type" content="article">') is None


def test_site_rules_read_what_has_no_data() -> None:
    body = '<h1 class="name"> 素色 </h1><i class="cost">1,299.00 元</i><b class="shop">好店</b>'
    body += '<div id="photos"><img data-src="/p.jpg"></div>'
    page = WebPage(AT, body)
    assert read_product(page) is None
    found = read_product(page, parse_rules(RULES))
    assert found is not None
    assert (found.title, found.price, found.currency, found.seller) == ("素色", "1299.00", "CNY", "好店")
    assert found.pictures == ("https://www.shop.example/p.jpg",) and found.found_by == ("rules",)
    assert read_product(WebPage("https://shop.example/about", body), parse_rules(RULES)) is None


def test_wrong_rules_are_all_told_and_the_others_hold(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("hosts = []\n")
    (tmp_path / "b.toml").write_text('hosts = ["b"]\nproduct = "("\n')
    (tmp_path / "c.toml").write_text('hosts = ["c"]\n[fields]\ncolour = "i"\n')
    (tmp_path / "d.toml").write_text('hosts = ["d"]\n[fields]\ntitle = "h1["\n')
    (tmp_path / "e.toml").write_text(RULES)
    assert [fault.partition(":")[0] for fault in rule_faults(tmp_path)] == ["a.toml", "b.toml", "c.toml", "d.toml"]
    assert set(load_rules(tmp_path)) == {"shop.example"}


@pytest.mark.parametrize(
    ("text", "hint", "price"),
    [("￥1,299.00 元", "", ("1299.00", "CNY")), ("1.299,00 €", "", ("1299.00", "EUR")), ("$5", "TWD", ("5", "TWD")),
     ("99", "cny", ("99", "CNY")), ("免费", "", ("", "")), ("12.50 CNY", "", ("12.50", "CNY")),
     ("US $12.99", "", ("12.99", "USD")), ("1.2万元", "", ("12000", "CNY")), ("RMB 1,299", "", ("1299", "CNY")),
     ("¥１，２９９．００", "", ("1299.00", "CNY")), ("¥99.00 - ¥199.00", "", ("99.00", "CNY")),
     ("99~199元", "", ("99", "CNY")), ("1 299,99 zł", "", ("1299.99", "PLN")),
     ("CHF 1'299.00", "", ("1299.00", "CHF")), ("CHF 1’299.–", "", ("1299", "CHF")),
     ("MOP$ 100", "", ("100", "MOP")), ("HK$1,280", "", ("1280", "HKD")), ("RMB 99起", "", ("99", "CNY")),
     ("₹1,29,999", "", ("129999", "INR")), ("R$ 1.299,90", "", ("1299.90", "BRL")),
     ("129.000đ", "", ("129000", "VND")),
     ("$ 12 99", "", ("12.99", "USD")), ("1299", "￥", ("1299", "CNY")), ("1299", "人民币", ("1299", "CNY")),
     ("NT$ 880", "", ("880", "TWD")), ("1 299 kr", "", ("1299", "")), ("-5 €", "", ("", "")), ("¥-5", "", ("", "")),
     ("9" * 13, "", ("", "")), ("", "CNY", ("", ""))],
)  # fmt: skip
def test_prices(text: str, hint: str, price: tuple[str, str]) -> None:
    assert parse_price(text, hint) == price


@pytest.mark.parametrize(
    ("page", "at", "currency"),
    [("<html lang=ja>", "https://a.example/1", "JPY"), ("<html lang=zh>", "https://a.example/1", "CNY"),
     ("", "https://a.co.jp/1", "JPY"), ("", "https://a.example/1", "CNY")],
)  # fmt: skip
def test_a_sign_that_countries_share_means_the_pages_own(page: str, at: str, currency: str) -> None:
    found = read_product(WebPage(at, page + ld(PRODUCT + ',"offers":{"price":"¥12,900"}}')))
    assert found is not None and (found.price, found.currency) == ("12900", currency)


def test_what_is_no_page_is_told() -> None:
    for body in (b"PK\x03\x04\x14\x00\x00\x00", b"\x89PNG\r\n\x1a\n\0\0", b"", b"just words"):
        with pytest.raises(CallerError, match="page_not_html"):
            page_of(AT, body, "text/html")


def test_links_are_whole_tidy_and_each_once() -> None:
    body = (
        '<base href="/list/"><a href="../item/2#x">a</a><a href="/item/2?utm_source=y">b</a>'
        '<a href="?b=2&a=1">c</a><a rel="nofollow" href="/no">d</a><a href="javascript:x">e</a>'
        '<a href="http://[bad">f</a><a href="/p.jpg">g</a><a href="http://a:99999/">h</a>'
    )
    assert WebPage(AT, body).links() == [
        "https://www.shop.example/item/2",
        "https://www.shop.example/list/?a=1&b=2",
    ]
    assert WebPage(AT, '<meta name="ROBOTS" content="NoFollow">' + body).links() == []
    assert tidy_address("https://a.example/x?spm=1&id=2#f") == "https://a.example/x?id=2"
    assert shape_of("https://a.example/calendar/2026/12?d=1") == shape_of("https://a.example/calendar/2027/1?d=7")


def test_a_base_for_links_is_not_the_address_of_the_page() -> None:
    page = WebPage(AT, '<base href="/goods/"><a href="8">8</a>')
    assert (page.canonical, page.links()) == (AT, ["https://www.shop.example/goods/8"])


def test_a_page_can_not_name_another_host_as_its_own() -> None:
    page = WebPage(AT, '<link rel="canonical" href="https://rival.example/item/1">')
    assert page.canonical == AT


@given(st.text(alphabet='<>"=/ itemscopeproplandivhtmlProduct{}[]:@,0123', max_size=400))
def test_whatever_the_page_holds_nothing_breaks(text: str) -> None:
    for whole in (text, ld(text), f'<div itemscope itemtype="http://schema.org/Product">{text}'):
        page = WebPage(AT, whole)
        read_product(page)
        page.links()


def test_a_page_nested_without_end_is_read_all_the_same() -> None:
    deep = '<div itemscope itemtype="http://schema.org/Product"><b itemprop="name">A</b>' + "<div>" * 50_000
    found = read(deep)
    assert found is not None and found.title == "A"
