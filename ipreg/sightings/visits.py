"""Pictures that a feed names by address, had as politely as a crawl's: robots.txt, delay, back-off, each once."""

from __future__ import annotations

import time
from types import TracebackType
from urllib.parse import urlsplit

from sqlalchemy import select

from ipreg.db import Clock, transaction
from ipreg.errors import CallerError, UpstreamError
from ipreg.models import RemotePicture
from ipreg.runtime import Runtime
from ipreg.sightings.fetch import Answer, Fetcher, checked_hosts
from ipreg.sightings.manners import Host, LaterError, keep_host, meet_host
from ipreg.sightings.remotes import DELAY, hold_picture, key_of
from ipreg.sightings.sources import check_address
from ipreg.sightings.webpage import origin_of

MAX_REFUSALS = 5
"""A host that refused or dragged so often in a row is not waited for any more: what it should give is refused."""


class Visitor:
    """Fetches one picture after another and keeps its connections and hosts meanwhile."""

    def __init__(self, runtime: Runtime, clock: Clock) -> None:
        self._runtime, self._clock = runtime, clock
        self._private = runtime.config.allow_private_addresses
        self._fetcher = Fetcher(allow_private=self._private)
        self._hosts: dict[str, Host] = {}

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_fault: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._fetcher.__exit__()

    def picture(self, address: str) -> bytes:
        """The picture's bytes: those held under the address, or fetched and held from now on.

        Raises ``LaterError`` where its host may not be asked yet, ``CallerError`` (``address_wrong``,
        ``robots_refused``, ``robots_unreachable``, those of ``keep_picture``), ``UpstreamError`` as ``Fetcher``
        does, ``fetch_status`` and ``host_left_alone``.
        """
        check_address(address, "pictures")
        with self._runtime.sessions() as session:
            held = session.scalar(select(RemotePicture.sha256).where(RemotePicture.address_key == key_of(address)))
        if held is not None:
            return self._runtime.store.get(held)
        data = self._fetched(address)
        with transaction(self._runtime.sessions) as session:
            hold_picture(session, self._runtime.store, address=address, data=data, now=self._clock())
        return data

    def _fetched(self, address: str) -> bytes:
        host = self._host(address)
        now = self._clock()
        if host.next_at > now:
            if host.refusals >= MAX_REFUSALS:
                raise UpstreamError("host_left_alone", address=address[:200])
            raise LaterError(host.next_at)
        host.take(now)
        try:
            time.sleep(DELAY)
            answer = self._fetcher.get(address, max_bytes=self._runtime.config.max_file_bytes, accept="image/*")
            return self._taken(host, answer)
        except UpstreamError as fault:
            host.failed(fault, self._clock())
            raise
        finally:
            host.busy -= 1
            with transaction(self._runtime.sessions) as session:
                keep_host(session, host)

    def _taken(self, host: Host, answer: Answer) -> bytes:
        if answer.status in (429, 503):
            again = host.back_off(answer, self._clock())
            if host.refusals < MAX_REFUSALS:
                raise LaterError(again)
        else:
            host.answered()
        if answer.status != 200:
            raise UpstreamError("fetch_status", address=answer.address[:200], status=answer.status)
        return answer.body

    def _host(self, address: str) -> Host:
        origin = origin_of(address)
        host = self._hosts.get(origin)
        if host is None:
            host = meet_host(self._runtime.sessions, origin, self._fetcher, now=self._clock())
            self._hosts[origin] = host
        if not host.allowed:
            parts = urlsplit(address)  # that it may not be asked at all says more than that it was not
            port = parts.port or (443 if parts.scheme == "https" else 80)
            checked_hosts(parts.hostname or "", port, allow_private=self._private)
        if not host.may_fetch(address):
            code = "robots_refused" if host.allowed else "robots_unreachable"
            raise CallerError(code, address=address[:200])
        return host
