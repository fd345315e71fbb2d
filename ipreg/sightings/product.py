"""What a page says of the product it offers: schema.org in JSON-LD, microdata and RDFa, Open Graph, site rules.

The vocabularies are https://schema.org/Product and https://ogp.me; all three ways of writing schema.org come here
as the same nodes (``ipreg.sightings.markup``). No I/O.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from price_parser import Price

from ipreg.sightings.faults import clean_text
from ipreg.sightings.markup import Node, best_source, json_ld, microdata, rdfa
from ipreg.sightings.siterules import SiteRules
from ipreg.sightings.webpage import WebPage, attribute

MAX_PICTURES = 20
_CURRENCIES = {
    "¥": "CNY", "￥": "CNY", "元": "CNY", "RMB": "CNY", "CN¥": "CNY", "US$": "USD", "€": "EUR", "£": "GBP",
    "NT$": "TWD", "HK$": "HKD", "₩": "KRW", "円": "JPY", "JP¥": "JPY", "₽": "RUB", "₹": "INR",
}  # fmt: skip
# https://schema.org/PriceTypeEnumeration
_NOT_THE_PRICE = re.compile(r"(?i)(list|strikethrough|regular|srp|msrp|invoice)(?:price)?$")


@dataclass(frozen=True)
class Product:
    """An empty text is "not told". ``found_by`` names the ways in which something was found."""

    title: str = ""
    price: str = ""
    currency: str = ""
    seller: str = ""
    seller_address: str = ""
    brand: str = ""
    availability: str = ""
    pictures: tuple[str, ...] = ()
    address: str = ""
    found_by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            clean = clean_text(value) if isinstance(value, str) else tuple(clean_text(each) for each in value)
            object.__setattr__(self, one.name, clean)


def read_product(page: WebPage, rules: SiteRules | None = None) -> Product | None:
    """The product that the page offers; None where it offers none, or several of which none is the page's own.

    What a rule for the site says comes first, then JSON-LD, microdata, RDFa and Open Graph; each fills what those
    before it left open.
    """
    found = [] if rules is None else [("rules", _from_rules(page, rules))]
    for name, nodes in (("json-ld", json_ld(page)), ("microdata", microdata(page)), ("rdfa", rdfa(page))):
        own = _own_product(page, nodes)
        if own is not None:
            found.append((name, _from_node(page, own, exact=name == "json-ld")))
    found.append(("open-graph", _open_graph(page, anything=bool(found))))
    told = [(name, product) for name, product in found if product is not None]
    whole = Product()
    for name, product in told:
        whole = _filled(whole, product, name)
    if not whole.title or not any(name != "open-graph" or product.price for name, product in told):
        return None
    return replace(whole, title=whole.title[:500], address=page.canonical)


def _filled(whole: Product, more: Product, name: str) -> Product:
    gaps = {
        one.name: getattr(more, one.name)
        for one in fields(Product)
        if one.name != "found_by" and not getattr(whole, one.name) and getattr(more, one.name)
    }
    if "price" not in gaps and whole.price:
        gaps.pop("currency", None) if more.price != whole.price else None
    return replace(whole, **gaps, found_by=(*whole.found_by, name)) if gaps else whole


# schema.org, however written


def _own_product(page: WebPage, nodes: list[Node]) -> Node | None:
    """The page's product among those that it mentions: the only one, or that of its address or heading."""
    nodes = [node for node in nodes if _first(node, "name") or node.get("hasvariant")]
    if any(node.get("hasvariant") for node in nodes):
        nodes = [node for node in nodes if not node.get("isvariantof")]  # the group speaks for its variants
    if len(nodes) <= 1:
        return nodes[0] if nodes else None
    for node in nodes:
        if any(page.whole(text) in (page.address, page.canonical) for text in _texts(node.get("url"))):
            return node
    heading = " ".join(one.text() for one in page.tree.css("title, h1")).strip()
    named = [node for node in nodes if _first(node, "name") and _first(node, "name") in heading]
    return named[0] if named else None


