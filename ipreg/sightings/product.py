"""What a page says of the product it offers: schema.org in JSON-LD, microdata and RDFa, GoodRelations,
microformats, Open Graph, site rules.

The vocabularies are https://schema.org/Product and https://ogp.me; however a page writes the things that it speaks
of, they come here as the same nodes (``ipreg.sightings.markup``, ``ipreg.sightings.microformats``). No I/O.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any

from ipreg.sightings.availability import availability_in
from ipreg.sightings.faults import clean_text
from ipreg.sightings.markup import Exact, Node, best_source, json_ld, microdata, rdfa
from ipreg.sightings.microformats import h_products
from ipreg.sightings.prices import parse_price
from ipreg.sightings.siterules import SiteRules
from ipreg.sightings.webpage import WebPage, attribute

MAX_PICTURES = 20
# https://schema.org/PriceTypeEnumeration
_NOT_THE_PRICE = re.compile(r"(?i)(list|strikethrough|regular|srp|msrp|invoice)(?:price)?$")
_SALE = re.compile(r"(?i)saleprice$")
_NOT_TO_BE_HAD = ("out_of_stock", "sold_out", "discontinued")
_ASKED = ("price", "pricespecification")
# What an aggregate says holds for each of its offers.
_OF_ALL = ("pricecurrency", "availability", "seller", "offeredby")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
# Alibaba's picture servers shrink by the name: a.jpg_50x50.jpg, a.png_400x400q90.jpg_.webp, a.310x310.jpg.
_SHRUNK = re.compile(
    r"(?i)(//[^/]+\.(?:alicdn\.com|taobaocdn\.com|tbcdn\.cn)/[^?#]+?)"
    r"(?:\.\d{2,4}x\d{2,4})?(\.(?:jpe?g|png|gif|webp))(?:_[\w.]+)?$"
)
# Several addresses in one text, parted by commas; a comma may also stand inside of one.
_BETWEEN_PICTURES = re.compile(r",\s*(?=https?://|//)|\s+(?=https?://)")


@dataclass(frozen=True)
class Product:
    """An empty text is "not told". ``found_by`` names the ways in which something was found, ``site`` is what the
    page calls the site that it is of, ``unread_price`` what it says where that is no price of one piece."""

    title: str = ""
    price: str = ""
    unread_price: str = ""
    currency: str = ""
    seller: str = ""
    seller_address: str = ""
    brand: str = ""
    availability: str = ""
    pictures: tuple[str, ...] = ()
    address: str = ""
    site: str = ""
    found_by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            clean = clean_text(value) if isinstance(value, str) else tuple(clean_text(each) for each in value)
            object.__setattr__(self, one.name, clean)


def read_product(page: WebPage, rules: SiteRules | None = None) -> Product | None:
    """The product that the page offers; None where it offers none, or several of which none is the page's own.

    What a rule for the site says comes first, then JSON-LD, microdata, RDFa, microformats and Open Graph; each
    fills what those before it left open, and schema.org's pictures are taken together.
    """
    found = [] if rules is None else [("rules", _from_rules(page, rules))]
    own = [
        (name, _own_product(page, nodes), name == "json-ld")
        for name, nodes in (
            ("json-ld", json_ld(page)),
            ("microdata", microdata(page)),
            ("rdfa", rdfa(page)),
            ("microformats", h_products(page)),
        )
    ]
    found += [(name, _from_node(page, node, exact=exact)) for name, node, exact in own if node is not None]
    found.append(("open-graph", _open_graph(page, anything=bool(found))))
    told = [(name, product) for name, product in found if product is not None]
    whole = Product()
    for name, product in told:
        whole = _filled(whole, product, name)
    if not whole.title:
        return None
    if not whole.pictures:
        whole = replace(whole, pictures=_shown(page, whole.title, [node for _, node, _ in own if node is not None]))
    unread = "" if whole.price else whole.unread_price[:100]
    return replace(whole, title=whole.title[:500], address=page.canonical, site=page.site, unread_price=unread)


def _filled(whole: Product, more: Product, name: str) -> Product:
    gaps = {
        one.name: getattr(more, one.name)
        for one in fields(Product)
        if one.name != "found_by" and not getattr(whole, one.name) and getattr(more, one.name)
    }
    if whole.price:
        gaps.pop("unread_price", None)
    if "price" not in gaps and whole.price and (not more.price or Decimal(more.price) != Decimal(whole.price)):
        gaps.pop("currency", None)
    if name in ("microdata", "rdfa", "microformats") and whole.pictures and "rules" not in whole.found_by:
        both = tuple(dict.fromkeys((*whole.pictures, *more.pictures)))[:MAX_PICTURES]
        gaps |= {"pictures": both} if both != whole.pictures else {}
    return replace(whole, **gaps, found_by=(*whole.found_by, name)) if gaps else whole


def _shown(page: WebPage, title: str, nodes: list[Node]) -> tuple[str, ...]:
    """Pictures of a product that names none: those of its element, or those that bear its title."""
    inside = [str(one) for node in nodes for one in node.get("@images", [])]
    named = [best_source(one) for one in page.tree.css("img[alt]")[:500] if _clean(attribute(one, "alt")) == title]
    return _pictures_at(page, named or inside)


# schema.org, however written


def _own_product(page: WebPage, nodes: list[Node]) -> Node | None:
    """The page's product among those that it mentions: the only one, or that of its address or heading."""
    nodes = _joined(nodes)
    groups = [node for node in nodes if _is_group(node)]
    if groups:
        variants = [node for node in nodes if node.get("isvariantof")]
        nodes = [node for node in nodes if not node.get("isvariantof")]  # the group speaks for its variants
        if len(groups) == 1 and not groups[0].get("hasvariant"):
            groups[0]["hasvariant"] = variants
    if len(nodes) <= 1:
        return nodes[0] if nodes else None
    for node in nodes:
        if any(page.whole(text).partition("#")[0] in (page.address, page.canonical) for text in _addresses(node)):
            return node
    heading = _clean(" ".join(one.text() for one in page.tree.css("title, h1")))
    named = [node for node in nodes if _title(node) in heading]
    return max(named, key=lambda node: len(_title(node)), default=None)


