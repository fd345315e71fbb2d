"""What a page says of the product it offers: schema.org in JSON-LD, microdata and RDFa, Open Graph, site rules.

The vocabularies are https://schema.org/Product and https://ogp.me; each way of writing them is read into one form,
a dict of property to values, so that all three of schema.org's are understood by the same code. No I/O.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from price_parser import Price
from selectolax.lexbor import LexborNode

from ipreg.sightings.siterules import SiteRules
from ipreg.sightings.webpage import WebPage, attribute

MAX_PICTURES = 20
MAX_DEPTH = 12
MAX_NODES = 5000
Node = dict[str, Any]
_TYPES = {"product", "productmodel", "productgroup", "individualproduct", "someproducts"}
_CURRENCIES = {
    "¥": "CNY", "￥": "CNY", "元": "CNY", "RMB": "CNY", "CN¥": "CNY", "US$": "USD", "€": "EUR", "£": "GBP",
    "NT$": "TWD", "HK$": "HKD", "₩": "KRW", "円": "JPY", "JP¥": "JPY", "₽": "RUB", "₹": "INR",
}  # fmt: skip
# What shops write into JSON though it is none: comments to the line's end, a comma before the end.
_COMMENT = re.compile(r"(?m)(?:^|(?<=[,{\[]))[ \t]*//.*$")
_COMMA = re.compile(r",(\s*[}\]])")
_BIGGEST = ("data-zoom-image", "data-large_image", "data-large", "data-original", "data-full")
_LAZY = ("data-src", "data-lazy-src", "data-lazy", "data-ks-lazyload", "data-lazyload", "data-img")


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


def read_product(page: WebPage, rules: SiteRules | None = None) -> Product | None:
    """The product that the page offers; None where it offers none, or several of which none is the page's own.

    What a rule for the site says comes first, then JSON-LD, microdata, RDFa and Open Graph; each fills what those
    before it left open.
    """
    found = [] if rules is None else [("rules", _from_rules(page, rules))]
    for name, nodes in (("json-ld", _json_ld(page)), ("microdata", _microdata(page)), ("rdfa", _rdfa(page))):
        own = _own_product(page, nodes)
        if own is not None:
            found.append((name, _from_node(page, own)))
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
    if len(nodes) <= 1:
        return nodes[0] if nodes else None
    for node in nodes:
        if any(page.whole(text) in (page.address, page.canonical) for text in _texts(node.get("url"))):
            return node
    heading = " ".join(one.text() for one in page.tree.css("title, h1")).strip()
    named = [node for node in nodes if _first(node, "name") and _first(node, "name") in heading]
    return named[0] if named else None


def _from_node(page: WebPage, node: Node) -> Product:
    offer = next(_offers(node), {})
    price, currency = _price_of(offer)
    seller = _nested(offer, "seller") or _nested(offer, "offeredby")
    brand = _nested(node, "brand") or _nested(node, "manufacturer")
    pictures = [page.whole(address) for address in _pictures(node)]
    return Product(
        title=_clean(_first(node, "name")),
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


def _price_of(offer: Node) -> tuple[str, str]:
    specification = next(_nodes(offer.get("pricespecification")), {})
    for node in (offer, specification):
        text = _first(node, "price", "lowprice")
        if text:
            currency = _first(node, "pricecurrency") or _first(offer, "pricecurrency")
            return parse_price(text, currency)
    return "", ""


def parse_price(text: str, currency: str = "") -> tuple[str, str]:
    """Amount and currency code in a text like ``￥1,299.00``; an empty text for what is not told."""
    found = Price.fromstring(text[:100], currency_hint=currency or None)
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
            found += [_first(value, "contenturl", "url", "@id")]
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


# JSON-LD


def _json_ld(page: WebPage) -> list[Node]:
    found: list[Node] = []
    for script in page.tree.css('script[type*="ld+json" i]'):
        text = (
            re.sub(r"^\s*(?:<!--|//\s*<!\[CDATA\[)|(?:-->|//\s*\]\]>)\s*;?\s*$", "", script.text())
            .strip()
            .rstrip(";")
        )
        data = _loaded(text)
        if data is None:
            data = _loaded(_COMMA.sub(r"\1", _COMMENT.sub("", text)))
        found += _products_in(data)  # one broken script is not the others' fault
    return found


def _loaded(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _products_in(data: Any, depth: int = 0) -> list[Node]:
    if depth > 4:
        return []
    if isinstance(data, list):
        return [node for one in data[:200] for node in _products_in(one, depth + 1)]
    if not isinstance(data, dict):
        return []
    if _is_product(data.get("@type")):
        return [_plain(data)]
    inside = (data.get("@graph"), data.get("mainEntity"), data.get("mainEntityOfPage"))
    return [node for one in inside for node in _products_in(one, depth + 1)]


def _is_product(kinds: Any) -> bool:
    named = kinds if isinstance(kinds, list) else [kinds]
    return any(re.split(r"[/#:]", str(kind))[-1].lower() in _TYPES for kind in named)


def _plain(data: Node, depth: int = 0) -> Node:
    """Names in lower case without a prefix, every value a list."""
    found: Node = {}
    for name, value in data.items():
        values = value if isinstance(value, list) else [value]
        plain = [
            _plain(one, depth + 1) if isinstance(one, dict) else one for one in values[:100] if depth < MAX_DEPTH
        ]
        key = name if name.startswith("@") else re.split(r"[/#:]", name)[-1]
        found[key.lower()] = [one for one in plain if one not in (None, "", [], {})]
    return found


# Microdata and RDFa: the same walk, with other names for the attributes


def _microdata(page: WebPage) -> list[Node]:
    return _marked(page, "itemscope", "itemtype", "itemprop")


def _rdfa(page: WebPage) -> list[Node]:
    return _marked(page, "typeof", "typeof", "property")


def _marked(page: WebPage, scope: str, kind: str, prop: str) -> list[Node]:
    found: list[Node] = []
    for element in page.tree.css(f"[{scope}][{kind}]"):
        # One with a property of its own belongs to another (a related product, say).
        if attribute(element, prop) or not _is_product(attribute(element, kind).split()):
            continue
        node: Node = {}
        _walk(element, node, (scope, prop), [MAX_NODES])
        found.append(node)
        if len(found) >= 50:
            break
    return found


def _walk(element: LexborNode, node: Node, names: tuple[str, str], left: list[int], depth: int = 0) -> None:
    """Gathers the properties below ``element``. Bounded: pages may nest without end."""
    scope, prop = names
    for child in element.iter(include_text=False):
        left[0] -= 1
        if left[0] < 0 or depth > 100:
            return
        found = child.attributes
        if found.get(prop):
            value: Any = _value(child)
            if scope in found:
                value = {}
                _walk(child, value, names, left, depth + 1)
            for name in (found[prop] or "").split():
                node.setdefault(re.split(r"[/#:]", name)[-1].lower(), []).append(value)
            if scope in found:
                continue
        if scope not in found:
            _walk(child, node, names, left, depth + 1)


def _value(element: LexborNode) -> str:
    """A property's value (https://html.spec.whatwg.org/multipage/microdata.html#values); images at best size."""
    tag = element.tag
    if tag == "img":
        return best_source(element)
    for names, tags in ((("content",), None), (("href",), ("a", "link", "area")), (("value",), ("data", "meter"))):
        if tags is None or tag in tags:
            text = next((attribute(element, name) for name in names if attribute(element, name)), "")
            if text:
                return text
    return element.text(separator=" ").strip()[:2000]


