"""Alerts, what happened to them, and who receives them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account
from ipreg.models.columns import enum_column
from ipreg.models.designs import Filing
from ipreg.models.listings import Seller
from ipreg.models.matches import Match, MatchKind


class AlertState(StrEnum):
    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class DismissReason(StrEnum):
    MINE = "mine"
    LICENSED = "licensed"
    NOT_SIMILAR = "not_similar"
    OTHER = "other"


class EventKind(StrEnum):
    """What happened to an alert: to its evidence (by itself), then by people."""

    RAISED = "raised"
    LISTING_ADDED = "listing_added"
    PICTURE_ADDED = "picture_added"
    LIKELIER = "likelier"
    PRICE = "price"
    TITLE = "title"
    SELLER = "seller"
    PICTURES = "pictures"
    GONE = "gone"
    BACK = "back"
    WOKEN = "woken"
    CAME_BACK = "came_back"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    REOPENED = "reopened"
    SNOOZED = "snoozed"
    ASSIGNED = "assigned"
    COMMENTED = "commented"
    HANDED_OVER = "handed_over"
    UNDONE = "undone"


class Alert(Base):
    """A suspected infringement: a design, and all that one seller offers that looks like it.

    ``match`` leads: the strongest one until somebody decided, from then on the one that was decided on; ``matches``
    are all. ``counterpart`` is ``seller:7``, ``listing:9`` where no seller is known, or ``filing:3``; ``round``
    counts up when the seller offers it again after a decision. ``probability`` is the lead's, recalibrated where
    the owner's decisions have taught how (``calibration_id``); the verdict's own stays with each match.
    ``severity`` is 0 to 100, the sum of ``severity_reasons`` (each a kind, a count and its points). ``evidence``
    counts the changes that recipients were told of. Owner (``applicant_id`` is the
    design's present one), kind (of the lead), seller, platform and price repeat what other rows say, so that lists
    of many alerts are sorted and filtered by one index.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("filing_id", "counterpart", "round"),
        Index("ix_alerts_organization", "organization_id", "state", "severity", "id"),
        Index("ix_alerts_applicant", "applicant_id", "state", "severity", "id"),
        Index("ix_alerts_organization_all", "organization_id", "severity", "id"),
        Index("ix_alerts_applicant_all", "applicant_id", "severity", "id"),
        Index("ix_alerts_organization_platform", "organization_id", "platform"),
        Index("ix_alerts_applicant_platform", "applicant_id", "platform"),
        Index("ix_alerts_sleeping", "state", "snoozed_until"),
        Index("ix_alerts_raised", "raised_at"),
        Index("ix_alerts_organization_raised", "organization_id", "raised_at"),
        Index("ix_alerts_applicant_raised", "applicant_id", "raised_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("filings.id"))
    counterpart: Mapped[str] = mapped_column(String(40))
    round: Mapped[int] = mapped_column(default=1)
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id"), unique=True)
    applicant_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("sellers.id"), index=True)
    platform: Mapped[str] = mapped_column(String(100), default="")
    price: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    currency: Mapped[str] = mapped_column(String(3), default="")
    listing_count: Mapped[int] = mapped_column(default=1)
    kind: Mapped[MatchKind] = mapped_column(
        enum_column(MatchKind), default=MatchKind.COPY, server_default=MatchKind.COPY.value
    )
    probability: Mapped[float]
    calibration_id: Mapped[int | None] = mapped_column(ForeignKey("calibrations.id"))
    severity: Mapped[int]
    severity_reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    evidence: Mapped[int] = mapped_column(default=1)
    state: Mapped[AlertState] = mapped_column(enum_column(AlertState), default=AlertState.OPEN)
    raised_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    snoozed_until: Mapped[datetime | None]
    assigned_to_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    dismiss_reason: Mapped[DismissReason | None] = mapped_column(enum_column(DismissReason))
    note: Mapped[str] = mapped_column(Text, default="")
    action_id: Mapped[int | None] = mapped_column(ForeignKey("alert_actions.id"), index=True)
    row_version: Mapped[int] = mapped_column(default=1)

    match: Mapped[Match] = relationship(lazy="selectin")
    filing: Mapped[Filing] = relationship(lazy="select")
    seller: Mapped[Seller | None] = relationship(lazy="select")
    decided_by: Mapped[Account | None] = relationship(foreign_keys=decided_by_id, lazy="joined")
    assigned_to: Mapped[Account | None] = relationship(foreign_keys=assigned_to_id, lazy="joined")
    matches: Mapped[list[AlertMatch]] = relationship(
        back_populates="alert", order_by="AlertMatch.id", lazy="select"
    )
    events: Mapped[list[AlertEvent]] = relationship(order_by="AlertEvent.id", lazy="select")
    recipients: Mapped[list[AlertRecipient]] = relationship(back_populates="alert", lazy="selectin")

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012


class AlertMatch(Base):
    """A match that belongs to an alert, and what of it the alert has told: kind, probability, number of pictures.

    With ``dismissed_at`` it is none of the alert's evidence: somebody saw that this listing is no copy.
    """

    __tablename__ = "alert_matches"

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), index=True)
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id"), unique=True)
    added_at: Mapped[datetime]
    kind: Mapped[MatchKind] = mapped_column(
        enum_column(MatchKind), default=MatchKind.COPY, server_default=MatchKind.COPY.value
    )
    probability: Mapped[float]
    pictures: Mapped[int] = mapped_column(default=1)
    dismissed_at: Mapped[datetime | None]

    alert: Mapped[Alert] = relationship(back_populates="matches")
    match: Mapped[Match] = relationship(lazy="selectin")


