"""The parties of a case: the respondent's links, what was handed in, and the papers that were issued and served."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account
from ipreg.models.cases import Case
from ipreg.models.columns import enum_column


class RespondentLink(Base):
    """A one-time link for a respondent without an account. Of the link and of the session only digests are kept.

    ``name`` and ``contact`` are personal data: erased when the time to keep them is over (``erased_at``).
    """

    __tablename__ = "respondent_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    contact: Mapped[str] = mapped_column(String(200), default="")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_from: Mapped[str] = mapped_column(String(64), default="")
    session_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    session_until: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()


class LinkGuess(Base):
    """A link that was tried and is none: too many from one network, and it has to wait."""

    __tablename__ = "link_guesses"
    __table_args__ = (Index("ix_link_guesses_network", "network", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    network: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(index=True)


class SubmissionKind(StrEnum):
    STATEMENT = "statement"
    COUNTER_NOTICE = "counter_notice"
    EVIDENCE = "evidence"
    APPEAL = "appeal"
    """Against the decision; handing it in is the step."""


class Submission(Base):
    """What a party handed in, and its receipt: ``digest`` is over ``manifest``, which the log commits to."""

    __tablename__ = "case_submissions"
    __table_args__ = (UniqueConstraint("case_id", "request_key"), UniqueConstraint("case_id", "serial"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    serial: Mapped[int]
    part: Mapped[str] = mapped_column(String(16))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    link_id: Mapped[int | None] = mapped_column(ForeignKey("respondent_links.id"))
    kind: Mapped[SubmissionKind] = mapped_column(enum_column(SubmissionKind))
    confidential: Mapped[bool] = mapped_column(default=False)
    late: Mapped[bool] = mapped_column(default=False)
    text: Mapped[str] = mapped_column(Text)
    manifest: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64), index=True)
    request_key: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]
    log_index: Mapped[int | None]
    erased_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()
    account: Mapped[Account | None] = relationship()
    link: Mapped[RespondentLink | None] = relationship()
    files: Mapped[list[SubmissionFile]] = relationship(order_by="SubmissionFile.position", lazy="selectin")

    @property
    def receipt(self) -> str:
        """The receipt's number, for instance ``AJ2026-0000001-1/2``."""
        return f"{self.case.number}/{self.serial}"


class SubmissionFile(Base):
    """A file of a submission, in the store under ``sha256``. Position 0 is the statement's text."""

    __tablename__ = "case_submission_files"
    __table_args__ = (UniqueConstraint("submission_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("case_submissions.id"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    given_name: Mapped[str] = mapped_column(String(200), default="")
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    sm3: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(100))


class PaperKind(StrEnum):
    ACCEPTANCE = "acceptance"
    NON_ACCEPTANCE = "non_acceptance"
    NOTICE = "notice"
    HEARING = "hearing"
    CANCELLATION = "cancellation"
    DECISION = "decision"


class CasePaper(Base):
    """A signed paper (PDF) about one step of a case: issued once, the same bytes ever after."""

    __tablename__ = "case_papers"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("case_events.id"), unique=True)
    kind: Mapped[PaperKind] = mapped_column(enum_column(PaperKind))
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    sm3: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    issued_at: Mapped[datetime]

    case: Mapped[Case] = relationship()
    services: Mapped[list[PaperService]] = relationship(order_by="PaperService.id", lazy="selectin")


class PaperService(Base):
    """That a party opened a paper for the first time: it is served."""

    __tablename__ = "case_paper_services"
    __table_args__ = (UniqueConstraint("paper_id", "reader"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("case_papers.id"))
    reader: Mapped[str] = mapped_column(String(64))
    part: Mapped[str] = mapped_column(String(16))
    served_at: Mapped[datetime]
