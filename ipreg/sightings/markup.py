"""The products that a page's markup speaks of, as nodes: schema.org in JSON-LD, microdata and RDFa.

Each way of writing them is read into one form, a dict of property (lower case, no prefix) to a list of values; what
a value only refers to (``@id``, ``itemref``) is put in its place. No I/O.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import json_repair
from selectolax.lexbor import LexborNode

from ipreg.sightings.webpage import WebPage, attribute

MAX_DEPTH = 12
MAX_NODES = 5000
Node = dict[str, Any]
MAX_REPAIRED = 200_000
# https://schema.org/Product and the types below it
_TYPES = {
    "product", "productmodel", "productgroup", "productcollection", "individualproduct", "someproducts",
    "vehicle", "car", "motorcycle", "motorizedbicycle", "busorcoach",
}  # fmt: skip
_WRAPPED = re.compile(r"<!--|-->|(?://|/\*)\s*(?:<!\[CDATA\[|\]\]>)\s*(?:\*/)?")
_BIGGEST = ("data-zoom-image", "data-large_image", "data-large", "data-original", "data-full")
_LAZY = ("data-src", "data-lazy-src", "data-lazy", "data-ks-lazyload", "data-lazyload", "data-img")


# JSON-LD


def json_ld(page: WebPage) -> list[Node]:
    left = [MAX_REPAIRED]
    told = [_script(script.text(), left) for script in page.tree.css('script[type*="ld+json" i]')]
    named: dict[str, Node] = {}
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
    if depth > 4:
        return []
    if isinstance(data, list):
        return [node for one in data[:200] for node in _products_in(one, graph, depth + 1)]
    if not isinstance(data, dict):
        return []
    if _is_product(data.get("@type")):
        return [_plain(data, graph)]
    inside = (data.get("@graph"), data.get("mainEntity"), data.get("mainEntityOfPage"))
    return [node for one in inside for node in _products_in(one, graph, depth + 1)]


def _is_product(kinds: Any) -> bool:
    named = kinds if isinstance(kinds, list) else [kinds]
    return any(re.split(r"[/#:]", str(kind))[-1].lower() in _TYPES for kind in named)


def _plain(data: Node, graph: _Graph, depth: int = 0) -> Node:
    """Names in lower case without a prefix, every value a list, references followed."""
    found: Node = {}
    graph.left[0] -= 1
    if depth >= MAX_DEPTH or graph.left[0] < 0:
        return found
    for name, value in data.items():
        if isinstance(value, dict) and len(value) == 1:
            value = value.get("@list", value.get("@set", value.get("@value", value)))
        values = value if isinstance(value, list) else [value]
        plain = [
            _plain(graph.meant(one), graph, depth + 1) if isinstance(one, dict) else one for one in values[:100]
        ]
        key = name if name.startswith("@") else re.split(r"[/#:]", name)[-1]
        found[key.lower()] = [one for one in plain if one not in (None, "", [], {})]
    return found


# Microdata and RDFa: the same walk, with other names for the attributes


def microdata(page: WebPage) -> list[Node]:
    return _marked(page, "itemscope", "itemtype", "itemprop")


def rdfa(page: WebPage) -> list[Node]:
    return _marked(page, "typeof", "typeof", "property")


def _marked(page: WebPage, scope: str, kind: str, prop: str) -> list[Node]:
    found: list[Node] = []
    for element in page.tree.css(f"[{scope}][{kind}]"):
        # One with a property of its own belongs to another (a related product, say).
        if attribute(element, prop) or not _is_product(attribute(element, kind).split()):
            continue
        node: Node = {}
        _walk(element, node, (scope, prop), [MAX_NODES], page=page)
        found.append(node)
        if len(found) >= 50:
            break
    return found


def _walk(
    element: LexborNode, node: Node, names: tuple[str, str], left: list[int], depth: int = 0, *, page: WebPage
) -> None:
    """Gathers the properties below ``element`` and those it refers to by ``itemref``. Bounded: pages may nest
    without end, and refer in circles."""
    for child in element.iter(include_text=False):
        _take(child, node, names, left, depth, page)
    if names[0] == "itemscope":
        for name in attribute(element, "itemref").split()[:20]:
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            for child in page.tree.css(f'[id="{quoted}"]')[:1]:
                _take(child, node, names, left, depth, page)


def _take(
    child: LexborNode, node: Node, names: tuple[str, str], left: list[int], depth: int, page: WebPage
) -> None:
    scope, prop = names
    left[0] -= 1
    if left[0] < 0 or depth > 100:
        return
    found = child.attributes
    if found.get(prop):
        value: Any = _value(child)
        if scope in found:
            value = {}
            _walk(child, value, names, left, depth + 1, page=page)
        for name in (found[prop] or "").split():
            node.setdefault(re.split(r"[/#:]", name)[-1].lower(), []).append(value)
    if scope not in found:
        _walk(child, node, names, left, depth + 1, page=page)


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
