"""What an owner does with a filing later, over the wire: opening, withdrawal, transfer, licence."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from ipreg.api.shapes import N_, Asked, Paging, Shape

AgreementKind = Literal["transfer", "licence"]
AgreementState = Literal["offered", "accepted", "refused", "withdrawn", "expired", "ended"]
LicenceKind = Literal["exclusive", "sole", "ordinary"]


class OpeningDay(Asked):
    """The day on which a sealed filing opens by itself; null: on none."""

    opens_on: date | None


class Withdrawal(Asked):
    """`confirmed` is the filing's number once more. A sealed filing's files are destroyed in any case."""

    files: Literal["keep", "destroy"]
    confirmed: str = Field(max_length=40)


class Act(Shape):
    """What was done to a filing after it was filed, with its entry in the log."""

    position: int
    at: datetime
    action: str
    details: dict[str, Any]
    log_index: int


class Acts(Shape):
    """All acts, the oldest first."""

    items: list[Act]


class Agreement(Shape):
    """A transfer or licence. Nothing changes before the other side accepts it."""

    id: int
    kind: AgreementKind
    state: AgreementState
    filing: str
    giver: str
    taker: str
    message: str
    licence_kind: LicenceKind | None
    territory: str
    starts_on: date | None
    ends_on: date | None
    shops: list[str]
    offered_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    may_answer: bool
    may_take_back: bool
    may_end: bool


class Offer(Asked):
    """To whom a transfer or licence is offered: an e-mail address. The terms are those of a licence; `shops` are
    names or addresses, one each, whose listings do not alert while it runs."""

    kind: AgreementKind
    taker_email: str = Field(min_length=3, max_length=254)
    message: str = Field("", max_length=2000)
    licence_kind: LicenceKind | None = None
    territory: str = Field("", max_length=200)
    starts_on: date | None = None
    ends_on: date | None = None
    shops: list[str] = Field(default_factory=list, max_length=100)


class AgreementsAsked(Paging):
    """Which agreements: those offered to you, or those of one of your filings."""

    filing: str = Field("", max_length=40, description=N_("Number of a filing."))
