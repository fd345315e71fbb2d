"""A shop on the loopback address with everything that the web does to a crawler. It counts who asked for what.

python tests/sightings/shop.py PORT PRODUCTS     serves until it is ended (for the benchmark)
"""

from __future__ import annotations

import gzip
import io
import json
import sys
import threading
import time
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

sys.path.insert(0, str(Path(__file__).parent.parent))

from scenery import draw_picture

PAGE = 20
HTML = "text/html; charset=utf-8"
Answered = tuple[int, dict[str, str], bytes]


@lru_cache(maxsize=64)
def photo(number: int) -> bytes:
    return draw_picture(1000 + number, size=(200, 240))


@dataclass
class Shop:
    """``prices`` and ``gone`` change what stands there; ``robots`` is the robots.txt; ``busy`` counts down."""

    products: int = 12
    robots: str = "User-agent: *\nDisallow: /forbidden/\n"
    prices: dict[int, str] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    busy: int = 0
    retry_after: str = "1"
    extra: dict[str, Answered] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    conditional: Counter[str] = field(default_factory=Counter)
    times: list[tuple[float, str]] = field(default_factory=list)
    address: str = ""
    stopped: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Shop:
        self.start(0)
        return self

    def start(self, port: int) -> None:
        handler = type("Handler", (_Handler,), {"shop": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def __exit__(self, *_fault: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()

    def answer(self, target: str, headers: Any) -> Answered:
        parts = urlsplit(target)
        path, query = parts.path, parse_qs(parts.query)
        if path in self.extra:
            return self.extra[path]
        name, _, rest = path.strip("/").partition("/")
        page = getattr(self, f"_{name.replace('.', '_').replace('-', '_') or 'start'}", None)
        if page is None:
            return 404, {}, b"nothing here"
        found = page(rest, query, headers)
        assert isinstance(found, tuple)
        return found

    # The pages, one method a first folder.

    def _start(self, _rest: str, _query: Any, _headers: Any) -> Answered:
        links = ["/list?page=1", *self.links]
        return html("Shop", "".join(f'<a href="{link}">{link}</a>' for link in links))

    def _list(self, _rest: str, query: Any, _headers: Any) -> Answered:
        page = int(query["page"][0])
        numbers = range((page - 1) * PAGE, min(page * PAGE, self.products))
        # Relative to /list, with tracking and a fragment: the same product under many addresses.
        links = "".join(
            f'<a href="item/{n}?utm_source=list#top">item</a><a href="./item/{n}">{n}</a>' for n in numbers
        )
        if page * PAGE < self.products:
            links += f'<a rel="next" href="?page={page + 1}">next</a>'
        return html("List", links)

    def _item(self, rest: str, _query: Any, headers: Any) -> Answered:
        number = int(rest)
        if number in self.gone:
            return 410, {}, b"gone"
        price = self.prices.get(number, f"{number + 10}.50")
        etag = f'"{number}-{price}"'
        if headers.get("If-None-Match") == etag:
            return 304, {"ETag": etag}, b""
        content, charset = product(number, price)
        encoded = content.encode(charset)
        # Half of them do not say their charset but in the page itself.
        kind = "text/html" if number % 2 else f"text/html; charset={charset}"
        return 200, {"Content-Type": kind, "ETag": etag, "Last-Modified": formatdate(1_770_000_000)}, encoded

    def _dup(self, rest: str, _query: Any, _headers: Any) -> Answered:
        content, charset = product(int(rest), "9.00", canonical=f"/item/{rest}")
        return 200, {"Content-Type": f"text/html; charset={charset}"}, content.encode(charset)

    def _old(self, rest: str, _query: Any, _headers: Any) -> Answered:
        return 302, {"Location": f"/item/{rest}"}, b""

    def _pic(self, rest: str, _query: Any, _headers: Any) -> Answered:
        return 200, {"Content-Type": "image/jpeg"}, photo(int(rest.split(".")[0].split("-")[0]))

    def _robots_txt(self, _rest: str, _query: Any, _headers: Any) -> Answered:
        return 200, {"Content-Type": "text/plain"}, self.robots.encode()

    def _sitemap_xml(self, _rest: str, _query: Any, _headers: Any) -> Answered:
        body = f"<sitemap><loc>{self.address}/sitemap-1</loc></sitemap>"
        return sitemap("sitemapindex", body)

    def _sitemap_1(self, _rest: str, _query: Any, _headers: Any) -> Answered:
        body = "".join(f"<url><loc>{self.address}/item/{n}</loc></url>" for n in range(self.products))
        status, _headers, content = sitemap("urlset", body)
        return status, {"Content-Type": "application/gzip"}, gzip.compress(content)

    def _search(self, _rest: str, query: Any, _headers: Any) -> Answered:
        return html("Search", f'<p>{query["q"][0]}</p><a href="/item/1">1</a>')

    def _calendar(self, rest: str, _query: Any, _headers: Any) -> Answered:
        number = int(rest)
        links = "".join(f'<a href="/calendar/{number * 2 + more}">later</a>' for more in (1, 2))
        return html("Calendar", links)

    def _redirect(self, _rest: str, query: Any, _headers: Any) -> Answered:
        return 302, {"Location": query["to"][0]}, b""

    def _circle(self, _rest: str, _query: Any, _headers: Any) -> Answered:
        return 302, {"Location": "/circle"}, b""

    def _busy(self, _rest: str, _query: Any, _headers: Any) -> Answered:
        if self.busy > 0:
            self.busy -= 1
            return 429, {"Retry-After": self.retry_after}, b"slow down"
        return html("Busy", '<a href="/item/3">3</a>')

    def _bomb(self, _rest: str, _query: Any, _headers: Any) -> Answered:
        return 200, {"Content-Type": HTML, "Content-Encoding": "gzip"}, gzip.compress(b"\0" * 100_000_000, 6)

    def _archive(self, _rest: str, _query: Any, _headers: Any) -> Answered:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("page.html", "<h1>inside</h1>")
        return 200, {"Content-Type": HTML}, out.getvalue()

    def _forbidden(self, _rest: str, _query: Any, _headers: Any) -> Answered:
        return html("Forbidden", "you must not see this")

    def _broken(self, _rest: str, _query: Any, _headers: Any) -> Answered:
        text = (
            '<html><head><title>broken</title><base href="/list/"><script type="application/ld+json">'
            '{"@type": "Product", "name": "half'
            '</script></head><body><div><p>never closed <a href="../item/2">two'
            '<a href="javascript:alert(1)"><a href="mailto:a@b"><a href="http://[bad"><a href="\x01">'
        )
        return 200, {"Content-Type": HTML}, text.encode() + b"\xff\xfe\xff"

    def _plain(self, rest: str, _query: Any, _headers: Any) -> Answered:
        body = (
            f'<h1 class="name"> 素色 {rest} </h1><span class="cost">￥1,299.00 元</span><b class="shop">好店</b>'
            f'<div id="photos"><img data-src="/pic/{rest}.jpg"></div>'
        )
        return html("Plain", body)


def html(title: str, body: str) -> Answered:
    return 200, {"Content-Type": HTML}, f"<!doctype html><title>{title}</title><body>{body}".encode()


def sitemap(root: str, body: str) -> Answered:
    namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
    text = f'<?xml version="1.0" encoding="UTF-8"?><{root} xmlns="{namespace}">{body}</{root}>'
    return 200, {"Content-Type": "application/xml"}, text.encode()


def product(number: int, price: str, canonical: str = "") -> tuple[str, str]:
    """A product's page and its charset: six ways in which the web publishes products, in turn."""
    kinds = (_json_ld, _microdata, _rdfa, _open_graph, _json_ld, _microdata)
    charset = ("utf-8", "utf-8", "utf-8", "utf-8", "gb2312", "big5")[number % 6]
    head, body = kinds[number % 6](number, price)
    link = f'<link rel="canonical" href="{canonical or f"/item/{number}"}">'
    text = f'<!doctype html><html><head><meta charset="{charset}">{link}{head}</head><body>{body}</body></html>'
    return text, charset


def title_of(number: int) -> str:
    return f"外套 {number}" if number % 6 != 5 else f"雲紋外套 {number}"


def _json_ld(number: int, price: str) -> tuple[str, str]:
    data = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "BreadcrumbList", "name": "no"},
            {
                "@type": ["Product"],
                "name": title_of(number),
                "sku": f"SKU{number}",
                "brand": {"@type": "Brand", "name": "云锦"},
                "image": [f"/pic/{number}-small.jpg", {"@type": "ImageObject", "url": f"/pic/{number}.jpg"}],
                "offers": {
                    "@type": "Offer",
                    "price": float(price),
                    "priceCurrency": "CNY",
                    "availability": "https://schema.org/InStock",
                    "seller": {"@type": "Organization", "name": "快手小铺", "url": "/shop/7"},
                },
            },
        ],
    }
    text = json.dumps(data, ensure_ascii=False)
    return f'<script type="application/ld+json">{text}</script>', "<h1>ld</h1>"


