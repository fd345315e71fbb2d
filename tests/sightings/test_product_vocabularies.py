"""Product pages in the less usual vocabularies, of shop systems, and prices in the words of shops."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ipreg.sightings.prices import is_of_several, parse_price
from ipreg.sightings.product import Product, read_product
from ipreg.sightings.rows import RowFault, checked_row
from ipreg.sightings.siterules import parse_rules
from ipreg.sightings.webpage import WebPage

AT = "https://www.shop.example/item/7"


def read(text: str) -> Product:
    found = read_product(WebPage(AT, text))
    assert found is not None
    return found


def ld(data: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


def offered(**offer: Any) -> str:
    return ld({"@type": "Product", "name": "外套", "image": "/a.jpg", "offers": {"@type": "Offer", **offer}})


OFFER = '<span property="price" content="66">六十六</span><meta property="priceCurrency" content="CNY">'
RDFA = {
    "the product on two elements": f"""<html vocab="https://schema.org/"><div typeof="Product" resource="#p">
        <h1 property="name">外套</h1></div><aside><div resource="#p"><img property="image" src="/a.jpg">
        <div property="offers" typeof="Offer">{OFFER}</div></div></aside>""",
    "the offer elsewhere, by its name": f"""<html vocab="https://schema.org/"><div typeof="Product" resource="#p">
        <h1 property="name">外套</h1></div><aside><div resource="#p" typeof="Product">
        <img property="image" src="/a.jpg"><a property="offers" href="#o">x</a></div></aside>
        <footer><div resource="{AT}#o" typeof="Offer">{OFFER}</div></footer>""",
    "every element says what it is about": """<html prefix="schema: http://schema.org/">
        <h1 about="#p" typeof="schema:Product" property="schema:name">外套</h1>
        <img about="#p" property="schema:image" src="/a.jpg"><p about="#p" rel="schema:offers" resource="#o"></p>
        <p about="#o" typeof="schema:Offer" property="schema:price" content="66">六十六</p>
        <meta about="#o" property="schema:priceCurrency" content="CNY">""",
    "an offering of GoodRelations": """<div xmlns:gr="http://purl.org/goodrelations/v1#" about="#o"
        typeof="gr:Offering"><h1 property="gr:name">外套</h1><div rel="foaf:depiction" resource="/a.jpg"></div>
        <div rel="gr:hasPriceSpecification"><p typeof="gr:UnitPriceSpecification">
        <span property="gr:hasCurrency" content="CNY">￥</span><b property="gr:hasCurrencyValue">66</b></p>
        </div></div>""",
    "goods in an offering": """<div prefix="gr: http://purl.org/goodrelations/v1#" typeof="gr:Offering">
        <div rel="gr:includes"><div typeof="gr:SomeItems"><h1 property="gr:name">外套</h1>
        <img rel="foaf:depiction" src="/a.jpg"></div></div><div rel="gr:hasPriceSpecification">
        <p typeof="gr:UnitPriceSpecification"><meta property="gr:hasCurrency" content="CNY">
        <meta property="gr:hasMinCurrencyValue" content="66"><meta property="gr:hasMaxCurrencyValue" content="80">
        </p></div></div>""",
}  # fmt: skip


@pytest.mark.parametrize("text", RDFA.values(), ids=RDFA.keys())
def test_rdfa_however_it_is_spread_over_the_page(text: str) -> None:
    found = read(text)
    assert (found.title, found.price, found.currency, found.found_by) == ("外套", "66", "CNY", ("rdfa",))
    assert found.pictures == ("https://www.shop.example/a.jpg",)


def test_who_offers_and_who_made_it_in_goodrelations() -> None:
    found = read(
        """<div typeof="gr:Offering" about="#o"><b property="gr:name">瓶</b><div rel="gr:hasManufacturer">
        <i typeof="gr:BusinessEntity"><span property="gr:name">名窑</span></i></div><div rev="gr:offers">
        <i typeof="gr:BusinessEntity"><span property="gr:legalName">好店</span></i></div></div>"""
    )
    assert (found.seller, found.brand) == ("好店", "名窑")


def test_rdfa_in_a_circle_ends() -> None:
    circle = """<html vocab="https://schema.org/"><div typeof="Product" resource="#a"><b property="name">X</b>
        <a property="offers" href="#b">b</a></div><div typeof="Offer" resource="#b">
        <meta property="price" content="1"><a property="itemOffered" href="#a">a</a></div>"""
    assert (read(circle).title, read(circle).price) == ("X", "1")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('<article class="h-product"><h1 class="p-name">杯</h1><img class="u-photo" src="/s.jpg"'
         ' srcset="/s.jpg 300w, /a.jpg 900w"><data class="p-price" value="49.90">€49.90</data>'
         '<p class="p-brand h-card"><b class="p-name">Acme</b></p></article>', ("杯", "49.90", "EUR", "Acme")),
        ('<div class="hproduct"><span class="brand">Acme</span><span class="fn">杯</span><img src="/a.jpg"'
         ' class="photo"><p>Was <del>$9.99</del> <span class="price">$7.99</span></p></div>',
         ("杯", "7.99", "USD", "Acme")),
        ('<div class="h-product"><img src="/a.jpg" alt="杯"></div>', ("杯", "", "", "")),
    ],
    ids=["h-product", "hproduct", "what is implied"],
)  # fmt: skip
def test_microformats(text: str, told: tuple[str, ...]) -> None:
    found = read(text)
    assert (found.title, found.price, found.currency, found.brand) == told
    assert found.pictures == ("https://www.shop.example/a.jpg",) and found.found_by == ("microformats",)


def test_what_a_review_is_about_is_not_the_page_s_product() -> None:
    review = '<div class="h-review"><p class="p-item h-product"><b class="p-name">杯</b></p></div>'
    assert read_product(WebPage(AT, review)) is None


@pytest.mark.parametrize(
    ("text", "price"),
    [("原价199 现价99", "99"), ("现价：￥99.00 原价：￥199.00", "99.00"), ("99元（原价199元）", "99"),
     ("市场价：¥299.00 本店价：¥199.00", "199.00"), ("券后价89 现价99", "99"), ("券后89元", "89"),
     ("原价199", "199"),
     ("Regular price $20.00 Sale price $15.00", "15.00"), ("Was $20.00 Now $12.00", "12.00"),
     ("statt 49,99 € jetzt 29,99 €", "29.99"), ("29,99 € statt 49,99 €", "29.99"), ("-20% 79,90 €", "79.90"),
     ("满300减50 现价280", "280"), ("满300减50", ""), ("5折 99元", "99"), ("立减20 现价99", "99"),
     ("￥12.50 2-49件 ￥11.00 ≥50件", "12.50"), ("2件起批 12.50元", "12.50"), ("3双装 39.9元", "39.9"),
     ("第2件半价 99元", "99"), ("99元/件", "99"), ("1件99元", "99"), ("$5.99/pair", "5.99"),
     ("US $3.50 / piece 100 pieces (Min. Order)", "3.50"),
     ("2024新款 99元", "99"), ("42码 ￥199", "199"), ("100至200元", "100"), ("19,99 bis 29,99 €", "19.99"),
     ("iPhone 15 case $9.99", "9.99"),
     ("3件99元", ""), ("99元3件", ""), ("99元/3件", ""), ("两件199", ""), ("2 for $10", ""), ("3 für 10 €", ""),
     ("$10 for 2", ""), ("3点で1,000円", "")],
)  # fmt: skip
def test_of_the_numbers_in_a_price_the_one_that_is_asked_for_one_piece_now(text: str, price: str) -> None:
    assert parse_price(text)[0] == price


def test_what_several_pieces_cost_is_left_unread_with_the_reason() -> None:
    found = read(offered(price="3件99元", priceCurrency="CNY"))
    assert (found.price, found.unread_price) == ("", "3件99元")
    assert read(offered(price="99")).unread_price == ""
    row = {"platform": "淘淘", "listing_id": "1", "title": "外套", "pictures": "a.jpg", "price": "3件99元"}
    assert checked_row(2, row) == RowFault(2, "row_price_of_several", {"price": "3件99元"})
    assert not is_of_several("99元")


def test_what_a_litre_costs_is_not_the_price() -> None:
    litre = {"@type": "UnitPriceSpecification", "price": 1598, "referenceQuantity": {"value": 1, "unitCode": "LTR"}}
    piece = {"@type": "UnitPriceSpecification", "price": 79.9, "referenceQuantity": {"value": 1, "unitCode": "C62"}}
    assert read(offered(priceSpecification=[litre, piece])).price == "79.9"


def test_a_price_that_is_struck_out_is_not_asked() -> None:
    body = '<h1>T</h1><p class="price"><del>24,90 €</del> <ins>19,90 €</ins></p><s class="only">5 €</s>'
    rules = '\nhosts = ["shop.example"]\n[fields]\ntitle = "h1"\nprice = "%s"\n'
    for selector, price in ((".price", "19.90"), (".only", "5")):
        found = read_product(WebPage(AT, body), parse_rules(rules % selector))
        assert found is not None and found.price == price
    marked = (
        '<div itemscope itemtype="https://schema.org/Product"><b itemprop="name">T</b><p itemprop="price">%s</p>'
    )
    assert read(marked % "<s>24,90 €</s> 19,90 €").price == "19.90"


def test_pictures_whose_addresses_are_written_for_html() -> None:
    found = read(ld({"@type": "Product", "name": "A", "image": "/a.jpg?w=1&amp;h=2"}))
    assert found.pictures == ("https://www.shop.example/a.jpg?w=1&h=2",)


def test_a_shop_in_open_graph() -> None:
    head = """<meta property="og:type" content="product"><meta property="og:title" content="杯">
      <meta property="product:price:amount" content="9"><meta property="product:retailer_title" content="好店">"""
    assert read(head).seller == "好店"
