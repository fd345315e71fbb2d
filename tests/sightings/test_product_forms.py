"""Forms of real product pages: graphs, references, lists of offers, groups of variants, Chinese marketplaces."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipreg.sightings.product import Product, read_product
from ipreg.sightings.webpage import WebPage

AT = "https://www.shop.example/item/7"


def read(body: str, head: str = "") -> Product | None:
    return read_product(WebPage(AT, f"<html><head>{head}</head><body>{body}</body></html>"))


def ld(*data: Any) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps(one)}</script>' for one in data)


def product(**more: Any) -> dict[str, Any]:
    return {"@context": "https://schema.org", "@type": "Product", "name": "云纹外套", **more}


def test_a_graph_is_read_through_its_references() -> None:
    graph = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "WebPage", "@id": AT, "mainEntity": {"@id": "#p"}},
            {"@type": "Organization", "@id": "#shop", "name": "锦绣旗舰店", "url": "/shop/9"},
            {"@type": "ImageObject", "@id": "#photo", "contentUrl": "/big.jpg"},
            {"@type": "Offer", "@id": "#o", "price": 99, "priceCurrency": "CNY", "seller": {"@id": "#shop"}},
            product(
                **{"@id": "#p", "image": {"@id": "#photo"}, "offers": {"@id": "#o"}, "brand": {"@id": "#shop"}}
            ),
        ],
    }
    found = read(ld(graph))
    assert found is not None
    assert (found.price, found.currency, found.seller, found.brand) == ("99", "CNY", "锦绣旗舰店", "锦绣旗舰店")
    assert found.pictures == ("https://www.shop.example/big.jpg",)
    assert found.seller_address == "https://www.shop.example/shop/9"


def test_references_reach_into_another_script_and_may_go_in_circles() -> None:
    offer = {"@id": "#o", "@type": "Offer", "price": "7", "priceCurrency": "EUR", "itemOffered": {"@id": "#p"}}
    found = read(ld(offer, product(**{"@id": "#p", "offers": [{"@id": "#o"}], "isRelatedTo": {"@id": "#p"}})))
    assert found is not None and (found.price, found.currency) == ("7", "EUR")


@pytest.mark.parametrize(
    ("offers", "price"),
    [
        ([{"@type": "Offer", "availability": "InStock"}, {"@type": "Offer", "price": "12.50"}], "12.50"),
        ({"@type": "AggregateOffer", "lowPrice": "8", "highPrice": "20", "offerCount": 3}, "8"),
        ({"@type": "AggregateOffer", "offers": [{"price": 11}, {"price": 12}]}, "11"),
        ({"@type": "AggregateOffer", "lowPrice": "8", "offers": [{"price": 11}, {"price": 8}]}, "8"),
        ({"@type": "Offer", "priceSpecification": {"@type": "UnitPriceSpecification", "price": 31}}, "31"),
        (
            {
                "@type": "Offer",
                "priceSpecification": [
                    {"@type": "UnitPriceSpecification", "price": 50, "priceType": "https://schema.org/ListPrice"},
                    {"@type": "UnitPriceSpecification", "price": 40},
                ],
            },
            "40",
        ),
        ({"@type": "Offer", "priceSpecification": [{"minPrice": "5", "maxPrice": "9"}]}, "5"),
        (
            {
                "@type": "Offer",
                "priceSpecification": [
                    {"@type": "DeliveryChargeSpecification", "price": 6},
                    {"@type": "UnitPriceSpecification", "price": 45, "validForMemberTier": {"name": "金卡"}},
                    {"@type": "UnitPriceSpecification", "price": 60},
                ],
            },
            "60",
        ),
        ([], ""),
    ],
)  # fmt: skip
def test_the_price_that_is_asked_is_found_among_all_that_are_named(offers: Any, price: str) -> None:
    found = read(ld(product(offers=offers)))
    assert found is not None and found.price == price


OFFER = '{"price": "34.000", "priceCurrency": "EUR"}'
BROKEN = f'{{"@type": "Product", "name": "杯", "image": "/a.jpg", "offers": {OFFER}}}'


def raw(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


@pytest.mark.parametrize(
    "text",
    [
        BROKEN + "}",
        BROKEN + BROKEN,
        BROKEN.replace('"image"', '"text": "<p style="color: red">12" wide</p>", "image"'),
        BROKEN.replace('"image"', r'"maker": "Bob\'s R\x26B", "path": "C:\videos", "image"'),
        BROKEN.replace('"image"', '/* none */ "sku": "1", // one\n"image"'),
        BROKEN.replace('"', "&quot;"),
        f"/*<![CDATA[*/{BROKEN}/*]]>*/",
        f"// <![CDATA[\n{BROKEN}\n// ]]>",
        BROKEN.replace('"/a.jpg"', '{"@list": ["/a.jpg"]}').replace('"34.000"', '{"@value": 34.0}'),
    ],
)  # fmt: skip
def test_json_with_the_faults_that_saved_pages_have(text: str) -> None:
    """Forms of the pages in the test suites of extruct and of the product extraction benchmark."""
    found = read(raw(text))
    assert found is not None and (found.title, found.currency) == ("杯", "EUR")
    assert float(found.price) == 34, "in JSON a point never groups thousands"
    assert found.pictures == ("https://www.shop.example/a.jpg",)


def test_an_empty_picture_is_none_and_entities_written_twice_are_letters() -> None:
    found = read(raw('{"@type": "Car", "name": "A &amp; B", "image": {"@type": "ImageObject", "url": ""}}'))
    assert found is not None and (found.title, found.pictures) == ("A & B", ())


def test_a_group_speaks_for_its_variants() -> None:
    variants = [
        product(**{"@id": f"#{n}", "name": f"云纹外套 {n}", "isVariantOf": {"@id": "#g"}, "image": f"/{n}.jpg",
                   "offers": {"price": 10 + n, "priceCurrency": "CNY"}})
        for n in range(3)
    ]  # fmt: skip
    group = {"@context": "https://schema.org", "@type": "ProductGroup", "@id": "#g", "name": "云纹外套",
             "hasVariant": [{"@id": f"#{n}"} for n in range(3)]}  # fmt: skip
    found = read(ld([group, *variants]))
    assert found is not None and (found.title, found.price) == ("云纹外套", "10")
    assert [one.rpartition("/")[2] for one in found.pictures] == ["0.jpg", "1.jpg", "2.jpg"]


def test_variants_that_name_their_group_need_not_be_named_by_it() -> None:
    variants = [
        product(
            name=f"外套 {n}",
            isVariantOf={"@id": "#g"},
            image=f"/{n}.jpg",
            offers={"price": n, "priceCurrency": "CNY"},
        )
        for n in (8, 9)
    ]
    found = read(ld({"@graph": [{"@type": "ProductGroup", "@id": "#g", "name": "云纹外套"}, *variants]}))
    assert found is not None and (found.title, found.price, found.currency) == ("云纹外套", "8", "CNY")
    assert len(found.pictures) == 2


def test_what_an_aggregate_says_holds_for_its_offers() -> None:
    offers = {"@type": "AggregateOffer", "priceCurrency": "HKD", "seller": "好店", "offers": [{"price": 12}]}
    found = read(ld(product(offers=offers)))
    assert found is not None and (found.price, found.currency, found.seller) == ("12", "HKD", "好店")


WORDS = {"@vocab": "https://schema.org/", "typ": "@type", "titel": "name", "bild": {"@id": "image", "@type": "@id"},
         "Ware": "Product", "s": "https://schema.org/"}  # fmt: skip
IN_MANY = {"@vocab": "https://schema.org/", "name": {"@container": "@language"}}


@pytest.mark.parametrize(
    "node",
    [
        {"@context": WORDS, "typ": "Ware", "titel": "杯", "bild": "/a.jpg", "s:offers": {"price": 5}},
        {"@context": ["https://schema.org", WORDS], "@graph": [{"typ": ["Ware"], "titel": "杯", "bild": "/a.jpg",
                                                               "offers": {"price": 5}}]},
        {"@context": IN_MANY, "@type": "Product", "name": {"zh": "杯"}, "image": "/a.jpg", "offers": {"price": 5}},
        {"@type": "Organization", "makesOffer": {"@type": "Offer", "price": 5,
                                                 "itemOffered": product(name="杯", image="/a.jpg")}},
        {"@included": [product(name="杯", image="/a.jpg", offers={"price": 5})]},
    ],
    ids=["words", "words for a graph", "languages", "makes an offer", "included"],
)  # fmt: skip
def test_forms_that_json_ld_lets_people_choose(node: Any) -> None:
    found = read(ld(node))
    assert found is not None and (found.title, found.price) == ("杯", "5")
    assert found.pictures == ("https://www.shop.example/a.jpg",)


def test_open_graph_in_capitals_and_with_the_first_price_only() -> None:
    found = read("", '<meta property="OG:TYPE" content="product"><meta property="OG:TITLE" content="杯">'
                     '<meta property="og:image" content="/a.jpg">'
                     '<meta property="product:original_price:amount" content="20.00">'
                     '<meta property="product:original_price:currency" content="USD">')  # fmt: skip
    assert found is not None and (found.title, found.price, found.currency) == ("杯", "20.00", "USD")


def test_a_group_without_a_name_is_called_by_its_variant() -> None:
    found = read(ld({"@type": "ProductGroup", "hasVariant": [product(offers={"price": 3})]}))
    assert found is not None and (found.title, found.price) == ("云纹外套", "3")


def test_microdata_elsewhere_on_the_page_belongs_by_itemref() -> None:
    body = """
      <div itemscope itemtype="https://schema.org/Product" itemref="price photo none">
        <h1 itemprop="name">外套</h1></div>
      <aside><div id="price" itemprop="offers" itemscope itemtype="https://schema.org/Offer" itemref="by">
        <meta itemprop="price" content="88"><meta itemprop="priceCurrency" content="CNY"></div></aside>
      <p id="by" itemprop="seller" itemscope itemtype="https://schema.org/Organization">
        <b itemprop="name">小铺</b></p>
      <div id="photo"><img itemprop="image" src="/a.jpg"></div>"""
    found = read(body)
    assert found is not None
    assert (found.title, found.price, found.currency, found.seller) == ("外套", "88", "CNY", "小铺")
    assert found.pictures == ("https://www.shop.example/a.jpg",)


def test_itemref_in_a_circle_ends() -> None:
    circle = (
        '<div id="a" itemscope itemtype="https://schema.org/Product" itemref="a b"><b itemprop="name">X</b></div>'
    )
    inner = '<div id="b" itemprop="offers" itemscope itemref="b a"><meta itemprop="price" content="1"></div>'
    found = read(circle + inner)
    assert found is not None and found.price == "1"


def test_rdfa_with_prefixes_and_the_resource_of_a_picture() -> None:
    body = """<div vocab="https://schema.org/" typeof="Product"><span property="schema:name">外套</span>
      <img property="image" src="/r.jpg"><div property="offers" typeof="Offer">
      <span property="price" content="66">六十六</span><meta property="priceCurrency" content="CNY"></div></div>"""
    found = read(body)
    assert found is not None and (found.title, found.price, found.found_by[0]) == ("外套", "66", "rdfa")


def test_chinese_marketplaces_open_graph() -> None:
    head = """<meta property="og:type" content="product"><meta property="og:title" content="云纹外套">
      <meta property="og:image" content="//img.shop.example/1.jpg">
      <meta property="og:product:price" content="128.00">
      <meta property="og:product:currency" content="CNY">
      <meta property="og:product:nick" content="name=锦绣旗舰店; url=https://jx.shop.example">"""
    found = read("<h1>x</h1>", head)
    assert found is not None
    assert (found.title, found.price, found.currency) == ("云纹外套", "128.00", "CNY")
    assert (found.seller, found.seller_address) == ("锦绣旗舰店", "https://jx.shop.example")
    assert found.pictures == ("https://img.shop.example/1.jpg",)


def test_pictures_that_a_server_shrinks_by_their_name_are_taken_whole() -> None:
    at = "https://img.alicdn.com/imgextra/i1/a.jpg"
    images = [
        f"{at}_50x50.jpg",
        f"{at}_400x400q90.jpg_.webp",
        at.replace(".jpg", ".310x310.jpg"),
        "https://x.example/a.jpg_50x50.jpg",
    ]
    found = read(ld(product(image=images)))
    assert found is not None and found.pictures == (at, images[3])


def test_the_sale_price_of_open_graph_is_the_price() -> None:
    head = """<meta property="og:type" content="product"><meta property="og:title" content="A">
      <meta property="product:price:amount" content="100"><meta property="product:price:currency" content="EUR">
      <meta property="product:sale_price:amount" content="80">
      <meta property="product:sale_price:currency" content="EUR">"""
    found = read("", head)
    assert found is not None and (found.price, found.currency) == ("80", "EUR")


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.fixed_dictionaries({"@id": st.sampled_from("ab")}),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["@id", "@type", "name", "offers", "hasVariant", "price", "image"]), inner
        )
    ),
    max_leaves=25,
)


@settings(deadline=None, max_examples=60)
@given(st.lists(VALUES, max_size=3))
def test_no_json_ends_the_reading_of_a_page(data: list[Any]) -> None:
    read(ld(*data, product(**{"@id": "a", "offers": data, "hasVariant": data})))


MICRODATA = '<div itemscope itemtype="https://schema.org/Product"><h1 itemprop="name">云纹外套</h1>'
PRICED = '<meta itemprop="price" content="34.500"><meta itemprop="priceCurrency" content="EUR">'


@pytest.mark.parametrize(
    ("body", "price"),
    [
        (f'<body itemscope itemtype="https://schema.org/ItemPage"><section itemprop="mainEntity" {MICRODATA[5:]}'
         f'<p itemprop="offers" itemscope>{PRICED}</p></section>', "34.500"),
        (f'<div itemscope itemtype="https://schema.org/Offer">{PRICED}<div itemprop="itemOffered" {MICRODATA[5:]}',
         "34.500"),
        (f'{MICRODATA}<p itemprop="offers" itemscope>{PRICED}</p>', "34.500"),
        (f'{MICRODATA}{PRICED}', "34.500"),
        (f'{MICRODATA}<p itemprop="offers" itemscope><b itemprop="price"><sup>€</sup>34<sup>50</sup></b></p>',
         "34.50"),
        ('<div itemscope itemtype="http://data-vocabulary.org/Product"><b itemprop="name">云纹外套</b><p itemprop='
         '"offerDetails" itemscope><i itemprop="currency">EUR</i><b itemprop="price">34,50</b></p></div>', "34.50"),
        ('<div vocab="http://schema.org/" typeof="Product"><b property="name">云纹外套</b><div rel="offers"><p'
         ' typeof="Offer"><i property="price" content="34.50"></i><i property="priceCurrency">EUR</i></p></div>',
         "34.50"),
        (ld({"@type": "Offer", "price": "34.50", "priceCurrency": "EUR", "itemOffered": product()}), "34.50"),
        (ld({"@type": "WebPage", "about": product(offers={"0": {"price": "€ 34.50"}})}), "34.50"),
        (ld(product(image="/a.jpg"), {"@type": "Product", "offers": {"price": 34.5, "priceCurrency": "eur"}}),
         "34.5"),
        (ld(product(price="34.50", priceCurrency="EUR")), "34.50"),
        (ld(product(offers=[{"price": "0.00"}, {"price": {"@value": "34.50"}, "priceCurrency": "EUR"}])), "34.50"),
        (ld(product(offers={"@type": "AggregateOffer", "highPrice": 34.5, "priceCurrency": "EUR"})), "34.5"),
        (ld({"@type": "VisualArtwork", "name": {"@value": "云纹外套", "@language": "zh"},
             "offers": {"price": "34.50", "priceCurrency": "€"}}), "34.50"),
        (ld(product(offers={"price": 50, "priceCurrency": "EUR",
                            "priceSpecification": [{"priceType": "https://schema.org/SalePrice", "price": 34.5}]})),
         "34.5"),
    ],
)  # fmt: skip
def test_where_pages_put_their_product_and_its_price(body: str, price: str) -> None:
    found = read(body)
    assert found is not None and (found.title, found.price, found.currency) == ("云纹外套", price, "EUR")


def test_of_several_offers_one_that_can_be_had_is_meant() -> None:
    offers = [
        {"price": "9", "availability": "OutOfStock"},
        {"price": "10", "availability": "http://schema.org/InStock"},
    ]
    found = read(ld(product(offers=offers)))
    assert found is not None and (found.price, found.availability) == ("10", "in_stock")


def test_pictures_in_lists_objects_and_texts_are_all_found() -> None:
    images = [
        ["/a.jpg", ["/b.jpg"]], {"@type": "ImageObject", "contentURL": ["/c.jpg"], "thumbnail": "/small.jpg"},
        {"thumbnailUrl": "/d.jpg"}, "https://x.example/e.jpg, https://x.example/f,1.jpg", "/{width}x.jpg",
        "data:x", None,
    ]  # fmt: skip
    found = read(
        ld(product(image=images)) + f'{MICRODATA}<img itemprop="image" src="/s.jpg" content="/g.jpg"></div>'
    )
    assert found is not None
    assert [one.rpartition("/")[2][:1] for one in found.pictures] == list("abcdefg")


def test_a_product_that_names_no_picture_shows_those_of_its_element() -> None:
    related = (
        '<div itemscope itemtype="https://schema.org/Product" itemprop="isRelatedTo"><img src="/other.jpg"></div>'
    )
    found = read(f'{MICRODATA}<img data-src="/a.jpg"><p itemprop="image"><img src="/b.jpg"></p>{related}</div>')
    assert found is not None and found.pictures == ("https://www.shop.example/b.jpg",)
    found = read(f'{MICRODATA}<img data-src="/a.jpg">{related}</div>')
    assert found is not None and found.pictures == ("https://www.shop.example/a.jpg",)


def test_brand_and_seller_are_found_where_pages_put_them() -> None:
    maker = '<p itemprop="manufacturer" itemscope><meta itemprop="name" content="云锦"></p>'
    found = read(f"{MICRODATA}{maker}</div>")
    assert found is not None and found.brand == "云锦"
    inner = [{"@type": "Offer", "price": 9, "seller": {"name": "小铺"}, "availability": "有货"}]
    aggregate = {"@type": "AggregateOffer", "lowPrice": 9, "offers": inner}
    found = read(ld(product(brand=[{"name": "云锦"}, {"name": "别家"}], offers=aggregate)))
    assert found is not None
    assert (found.brand, found.seller, found.availability) == ("云锦", "小铺", "in_stock")
    found = read(ld(product(offers={"price": 9, "seller": "https://www.shop.example/s/1"})))
    assert found is not None and (found.seller, found.seller_address) == ("", "https://www.shop.example/s/1")


def test_tags_and_unseen_letters_are_no_title() -> None:
    found = read(ld(product(name="\u200b<b>云纹</b> 外套 &amp;\u00a0帽\ufeff")))
    assert found is not None and found.title == "云纹 外套 & 帽"


@pytest.mark.parametrize(
    ("said", "word"),
    [("http://schema.org/instock", "in_stock"), ("In Stock - ships in 2 days", "in_stock"), 
     ("preorder", "pre_order"),
     ("已售罄", "out_of_stock"), ("SoldOut", "sold_out"), ("https://schema.org/LimitedAvailability",
     "limited_availability"), ("Not available in your country", "out_of_stock"), ("", ""), ("Soon", "soon")],
)  # fmt: skip
def test_availability_in_one_word(said: str, word: str) -> None:
    found = read(ld(product(offers={"price": 1, "availability": said})))
    assert found is not None and found.availability == word


def test_a_product_card_of_open_graph_without_a_price_needs_a_picture() -> None:
    head = '<meta property="og:type" content="og:product"><meta property="og:title" content="外套">'
    assert read("", head) is None
    found = read("", head + '<meta property="og:image" content="/a.jpg">')
    assert found is not None and found.pictures == ("https://www.shop.example/a.jpg",)
    found = read("", head + '<meta name="twitter:label1" content="价格"><meta name="twitter:data1" content="¥9">')
    assert found is not None and (found.price, found.currency) == ("9", "CNY")


def test_the_address_of_record_is_named_in_several_ways() -> None:
    for head in ('<link rel="shortlink CANONICAL" href="../item/8">', '<meta property="og:url" content="/item/8">'):
        found = read(ld(product()), head)
        assert found is not None and found.address == "https://www.shop.example/item/8"
