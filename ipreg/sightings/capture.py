"""Evidence: a listing's page, captured once as it is when a match of it becomes an alert.

Everything that was fetched goes into a WARC; the page, a screenshot and the pictures lie beside it. The digests of
all of them go into the transparency log in the transaction that keeps the capture, so the evidence itself has its
time, and a listing that is deleted later stays provable.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import access, log
from ipreg.db import Clock, transaction
from ipreg.digests import digests
from ipreg.errors import IpregError, MissingError, UpstreamError
from ipreg.models import Account, Alert, AlertMatch, Capture, CaptureFile, CaptureState, Case, Listing, Match
from ipreg.runtime import Runtime
from ipreg.sightings.faults import fault_of
from ipreg.sightings.fetch import MAX_REDIRECTS, Answer, Fetcher
from ipreg.sightings.harvest import MAX_PAGE_BYTES
from ipreg.sightings.product import read_product
from ipreg.sightings.render import Drawn, Renderer
from ipreg.sightings.warc import write_warc
from ipreg.sightings.webpage import page_of
from similarity.image import sniff

FORMAT = "ipreg-evidence/1"
MAX_TRIES = 4
MAX_PICTURES = 20
MAX_ALL_BYTES = 80 * 2**20
FIRST_WAIT = timedelta(minutes=2)
_log = logging.getLogger(__name__)


@dataclass
class Recorder:
    """Fetches each address once and keeps every answer in order, redirects included."""

    fetcher: Fetcher
    max_bytes: int
    answers: list[Answer] = field(default_factory=list)
    _known: dict[str, Answer] = field(default_factory=dict)
    _bytes: int = 0

    def get(self, address: str) -> Answer:
        """The answer at ``address`` after redirects; raises as ``Fetcher`` does."""
        first = address
        if first in self._known:
            return self._known[first]
        for _ in range(MAX_REDIRECTS + 1):
            left = min(self.max_bytes, MAX_ALL_BYTES - self._bytes)
            if left <= 0:
                raise UpstreamError("fetch_too_large", address=address, megabytes=MAX_ALL_BYTES // 2**20)
            answer = self.fetcher.get(address, max_bytes=left, redirects=0)
            self.answers.append(answer)
            self._bytes += len(answer.raw)
            if answer.location is None:
                self._known[first] = self._known[address] = answer
                return answer
            address = answer.location
        raise UpstreamError("fetch_redirects", address=address)


@dataclass(frozen=True)
class Found:
    """What a capture brought: ``files`` are (name, media type, content, address)."""

    status: int
    facts: dict[str, Any]
    files: list[tuple[str, str, bytes, str]]


def plan_captures(session: Session, *, now: datetime) -> int:
    """A capture for each listing of an alert that has none; how many."""
    captured = select(Capture.id).where(Capture.alert_id == AlertMatch.alert_id, Capture.listing_id == Listing.id)
    wanted = (
        select(AlertMatch.alert_id, Listing.id, Listing.address)
        .join(Match, AlertMatch.match_id == Match.id)
        .join(Listing, Match.listing_id == Listing.id)
        .where(~captured.exists())
        .order_by(AlertMatch.id)
    )
    found = session.execute(wanted).all()
    for alert_id, listing_id, address in found:
        session.add(Capture(alert_id=alert_id, listing_id=listing_id, address=address, next_try_at=now, facts={}))
    session.flush()
    return len(found)


def due_captures(session: Session, *, now: datetime) -> list[int]:
    """Ids of those that wait and whose time has come, oldest first."""
    waiting = select(Capture.id).where(Capture.state == CaptureState.WAITING, Capture.next_try_at <= now)
    return list(session.scalars(waiting.order_by(Capture.id)))


def capture(runtime: Runtime, capture_id: int, *, clock: Clock, renderer: Renderer | None) -> None:
    """Captures the page and commits to it in the log; tried again later where the page can't be had.

    After the last try what is held of the listing is committed to without its page, and why.
    """
    with runtime.sessions() as session:
        work = session.get_one(Capture, capture_id)
        address, wanted = work.address, [one.source for one in work.listing.pictures]
    fault: IpregError | None = None
    found = Found(0, {}, [])
    if address:
        try:
            found = _take(runtime, address, wanted, renderer, clock())
        except Exception as error:
            fault = fault_of(error, f"page of capture {capture_id}")
    for _, _, content, _ in found.files:  # before the transaction, which a slow store would hold open
        runtime.store.put(content)
    with transaction(runtime.sessions) as session:
        work = session.get_one(Capture, capture_id)
        if work.state is not CaptureState.WAITING:
            return  # another process was faster
        work.tries += 1
        again = isinstance(fault, UpstreamError) or (fault is not None and fault.code == "unexpected")
        if fault is not None and again and work.tries < MAX_TRIES:
            work.next_try_at = clock() + FIRST_WAIT * 4 ** (work.tries - 1)
            work.fault, work.fault_values = fault.code, dict(fault.values)
            return
        work.state = CaptureState.FAILED if fault else CaptureState.DONE
        work.fault, work.fault_values = (fault.code, dict(fault.values)) if fault else (None, {})
        _keep(session, work, found, clock())


def get_capture(session: Session, *, capture_id: int, account: Account) -> Capture:
    """The capture, for who sees its alert or its case; ``MissingError`` otherwise."""
    found = session.get(Capture, capture_id)
    if found is None or not _may_see(session, account, found):
        raise MissingError("evidence_missing")
    return found


def capture_of(session: Session, alert: Alert) -> Capture | None:
    """The capture of the listing that leads the alert, done or under way."""
    wanted = select(Capture).where(Capture.alert_id == alert.id, Capture.listing_id == alert.match.listing_id)
    return session.scalar(wanted)


def captures_of(session: Session, alert: Alert) -> dict[int, Capture]:
    """The captures of all listings of the alert, by the listing's id."""
    return {one.listing_id: one for one in session.scalars(select(Capture).where(Capture.alert_id == alert.id))}


