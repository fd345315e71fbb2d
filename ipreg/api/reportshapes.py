"""What a person reports, what is known of a seller, and captured evidence, over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from ipreg.api.shapes import N_, Asked, Listing, Shape

ReportState = Literal["waiting", "kept", "refused"]
CaptureState = Literal["waiting", "done", "failed"]


class Report(Shape):
    """An address or a picture that you reported. `listing` is what came of it; `fault` is a code where nothing
    did."""

    id: int
    state: ReportState
    address: str
    title: str
    note: str
    created_at: datetime
    listing: int | None
    fault: str | None
    message: str | None


class NewReport(Asked):
    """An `address`, which is fetched in the background; or with a `picture` beside it what it shows, in `title`."""

    address: str = Field("", max_length=2000)
    title: str = Field("", max_length=500)
    note: str = Field("", max_length=2000)


class SellerRisk(Shape):
    """One part of the figure: so many of a kind, and the points that they give."""

    kind: str
    text: str
    count: int
    points: int


class LikelySeller(Shape):
    """Another shop that looks like the same one: so many pictures and titles in common."""

    id: int
    platform: str
    name: str
    pictures: int
    titles: int


class NewSellerLink(Asked):
    """What is said of a shop and an `other` one: one seller, or two."""

    other: int = Field(ge=1, le=2**31 - 1)
    same: bool
    reason: str = Field("", max_length=1000, description=N_("Needed where the two are one seller."))


class SellerLink(Shape):
    """What your office said of two shops."""

    id: int
    one: int
    other: int
    same: bool
    reason: str
    said_at: datetime


class Seller(Shape):
    """What you may know of a seller; `risk` is 0 to 100."""

    id: int
    platform: str
    shop_id: str
    name: str
    address: str
    first_seen_at: datetime
    last_seen_at: datetime
    risk: int
    reasons: list[SellerRisk]
    likely: list[LikelySeller]
    links: list[SellerLink]
    alerts: list[int]
    cases: list[str]
    listings: list[Listing]


class EvidenceFile(Shape):
    """One file of captured evidence; `address` is where it came from, if from the web."""

    position: int
    name: str
    address: str
    media_type: str
    size: int
    sha256: str


class Evidence(Shape):
    """A listing's page as it was. Its log entry commits to the digests; `fault`: why the page could not be had."""

    id: int
    state: CaptureState
    alert: int
    listing: int
    address: str
    captured_at: datetime | None
    status: int
    facts: dict[str, Any]
    log_index: int | None
    fault: str | None
    files: list[EvidenceFile]


class TryAddress(Asked):
    """An address to look at once; `scripts`: with a browser, where this server has one."""

    address: str = Field(min_length=1, max_length=2000)
    scripts: bool = False


class Look(Shape):
    """What one fetch of an address shows; nothing is kept. `guessed`: the page publishes no product data."""

    address: str
    status: int
    title: str
    seller: str
    price: str
    currency: str
    pictures: list[str]
    guessed: bool
    links: int
    robots_allow: bool | None = Field(description=N_("What robots.txt says to a crawl; null where it does not."))