def _joined(nodes: list[Node]) -> list[Node]:
    """Each product once: what is said of the same name belongs together, and of no name to the only one named."""
    by_name: dict[str, Node] = {}
    for node in nodes:
        name = _title(node)
        by_name[name] = {**node, **by_name[name]} if name in by_name else node
    nameless = by_name.pop("", None)
    if nameless is None:
        return list(by_name.values())
    if not by_name:
        return [nameless] if nameless.get("offers") else []
    if len(by_name) == 1:
        return [{**nameless, **node} for node in by_name.values()]
    return list(by_name.values())


def _is_group(node: Node) -> bool:
    return bool(node.get("hasvariant")) or any("productgroup" in str(one).lower() for one in node.get("@type", []))


def _title(node: Node) -> str:
    own = _first(node, "name")
    return _clean(own or next((_first(one, "name") for one in _nodes(node.get("hasvariant"))), ""))


def _addresses(node: Node) -> list[str]:
    offers = [text for offer in _nodes(node.get("offers")) for text in _texts(offer.get("url"))]
    return [text for text in [*_texts(node.get("url")), *_texts(node.get("@id")), *offers] if text.strip()]


def _from_node(page: WebPage, node: Node, *, exact: bool) -> Product:
    offer, (price, currency) = _best_offer(node, exact=exact, country=page.country)
    outer = next(_nodes(node.get("offers")), {})
    seller = _nested((offer, outer, node), "seller", "offeredby")
    brand = _nested((node,), "brand", "manufacturer")
    name, address = _seller_of(seller)
    return Product(
        title=_title(node),
        price=price,
        unread_price="" if price else _unread(node),
        currency=currency,
        seller=name,
        seller_address=page.whole(address) if address else "",
        brand=_clean(_first(brand, "name"))[:200],
        availability=availability_in(
            next((text for one in (offer, outer, node) if (text := _first(one, "availability"))), "")
        ),
        pictures=_pictures_at(page, _pictures(node)),
    )


def _seller_of(seller: Node) -> tuple[str, str]:
    """Name and address; a shop may be named by its address alone."""
    name, address = _clean(_first(seller, "name", "legalname"))[:200], _first(seller, "url", "sameas")
    return ("", name) if re.match(r"https?://", name) else (name, address)


