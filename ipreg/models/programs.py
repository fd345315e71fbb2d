"""How programs come in: personal tokens, and what they were answered."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account
from ipreg.models.columns import WordList


class Scope(StrEnum):
    """What a token may be used for; never more than its account may do."""

    FILINGS_READ = "filings:read"
    FILINGS_WRITE = "filings:write"
    ALERTS_READ = "alerts:read"
    ALERTS_WRITE = "alerts:write"
    LISTINGS_READ = "listings:read"
    LISTINGS_WRITE = "listings:write"
    CASES_READ = "cases:read"
    CASES_WRITE = "cases:write"
    STATISTICS_READ = "statistics:read"
    NOTICES_READ = "notices:read"
    NOTICES_WRITE = "notices:write"
    AUDIT_READ = "audit:read"


class ApiToken(Base):
    """A token with which a program acts for its account. Only its digest is kept; ``hint`` is its end.

    ``busy_until_ms`` (since 1970) counts how much of its allowance is used: see ``ipreg.tokens.spend``.
    """

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(8))
    scopes: Mapped[tuple[str, ...]] = mapped_column(WordList)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    last_address: Mapped[str] = mapped_column(String(64), default="", server_default="")
    busy_until_ms: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")

    account: Mapped[Account] = relationship(lazy="joined")


class ApiAnswer(Base):
    """What a write under an idempotency key was answered: the same request again gets the same answer.

    ``caller`` is ``account:7``; ``asked`` the digest of the request.
    """

    __tablename__ = "api_answers"
    __table_args__ = (UniqueConstraint("caller", "key"), Index("ix_api_answers_at", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    caller: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(64))
    asked: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    status: Mapped[int]
    location: Mapped[str] = mapped_column(String(200), default="")
    body: Mapped[bytes] = mapped_column(LargeBinary)


class CallerCount(Base):
    """How much of its allowance a caller without a personal token has used; ``key`` is a digest of who it is."""

    __tablename__ = "caller_counts"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    busy_until_ms: Mapped[int] = mapped_column(BigInteger, index=True)
