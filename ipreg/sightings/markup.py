"""The products that a page's markup speaks of, as nodes: schema.org in JSON-LD, microdata and RDFa.

Each way of writing them is read into one form, a dict of property (lower case, no prefix) to a list of values; what
a value only refers to (``@id``, ``itemref``) is put in its place. No I/O.
"""

from __future__ import annotations

import html
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import json_repair
from selectolax.lexbor import LexborHTMLParser, LexborNode

from ipreg.sightings.webpage import WebPage, attribute

MAX_DEPTH = 12
MAX_NODES = 5000
Node = dict[str, Any]
MAX_REPAIRED = 200_000
# https://schema.org/Product and the types below it
_TYPES = {
    "product", "productmodel", "productgroup", "productcollection", "individualproduct", "someproducts",
    "vehicle", "car", "motorcycle", "motorizedbicycle", "busorcoach",
    # GoodRelations (http://purl.org/goodrelations/v1)
    "someitems", "individual", "productorservice", "productorservicemodel", "actualproductorserviceinstance",
    "actualproductorservice", "productorservicessomeinstancesplaceholder",
}  # fmt: skip
# Works are goods where they are offered.
_WORKS = {"book", "visualartwork", "painting", "sculpture", "photograph", "drawing", "poster", "clothing"}
_HOLDS = ("@graph", "@included", "mainEntity", "mainEntityOfPage", "about", "makesOffer")
_OFFERS = {"offer", "aggregateoffer", "offerforpurchase"}
# Properties by which a page, or an offer, speaks of its own product and not of a related one.
_OWN = {"mainentity", "mainentityofpage", "about", "itemoffered"}
# What the vocabularies before schema.org (data-vocabulary.org, GoodRelations, FOAF) called the same.
_OLD_NAMES = {
    "offerdetails": "offers", "currency": "pricecurrency", "photo": "image", "depiction": "image",
    "haspricespecification": "pricespecification", "hascurrency": "pricecurrency", "hascurrencyvalue": "price",
    "hasmincurrencyvalue": "minprice", "hasmaxcurrencyvalue": "maxprice", "includes": "itemoffered",
    "hasmanufacturer": "manufacturer", "hasbrand": "brand",
}  # fmt: skip
_OFFERING = {"offering"}
_WRAPPED = re.compile(r"<!--|-->|(?://|/\*)\s*(?:<!\[CDATA\[|\]\]>)\s*(?:\*/)?")
_BIGGEST = (
    "data-zoom-image", "data-zoom-src", "data-zoom", "data-old-hires", "data-hires", "data-large_image",
    "data-image-large-src", "data-full-size-image-url", "data-large", "data-original", "data-full", "jqimg",
)  # fmt: skip
_PICTURE_FILE = re.compile(r"(?i)\.(?:jpe?g|png|webp|avif|gif)(?:[?#]|$)")
_LAZY = (
    "data-src", "data-lazy-src", "data-lazy", "data-ks-lazyload", "data-lazyload", "data-lazy-img", "data-img",
    "data-origin", "data-echo", "data-image",
)  # fmt: skip
_SETS = ("srcset", "data-srcset", "data-lazy-srcset", "data-lazysrcset")


STRUCK = "del, s, strike"


class Exact(str):
    """A value that was written for programs and not for readers."""


# JSON-LD


def json_ld(page: WebPage) -> list[Node]:
    left = [MAX_REPAIRED]
    told = [_script(script.text(), left) for script in page.tree.css('script[type*="ld+json" i]')]
    named: dict[str, Node] = {}
    told = [_in_plain_words(data, _terms_of(data)) for data in told]
    for data in told:
        _name_nodes(data, named, [MAX_NODES])
    left = [MAX_NODES]
    return [node for data in told for node in _products_in(data, _Graph(named, left))]


def _script(text: str, left: list[int]) -> Any:
    """The script's data; None where it holds none. One broken script is not the others' fault.

    What shops write though it is no JSON is repaired (comments, quotes inside of texts, a brace too many, wrong
    escapes, letters as entities), within ``left`` characters a page.
    """
    data = _loaded(text)
    left[0] -= 0 if data is not None else len(text)
    if data is not None or left[0] < 0:
        return data
    text = _WRAPPED.sub("", text) if "<!" in text[:100] or "CDATA" in text[:100] else text
    text = text.strip().rstrip(";")
    if "&quot;" in text and '"' not in text:
        text = html.unescape(text)
    try:
        return json_repair.loads(text)
    except (ValueError, RecursionError):
        return None