def _offers(node: Node) -> Iterator[Node]:
    """Its offers, those inside of an aggregate and of its variants included; itself where it names a price."""
    for offer in _nodes(node.get("offers")):
        inner = list(_nodes(offer.get("offers")))
        if not inner or _first(offer, "lowprice", "price"):
            # What it costs is what the aggregate says, and not what the first of its offers does.
            rest = {name: told for name, told in inner[0].items() if name not in _ASKED} if inner else {}
            yield {**rest, **offer}
        else:
            outer = {name: offer[name] for name in _OF_ALL if name in offer}
            yield from ({**outer, **one} for one in inner)
    for variant in _nodes(node.get("hasvariant")):
        yield from _nodes(variant.get("offers"))
    if node.get("price"):
        yield node


def _best_offer(node: Node, *, exact: bool, country: str) -> tuple[Node, tuple[str, str]]:
    """The first offer that asks a price and can be had, or else the first with a price, with price and currency."""
    offers = list(itertools.islice(_offers(node), 100))
    priced = [(one, found) for one in offers if (found := _price_of(one, exact=exact, country=country))[0]]
    asked = [one for one in priced if Decimal(one[1][0])] or priced
    there = [one for one in asked if availability_in(_first(one[0], "availability")) not in _NOT_TO_BE_HAD]
    return next(iter(there or asked), (offers[0] if offers else {}, ("", "")))


def _price_of(offer: Node, *, exact: bool, country: str) -> tuple[str, str]:
    specified = _specifications(offer)
    reduced = [one for one in specified if _SALE.search(_first(one, "pricetype"))]
    for node in (*reduced, offer, *specified):
        text = _first(node, "price", "lowprice", "minprice") or _first(node, "highprice", "maxprice")
        if text:
            currency = _first(node, "pricecurrency") or _first(offer, "pricecurrency")
            found = parse_price(text, currency, exact=exact or isinstance(text, Exact), country=country)
            if found[0]:
                return found
    return "", ""


def _unread(node: Node) -> str:
    """What is said of the price where none could be read."""
    told = [one for offer in itertools.islice(_offers(node), 100) for one in (offer, *_specifications(offer))]
    return _clean(next((text for one in told if (text := _first(one, "price", "lowprice"))), ""))


def _specifications(offer: Node) -> list[Node]:
    """Its price specifications without what is charged for sending and paying; those that say what it used to cost,
    is said to be worth, costs members only, or costs a litre of it, come last."""
    found = [*_nodes(offer.get("pricespecification")), *_nodes(offer.get("price"))]
    asked = [one for one in found if not any("charge" in str(kind).lower() for kind in one.get("@type", []))]
    return sorted(
        asked,
        key=lambda one: bool(
            _NOT_THE_PRICE.search(_first(one, "pricetype")) or one.get("validformembertier") or _is_of_a_unit(one)
        ),
    )


def _is_of_a_unit(specification: Node) -> bool:
    """Whether it tells what a measure costs (https://schema.org/referenceQuantity), to compare by, and no piece."""
    quantity = next(_nodes(specification.get("referencequantity")), {})
    return _first(quantity, "unitcode", "unittext").upper() not in ("", "C62", "EA", "H87") and not quantity.get(
        "valuereference"
    )


def _pictures(node: Node) -> list[str]:
    found: list[str] = []
    for value in node.get("image", []):
        if isinstance(value, dict):
            found += _of_image(value)
        else:
            found += _BETWEEN_PICTURES.split(str(value))
    for variant in list(_nodes(node.get("hasvariant")))[:10]:
        found += _pictures(variant)
    return found


def _of_image(image: Node) -> list[str]:
    """The addresses of an ImageObject (https://schema.org/ImageObject), the picture itself before its thumbnail."""
    for name in ("contenturl", "url", "image", "@id", "thumbnailurl", "thumbnail"):
        if found := _texts(image.get(name)):
            return found
    return []


def _pictures_at(page: WebPage, addresses: list[str]) -> tuple[str, ...]:
    """Whole, each once; a pattern with a gap for the width is no address."""
    plain = [html.unescape(one) if "&amp;" in one else one for one in addresses]
    whole = [page.whole(one) for one in plain if one.strip() and not re.search(r"[{}<>]", one)]
    return tuple(dict.fromkeys(_SHRUNK.sub(r"\1\2", one) for one in whole if one))[:MAX_PICTURES]


# Open Graph and site rules