# Pictures


def best_source(image: LexborNode) -> str:
    """The largest picture that an ``img`` offers: for zooming, by ``srcset``, loaded late, or as it stands."""
    for name in _BIGGEST:
        if _is_picture(attribute(image, name)):
            return attribute(image, name)
    sets = [attribute(image, "srcset"), attribute(image, "data-srcset")]
    if image.parent is not None and image.parent.tag == "picture":
        for source in image.parent.css("source"):
            sets += [attribute(source, "srcset"), attribute(source, "data-srcset")]
    largest = max((one for text in sets for one in _candidates(text)), default=(0.0, ""), key=lambda one: one[0])
    if largest[1]:
        return largest[1]
    for name in (*_LAZY, "src"):
        if _is_picture(attribute(image, name)):
            return attribute(image, name)
    return ""


def _candidates(text: str) -> Iterator[tuple[float, str]]:
    """The pictures of a ``srcset`` with their width in pixels, or their density times a usual width."""
    for part in re.split(r",\s+|,(?=https?://|/)", text):
        words = part.strip().rstrip(",").split()
        if not words or not _is_picture(words[0]):
            continue
        size = re.fullmatch(r"(\d+(?:\.\d+)?)([wx])", words[1]) if len(words) > 1 else None
        yield (float(size[1]) * (1 if size[2] == "w" else 600) if size else 600.0), words[0]


def _is_picture(address: str) -> bool:
    return bool(address) and not address.startswith(("data:", "blob:", "about:", "javascript:"))


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

    amount = first("product:price:amount", "og:price:amount", "product:sale_price:amount")
    if not anything and not amount and not first("og:type").lower().startswith("product"):
        return None
    currency = first("product:price:currency", "og:price:currency", "product:sale_price:currency")
    price, code = parse_price(amount, currency) if amount else ("", "")
    pictures = told.get("og:image:secure_url") or told.get("og:image") or told.get("og:image:url") or []
    return Product(
        title=_clean(first("og:title", "twitter:title")),
        price=price,
        currency=code,
        brand=_clean(first("product:brand"))[:200],
        availability=_availability(first("product:availability", "og:availability")),
        pictures=tuple(dict.fromkeys(one for one in map(page.whole, pictures) if one))[:MAX_PICTURES],
    )


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
    return " ".join(text.split())


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
