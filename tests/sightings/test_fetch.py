"""The guard: what is fetched, what is not, and when it gives up."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from typing import Any

import httpcore
import pytest
from shop import Shop

from ipreg.errors import CallerError, IpregError, UpstreamError
from ipreg.sightings.fetch import Fetcher, checked_hosts

pytestmark = pytest.mark.network
PRIVATE = (
    "127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0", "::1", "fe80::1", "fd00::1",
    "::ffff:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "224.0.0.1", "100.64.0.1",
    "2130706433", "0x7f.1", "017700000001", "::7f00:1", "::ffff:0:7f00:1", "fec0::1", "192.88.99.1",
    "198.18.0.1", "240.0.0.1", "255.255.255.255", "localhost",
)  # fmt: skip


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as opened:
        yield opened


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(allow_private=True) as opened:
        yield opened


def resolve_to(monkeypatch: pytest.MonkeyPatch, *numbers: str) -> None:
    def answer(_host: str, port: int, **_more: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port)) for number in numbers]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.mark.parametrize("host", PRIVATE)
def test_no_private_address_is_connected_to(host: str) -> None:
    with pytest.raises(CallerError, match="address_private"):
        checked_hosts(host, 80, allow_private=False)


@pytest.mark.parametrize(
    "address",
    ["ftp://a/b", "file:///etc/passwd", "http://", "http://user:pass@example.com/", "http://[bad/", "//x", "gopher://x",
     "http://example.com:22/", "http://example.com:25/", "http://example.com:99999/", "http://" + "a" * 3000],
)  # fmt: skip
def test_what_is_no_address_of_the_web_is_refused(address: str) -> None:
    with Fetcher() as fetcher, pytest.raises(CallerError, match="address_wrong"):
        fetcher.get(address, max_bytes=100)


def test_one_private_answer_among_public_ones_refuses_all(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, "93.184.216.34", "127.0.0.1")
    with Fetcher() as fetcher, pytest.raises(CallerError, match="address_private"):
        fetcher.get("http://shop.test/", max_bytes=100)


def test_the_checked_number_is_connected_to_and_not_the_name_again(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, "93.184.216.34")
    connected: list[str] = []

    def connect(_self: object, host: str, _port: int, *_more: object, **_named: object) -> Any:
        connected.append(host)
        raise httpcore.ConnectError("not in a test")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    with Fetcher() as fetcher, pytest.raises(UpstreamError, match="fetch_failed"):
        fetcher.get("http://shop.test/", max_bytes=100)
    assert connected == ["93.184.216.34"]


def test_a_redirect_to_what_is_private_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop itself is let through, as if it were public; where it leads is checked all the same."""
    from ipreg.sightings import fetch

    public = fetch._is_public
    monkeypatch.setattr(fetch, "_is_public", lambda number: str(number) == "127.0.0.1" or public(number))
    for target in ("http://169.254.169.254/latest/", "http://[::1]:80/", "http://10.0.0.1/", "file:///etc/passwd"):
        with Fetcher() as fetcher, pytest.raises(CallerError):
            fetcher.get(f"{shop.address}/redirect?to={target}", max_bytes=100)


def test_redirects_are_followed_and_counted(shop: Shop, fetcher: Fetcher) -> None:
    answer = fetcher.get(f"{shop.address}/old/3", max_bytes=10_000)
    assert answer.status == 200 and answer.address == f"{shop.address}/item/3"
    assert [hop.status for hop in answer.hops] == [302, 200]
    assert all(hop.server == "127.0.0.1" and hop.resolved == ("127.0.0.1",) for hop in answer.hops)
    with pytest.raises(UpstreamError, match="fetch_redirects"):
        fetcher.get(f"{shop.address}/circle", max_bytes=100)
    assert fetcher.get(f"{shop.address}/old/3", max_bytes=100, redirects=0).location == f"{shop.address}/item/3"


def test_a_gzip_bomb_ends_at_the_limit(shop: Shop, fetcher: Fetcher) -> None:
    with pytest.raises(UpstreamError, match="fetch_too_large"):
        fetcher.get(f"{shop.address}/bomb", max_bytes=2**20)


def test_a_slow_loris_is_left_when_the_time_is_over(shop: Shop) -> None:
    begun = time.monotonic()
    with Fetcher(allow_private=True, total=0.4) as fetcher, pytest.raises(UpstreamError, match="fetch_too_slow"):
        fetcher.get(f"{shop.address}/loris", max_bytes=10**9)
    assert time.monotonic() - begun < 10, "the drops of bytes kept it waiting"


def test_what_drips_is_left_long_before_the_time_is_over(shop: Shop) -> None:
    begun = time.monotonic()
    dripping = Fetcher(allow_private=True, total=60, drip_seconds=0.3)
    with dripping as fetcher, pytest.raises(UpstreamError, match="fetch_too_slow"):
        fetcher.get(f"{shop.address}/loris", max_bytes=10**9)
    assert time.monotonic() - begun < 30, "it waited for the end of the request's time"
    with Fetcher(allow_private=True, drip_seconds=0.0) as fetcher:
        assert fetcher.get(f"{shop.address}/item/1", max_bytes=10**6).status == 200, "a whole page is no drop"


def test_packed_and_unpacked_bodies_are_both_there(shop: Shop, fetcher: Fetcher) -> None:
    packed = gzip.compress(b"<p>hello")
    shop.extra["/packed"] = (200, {"Content-Type": "text/html", "Content-Encoding": "gzip"}, packed)
    answer = fetcher.get(f"{shop.address}/packed", max_bytes=1000)
    assert (answer.body, answer.raw) == (b"<p>hello", packed)
    shop.extra["/lies"] = (200, {"Content-Encoding": "gzip"}, b"not packed at all")
    shop.extra["/odd"] = (200, {"Content-Encoding": "zstd"}, b"?")
    for path in ("/lies", "/odd"):
        with pytest.raises(UpstreamError, match="fetch_encoding"):
            fetcher.get(shop.address + path, max_bytes=1000)


def test_chinese_letters_in_an_address_are_escaped_once(shop: Shop, fetcher: Fetcher) -> None:
    answer = fetcher.get(f"{shop.address}/search?q=外套%20红", max_bytes=1000)
    assert "外套 红" in answer.body.decode()


def test_nothing_listens_there(fetcher: Fetcher) -> None:
    with pytest.raises(IpregError, match="fetch_failed"):
        fetcher.get("http://127.0.0.1:1/", max_bytes=10)


def test_a_resolver_that_does_not_answer_ends_with_the_request_s_time(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: silent.wait(20) and [])
    with Fetcher(total=0.2) as fetcher, pytest.raises(UpstreamError, match="fetch_too_slow"):
        fetcher.get("https://shop.example/", max_bytes=1000)
    assert not silent.is_set()  # the look-up itself still waits, and nobody waits for it
    silent.set()


def test_half_of_a_packed_body_is_none_and_deflate_may_come_without_its_header(
    shop: Shop, fetcher: Fetcher
) -> None:
    whole = b"<p>\xe5\xa4\x96\xe5\xa5\x97</p>" * 500
    shop.extra["/half"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(whole)[:-20])
    shop.extra["/bare"] = (200, {"Content-Encoding": "deflate"}, zlib.compress(whole)[2:-4])
    with pytest.raises(UpstreamError, match="fetch_encoding"):
        fetcher.get(f"{shop.address}/half", max_bytes=10**6)
    assert fetcher.get(f"{shop.address}/bare", max_bytes=10**6).body == whole
