"""Rules for sites that do not publish product data: CSS selectors in a TOML file, one file a site, no code.

hosts = ["shop.example"]
product = "/item/\\d+"          # a product's address holds this (regular expression)
follow = ["/list", "/item/"]    # only such addresses are followed; without it all of the site

[fields]
title = "h1.name"               # the element's text
price = "span.cost"
currency = "=CNY"               # a value that always holds
seller_address = "a.shop @href" # an attribute
pictures = "#photos img"
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ipreg.sightings.markup import text_now
from ipreg.sightings.webpage import attribute, host_of

FIELDS = frozenset({"title", "price", "currency", "seller", "seller_address", "brand", "availability", "pictures"})


@dataclass(frozen=True)
class SiteRules:
    """How to read one site. ``fields`` maps a field to a selector, ``selector @attribute`` or ``=value``."""

    hosts: tuple[str, ...]
    fields: dict[str, str] = field(default_factory=dict)
    product: re.Pattern[str] | None = None
    follow: tuple[re.Pattern[str], ...] = ()

    def first(self, tree: LexborHTMLParser, name: str) -> str:
        """The text that the field's rule finds first; empty where it finds none."""
        rule = self.fields.get(name, "")
        if rule.startswith("="):
            return rule[1:]
        _selector, _, wanted = rule.partition(" @")
        found = next(iter(self.all(tree, name)), None)
        if found is None:
            return ""
        if wanted:
            return attribute(found, wanted)
        return attribute(found, "content") or text_now(found)

    def all(self, tree: LexborHTMLParser, name: str) -> list[LexborNode]:
        """Every element that the field's rule finds."""
        selector = self.fields.get(name, "").partition(" @")[0]
        return tree.css(selector)[:50] if selector and not selector.startswith("=") else []

    def may_follow(self, address: str) -> bool:
        return not self.follow or any(one.search(address) for one in self.follow)


def load_rules(folder: Path) -> dict[str, SiteRules]:
    """The rules of all files in ``folder`` by host; a file that can't be read is left out (``rule_faults``)."""
    return _load(folder)[0]


def rule_faults(folder: Path) -> tuple[str, ...]:
    """What is wrong with files in ``folder``, one text a file that was left out."""
    return _load(folder)[1]


def _load(folder: Path) -> tuple[dict[str, SiteRules], tuple[str, ...]]:
    found: dict[str, SiteRules] = {}
    faults: list[str] = []
    for place in sorted(folder.glob("*.toml")) if folder.is_dir() else []:
        try:
            rules = parse_rules(place.read_text("utf-8"))
        except (ValueError, OSError) as fault:
            faults.append(f"{place.name}: {fault}")
            continue
        found.update((host, rules) for host in rules.hosts)
    return found, tuple(faults)


def parse_rules(text: str) -> SiteRules:
    """The rules in the text of a file; raises ``ValueError`` with what is wrong."""
    data = tomllib.loads(text)
    if unknown := set(data) - {"hosts", "product", "follow", "fields"}:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    hosts, fields = data.get("hosts"), data.get("fields", {})
    if not isinstance(hosts, list) or not hosts or not all(isinstance(one, str) for one in hosts):
        raise ValueError("hosts: a list of host names is needed")
    if unknown := set(fields) - FIELDS:
        raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
    try:
        product = re.compile(data["product"]) if data.get("product") else None
        follow = tuple(re.compile(one) for one in data.get("follow", []))
    except (re.error, TypeError) as fault:
        raise ValueError(f"not a regular expression: {fault}") from fault
    rules = SiteRules(tuple(one.lower().removeprefix("www.") for one in hosts), dict(fields), product, follow)
    _try_selectors(rules)
    return rules


def rules_for(rules: dict[str, SiteRules], address: str) -> SiteRules | None:
    """Those of the address's host."""
    host = host_of(address)
    return rules.get(host) or rules.get(host.partition(":")[0])


def _try_selectors(rules: SiteRules) -> None:
    """A selector that is none is told when the file is read and not at the first page."""
    empty = LexborHTMLParser("<p>")
    for name in rules.fields:
        try:
            rules.all(empty, name)
        except Exception as fault:  # the parser has an error class of its own
            raise ValueError(f"fields.{name}: {fault}") from fault
