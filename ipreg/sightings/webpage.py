"""A page of the web as HTML: decoded as browsers do, its links, its address of record. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urljoin, urlsplit

from babel.core import get_global
from selectolax.lexbor import LexborHTMLParser, LexborNode
from w3lib.encoding import html_to_unicode
from w3lib.url import canonicalize_url, url_query_cleaner

from ipreg.errors import CallerError
from ipreg.sightings.charsets import guess_charset

MAX_LINKS = 2000
MAX_ADDRESS = 1500
# They say where a visitor came from and not what he sees.
_TRACKING = (
    "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "gclid", "fbclid", "msclkid", "spm",
    "scm", "share_token", "_ga", "yclid", "igshid",
)  # fmt: skip
# Domains of countries that the whole world uses, and of no country.
_NO_COUNTRY = {"AI", "CC", "CO", "EU", "FM", "GG", "IO", "LY", "ME", "SH", "TO", "TV", "WS"}
_NO_PAGE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|svg|ico|css|m?js|json|pdf|zip|gz|rar|7z|mp[34]|webm|woff2?|ttf|apk|exe|dmg)$",
    re.I,
)
_MARKUP = re.compile(rb"<(?:!doctype|html|head|body|title|meta|div|script|[a-z]{1,8}[\s>])", re.I)


@dataclass(frozen=True)
class WebPage:
    """HTML that came from ``address``."""

    address: str
    text: str

    @cached_property
    def tree(self) -> LexborHTMLParser:
        return LexborHTMLParser(self.text)

    @cached_property
    def base(self) -> str:
        """What relative addresses are relative to."""
        found = self.tree.css_first("base[href]")
        return whole_address(self.address, attribute(found, "href")) or self.address if found else self.address

    @cached_property
    def canonical(self) -> str:
        """The address of record that the page names, if it is on the same host; else its own, tidied."""
        link = self.tree.css_first('link[rel~="canonical" i][href]')
        card = self.tree.css_first('meta[property="og:url"][content]')
        told = attribute(link, "href") if link else attribute(card, "content")
        named = self.whole(told) if told else ""  # nothing, relative to a base, would be the base
        # One-page shops write their start page into the frame of every page.
        home = urlsplit(named).path in ("", "/") and not urlsplit(named).query
        same = named and not home and host_of(named) == host_of(self.address)
        return tidy_address(named if same else self.address)

    @cached_property
    def site(self) -> str:
        """What the page calls its site; empty where it does not."""
        named = 'meta[property="og:site_name"][content], meta[name="application-name"][content]'
        return " ".join(attribute(self.tree.css_first(named), "content").split())[:200]

    @cached_property
    def country(self) -> str:
        """Of which country (ISO 3166) the page seems to be, by its host, then its language; empty where unknown."""
        host = urlsplit(self.address).hostname or ""
        domain = host.rpartition(".")[2].upper()
        if len(domain) == 2 and domain.isalpha() and domain not in _NO_COUNTRY:
            return "GB" if domain == "UK" else domain
        language = attribute(self.tree.css_first("html"), "lang").replace("-", "_")
        card = attribute(self.tree.css_first('meta[property="og:locale"]'), "content").replace("-", "_")
        for told in (language, card):
            if region := re.search(r"_([A-Z]{2})\b", told):
                return region[1]
        likely = get_global("likely_subtags").get(language.partition("_")[0].lower(), "")
        return str(likely).rpartition("_")[2] if "_" in str(likely) else ""

    @cached_property
    def robots(self) -> frozenset[str]:
        """What the page's own robots element asks for: ``noindex``, ``nofollow``, ..."""
        words: set[str] = set()
        for meta in self.tree.css('meta[name="robots" i]'):
            words.update(word.strip().lower() for word in attribute(meta, "content").split(","))
        return frozenset(words | {"noindex", "nofollow"} if "none" in words else words)

    def whole(self, address: str) -> str:
        """``address`` made absolute; empty where it is none of the web."""
        return whole_address(self.base, address)

    def links(self) -> list[str]:
        """Where the page leads, tidied, each once, in its order; not what it asks not to follow."""
        if "nofollow" in self.robots:
            return []
        found: dict[str, None] = {}
        for node in self.tree.css("a[href], area[href], link[rel=next][href]"):
            if "nofollow" in attribute(node, "rel").lower().split():
                continue
            address = self.whole(attribute(node, "href"))
            if address and not _NO_PAGE.search(urlsplit(address).path):
                found[tidy_address(address)] = None
            if len(found) >= MAX_LINKS:
                break
        return list(found)


def page_of(address: str, body: bytes, content_type: str) -> WebPage:
    """The page in ``body``. Raises ``CallerError`` (``page_not_html``) where the bytes are something else.

    The charset is told by byte order mark, header, the page itself, then by trying: GB 2312 counts as GB 18030.
    """
    head = body[:4096].lstrip()
    if b"\x00" in head[:512] and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CallerError("page_not_html", address=address[:200])
    if not head.startswith((b"\xff\xfe", b"\xfe\xff")) and not _MARKUP.search(body[:65536]):
        raise CallerError("page_not_html", address=address[:200])
    _encoding, text = html_to_unicode(content_type, body, default_encoding="utf-8", auto_detect_fun=guess_charset)
    return WebPage(address, text)


def tidy_address(address: str) -> str:
    """One form for addresses that mean the same: sorted query, no fragment, no tracking."""
    try:
        cleaned = url_query_cleaner(address, _TRACKING, remove=True, unique=False) if "?" in address else address
        return str(canonicalize_url(cleaned))
    except ValueError:
        return address.partition("#")[0]


def whole_address(base: str, address: str) -> str:
    """``address`` relative to ``base`` made absolute; empty where it is none of the web."""
    address = "".join(letter for letter in address.strip() if letter >= " ")
    try:
        joined = urljoin(base, address)
        parts = urlsplit(joined)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return ""
    return joined if good and len(joined) <= MAX_ADDRESS else ""


def host_of(address: str) -> str:
    """Host and port without a leading ``www.``; empty where there is none."""
    try:
        return urlsplit(address).netloc.rpartition("@")[2].lower().removeprefix("www.")
    except ValueError:
        return ""


def origin_of(address: str) -> str:
    """``scheme://host:port`` of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def shape_of(address: str) -> str:
    """The form of an address: digits as one 0, queries by name only. A trap makes many of one shape."""
    parts = urlsplit(address)
    path = re.sub(r"\d+", "0", parts.path)
    names = sorted({part.partition("=")[0] for part in parts.query.split("&") if part})
    return (path + ("?" + "&".join(names) if names else ""))[:200]


def attribute(node: LexborNode | None, name: str) -> str:
    """The attribute's text, empty where there is none."""
    if node is None:
        return ""
    return (node.attributes.get(name) or "").strip()