def _from_node(page: WebPage, node: Node, *, exact: bool) -> Product:
    offer, (price, currency) = _best_offer(node, exact=exact)
    seller = _nested(offer, "seller") or _nested(offer, "offeredby")
    brand = _nested(node, "brand") or _nested(node, "manufacturer")
    pictures = [page.whole(address) for address in _pictures(node) if address.strip()]
    return Product(
        title=_clean(
            _first(node, "name") or next((_first(one, "name") for one in _nodes(node.get("hasvariant"))), "")
        ),
        price=price,
        currency=currency,
        seller=_clean(_first(seller, "name"))[:200],
        seller_address=page.whole(_first(seller, "url")) if _first(seller, "url") else "",
        brand=_clean(_first(brand, "name"))[:200],
        availability=_availability(_first(offer, "availability")),
        pictures=tuple(dict.fromkeys(one for one in pictures if one))[:MAX_PICTURES],
    )


def _offers(node: Node) -> Iterator[Node]:
    """Its offers, those inside of an aggregate and of its variants included."""
    for offer in _nodes(node.get("offers")):
        inner = list(_nodes(offer.get("offers")))
        yield from inner if inner and not _first(offer, "lowprice", "price") else [offer]
    for variant in _nodes(node.get("hasvariant")):
        yield from _nodes(variant.get("offers"))


def _best_offer(node: Node, *, exact: bool) -> tuple[Node, tuple[str, str]]:
    """The first offer that names a price, or else the first, with price and currency."""
    offers = list(itertools.islice(_offers(node), 100))
    priced = ((offer, _price_of(offer, exact=exact)) for offer in offers)
    return next((found for found in priced if found[1][0]), (offers[0] if offers else {}, ("", "")))


def _price_of(offer: Node, *, exact: bool) -> tuple[str, str]:
    for node in (offer, *_specifications(offer)):
        text = _first(node, "price", "lowprice", "minprice")
        if text:
            currency = _first(node, "pricecurrency") or _first(offer, "pricecurrency")
            return parse_price(text, currency, exact=exact)
    return "", ""


def _specifications(offer: Node) -> list[Node]:
    """Its price specifications; those that say what it used to cost, or is said to be worth, come last."""
    found = list(_nodes(offer.get("pricespecification")))
    return sorted(found, key=lambda one: bool(_NOT_THE_PRICE.search(_first(one, "pricetype"))))


def parse_price(text: str, currency: str = "", *, exact: bool = False) -> tuple[str, str]:
    """Amount and currency code in a text like ``￥1,299.00``; an empty text for what is not told.

    ``exact``: the text is a program's, in which a point divides the fraction (34.000 is 34, not 34 thousand).
    """
    point = "." if exact and re.fullmatch(r"\d+\.\d+", text.strip()) else None
    found = Price.fromstring(text[:100], currency_hint=currency or None, decimal_separator=point)
    if found.amount is None or found.amount >= 10**12:
        return "", ""
    code = currency.strip().upper() if re.fullmatch(r"[A-Za-z]{3}", currency.strip()) else ""
    symbol = found.currency or ""
    code = code or _CURRENCIES.get(symbol, symbol if re.fullmatch(r"[A-Z]{3}", symbol) else "")
    amount = format(found.amount, "f")
    return (amount[: amount.index(".") + 5] if "." in amount else amount), code


def _pictures(node: Node) -> list[str]:
    found: list[str] = []
    for value in node.get("image", []):
        if isinstance(value, dict):
            found += _texts(value.get("contenturl")) or _texts(value.get("url")) or _texts(value.get("@id"))
        else:
            found.append(str(value))
    for variant in list(_nodes(node.get("hasvariant")))[:10]:
        found += _pictures(variant)
    return found