def _microdata(number: int, price: str) -> tuple[str, str]:
    body = (
        '<div itemscope itemtype="https://schema.org/Product">'
        f'<h1 itemprop="name">{title_of(number)}</h1>'
        f'<img itemprop="image" src="data:image/gif;base64,R0lGOD" data-src="/pic/{number}.jpg"'
        f' srcset="/pic/{number}-200.jpg 200w, /pic/{number}-800.jpg 800w">'
        '<span itemprop="brand" itemscope itemtype="https://schema.org/Brand"><b itemprop="name">錦繡</b></span>'
        '<div itemprop="offers" itemscope itemtype="https://schema.org/Offer">'
        f'<meta itemprop="priceCurrency" content="TWD"><span itemprop="price" content="{price}">$ {price}</span>'
        '<link itemprop="availability" href="http://schema.org/OutOfStock"></div></div>'
    )
    return "", body


def _rdfa(number: int, price: str) -> tuple[str, str]:
    body = (
        '<div vocab="https://schema.org/" typeof="Product">'
        f'<h1 property="name">{title_of(number)}</h1><img property="image" src="/pic/{number}.jpg">'
        '<div property="offers" typeof="Offer">'
        f'<span property="price">{price}</span><meta property="priceCurrency" content="EUR"></div></div>'
    )
    return "", body


