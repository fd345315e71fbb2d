"""Fetching from addresses that strangers chose, without being led to what is not public or kept for ever.

One guard for feeds, pages, pictures and evidence. The check of the address stands where the connection is made,
so a name that resolves differently the second time gains nothing; every redirect passes it again.
"""

from __future__ import annotations

import ipaddress
import queue
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpcore

from ipreg.errors import CallerError, UpstreamError

MAX_REDIRECTS = 4
TIMEOUT = 15.0
TOTAL = 30.0
DRIP_SECONDS, DRIP_RATE = 5.0, 200
"""Whoever began to answer and sent fewer bytes a second than that over so many seconds is dripping, and is left."""
AGENT = "ipreg/1 (design registry; watches listings for registered designs)"
MAX_ADDRESS = 2000
_FIRST_FREE_PORT = 1024  # below it only the web's own ports: a fetch must not talk to mail or shell servers
_MAX_LOOK_UPS = 32
_look_ups = threading.BoundedSemaphore(_MAX_LOOK_UPS)
_NOT_THE_WEB = (
    ipaddress.ip_network("64:ff9b::/96"),  # NAT64 leads to any IPv4 address
    ipaddress.ip_network("64:ff9b:1::/48"),
    ipaddress.ip_network("::/96"),  # old IPv4-compatible addresses
    ipaddress.ip_network("::ffff:0:0:0/96"),  # IPv4-translated
    ipaddress.ip_network("fec0::/10"),
    ipaddress.ip_network("192.88.99.0/24"),
)


@dataclass(frozen=True)
class Hop:
    """One request on the way: what the resolver said of the host, and which of it answered."""

    address: str
    status: int
    resolved: tuple[str, ...]
    server: str


@dataclass(frozen=True)
class Answer:
    """What came back. ``raw`` is the body as sent, ``body`` what it unpacks to; header names are in lower case."""

    address: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    raw: bytes
    hops: tuple[Hop, ...]
    asked: tuple[tuple[str, str], ...]

    def header(self, name: str) -> str:
        """The first header of that name, or an empty text."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def location(self) -> str | None:
        """Where a redirect leads, whole; None where this is none. Raises ``UpstreamError`` for no address."""
        if self.status not in (301, 302, 303, 307, 308) or not self.header("location"):
            return None
        try:
            return urljoin(self.address, self.header("location"))
        except ValueError as fault:
            raise UpstreamError("fetch_failed", address=self.address) from fault


@dataclass
class _Clock:
    """When the present request must be over. Every read and write asks here, so drops of bytes don't prolong it;
    and what drips is left long before."""

    drip_seconds: float = DRIP_SECONDS
    ends: float = 0.0
    _first: float | None = None
    _bytes: int = 0

    def begin(self, seconds: float) -> None:
        """A request of at most so many seconds, redirects included, begins."""
        self.ends = time.monotonic() + seconds

    def asked(self) -> None:
        """One of the request's questions was put: what answers it is counted from its first byte."""
        self._first, self._bytes = None, 0

    def came(self, count: int) -> None:
        """So many bytes came; raises ``httpcore.ReadTimeout`` where they drip."""
        now = time.monotonic()
        self._first = now if self._first is None else self._first
        self._bytes += count
        seconds = now - self._first
        if seconds > self.drip_seconds and self._bytes < seconds * DRIP_RATE:
            raise httpcore.ReadTimeout("the answer drips")

    def left(self, timeout: float | None) -> float:
        left = self.ends - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the whole request took too long")
        return left if timeout is None else min(left, timeout)


