"""Pictures by address: wanted by listings, fetched once each, politely, and given to all that want them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from ipreg.db import Clock, transaction
from ipreg.errors import CallerError, IpregError, UpstreamError
from ipreg.models import CrawlHost, Listing, ListingRemotePicture, PictureState, RemotePicture, StoredFile
from ipreg.runtime import Runtime
from ipreg.sightings.faults import fault_of
from ipreg.sightings.fetch import Fetcher
from ipreg.sightings.listings import add_picture, settle_pictures, shown_pictures
from ipreg.sightings.manners import Host, keep_host, meet_host
from ipreg.sightings.webpage import origin_of
from ipreg.storage import keep_picture

MAX_TRIES = 5
AT_ONCE = 4
DELAY = 0.05


@dataclass(frozen=True)
class _Wanted:
    remote_id: int
    address: str
    origin: str


def want_pictures(session: Session, *, listing: Listing, addresses: Iterable[str], now: datetime) -> None:
    """The listing shows the pictures at exactly these addresses; those that are held already are given at once."""
    wanted = {hashlib.sha256(one.encode("utf-8", "surrogatepass")).hexdigest(): one for one in addresses}
    if not wanted:
        return
    known = {
        one.address_key: one
        for one in session.scalars(select(RemotePicture).where(RemotePicture.address_key.in_(list(wanted))))
    }
    for key, address in wanted.items():
        if key not in known:
            known[key] = RemotePicture(
                address=address, address_key=key, origin=origin_of(address), next_try_at=now, created_at=now
            )
            session.add(known[key])
    session.flush()
    mine = select(ListingRemotePicture.remote_id).where(ListingRemotePicture.listing_id == listing.id)
    before, after = set(session.scalars(mine)), [known[key].id for key in wanted]
    if before == set(after):
        return
    session.execute(delete(ListingRemotePicture).where(ListingRemotePicture.listing_id == listing.id))
    for position, remote_id in enumerate(after):
        session.add(ListingRemotePicture(listing_id=listing.id, remote_id=remote_id, position=position))
    session.flush()
    _settle(session, listing, now)


def waiting_pictures(session: Session) -> int:
    """How many pictures wait to be fetched."""
    waiting = select(func.count()).select_from(RemotePicture).where(RemotePicture.state == PictureState.WAITING)
    return session.scalar(waiting) or 0


def fetch_pictures(runtime: Runtime, *, clock: Clock, seconds: float = 10.0) -> int:
    """Fetches wanted pictures for about ``seconds``, a few at once; how many were dealt with."""
    until, done = time.monotonic() + seconds, 0
    hosts: dict[str, Host] = {}
    fetchers = [Fetcher(allow_private=runtime.config.allow_private_addresses) for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="pictures") as pool:
        while time.monotonic() < until:
            wanted = _due(runtime, hosts, clock(), fetchers[0])
            if not wanted:
                break
            most = runtime.config.max_file_bytes
            for one, found in zip(wanted, pool.map(_fetch, wanted, fetchers, [most] * len(wanted)), strict=False):
                _write(runtime, hosts, one, found, clock())
                done += 1
    for fetcher in fetchers:
        fetcher.__exit__()
    return done


def _due(runtime: Runtime, hosts: dict[str, Host], now: datetime, fetcher: Fetcher) -> list[_Wanted]:
    """The next few pictures, oldest first, whose hosts may be asked; what a host forbids is refused here."""
    with runtime.sessions() as session:
        # A host that asked us to stay away must not keep the others' pictures waiting behind its own.
        away = select(CrawlHost.origin).where(CrawlHost.origin == RemotePicture.origin, CrawlHost.not_before > now)
        wanted = select(RemotePicture).where(
            RemotePicture.state == PictureState.WAITING, RemotePicture.next_try_at <= now, ~away.exists()
        )
        found = [
            _Wanted(one.id, one.address, one.origin)
            for one in session.scalars(wanted.order_by(RemotePicture.next_try_at, RemotePicture.id).limit(100))
        ]
    chosen: list[_Wanted] = []
    for one in found:
        host = hosts.get(one.origin) or meet_host(runtime.sessions, one.origin, fetcher, now=now)
        hosts[one.origin] = host
        if not host.may_fetch(one.address):
            code = "robots_refused" if host.allowed else "robots_unreachable"
            _write(runtime, hosts, one, CallerError(code, address=one.address[:200]), now)
        elif host.next_at <= now and len(chosen) < AT_ONCE:
            chosen.append(one)
    return chosen


def _fetch(wanted: _Wanted, fetcher: Fetcher, max_bytes: int) -> bytes | IpregError:
    time.sleep(DELAY)
    try:
        answer = fetcher.get(wanted.address, max_bytes=max_bytes, accept="image/*")
    except Exception as error:
        return fault_of(error, f"picture {wanted.remote_id}")
    if answer.status != 200:
        kind = UpstreamError if answer.status in (429,) or answer.status >= 500 else CallerError
        return kind("fetch_status", address=wanted.address[:200], status=answer.status)
    return answer.body


def _write(
    runtime: Runtime, hosts: dict[str, Host], wanted: _Wanted, found: bytes | IpregError, now: datetime
) -> None:
    with transaction(runtime.sessions) as session:
        remote = session.get_one(RemotePicture, wanted.remote_id)
        remote.tries += 1
        try:
            if isinstance(found, IpregError):
                raise found
            with session.begin_nested():
                remote.sha256 = keep_picture(session, runtime.store, data=found, now=now).sha256
            remote.state, remote.fault = PictureState.HELD, None
        except Exception as error:
            fault = fault_of(error, f"picture {wanted.remote_id}")
            remote.fault, remote.fault_values = fault.code, dict(fault.values)
            if isinstance(fault, UpstreamError) and remote.tries < MAX_TRIES:
                remote.next_try_at = now + timedelta(seconds=60 * 4**remote.tries)
            else:
                remote.state = PictureState.REFUSED
        session.flush()
        if remote.state is PictureState.HELD:
            mine = select(ListingRemotePicture.listing_id).where(ListingRemotePicture.remote_id == remote.id)
            for listing_id in list(session.scalars(mine)):
                _settle(session, session.get_one(Listing, listing_id), now)
        if wanted.origin in hosts:
            keep_host(session, hosts[wanted.origin])


def _settle(session: Session, listing: Listing, now: datetime) -> None:
    """Gives the listing what is held of its pictures; once all are settled, those it no longer shows are gone."""
    wanted = (
        select(RemotePicture)
        .join(ListingRemotePicture, ListingRemotePicture.remote_id == RemotePicture.id)
        .where(ListingRemotePicture.listing_id == listing.id)
        .order_by(ListingRemotePicture.position)
    )
    remotes = list(session.scalars(wanted))
    before = shown_pictures(listing)
    shown = []
    for remote in remotes:
        if remote.sha256 is not None:
            file = session.get_one(StoredFile, remote.sha256)
            add_picture(session, listing=listing, file=file, source=remote.address, now=now)
            shown.append(file.sha256)
    if shown and all(remote.state is not PictureState.WAITING for remote in remotes):
        # They come one by one, and the first to come is no change of the shop's; that one is gone is.
        was = before if any(one not in shown for one in before) else shown
        settle_pictures(session, listing=listing, before=was, shown=shown, now=now)
