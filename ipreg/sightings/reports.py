"""What a person reports: one address or one picture; and a look at one address, for who wants to try it first."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipreg.db import Clock, transaction, utc_now
from ipreg.errors import CallerError, IpregError, MissingError, UpstreamError
from ipreg.models import Account, Report, ReportState, Source, SourceKind
from ipreg.runtime import Runtime
from ipreg.sightings.faults import fault_of
from ipreg.sightings.fetch import MAX_ADDRESS, Answer, Fetcher
from ipreg.sightings.harvest import MAX_PAGE_BYTES, offer_of, read_page, scripted_page
from ipreg.sightings.listings import Bringer, Offer, add_picture, see_listing
from ipreg.sightings.manners import AGENT_TOKEN, ask_robots
from ipreg.sightings.markup import best_source
from ipreg.sightings.product import Product, read_product
from ipreg.sightings.remotes import want_pictures
from ipreg.sightings.scripts import Scripts
from ipreg.sightings.siterules import load_rules, rules_for
from ipreg.sightings.sources import check_address
from ipreg.sightings.webpage import WebPage, origin_of, tidy_address
from ipreg.storage import Store, keep_picture
from similarity.image import sniff

MAX_NOTE = 2000
MAX_WAITING = 100
MAX_LOOSE_PICTURES = 10
BY_HAND = "report"


@dataclass(frozen=True)
class Look:
    """What one fetch of an address shows. ``guessed``: there was no product data, so title and images are taken."""

    address: str
    status: int
    product: Product
    guessed: bool
    links: int
    robots_allow: bool | None = None
    picture: bytes = b""
    scripted: bool = False


def look_at(
    runtime: Runtime, address: str, *, clock: Clock = utc_now, with_robots: bool = False, scripts: bool = False
) -> Look:
    """Fetches and reads one address. Raises as ``Fetcher`` does, ``fetch_status``, ``page_not_html``.

    A person asked for it, so robots.txt does not stop it; ``with_robots`` tells what it would say to a crawl. With
    ``scripts`` a page that shows no product as it is sent is read again after its scripts, if there is a browser.
    """
    with Fetcher(allow_private=runtime.config.allow_private_addresses) as fetcher:
        answer = fetcher.get(address.strip(), max_bytes=max(MAX_PAGE_BYTES, runtime.config.max_file_bytes))
        if answer.status != 200:
            raise UpstreamError("fetch_status", address=address[:200], status=answer.status)
        if sniff(answer.body):
            return _look_at_picture(answer)
        page, rules = read_page(answer), rules_for(load_rules(runtime.config.var / "sites"), answer.address)
        found = read_product(page, rules)
        again = None if (found and found.pictures) or not scripts else _scripted(runtime, answer, clock)
        if again is not None:
            page, found = again, read_product(again, rules) or found
        product = found or _guess(page)
        allowed = _allowed(fetcher, answer.address) if with_robots else None
        picture = _first_picture(fetcher, product, runtime.config.max_file_bytes) if with_robots else b""
    links, guessed = len(page.links()), found is None
    return Look(answer.address, answer.status, product, guessed, links, allowed, picture, again is not None)


def report_address(session: Session, *, account: Account, address: str, note: str = "", now: datetime) -> Report:
    """An address that a person saw; it is fetched in the background. The same again is the same report.

    Raises ``CallerError`` (``field_empty``, ``address_wrong``, ``field_too_long``, ``reports_too_many``).
    """
    address = address.strip()
    if not address:
        raise CallerError("field_empty", field="address")
    check_address(address, "address")
    _check_note(note)
    known = session.scalar(select(Report).where(Report.account_id == account.id, Report.address == address))
    if known is None:
        _check_room(session, account)
        known = Report(account=account, address=address, note=note.strip(), created_at=now, fault_values={})
        session.add(known)
    elif known.state is ReportState.REFUSED:
        known.state, known.fault = ReportState.WAITING, None
    session.flush()
    return known


def report_picture(
    session: Session,
    store: Store,
    *,
    account: Account,
    data: bytes,
    title: str,
    address: str = "",
    note: str = "",
    now: datetime,
) -> Report:
    """A picture that a person has, of something offered somewhere. Raises ``CallerError``."""
    if not title.strip() or len(title) > 500:
        raise CallerError("field_empty" if not title.strip() else "field_too_long", field="title", most=500)
    if address:
        check_address(address, "address")
    _check_note(note)
    file = keep_picture(session, store, data=data, now=now)
    offer = Offer(BY_HAND, f"{account.id}-{file.sha256}", title.strip(), address=address[:MAX_ADDRESS])
    source = own_source(session, account, now)
    listing = see_listing(session, offer=offer, bringer=Bringer(account.id, source_id=source.id), now=now)
    add_picture(session, listing=listing, file=file, source="", now=now)
    made = Report(
        account=account,
        address=address,
        title=title.strip(),
        note=note.strip(),
        state=ReportState.KEPT,
        listing=listing,
        created_at=now,
        fault_values={},
    )
    session.add(made)
    session.flush()
    return made


def reports_of(session: Session, *, account: Account, limit: int = 50) -> list[Report]:
    """The account's reports, newest first."""
    wanted = select(Report).where(Report.account_id == account.id).order_by(Report.id.desc()).limit(limit)
    return list(session.scalars(wanted))