class Fetcher:
    """A guarded client that keeps its connections. One request at a time: each thread has its own.

    Raises ``CallerError`` (``address_wrong``, ``address_private``) and ``UpstreamError`` (``fetch_failed``,
    ``fetch_too_large``, ``fetch_too_slow``, ``fetch_redirects``, ``fetch_encoding``).
    """

    def __init__(
        self,
        *,
        allow_private: bool = False,
        total: float = TOTAL,
        timeout: float = TIMEOUT,
        drip_seconds: float = DRIP_SECONDS,
    ) -> None:
        self._total, self._timeout = total, timeout
        self._clock = _Clock(drip_seconds)
        self._guard = _Guard(self._clock, allow_private)
        self._pool = httpcore.ConnectionPool(
            network_backend=self._guard, max_connections=20, max_keepalive_connections=8, keepalive_expiry=20
        )

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, *_fault: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._pool.close()

    def get(
        self,
        address: str,
        *,
        max_bytes: int,
        accept: str = "*/*",
        headers: Mapping[str, str] | None = None,
        redirects: int = MAX_REDIRECTS,
        cut: bool = False,
    ) -> Answer:
        """What stands at ``address``, after at most ``redirects`` redirects; with 0 a redirect is an answer.

        With ``cut`` the first ``max_bytes`` of what is larger are the answer.
        """
        self._clock.begin(self._total)
        hops: list[Hop] = []
        for left in range(redirects, -1, -1):
            answer = self._one(address, max_bytes, accept, headers or {}, hops, cut=cut)
            if answer.location is None or redirects == 0:
                return answer
            if left:
                address = answer.location
        raise UpstreamError("fetch_redirects", address=address)

    def post(self, address: str, *, body: bytes, headers: Mapping[str, str], max_bytes: int) -> Answer:
        """What is answered to ``body``; a redirect is an answer and not followed."""
        self._clock.begin(self._total)
        length = {"Content-Length": str(len(body)), **headers}
        return self._one(address, max_bytes, "*/*", length, [], body)

    def _one(
        self,
        address: str,
        max_bytes: int,
        accept: str,
        headers: Mapping[str, str],
        hops: list[Hop],
        sent_body: bytes | None = None,
        *,
        cut: bool = False,
    ) -> Answer:
        url = _parsed(address)
        self._clock.asked()
        sent = {
            "Host": _host_header(url),
            "User-Agent": AGENT,
            "Accept": accept,
            "Accept-Encoding": "gzip, deflate",
            "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5",
            **headers,
        }
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout)
        with (
            self._faults_of(address),
            self._pool.stream(
                "GET" if sent_body is None else "POST",
                url,
                headers=list(sent.items()),
                content=sent_body,
                extensions={"timeout": timeouts},
            ) as found,
        ):
            server = _server_of(found)
            known = self._guard.resolved.get(url.host.decode(), ())
            hops.append(Hop(address, found.status, known or (server,), server))
            # A redirect's page is nobody's reading, and may be endless.
            redirect = found.status in (301, 302, 303, 307, 308)
            raw, body = (b"", b"") if redirect else _bodies(found, address, max_bytes, cut)
            return Answer(
                address=address,
                status=found.status,
                reason=found.extensions.get("reason_phrase", b"").decode("latin-1"),
                headers=tuple((key.decode("latin-1").lower(), _words(value)) for key, value in found.headers),
                body=body,
                raw=raw,
                hops=tuple(hops),
                asked=tuple(sent.items()),
            )

    @contextmanager
    def _faults_of(self, address: str) -> Iterator[None]:
        try:
            yield
        except httpcore.TimeoutException as fault:
            raise UpstreamError("fetch_too_slow", address=address) from fault
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.UnsupportedProtocol,
            httpcore.ConnectionNotAvailable,
            ssl.SSLError,
            OSError,
        ) as fault:
            raise UpstreamError("fetch_failed", address=address) from fault


def checked_hosts(host: str, port: int, *, allow_private: bool, seconds: float = TIMEOUT) -> tuple[str, ...]:
    """The IP addresses of ``host``, all of which may be connected to; raises as ``Fetcher`` does, and
    ``httpcore.ConnectTimeout`` where the resolver does not answer within ``seconds``.

    One private address among public ones refuses all: that is how rebinding looks.
    """
    if not allow_private and port not in (80, 443) and port < _FIRST_FREE_PORT:
        raise CallerError("address_wrong", address=f"{host}:{port}"[:100])
    try:
        found = _looked_up(host, port, seconds)
    except (OSError, UnicodeError) as fault:
        raise UpstreamError("fetch_failed", address=host) from fault
    addresses = tuple(dict.fromkeys(str(one[4][0]) for one in found))
    if not allow_private and not all(_is_public(ipaddress.ip_address(one.split("%")[0])) for one in addresses):
        raise CallerError("address_private", host=host)
    return addresses