def _availability(text: str) -> str:
    """``https://schema.org/InStock`` and ``in stock`` are both ``in_stock``."""
    word = text.strip().rstrip("/").rpartition("/")[2]
    word = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).lower()
    return re.sub(r"[\s-]+", "_", word)[:40]


# Open Graph and site rules


def _open_graph(page: WebPage, *, anything: bool) -> Product | None:
    """``anything``: the page is known to be a product's, so Open Graph may fill gaps whatever its type is."""
    told: dict[str, list[str]] = {}
    for meta in page.tree.css("meta[property], meta[name]"):
        name = attribute(meta, "property") or attribute(meta, "name")
        if name.startswith(("og:", "product:", "twitter:")) and attribute(meta, "content"):
            told.setdefault(name.lower(), []).append(attribute(meta, "content"))

    def first(*names: str) -> str:
        return next((told[name][0] for name in names if name in told), "")

    amount = first("product:sale_price:amount", "product:price:amount", "og:price:amount", "og:product:price")
    if not anything and not amount and not first("og:type").lower().startswith("product"):
        return None
    currency = first(
        "product:sale_price:currency", "product:price:currency", "og:price:currency", "og:product:currency"
    )
    shop = _nick(first("og:product:nick"))
    price, code = parse_price(amount, currency, exact=True) if amount else ("", "")
    pictures = told.get("og:image:secure_url") or told.get("og:image") or told.get("og:image:url") or []
    return Product(
        title=_clean(first("og:title", "twitter:title")),
        price=price,
        currency=code,
        seller=_clean(shop.get("name", ""))[:200],
        seller_address=page.whole(shop["url"]) if shop.get("url") else "",
        brand=_clean(first("product:brand", "og:brand"))[:200],
        availability=_availability(first("product:availability", "og:availability")),
        pictures=tuple(dict.fromkeys(one for one in map(page.whole, pictures) if one))[:MAX_PICTURES],
    )


def _nick(text: str) -> dict[str, str]:
    """Chinese marketplaces name the shop like ``name=锦绣旗舰店; url=https://shop.example/12``."""
    parts = (part.partition("=") for part in re.split(r";\s*", text[:1000]))
    return {name.strip(): value.strip() for name, _, value in parts if value.strip()}


def _from_rules(page: WebPage, rules: SiteRules) -> Product | None:
    if rules.product and not rules.product.search(page.address):
        return None
    told = {name: rules.first(page.tree, name) for name in ("title", "price", "currency", "seller", "brand")}
    price, currency = parse_price(told["price"], told["currency"]) if told["price"] else ("", "")
    pictures = [
        page.whole(best_source(node) or attribute(node, "href")) for node in rules.all(page.tree, "pictures")
    ]
    link = rules.first(page.tree, "seller_address")
    return Product(
        title=_clean(told["title"]),
        price=price,
        currency=currency,
        seller=_clean(told["seller"])[:200],
        seller_address=page.whole(link) if link else "",
        brand=_clean(told["brand"])[:200],
        availability=_availability(rules.first(page.tree, "availability")),
        pictures=tuple(dict.fromkeys(one for one in pictures if one))[:MAX_PICTURES],
    )


def _clean(text: str) -> str:
    """One line; letters that stand there as entities a second time are letters."""
    return " ".join((html.unescape(text) if "&" in text else text).split())


def _nodes(values: Any) -> Iterator[Node]:
    return (one for one in values or [] if isinstance(one, dict))


def _texts(values: Any) -> list[str]:
    return [str(one) for one in values or [] if not isinstance(one, dict)]


def _first(node: Node, *names: str) -> str:
    return next((text for name in names for text in _texts(node.get(name))), "")


def _nested(node: Node, name: str) -> Node:
    """A property that may be a thing with a name or the bare name."""
    inner = next(_nodes(node.get(name)), None)
    return inner if inner is not None else {"name": _texts(node.get(name))}