def statement_of(work: Capture) -> dict[str, object]:
    """What the capture's log entry commits to."""
    assert work.captured_at is not None
    return {
        "format": FORMAT,
        "alert": work.alert_id,
        "filing": work.alert.match.filing.number,
        "platform": work.listing.platform,
        "listing": work.listing.external_id,
        "address": work.address,
        "captured_at": work.captured_at.isoformat(),
        "status": work.status,
        "fault": work.fault or "",
        "facts": work.facts,
        "files": [
            {"name": one.name, "size": one.size, "sha256": one.sha256, "sm3": one.sm3, "address": one.address}
            for one in work.files
        ],
        "held_pictures": [one.sha256 for one in work.listing.pictures],
    }


def _may_see(session: Session, account: Account, work: Capture) -> bool:
    if access.can_see_alert(account, work.alert):
        return True
    case = session.scalar(select(Case).where(Case.alert_id == work.alert_id))
    return case is not None and access.can_see_case(account, case)


def _take(runtime: Runtime, address: str, wanted: list[str], renderer: Renderer | None, now: datetime) -> Found:
    with Fetcher(allow_private=runtime.config.allow_private_addresses) as fetcher:
        recorder = Recorder(fetcher, max(runtime.config.max_file_bytes, MAX_PAGE_BYTES))
        page = recorder.get(address)
        pictures = _pictures(recorder, page, wanted)
        drawn = _draw(renderer, recorder, page) if renderer else None
    facts: dict[str, Any] = {
        "asked": address,
        "answered": page.address,
        "hops": [
            {"address": hop.address, "status": hop.status, "resolved": list(hop.resolved), "server": hop.server}
            for answer in recorder.answers
            for hop in answer.hops
            if answer.address in (address, page.address)
        ],
        "headers": [list(one) for one in page.headers],
        "screenshot": "taken" if drawn else "no browser" if renderer is None else "failed",
    }
    shot = drawn.screenshot if drawn else None
    warc = write_warc(recorder.answers, screenshot=shot, address=address, facts=facts, now=now)
    files = [("page", _kind_of(page), page.body, page.address)]
    if shot:
        files.append(("screenshot.png", "image/png", shot, ""))
    files += [(f"picture-{n}", sniff(one.body) or "", one.body, one.address) for n, one in enumerate(pictures, 1)]
    files.append(("evidence.warc.gz", "application/warc", warc, ""))
    return Found(page.status, facts, files)


def _pictures(recorder: Recorder, page: Answer, wanted: list[str]) -> list[Answer]:
    """The pictures that the page shows of its product, and those that the listing is held with."""
    try:
        product = read_product(page_of(page.address, page.body, page.header("content-type")))
    except Exception as error:  # the page is evidence whatever is wrong with it
        fault_of(error, f"product of {page.address}")
        product = None
    shown = list(product.pictures) if product else []
    addresses = dict.fromkeys(one for one in [*shown, *wanted] if one.startswith(("http://", "https://")))
    found: list[Answer] = []
    for address in list(addresses)[:MAX_PICTURES]:
        try:
            answer = recorder.get(address)
        except IpregError:
            continue  # the page is evidence without it
        if answer.status == 200 and sniff(answer.body):
            found.append(answer)
    return found


def _draw(renderer: Renderer, recorder: Recorder, page: Answer) -> Drawn | None:
    from playwright.sync_api import Error

    try:
        return renderer.draw(page.address, recorder.get)
    except Error as fault:
        _log.warning("no screenshot of %s: %s", page.address, fault.message.splitlines()[0][:200])
        return None


def _kind_of(page: Answer) -> str:
    return (page.header("content-type").partition(";")[0].strip() or "application/octet-stream")[:100]


def _keep(session: Session, work: Capture, found: Found, now: datetime) -> None:
    work.captured_at, work.status, work.facts = now, found.status, found.facts
    for position, (name, media_type, content, address) in enumerate(found.files):
        digest = digests(content)
        work.files.append(
            CaptureFile(
                position=position,
                name=name,
                media_type=media_type,
                sha256=digest.sha256,
                sm3=digest.sm3,
                size=len(content),
                address=address,
            )
        )
    session.flush()
    entry = log.append_entry(
        session, kind="evidence", subject=f"alert-{work.alert_id}", statement=statement_of(work), now=now
    )
    work.log_index = entry.index
    session.flush()
