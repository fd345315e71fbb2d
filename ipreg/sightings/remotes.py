"""Pictures by address: wanted by listings, fetched once each, politely, and given to all that want them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, insert, select
from sqlalchemy.orm import Session

from ipreg.db import Clock, transaction
from ipreg.errors import CallerError, IpregError, UpstreamError
from ipreg.models import (
    CrawlHost,
    Listing,
    ListingRemotePicture,
    PictureState,
    RemotePicture,
    Source,
    SourceKind,
    StoredFile,
)
from ipreg.runtime import Runtime
from ipreg.sightings import frontier
from ipreg.sightings.faults import fault_of
from ipreg.sightings.fetch import Answer, Fetcher
from ipreg.sightings.listings import Bringer, add_picture, leads, settle_pictures, shown_pictures
from ipreg.sightings.manners import Host, keep_host, meet_host
from ipreg.sightings.sources import run_soon
from ipreg.sightings.webpage import origin_of
from ipreg.storage import Store, keep_picture

MAX_TRIES = 5
AT_ONCE = 4
AT_ONCE_A_HOST = 2
DELAY = 0.1  # before each request: of a host that asks for no delay at most twenty pictures a second


@dataclass(frozen=True)
class _Wanted:
    remote_id: int
    address: str
    origin: str


def want_pictures(
    session: Session, *, listing: Listing, addresses: Iterable[str], bringer: Bringer, now: datetime
) -> None:
    """The listing shows the pictures at exactly these addresses, if its bringer leads it, or else at these as well;
    those that are held already are given at once."""
    wanted = {key_of(one): one for one in addresses}
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
    before, after = list(session.scalars(mine)), [known[key].id for key in wanted]
    if not leads(listing, bringer, now):
        after = list(dict.fromkeys(before + after))
    if set(before) == set(after):
        return
    if before:
        session.execute(delete(ListingRemotePicture).where(ListingRemotePicture.listing_id == listing.id))
    rows = [{"listing_id": listing.id, "remote_id": one, "position": place} for place, one in enumerate(after)]
    session.execute(insert(ListingRemotePicture), rows)
    if before or any(known[key].sha256 for key in wanted):
        _settle(session, listing, now, bringer)


def key_of(address: str) -> str:
    """Under which an address is known: addresses are longer than an index takes."""
    return hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()


def hold_picture(session: Session, store: Store, *, address: str, data: bytes, now: datetime) -> None:
    """The picture at ``address`` is held, and given to all listings that want it. Raises as ``keep_picture``."""
    sha256 = keep_picture(session, store, data=data, now=now).sha256
    remote = session.scalar(select(RemotePicture).where(RemotePicture.address_key == key_of(address)))
    if remote is None:
        remote = RemotePicture(
            address=address, address_key=key_of(address), origin=origin_of(address), next_try_at=now, created_at=now
        )
        session.add(remote)
    remote.sha256, remote.state, remote.fault = sha256, PictureState.HELD, None
    session.flush()
    _give(session, remote, now)


def refused_pictures(session: Session, *, source_id: int, limit: int, begin: int = 0) -> list[RemotePicture]:
    """Pictures of the source's listings that could not be had, newest first."""
    wanted = _refused(select(RemotePicture), source_id).order_by(RemotePicture.id.desc())
    return list(session.scalars(wanted.offset(begin).limit(limit)))


def count_refused_pictures(session: Session, *, source_id: int) -> int:
    return session.scalar(_refused(select(func.count()).select_from(RemotePicture), source_id)) or 0


def retry_pictures(session: Session, *, source_id: int, now: datetime) -> int:
    """They are asked for anew; how many."""
    found = refused_pictures(session, source_id=source_id, limit=100_000)
    for remote in found:
        remote.state, remote.tries, remote.next_try_at = PictureState.WAITING, 0, now
        remote.fault, remote.fault_values = None, {}
    session.flush()
    return len(found)


def retry_refused(session: Session, *, source: Source, now: datetime) -> None:
    """Whatever of the source was refused, pictures and pages; pages by a run at once. Raises as ``run_soon``."""
    retry_pictures(session, source_id=source.id, now=now)
    if frontier.retry_pages(session, source_id=source.id):
        run_soon(session, source=source, now=now)


def _refused(wanted: Select[Any], source_id: int) -> Select[Any]:
    of_source = (
        select(ListingRemotePicture.id)
        .join(Listing, Listing.id == ListingRemotePicture.listing_id)
        .where(ListingRemotePicture.remote_id == RemotePicture.id, Listing.led_by_id == source_id)
    )
    return wanted.where(RemotePicture.state == PictureState.REFUSED, of_source.exists())


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
                hosts[one.origin].busy -= 1
                _write(runtime, hosts, one, _heard(hosts[one.origin], one, found, clock()), clock())
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
        elif host.next_at <= now and host.has_room(AT_ONCE_A_HOST) and len(chosen) < AT_ONCE:
            host.take(now)
            chosen.append(one)
    return chosen


def _fetch(wanted: _Wanted, fetcher: Fetcher, max_bytes: int) -> Answer | IpregError:
    time.sleep(DELAY)
    try:
        return fetcher.get(wanted.address, max_bytes=max_bytes, accept="image/*")
    except Exception as error:
        return fault_of(error, f"picture {wanted.remote_id}")


def _heard(host: Host, wanted: _Wanted, answer: Answer | IpregError, now: datetime) -> bytes | IpregError:
    """What the answer brought; a host that says 429 or 503 is left alone as long as it says."""
    if isinstance(answer, IpregError):
        host.failed(answer, now)
        return answer
    if answer.status in (429, 503):
        host.back_off(answer, now)
    else:
        host.answered()
    if answer.status != 200:
        kind = UpstreamError if answer.status in (429,) or answer.status >= 500 else CallerError
        return kind("fetch_status", address=wanted.address[:200], status=answer.status)
    return answer.body


def _write(
    runtime: Runtime, hosts: dict[str, Host], wanted: _Wanted, found: bytes | IpregError, now: datetime
) -> None:
    if isinstance(found, bytes):
        runtime.store.put_ahead([found])
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
            _give(session, remote, now)
        if wanted.origin in hosts:
            keep_host(session, hosts[wanted.origin])


def _give(session: Session, remote: RemotePicture, now: datetime) -> None:
    mine = select(ListingRemotePicture.listing_id).where(ListingRemotePicture.remote_id == remote.id)
    for listing_id in list(session.scalars(mine)):
        _settle(session, session.get_one(Listing, listing_id), now)


def _settle(session: Session, listing: Listing, now: datetime, bringer: Bringer | None = None) -> None:
    """Gives the listing what is held of its pictures; once all are settled, those it no longer shows are gone.

    A listing that a feed leads has its pictures by the feed, and these besides.
    """
    leader = session.get(Source, listing.led_by_id) if listing.led_by_id is not None else None
    only = leader is not None and leader.kind in (SourceKind.CRAWL, SourceKind.REPORT)
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
            add_picture(session, listing=listing, file=file, source=remote.address, now=now, revive=only)
            shown.append(file.sha256)
    if only and shown and all(remote.state is not PictureState.WAITING for remote in remotes):
        # They come one by one, and the first to come is no change of the shop's; that one is gone is.
        was = before if any(one not in shown for one in before) else shown
        settle_pictures(session, listing=listing, before=was, shown=shown, bringer=bringer, now=now)