class AlertAction(Base):
    """What somebody did at once to one alert or many; it can be taken back until ``undo_until``, once."""

    __tablename__ = "alert_actions"
    __table_args__ = (UniqueConstraint("account_id", "request_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    request_key: Mapped[str] = mapped_column(String(64))
    kind: Mapped[EventKind] = mapped_column(enum_column(EventKind))
    at: Mapped[datetime]
    count: Mapped[int] = mapped_column(default=1)
    undo_until: Mapped[datetime]
    undone_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(lazy="joined")


class AlertEvent(Base):
    """One line of an alert's history; what people changed keeps what was ``before``, so that it can be undone."""

    __tablename__ = "alert_events"
    __table_args__ = (Index("ix_alert_events_alert", "alert_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"))
    kind: Mapped[EventKind] = mapped_column(enum_column(EventKind))
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    action_id: Mapped[int | None] = mapped_column(ForeignKey("alert_actions.id"), index=True)
    match_id: Mapped[int | None] = mapped_column(ForeignKey("matches.id"))
    values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    text: Mapped[str] = mapped_column(Text, default="")
    before_state: Mapped[AlertState | None] = mapped_column(enum_column(AlertState))
    before_reason: Mapped[DismissReason | None] = mapped_column(enum_column(DismissReason))
    before_snoozed_until: Mapped[datetime | None]
    before_assigned_to_id: Mapped[int | None]
    before_decided_at: Mapped[datetime | None]
    before_decided_by_id: Mapped[int | None]

    actor: Mapped[Account | None] = relationship(lazy="joined")
    match: Mapped[Match | None] = relationship(lazy="select")


class AlertRecipient(Base):
    """An account that is told of the alert (``tell_at`` while that is still to be done), or that looked at it."""

    __tablename__ = "alert_recipients"
    __table_args__ = (UniqueConstraint("alert_id", "account_id"), Index("ix_alert_recipients_due", "tell_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    read_at: Mapped[datetime | None]
    tell_at: Mapped[datetime | None]

    alert: Mapped[Alert] = relationship(back_populates="recipients")
    account: Mapped[Account] = relationship(lazy="joined")


class AlertFigures(Base):
    """The dashboard of a reader with very many alerts, counted ahead; ``key``: whose alerts, by which clock."""

    __tablename__ = "alert_figures"

    key: Mapped[str] = mapped_column(String(110), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    made_at: Mapped[datetime]
    looked_at: Mapped[datetime]
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)

    account: Mapped[Account] = relationship(lazy="joined")


class SavedFilter(Base):
    """A filter of the inbox under a name of the account's own; ``query`` is as it stands in the address bar."""

    __tablename__ = "saved_filters"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(String(1000))