def _open_graph(number: int, price: str) -> tuple[str, str]:
    head = (
        '<meta property="og:type" content="product">'
        f'<meta property="og:title" content="{title_of(number)}">'
        f'<meta property="og:image" content="/pic/{number}.jpg"><meta property="og:image:width" content="800">'
        f'<meta property="product:price:amount" content="{price}">'
        '<meta property="product:price:currency" content="CNY">'
        '<meta property="product:availability" content="in stock">'
    )
    return head, "<h1>og</h1>"


class _Handler(BaseHTTPRequestHandler):
    shop: Shop
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # an answer leaves in one piece: in two, the second waits for the first to be acknowledged

    def do_GET(self) -> None:
        shop, path = self.shop, self.path
        shop.asked[path] += 1
        shop.times.append((time.monotonic(), path))
        if "If-None-Match" in self.headers or "If-Modified-Since" in self.headers:
            shop.conditional[path] += 1
        if path.startswith("/loris"):
            self._drip()
            return
        status, headers, body = shop.answer(path, self.headers)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value if value.isascii() else quote(value, safe="/:?=&"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        """A slow loris: never silent for long enough to time out, never done."""
        self.send_response(200)
        self.send_header("Content-Type", HTML)
        self.end_headers()
        self.close_connection = True
        try:
            while not self.shop.stopped.wait(0.05):
                self.wfile.write(b"x")
                self.wfile.flush()
        except OSError:
            pass

    def log_message(self, *_words: object) -> None:
        pass


if __name__ == "__main__":
    server = Shop(products=int(sys.argv[2]))
    server.start(int(sys.argv[1]))
    print(server.address, flush=True)
    server._thread.join()
