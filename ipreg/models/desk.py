"""What officers do together at a case: notes, tasks, views of the queue they saved, and days they are away."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account


class CaseNote(Base):
    """A remark on a case; ``shared`` ones are seen by the owners of the designs too: by those of the side ``side``
    (a value of ``Part``), or of both where it is empty."""

    __tablename__ = "case_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)
    shared: Mapped[bool] = mapped_column(default=False)
    side: Mapped[str] = mapped_column(String(16), default="", server_default="")

    author: Mapped[Account] = relationship(lazy="joined")


class CaseTask(Base):
    """Something to do for a case until a day (of Shanghai), by somebody."""

    __tablename__ = "case_tasks"
    __table_args__ = (Index("ix_case_tasks_open", "assignee_id", "done_at", "due_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    text: Mapped[str] = mapped_column(String(200))
    due_on: Mapped[date | None]
    assignee_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]

    assignee: Mapped[Account] = relationship(foreign_keys=assignee_id, lazy="joined")


class SavedView(Base):
    """A view of the queue under a name: the filters as they stand in the address bar."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[datetime]


class Absence(Base):
    """Days (of Shanghai, both included) on which a deputy acts for an officer."""

    __tablename__ = "absences"
    __table_args__ = (Index("ix_absences_account_days", "account_id", "from_on", "until_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    deputy_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    from_on: Mapped[date]
    until_on: Mapped[date]
    created_at: Mapped[datetime]

    account: Mapped[Account] = relationship(foreign_keys=account_id, lazy="joined")
    deputy: Mapped[Account] = relationship(foreign_keys=deputy_id, lazy="joined")