@dataclass(frozen=True)
class _Term:
    """What a context (https://www.w3.org/TR/json-ld11/#the-context) makes of a word; ``by_language``: its values
    stand in an object by their language."""

    meaning: str
    by_language: bool = False


def _terms_of(data: Any) -> dict[str, _Term]:
    """The words that a script's own contexts explain; contexts at addresses are schema.org's, and known."""
    holders = data if isinstance(data, list) else [data]
    contexts = [one.get("@context") for one in holders[:200] if isinstance(one, dict)]
    found: dict[str, _Term] = {}
    for context in _flat(contexts):
        for word, meant in context.items() if isinstance(context, dict) else ():
            told = meant if isinstance(meant, dict) else {"@id": meant}
            meaning = told.get("@id", word)
            if word.startswith("@") or not isinstance(meaning, str) or meaning.endswith(("/", "#")):
                continue  # a word of the context itself, or a prefix
            by_language = told.get("@container") == "@language"
            if by_language or _name(meaning) != _name(word):
                found[word] = _Term(meaning, by_language)
    return found


def _in_plain_words(data: Any, terms: dict[str, _Term], depth: int = 0) -> Any:
    """The data with each word put as schema.org has it; cut off where they nest without end."""
    if not terms or depth > 2 * MAX_DEPTH:
        return data
    if isinstance(data, list):
        return [_in_plain_words(one, terms, depth + 1) for one in data]
    if not isinstance(data, dict):
        return data
    found: Node = {}
    for word, value in data.items():
        term = terms.get(word, _Term(word))
        if term.by_language and isinstance(value, dict):
            value = list(value.values())
        if term.meaning == "@type":
            value = [terms[one].meaning if isinstance(one, str) and one in terms else one for one in _flat(value)]
        found[term.meaning] = _in_plain_words(value, terms, depth + 1)
    return found


@dataclass(frozen=True)
class _Graph:
    """What ``@id`` refers to on this page, and how many nodes may still be read: references can go in circles."""

    named: dict[str, Node]
    left: list[int]

    def meant(self, value: Node) -> Node:
        """The whole node where ``value`` only refers to it."""
        own = value.get("@id")
        only = isinstance(own, str) and not set(value) - {"@id", "@type"}
        return self.named.get(own, value) if only and isinstance(own, str) else value


def _name_nodes(data: Any, named: dict[str, Node], left: list[int], depth: int = 0) -> None:
    left[0] -= 1
    if left[0] < 0 or depth > MAX_DEPTH:
        return
    if isinstance(data, list):
        for one in data:
            _name_nodes(one, named, left, depth + 1)
    elif isinstance(data, dict):
        own = data.get("@id")
        if isinstance(own, str) and set(data) - {"@id", "@type"}:
            named.setdefault(own, data)
        for one in data.values():
            _name_nodes(one, named, left, depth + 1)


