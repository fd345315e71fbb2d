"""Letters that an owner sends because of an alert: their text, their files, and what came of them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account
from ipreg.models.alerts import Alert
from ipreg.models.columns import enum_column
from ipreg.models.designs import Filing
from ipreg.models.files import VaultKey


class LegalLetterKind(StrEnum):
    """``WARNING`` to the seller (侵权警告函), ``NOTICE`` to the platform (通知)."""

    WARNING = "warning"
    NOTICE = "notice"


class LegalLetterState(StrEnum):
    """``MAKING``: what it says is fixed, its papers are being made. The steps stand in ``ipreg.response.table``."""

    MAKING = "making"
    READY = "ready"
    MAILING = "mailing"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    REPLIED = "replied"
    COUNTERED = "countered"
    TOLD = "told"
    CLOSED = "closed"
    VOID = "void"


class LegalOutcome(StrEnum):
    REMOVED = "removed"
    REFUSED = "refused"
    RESTORED = "restored"
    SETTLED = "settled"
    COMPLAINT = "complaint"
    SUIT = "suit"
    HANDED_OVER = "handed_over"
    UNANSWERED = "unanswered"
    WITHDRAWN = "withdrawn"


class LegalText(Base):
    """One version of an owner's own text for a kind of letter; the newest holds, older ones stay.

    ``owner`` is ``organization:3`` or ``account:7``. Without a version of his own the standard text holds.
    """

    __tablename__ = "legal_texts"
    __table_args__ = (UniqueConstraint("owner", "kind", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(32))
    kind: Mapped[LegalLetterKind] = mapped_column(enum_column(LegalLetterKind))
    version: Mapped[int]
    text_zh: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]

    account: Mapped[Account] = relationship(lazy="joined")


class LegalLetter(Base):
    """One letter. ``facts`` is all that its papers show, as they were made: it never changes after that.

    ``text_version`` is the owner's version of the text (0: the standard text). ``answer_by`` is the day set to the
    seller, ``countered_on`` the day a counter-notice reached the right holder, ``due_on`` the last day of the clock
    that this started. ``look_on``: when the reminders look at it again. ``before`` is the state it was closed in.
    Owner columns repeat the alert's and move with it. The papers of a sealed filing lie encrypted (``vault_key``).
    """

    __tablename__ = "legal_letters"
    __table_args__ = (
        UniqueConstraint("account_id", "request_key"),
        Index("ix_legal_letters_organization", "organization_id", "running", "next_on", "id"),
        Index("ix_legal_letters_applicant", "applicant_id", "running", "next_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[LegalLetterKind] = mapped_column(enum_column(LegalLetterKind))
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), index=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("filings.id"), index=True)
    applicant_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    request_key: Mapped[str] = mapped_column(String(64))
    languages: Mapped[str] = mapped_column(String(8))
    text_version: Mapped[int] = mapped_column(default=0)
    form: Mapped[dict[str, Any]] = mapped_column(JSON)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    addressee: Mapped[str] = mapped_column(String(200))
    state: Mapped[LegalLetterState] = mapped_column(enum_column(LegalLetterState), default=LegalLetterState.MAKING)
    before: Mapped[str | None] = mapped_column(String(32))
    outcome: Mapped[LegalOutcome | None] = mapped_column(enum_column(LegalOutcome))
    running: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    sent_on: Mapped[date | None]
    answer_by: Mapped[date | None]
    countered_on: Mapped[date | None]
    due_on: Mapped[date | None]
    next_on: Mapped[date | None]
    look_on: Mapped[date | None] = mapped_column(index=True)
    vault_key_id: Mapped[int | None] = mapped_column(ForeignKey("vault_keys.id"))
    row_version: Mapped[int] = mapped_column(default=1)

    alert: Mapped[Alert] = relationship(lazy="select")
    filing: Mapped[Filing] = relationship(lazy="select")
    account: Mapped[Account] = relationship(foreign_keys=account_id, lazy="joined")
    vault_key: Mapped[VaultKey | None] = relationship(lazy="joined")
    events: Mapped[list[LegalEvent]] = relationship(
        back_populates="letter", order_by="LegalEvent.position", lazy="selectin"
    )
    files: Mapped[list[LegalFile]] = relationship(order_by="LegalFile.position", lazy="selectin")

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012


class LegalEvent(Base):
    """One step of a letter, on the record: ``details`` as its form gave them, ``log_index`` its log entry."""

    __tablename__ = "legal_events"
    __table_args__ = (UniqueConstraint("letter_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("legal_letters.id"))
    position: Mapped[int]
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    action: Mapped[str] = mapped_column(String(32))
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    note: Mapped[str] = mapped_column(Text, default="")
    request_key: Mapped[str] = mapped_column(String(64), default="")
    salt: Mapped[str] = mapped_column(String(64))
    log_index: Mapped[int | None] = mapped_column(unique=True)

    letter: Mapped[LegalLetter] = relationship(back_populates="events", lazy="select")
    actor: Mapped[Account | None] = relationship(lazy="joined")


class LegalFile(Base):
    """A file of a letter: the letter itself, an annex, or a paper that came with a step (``event_position``)."""

    __tablename__ = "legal_files"
    __table_args__ = (UniqueConstraint("letter_id", "position"), UniqueConstraint("letter_id", "name"))

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("legal_letters.id"))
    position: Mapped[int]
    event_position: Mapped[int] = mapped_column(default=0)
    role: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200))
    given_name: Mapped[str] = mapped_column(String(200), default="")
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    sm3: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(100))
