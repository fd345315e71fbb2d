"""Fetching a picture from an address that a stranger chose, without being led to what is not public."""

from __future__ import annotations

import ipaddress
import socket
import time
from urllib.parse import urljoin, urlsplit

import httpx

from ipreg.errors import CallerError, UpstreamError

MAX_REDIRECTS = 4
TIMEOUT = 15.0
AGENT = "ipreg/1 (+design registry; fetches pictures named in a feed)"


def fetch(address: str, *, max_bytes: int, allow_private: bool = False) -> bytes:
    """The bytes at ``address``. The host is resolved once, checked, and that very address is connected to.

    Raises ``CallerError`` (``address_wrong``, ``address_private``) and ``UpstreamError`` (``fetch_failed``,
    ``fetch_status``, ``fetch_too_large``, ``fetch_too_slow``, ``fetch_redirects``).
    """
    deadline = time.monotonic() + 2 * TIMEOUT
    for _ in range(MAX_REDIRECTS + 1):
        try:
            found, location = _get(address, max_bytes, allow_private, deadline)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as fault:
            raise UpstreamError("fetch_failed", address=address) from fault
        if location is None:
            return found
        address = urljoin(address, location)
    raise UpstreamError("fetch_redirects", address=address)


def checked_host(host: str, port: int, *, allow_private: bool) -> str:
    """An IP address of ``host`` that may be connected to; raises as ``fetch`` does."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as fault:
        raise UpstreamError("fetch_failed", address=host) from fault
    addresses = [str(one[4][0]) for one in found]
    if not allow_private:
        for one in addresses:
            if not _is_public(ipaddress.ip_address(one.split("%")[0])):
                raise CallerError("address_private", host=host)
    return addresses[0]


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return _is_public(inner)
        if address in ipaddress.ip_network("64:ff9b::/96"):  # NAT64 leads to any IPv4 address
            return False
    return address.is_global and not address.is_multicast


def _get(address: str, max_bytes: int, allow_private: bool, deadline: float) -> tuple[bytes, str | None]:
    parts = urlsplit(address)
    host = parts.hostname
    if parts.scheme not in ("http", "https") or not host or parts.username:
        raise CallerError("address_wrong", address=address[:100])
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as fault:
        raise CallerError("address_wrong", address=address[:100]) from fault
    number = checked_host(host, port, allow_private=allow_private)
    target = httpx.URL(address).copy_with(host=number, port=port)
    headers = {"Host": parts.netloc, "User-Agent": AGENT, "Accept": "image/*", "Accept-Encoding": "identity"}
    with (
        httpx.Client(timeout=TIMEOUT, trust_env=False) as client,
        client.stream("GET", target, headers=headers, extensions={"sni_hostname": host}) as answer,
    ):
        if answer.is_redirect:
            return b"", answer.headers.get("Location", "")
        if answer.status_code != 200:
            raise UpstreamError("fetch_status", address=address, status=answer.status_code)
        return _body(answer, address, max_bytes, deadline), None


def _body(answer: httpx.Response, address: str, max_bytes: int, deadline: float) -> bytes:
    whole = bytearray()
    for part in answer.iter_raw():
        whole += part
        if len(whole) > max_bytes:
            raise UpstreamError("fetch_too_large", address=address, megabytes=max_bytes // 2**20)
        if time.monotonic() > deadline:
            raise UpstreamError("fetch_too_slow", address=address)
    return bytes(whole)