def _open_graph(page: WebPage, *, anything: bool) -> Product | None:
    """``anything``: the page is known to be a product's, so Open Graph may fill gaps whatever its type is."""
    told: dict[str, list[str]] = {}
    for meta in page.tree.css("meta[property], meta[name]"):
        name = attribute(meta, "property") or attribute(meta, "name")
        name = name.lower()
        if name.startswith(("og:", "product:", "twitter:")) and attribute(meta, "content"):
            told.setdefault(name, []).append(attribute(meta, "content"))

    def first(*names: str) -> str:
        return next((told[name][0] for name in names if name in told), "")

    kind = first("og:type").lower().removeprefix("og:")
    goods = kind == "product" or kind.startswith("product.item") or first("twitter:card").lower() == "product"
    amount = first(
        "product:sale_price:amount", "product:price:amount", "og:price:amount", "og:product:price", "product:price",
        "product:amount", "product:original_price:amount",
    ) or _labelled(told)  # fmt: skip
    pictures = next((told[name] for name in _OG_IMAGES if name in told), [])
    if not anything and not amount and not (goods and pictures):
        return None
    currency = first(
        "product:sale_price:currency", "product:price:currency", "og:price:currency", "og:product:currency",
        "product:currency", "product:original_price:currency",
    )  # fmt: skip
    shop = _nick(first("og:product:nick"))
    price, code = parse_price(amount, currency, exact=True, country=page.country)
    return Product(
        title=_clean(first("og:title", "twitter:title")),
        price=price,
        unread_price="" if price else _clean(amount),
        currency=code,
        seller=_clean(shop.get("name", "") or first("product:retailer_title"))[:200],
        seller_address=page.whole(shop["url"]) if shop.get("url") else "",
        brand=_clean(first("product:brand", "og:brand"))[:200],
        availability=availability_in(first("product:availability", "og:availability")),
        pictures=_pictures_at(page, pictures),
    )


_OG_IMAGES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
_LABELS = ("price", "preis", "prix", "precio", "prezzo", "价格", "價格", "価格")


def _labelled(told: dict[str, list[str]]) -> str:
    """A price in the two fields that a card may show under names of its own."""
    for number in "12":
        label = next(iter(told.get(f"twitter:label{number}", [])), "").strip().lower()
        if label in _LABELS:
            return next(iter(told.get(f"twitter:data{number}", [])), "")
    return ""


def _nick(text: str) -> dict[str, str]:
    """Chinese marketplaces name the shop like ``name=锦绣旗舰店; url=https://shop.example/12``."""
    parts = (part.partition("=") for part in re.split(r";\s*", text[:1000]))
    return {name.strip(): value.strip() for name, _, value in parts if value.strip()}


def _from_rules(page: WebPage, rules: SiteRules) -> Product | None:
    if rules.product and not rules.product.search(page.address):
        return None
    told = {name: rules.first(page.tree, name) for name in ("title", "price", "currency", "seller", "brand")}
    price, currency = parse_price(told["price"], told["currency"], country=page.country)
    pictures = [best_source(node) or attribute(node, "href") for node in rules.all(page.tree, "pictures")]
    link = rules.first(page.tree, "seller_address")
    return Product(
        title=_clean(told["title"]),
        price=price,
        unread_price="" if price else _clean(told["price"]),
        currency=currency,
        seller=_clean(told["seller"])[:200],
        seller_address=page.whole(link) if link else "",
        brand=_clean(told["brand"])[:200],
        availability=availability_in(rules.first(page.tree, "availability")),
        pictures=_pictures_at(page, pictures),
    )


def _clean(text: str) -> str:
    """One line without tags and what is not seen; what stands there as entities a second time is letters."""
    text = html.unescape(text) if "&" in text else text
    return " ".join(_UNSEEN.sub("", _TAG.sub(" ", text) if "<" in text else text).split())


def _nodes(values: Any) -> Iterator[Node]:
    return (one for one in values or [] if isinstance(one, dict))


def _texts(values: Any) -> list[str]:
    return [one if isinstance(one, str) else str(one) for one in values or [] if not isinstance(one, dict)]


def _first(node: Node, *names: str) -> str:
    return next((text for name in names for text in _texts(node.get(name)) if text.strip()), "")


def _nested(nodes: tuple[Node, ...], *names: str) -> Node:
    """A property that may be a thing with a name or the bare name; of the first node that tells it."""
    for node, name in itertools.product(nodes, names):
        inner = next(_nodes(node.get(name)), None)
        if inner is not None and (inner.get("name") or inner.get("legalname") or inner.get("url")):
            return inner
        if bare := _texts(node.get(name)):
            return {"name": bare}
    return {}