def _loaded(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _products_in(data: Any, graph: _Graph, depth: int = 0) -> list[Node]:
    if depth > 8:
        return []
    if isinstance(data, list):
        return [node for one in data[:200] for node in _products_in(one, graph, depth + 1)]
    if not isinstance(data, dict):
        return []
    if _is_product(data.get("@type")) or (_is_any(data.get("@type"), _WORKS) and data.get("offers")):
        return [_plain(data, graph)]
    if _is_any(data.get("@type"), _OFFERS) and data.get("itemOffered"):
        return _offered(data, graph)
    return [node for name in _HOLDS for node in _products_in(data.get(name), graph, depth + 1)]


def _offered(data: Node, graph: _Graph) -> list[Node]:
    """The product that an offer is for, with that offer."""
    offer = _plain(data, graph)
    products = [one for one in offer.pop("itemoffered", []) if isinstance(one, dict)]
    for product in products:
        product.setdefault("offers", []).insert(0, offer)
    return products[:1]


def _is_product(kinds: Any) -> bool:
    return _is_any(kinds, _TYPES)


def _is_any(kinds: Any, types: set[str]) -> bool:
    named = kinds if isinstance(kinds, list) else [kinds]
    return any(re.split(r"[/#:]", str(kind))[-1].lower() in types for kind in named)


def _plain(data: Node, graph: _Graph, depth: int = 0) -> Node:
    """Names in lower case without a prefix, every value a list, references followed."""
    found: Node = {}
    graph.left[0] -= 1
    if depth >= MAX_DEPTH or graph.left[0] < 0:
        return found
    for name, value in data.items():
        plain = [
            _plain(graph.meant(one), graph, depth + 1) if isinstance(one, dict) else one
            for one in itertools.islice(_flat(value), 100)
        ]
        found[_name(name)] = [one for one in plain if one not in (None, "", [], {})]
    return found


def _flat(value: Any, depth: int = 0) -> Iterator[Any]:
    """Single values out of lists in lists, ``@list``, ``@set`` and ``@value``, and lists written as objects."""
    if isinstance(value, list) and depth < MAX_DEPTH:
        for one in value:
            yield from _flat(one, depth + 1)
    elif isinstance(value, dict) and depth < MAX_DEPTH:
        inner = next((value[name] for name in ("@list", "@set", "@value") if name in value), None)
        if inner is not None:
            yield from _flat(inner, depth + 1)
        elif value and all(name.isdecimal() for name in value):
            yield from _flat(list(value.values()), depth + 1)
        else:
            yield value
    elif not isinstance(value, list | dict):
        yield value


def _name(name: str) -> str:
    plain = (name if name.startswith("@") else re.split(r"[/#:]", name)[-1]).lower()
    return _OLD_NAMES.get(plain, plain)


# Microdata and RDFa: the same walk, with other names for the attributes


@dataclass(frozen=True)
class _Syntax:
    """What an attribute is called: the one that opens a thing, its type, and a property of the thing around."""

    scope: str
    kind: str
    prop: str


_MICRODATA = _Syntax("itemscope", "itemtype", "itemprop")
_RDFA = _Syntax("typeof", "typeof", "property")


@dataclass(frozen=True)
class _Reading:
    """A page read in one syntax. ``subjects``: the elements that describe a thing by its name, which RDFa may do in
    several places (https://www.w3.org/TR/rdfa-primer/#alternative-for-setting-the-context-about)."""

    page: WebPage
    syntax: _Syntax
    subjects: dict[str, list[LexborNode]]

    def subject(self, element: LexborNode) -> str:
        """The whole name of what the element describes; empty where it names nothing."""
        if self.syntax is not _RDFA:
            return ""
        is_value = attribute(element, "property") and "typeof" not in element.attributes
        named = attribute(element, "about") or ("" if is_value else attribute(element, "resource"))
        return self.page.whole(named.strip("[]")) or named

    def meant(self, element: LexborNode) -> list[LexborNode]:
        """The elements that describe what a property only refers to."""
        if self.syntax is not _RDFA or element.tag == "img":
            return []
        named = attribute(element, "resource") or attribute(element, "href")
        found = self.subjects.get(self.page.whole(named) or named, []) if named else []
        return found if any("typeof" in one.attributes for one in found) else []


def microdata(page: WebPage) -> list[Node]:
    return _marked(_Reading(page, _MICRODATA, {}))


def rdfa(page: WebPage) -> list[Node]:
    reading = _Reading(page, _RDFA, {})
    for element in page.tree.css("[about], [resource]")[:MAX_NODES]:
        if name := reading.subject(element):
            reading.subjects.setdefault(name, []).append(element)
    return _marked(reading)


def _marked(reading: _Reading) -> list[Node]:
    syntax = reading.syntax
    found: list[Node] = []
    seen: set[str] = set()
    for element in reading.page.tree.css(f"[{syntax.scope}][{syntax.kind}]"):
        subject = reading.subject(element)
        if not _speaks_of_product(element, syntax) or not _is_own(element, syntax) or subject in seen - {""}:
            continue
        seen.add(subject)
        found.append(_product_at(element, reading))
        if len(found) >= 50:
            break
    return found


def _product_at(element: LexborNode, reading: _Reading) -> Node:
    kinds = attribute(element, reading.syntax.kind).split()
    node: Node = {"@type": kinds}
    _gather(element, node, reading, [MAX_NODES])
    if _is_any(kinds, _OFFERING):
        offered = next((one for one in node.pop("itemoffered", []) if isinstance(one, dict)), {})
        node = {**node, **offered, "offers": [node]}
    offer = _offer_around(element, reading)
    if offer is not None:
        node.setdefault("offers", []).append(offer)
        node.setdefault("name", offer.get("name", []))
    if not node.get("image"):
        node["@images"] = _images_in(element)
    return node


def _speaks_of_product(element: LexborNode, syntax: _Syntax) -> bool:
    """A product, or what GoodRelations calls an offering where the product in it has no element of its own."""
    kinds = attribute(element, syntax.kind).split()
    if not _is_any(kinds, _OFFERING):
        return _is_product(kinds)
    inside = element.css(f"[{syntax.kind}]")[:200]
    return not any(_is_product(attribute(one, syntax.kind).split()) for one in inside)


def _is_own(element: LexborNode, syntax: _Syntax) -> bool:
    """Whether it is nobody's property (as a related product is), or that of the page or of an offer."""
    if syntax is _RDFA and attribute(element, "about"):
        return True  # it is its own property that stands beside
    names = _named_as(element, syntax)
    return not names or (bool(names & _OWN) and not any(_is_product(kinds) for kinds in _scopes(element, syntax)))


def _named_as(element: LexborNode, syntax: _Syntax) -> set[str]:
    """Which property of the thing around it is; RDFa may say it on an element between the two."""
    names = _properties(element, syntax)
    outer = element.parent
    if not names and syntax is _RDFA and outer is not None and not _opens(outer, syntax):
        names = [] if attribute(outer, "property") else _properties(outer, syntax)
    return {_name(one) for one in names}


def _opens(element: LexborNode, syntax: _Syntax) -> bool:
    return syntax.scope in element.attributes


def _scopes(element: LexborNode, syntax: _Syntax) -> Iterator[list[str]]:
    """The types of the things around it, from the inside."""
    for outer in _around(element, syntax):
        yield attribute(outer, syntax.kind).split()


def _around(element: LexborNode, syntax: _Syntax) -> Iterator[LexborNode]:
    outer = element.parent
    for _ in range(100):
        if outer is None or outer.tag in ("html", "-undef"):
            return
        if _opens(outer, syntax):
            yield outer
        outer = outer.parent


def _offer_around(element: LexborNode, reading: _Reading) -> Node | None:
    """The offer that the product is a property of."""
    outer = next(_around(element, reading.syntax), None)
    if outer is None or "itemoffered" not in _named_as(element, reading.syntax):
        return None
    offer: Node = {}
    _gather(outer, offer, reading, [MAX_NODES])
    offer.pop("itemoffered", None)
    return offer


def _properties(element: LexborNode, syntax: _Syntax) -> list[str]:
    names = attribute(element, syntax.prop).split()
    if syntax is not _RDFA or names:
        return names
    names = attribute(element, "rel").split()
    if element.tag in ("a", "link", "area", "form"):
        names = [one for one in names if ":" in one]  # the others are HTML's own
    return names or (["seller"] if attribute(element, "rev") == "gr:offers" else [])


def _gather(element: LexborNode, node: Node, reading: _Reading, left: list[int], depth: int = 0) -> None:
    """All that is said of what ``element`` describes, here and where else the page names it."""
    subject = reading.subject(element)
    if reading.syntax is _RDFA and attribute(element, "about"):
        for name in attribute(element, "property").split():
            node.setdefault(_name(name), []).append(_value(element))
    _walk(element, node, reading, left, depth)
    for other in reading.subjects.get(subject, [])[:50] if subject else []:
        if other == element or _is_inside(other, element):
            continue
        if attribute(other, "about") and _properties(other, reading.syntax):
            _take(other, node, reading, left, depth + 1)
        else:
            _walk(other, node, reading, left, depth + 1)


def _is_inside(element: LexborNode, outer: LexborNode) -> bool:
    above = element.parent
    for _ in range(200):
        if above is None or above == outer:
            return above is not None
        above = above.parent
    return False


def _walk(element: LexborNode, node: Node, reading: _Reading, left: list[int], depth: int = 0) -> None:
    """Gathers the properties below ``element`` and those it refers to by ``itemref``. Bounded: pages may nest
    without end, and refer in circles."""
    for child in element.iter(include_text=False):
        _take(child, node, reading, left, depth)
    if reading.syntax is _MICRODATA:
        for name in attribute(element, "itemref").split()[:20]:
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            for child in reading.page.tree.css(f'[id="{quoted}"]')[:1]:
                _take(child, node, reading, left, depth)


def _take(child: LexborNode, node: Node, reading: _Reading, left: list[int], depth: int) -> None:
    left[0] -= 1
    if left[0] < 0 or depth > 100:
        return
    syntax = reading.syntax
    names, opens = _properties(child, syntax), _opens(child, syntax)
    if names:
        value = _thing_or_value(child, reading, left, depth)
        for name in names:
            node.setdefault(_name(name), []).append(value)
    if not opens:
        _walk(child, node, reading, left, depth + 1)


def _thing_or_value(child: LexborNode, reading: _Reading, left: list[int], depth: int) -> Any:
    """The value of a property: a thing of its own, here or elsewhere on the page, or a text."""
    value: Node = {}
    if _opens(child, reading.syntax):
        _walk(child, value, reading, left, depth + 1)
        return value
    inner = _only_named(child, reading.syntax)
    if inner is not None:
        _gather(inner, value, reading, left, depth + 1)
        return value
    elsewhere = reading.meant(child)
    if elsewhere and depth < MAX_DEPTH:
        _gather(elsewhere[0], value, reading, left, depth + 1)
        return value
    if attribute(child, "rel") and reading.syntax is _RDFA and attribute(child, "resource"):
        return Exact(attribute(child, "resource"))
    return _value(child)


def _only_named(element: LexborNode, syntax: _Syntax) -> LexborNode | None:
    """RDFa may name a property around the thing that is its value: ``<div rel="offers"><p typeof="Offer">``."""
    if syntax is not _RDFA or attribute(element, "property"):
        return None
    return element.css_first("[typeof]")


def _value(element: LexborNode) -> str:
    """A property's value (https://html.spec.whatwg.org/multipage/microdata.html#values); images at best size."""
    tag = element.tag
    if tag == "img":
        return attribute(element, "content") or best_source(element)
    for names, tags in (
        (("content",), None),
        (("href", "resource"), ("a", "link", "area")),
        (("src", "resource"), ("source", "embed", "iframe")),
        (("data", "resource"), ("object",)),
        (("value",), ("data", "meter")),
    ):
        if tags is None or tag in tags:
            text = next((attribute(element, name) for name in names if attribute(element, name)), "")
            if text:
                return Exact(text)
    text = text_now(element)
    image = element.css_first("img") if not text else None
    return text if image is None else best_source(image)


def text_now(element: LexborNode) -> str:
    """Its text without what is struck out, unless all is."""
    whole = str(element.text(separator=" ")).strip()[:2000]
    if element.css_first(STRUCK) is None:
        return whole
    part = LexborHTMLParser(element.html or "")
    for struck in part.css(STRUCK):
        struck.decompose()
    return str(part.body.text(separator=" ") if part.body else "").strip()[:2000] or whole


def _images_in(element: LexborNode) -> list[str]:
    """Every picture below it but those of other products: what it shows where it says nothing of pictures."""
    found = []
    for image in element.css("img")[:200]:
        outer = image.parent
        while outer is not None and outer != element and not attribute(outer, "itemtype"):
            outer = outer.parent
        if outer is None or outer == element or not _is_product(attribute(outer, "itemtype").split()):
            found.append(best_source(image))
    return [one for one in found if one]


# Pictures


def best_source(image: LexborNode) -> str:
    """The largest picture that an ``img`` offers: for zooming, by ``srcset``, loaded late, or as it stands."""
    for name in _BIGGEST:
        if _is_picture(attribute(image, name)):
            return attribute(image, name)
    around = image.parent
    if around is not None and around.tag == "a" and _PICTURE_FILE.search(attribute(around, "href")):
        return attribute(around, "href")  # galleries show a small one, which leads to the whole
    several = [image]
    if image.parent is not None and image.parent.tag == "picture":
        several += image.parent.css("source")
    sets = [attribute(one, name) for one in several for name in _SETS]
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