def _looked_up(host: str, port: int, seconds: float) -> list[Any]:
    """The resolver's answer in time. The C library's call has no end of its own and can't be broken off: it goes on
    in a thread that nobody waits for, and of those there are never more than ``_MAX_LOOK_UPS``."""
    answers: queue.SimpleQueue[list[Any] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as fault:  # handed to who asked
            answers.put(fault)
        finally:
            _look_ups.release()

    if not _look_ups.acquire(timeout=max(seconds, 0)):
        raise httpcore.ConnectTimeout("too many names are being looked up")
    threading.Thread(target=ask, name="look-up", daemon=True).start()
    try:
        found = answers.get(timeout=max(seconds, 0.001))
    except queue.Empty:
        raise httpcore.ConnectTimeout(f"the resolver did not answer for {host}") from None
    if isinstance(found, Exception):
        raise found
    return found


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return _is_public(inner)
    if any(address in network for network in _NOT_THE_WEB if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast


class _Guard(httpcore.NetworkBackend):
    """Resolves, checks and connects to the very address that was checked."""

    def __init__(self, clock: _Clock, allow_private: bool) -> None:
        self._clock, self._allow_private = clock, allow_private
        self._inner = httpcore.SyncBackend()
        self.resolved: dict[str, tuple[str, ...]] = {}

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        seconds = self._clock.left(timeout)
        numbers = checked_hosts(host, port, allow_private=self._allow_private, seconds=seconds)
        if len(self.resolved) > 1000:
            self.resolved.clear()
        self.resolved[host] = numbers
        for number in numbers[:3]:
            try:
                return _Timed(self._inner.connect_tcp(number, port, self._clock.left(timeout)), self._clock)
            except httpcore.ConnectError as fault:
                failed = fault
        raise failed


@dataclass
class _Timed(httpcore.NetworkStream):
    """A connection whose every step ends with the request's time."""

    inner: httpcore.NetworkStream
    clock: _Clock = field(repr=False)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        found = self.inner.read(max_bytes, self.clock.left(timeout))
        self.clock.came(len(found))
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.inner.write(buffer, self.clock.left(timeout))

    def close(self) -> None:
        self.inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self.inner.start_tls(ssl_context, server_hostname, self.clock.left(timeout)), self.clock)

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)


def _parsed(address: str) -> httpcore.URL:
    wrong = CallerError("address_wrong", address=address[:100])
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except (ValueError, UnicodeError) as fault:
        raise wrong from fault
    strange = parts.username or port == 0 or len(address) > MAX_ADDRESS or re.search(r"\s", host)
    if parts.scheme not in ("http", "https") or not host or strange:
        raise wrong
    target = target_of(address).encode("ascii")
    return httpcore.URL(scheme=parts.scheme.encode(), host=host.encode(), port=port, target=target)


def target_of(address: str) -> str:
    """What of an address stands in the request line (RFC 9112, 3.2.1)."""
    parts = urlsplit(address)
    return _quoted((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _quoted(target: str) -> str:
    """Only what may not stand in a request line is escaped; what is escaped already stays."""
    return "".join(
        one if "!" <= one <= "~" else "".join(f"%{byte:02X}" for byte in one.encode("utf-8", "replace"))
        for one in target
    )


def _host_header(url: httpcore.URL) -> str:
    host = url.host.decode()
    host = f"[{host}]" if ":" in host else host
    return host if url.port is None else f"{host}:{url.port}"


def _words(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _server_of(found: httpcore.Response) -> str:
    stream = found.extensions.get("network_stream")
    server = stream.get_extra_info("server_addr") if stream is not None else None
    return str(server[0]) if server else ""


def _bodies(found: httpcore.Response, address: str, max_bytes: int, cut: bool) -> tuple[bytes, bytes]:
    """The body as sent and unpacked; neither may be larger than ``max_bytes``, however well it is packed."""
    coding = b"".join(value for key, value in found.headers if key.lower() == b"content-encoding").strip().lower()
    raw, body = bytearray(), bytearray()
    unpack = _unpacker(coding.decode("latin-1"), address)
    for part in found.iter_stream():
        raw += part
        try:
            body += unpack.more(part, max_bytes + 1 - len(body)) if unpack else b""
        except zlib.error as fault:
            raise UpstreamError("fetch_encoding", address=address) from fault
        if len(raw) > max_bytes or len(body) > max_bytes:
            if cut:
                return bytes(raw[:max_bytes]), bytes((body if unpack else raw)[:max_bytes])
            raise UpstreamError("fetch_too_large", address=address, megabytes=round(max_bytes / 2**20, 1))
    if unpack is not None and not unpack.whole:
        raise UpstreamError("fetch_encoding", address=address)
    return bytes(raw), bytes(body if unpack else raw)


@dataclass
class _Unpacker:
    """Unpacks gzip or deflate as it comes. What is called deflate has a header of its own, or none."""

    gzip: bool
    _inner: Any = None

    def more(self, part: bytes, most: int) -> bytes:
        if self._inner is None and part:
            headed = part[0] & 15 == 8 and int.from_bytes(part[:2]) % 31 == 0
            self._inner = zlib.decompressobj(wbits=47 if self.gzip else 15 if headed else -15)
        return bytes(self._inner.decompress(part, most)) if part else b""

    @property
    def whole(self) -> bool:
        """Whether the end was reached: half a page is none."""
        return self._inner is None or bool(self._inner.eof)


def _unpacker(coding: str, address: str) -> _Unpacker | None:
    if coding in ("", "identity"):
        return None
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise UpstreamError("fetch_encoding", address=address)
    return _Unpacker("gzip" in coding)
