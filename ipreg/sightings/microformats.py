"""Products in microformats: h-product (https://microformats.org/wiki/h-product) and the older hproduct. No I/O.

They come as the same nodes as schema.org's (``ipreg.sightings.markup``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from selectolax.lexbor import LexborNode

from ipreg.sightings.markup import Exact, Node, best_source, text_now
from ipreg.sightings.prices import currency_in
from ipreg.sightings.webpage import WebPage, attribute

MAX_PRODUCTS = 50
_ROOTS = ".h-product, .hproduct"
# What a class says, in the newer form and the older.
_NAMES = {
    "name": ("p-name", "fn"),
    "image": ("u-photo", "photo"),
    "price": ("p-price", "price"),
    "pricecurrency": ("p-currency", "currency"),
    "brand": ("p-brand", "brand"),
    "seller": ("p-seller", "seller"),
    "url": ("u-url", "url"),
    "availability": ("p-availability", "availability"),
}
_OF_OFFER = ("price", "pricecurrency", "seller", "availability")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def h_products(page: WebPage) -> list[Node]:
    """The products that the page's classes mark; not those that another thing speaks of, as a review does."""
    roots = [one for one in page.tree.css(_ROOTS)[:200] if not _is_property(one)]
    return [_node(one) for one in roots[:MAX_PRODUCTS]]


def _node(root: LexborNode) -> Node:
    node: Node = {"@type": ["Product"]}
    for name, classes in _NAMES.items():
        found = [_value(one, name) for one in _own(root, classes)]
        node[name] = [one for one in found if one][: 20 if name == "image" else 1]
    node["brand"] = [{"name": node["brand"]}] if node["brand"] else []
    images = root.css("img")
    if not node["image"] and len(images) == 1:
        node["image"] = [best_source(images[0])]
    if not node["name"] and all(one == root for one in root.css("[class]")):
        node["name"] = [text_now(root) or (attribute(images[0], "alt") if images else "")]
    if not node["pricecurrency"]:  # a number for programs may stand beside the sign that readers see
        shown = next((text_now(one) for one in _own(root, _NAMES["price"])), "")
        node["pricecurrency"] = [code for code in [currency_in(shown)] if code]
    node["offers"] = [{name: node.pop(name) for name in _OF_OFFER}]
    return node


def _own(root: LexborNode, classes: tuple[str, ...]) -> Iterator[LexborNode]:
    """The elements below ``root`` that bear one of the classes and belong to no other thing in it."""
    for found in root.css(", ".join(f".{one}" for one in classes))[:100]:
        above = found.parent
        while above is not None and above != root and not _is_thing(above):
            above = above.parent
        if above == root:
            yield found


def _value(element: LexborNode, name: str) -> str:
    if name == "image":
        image = element if element.tag == "img" else element.css_first("img")
        return (best_source(image) if image is not None else "") or attribute(element, "href")
    if name == "url":
        return attribute(element, "href")
    if element.tag in ("data", "abbr", "meta"):
        told = attribute(element, "value") or attribute(element, "title") or attribute(element, "content")
        if told:
            return Exact(told) if _NUMBER.fullmatch(told) and Decimal(told) else told
    inner = element.css_first(".p-name, .fn, .value, .amount")
    return text_now(element if inner is None or name == "name" else inner)


def _is_thing(element: LexborNode) -> bool:
    return any(re.fullmatch(r"h-[a-z]+(?:-[a-z]+)*|hproduct|hreview|vcard", one) for one in _classes(element))


def _is_property(element: LexborNode) -> bool:
    return any(one.startswith(("p-", "u-")) or one == "item" for one in _classes(element))


def _classes(element: LexborNode) -> list[str]:
    return attribute(element, "class").split()
