"""A complaint by the owner of a design without an alert: he saw a shop or a stall himself, and has a picture of it.

It comes to the desk as everything does: the offer becomes a listing, the listing a match of the design with the
probability that the pictures give, the match an alert that its owner has confirmed, and the alert a case. So it has
its evidence, its clocks and its way, however little alike the machine thinks the two are: an officer judges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

import similarity
from ipreg import access, alerts, fingerprints, matching, registry
from ipreg.casework import submissions
from ipreg.casework.submissions import Paper, Upload
from ipreg.errors import CallerError, MissingError
from ipreg.models import Account, Case, Filing, FilingState, FilingView, ListingPicture, Role, SubmissionKind
from ipreg.runtime import Runtime
from ipreg.sightings.listings import Bringer, Offer, add_picture, leads, see_listing
from ipreg.sightings.reports import own_source
from ipreg.sightings.sources import check_address
from ipreg.sightings.webpage import host_of, tidy_address
from ipreg.storage import Store, keep_picture
from ipreg.warning import raising
from similarity import Verdict, embedding

OFFLINE = "线下 Offline"
"""The platform of what is offered in the street, at a fair, in a shop."""
MAX_TITLE, MAX_NAME = 500, 100
OWNERS = (Role.DESIGNER, Role.ENTERPRISE)


@dataclass(frozen=True)
class Complaint:
    """What the owner saw. ``picture`` shows it; ``address`` is empty for what has none, as a stall at ``place``."""

    title: str
    seller: str
    text: str
    picture: bytes
    address: str = ""
    place: str = ""
    uploads: Sequence[Upload] = ()


@dataclass(frozen=True)
class Liked:
    """The view of the design that the picture is most like, and how much."""

    view_id: int
    verdict: Verdict


def filing_of(session: Session, *, number: str, account: Account) -> Filing:
    """The design that the account may complain about; ``MissingError`` otherwise."""
    filing = registry.get_filing(session, number=number, account=account)
    if not access.can_complain(account, filing):
        raise MissingError("filing_missing", number=number)
    return filing


def check(complaint: Complaint, filing: Filing) -> None:
    """Raises ``CallerError`` with the field that is wrong."""
    if filing.state is FilingState.WITHDRAWN:
        raise CallerError("filing_withdrawn")
    for name, most in (("title", MAX_TITLE), ("seller", MAX_NAME)):
        given = getattr(complaint, name).strip()
        if not given or len(given) > most:
            raise CallerError("field_too_long" if given else "field_empty", field=name, most=most)
    if complaint.address.strip():
        check_address(complaint.address.strip(), "address")
    elif not complaint.place.strip() or len(complaint.place) > MAX_NAME:
        raise CallerError("complaint_where", field="place", most=MAX_NAME)
    if not submissions.TEXT_MIN <= len(complaint.text.strip()) <= submissions.TEXT_MAX:
        least, most = submissions.TEXT_MIN, submissions.TEXT_MAX
        raise CallerError("reason_length", field="text", least=least, most=most)
    if not complaint.picture:
        raise CallerError("pictures_none", field="picture")


def liken(runtime: Runtime, *, filing_id: int, data: bytes) -> Liked:
    """Compares the picture with every view of the design. Call it with no transaction open: it takes a while.

    Raises ``CallerError`` with a code of ``PictureError`` where it is no picture.
    """
    model = embedding.model()
    seen = fingerprints.see(data, model.path)
    if seen.fingerprint is None:
        raise CallerError(seen.fault or "picture_unreadable", field="picture")
    with runtime.sessions() as session:
        filing = session.get_one(Filing, filing_id)
        shelf = runtime.store.shelf(filing.vault_key)
        views = [(one.id, one.sha256) for one in filing.views]
    found = []
    for view_id, digest in views:
        own = fingerprints.look_at(shelf, digest, model)
        if own is not None:
            judged = similarity.judge(own, seen.fingerprint)
            found.append(Liked(view_id, replace(judged, algorithm=matching.comparison(model))))
    if not found:
        raise CallerError("picture_unreadable", field="picture")
    return max(found, key=lambda one: one.verdict.probability)


def complain(
    session: Session,
    store: Store,
    *,
    account: Account,
    filing: Filing,
    complaint: Complaint,
    liked: Liked,
    request_key: str,
    now: datetime,
) -> Case:
    """The case, flagged, with the complaint and its files as the first thing handed in; again, it is the same."""
    check(complaint, filing)
    picture = _offered(session, store, account, complaint, now)
    view = session.get_one(FilingView, liked.view_id)
    match = matching.record_seen(session, view=view, picture=picture, judged=liked.verdict, now=now)
    alert = raising.raise_by_hand(session, match=match, now=now)
    case = alerts.confirm(session, alert=alert, account=account, note=complaint.text.strip()[:2000], now=now)
    paper = Paper(SubmissionKind.EVIDENCE, complaint.text, complaint.uploads)
    submissions.submit(session, store, case=case, party=account, paper=paper, request_key=request_key, now=now)
    return case


def _offered(
    session: Session, store: Store, account: Account, complaint: Complaint, now: datetime
) -> ListingPicture:
    """What is complained of as a listing, the same that a crawl of its address would have found."""
    file = keep_picture(session, store, data=complaint.picture, now=now)
    address = tidy_address(complaint.address.strip()) if complaint.address.strip() else ""
    host = host_of(address)
    offer = Offer(
        platform=host[:100] or OFFLINE,
        external_id=(address.split(host, 1)[1].lstrip("/") or "/")[:200] if host else f"{account.id}-{file.sha256}",
        title=complaint.title.strip(),
        address=address,
        seller=complaint.seller.strip(),
        region=complaint.place.strip(),
    )
    bringer = Bringer(account.id, source_id=own_source(session, account, now).id)
    listing = see_listing(session, offer=offer, bringer=bringer, now=now)
    return add_picture(session, listing=listing, file=file, source="", now=now, revive=leads(listing, bringer, now))