def get_report(session: Session, *, report_id: int, account: Account) -> Report:
    """One report; ``MissingError`` where it is not the account's."""
    found = session.get(Report, report_id)
    if found is None or found.account_id != account.id:
        raise MissingError("report_missing")
    return found


def retry_report(session: Session, *, report_id: int, account: Account) -> Report:
    """A refused report is tried again; raises as ``get_report``."""
    found = get_report(session, report_id=report_id, account=account)
    if found.state is ReportState.REFUSED:
        found.state, found.fault = ReportState.WAITING, None
        session.flush()
    return found


def waiting_reports(session: Session) -> list[int]:
    """Ids of those that wait, oldest first: each account's first one, then each account's second."""
    place = func.row_number().over(partition_by=Report.account_id, order_by=Report.id)
    return list(
        session.scalars(select(Report.id).where(Report.state == ReportState.WAITING).order_by(place, Report.id))
    )


def follow_report(runtime: Runtime, report_id: int, *, clock: Clock) -> None:
    """Fetches what was reported and keeps it as a listing, or writes down why not."""
    with runtime.sessions() as session:
        address = session.get_one(Report, report_id).address
    try:
        look = look_at(runtime, address, clock=clock, scripts=True)
        if not look.product.pictures:
            raise CallerError("report_without_picture")
        _keep(runtime, report_id, look, clock)
    except Exception as error:
        fault = fault_of(error, f"report {report_id}")
        with transaction(runtime.sessions) as session:
            report = session.get_one(Report, report_id)
            if report.state is ReportState.WAITING:
                report.state, report.fault, report.fault_values = (
                    ReportState.REFUSED,
                    fault.code,
                    dict(fault.values),
                )


def _keep(runtime: Runtime, report_id: int, look: Look, clock: Clock) -> None:
    with transaction(runtime.sessions) as session:
        report = session.get_one(Report, report_id)
        if report.state is not ReportState.WAITING:
            return  # another process was faster
        now = clock()
        bringer = Bringer(report.account_id, source_id=own_source(session, report.account, now).id)
        offer = offer_of(look.product)
        if look.guessed:
            offer = replace(offer, site="")  # of a page that says so little it can't be told whose the shop is
        listing = see_listing(session, offer=offer, bringer=bringer, now=now)
        want_pictures(session, listing=listing, addresses=look.product.pictures, bringer=bringer, now=now)
        report.state, report.title, report.listing = ReportState.KEPT, look.product.title, listing


def own_source(session: Session, account: Account, now: datetime) -> Source:
    """The source under which an account's own reports stand."""
    mine = select(Source).where(Source.account_id == account.id, Source.kind == SourceKind.REPORT)
    found = session.scalar(mine)
    if found is None:
        found = Source(account=account, kind=SourceKind.REPORT, name="", settings={}, memory={}, created_at=now)
        session.add(found)
        session.flush()
    return found


def _check_room(session: Session, account: Account) -> None:
    mine = select(func.count()).where(Report.account_id == account.id, Report.state == ReportState.WAITING)
    if (session.scalar(mine) or 0) >= MAX_WAITING:
        raise CallerError("reports_too_many", field="address", most=MAX_WAITING)


def _check_note(note: str) -> None:
    if len(note) > MAX_NOTE:
        raise CallerError("field_too_long", field="note", most=MAX_NOTE)


def _scripted(runtime: Runtime, answer: Answer, clock: Clock) -> WebPage | None:
    """The page after its scripts; None where there is no browser, or it can't make anything of the page."""
    with Scripts(runtime, clock) as scripts:
        try:
            return scripted_page(answer, scripts.read(answer)) if scripts.there else None
        except UpstreamError:
            return None


def _look_at_picture(answer: Answer) -> Look:
    name = hashlib.sha256(answer.body).hexdigest()[:12]
    title = urlsplit(answer.address).path.rpartition("/")[2][:200] or name
    product = Product(title=title, pictures=(answer.address,), address=tidy_address(answer.address))
    return Look(answer.address, answer.status, product, True, 0, None, answer.body)


def _guess(page: WebPage) -> Product:
    """Title and images of a page that publishes no product: a person says that there is one."""
    heading = page.tree.css_first("h1") or page.tree.css_first("title")
    title = " ".join(heading.text().split())[:500] if heading else ""
    pictures = [
        page.whole(meta.attributes.get("content") or "") for meta in page.tree.css('meta[property="og:image"]')
    ]
    pictures += [page.whole(best_source(image)) for image in page.tree.css("img")]
    kept = tuple(dict.fromkeys(one for one in pictures if one))[:MAX_LOOSE_PICTURES]
    return Product(title=title or page.address[:200], pictures=kept, address=page.canonical)


def _allowed(fetcher: Fetcher, address: str) -> bool | None:
    from protego import Protego

    status, text = ask_robots(fetcher, origin_of(address))
    if status >= 500 or status < 0:
        return None
    return bool(Protego.parse(text).can_fetch(address, AGENT_TOKEN))


def _first_picture(fetcher: Fetcher, product: Product, most: int) -> bytes:
    try:
        found = fetcher.get(product.pictures[0], max_bytes=most, accept="image/*").body if product.pictures else b""
    except IpregError:
        return b""
    return found if sniff(found) else b""
