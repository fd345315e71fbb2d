"""The audit trail: one row a write, a refusal or a read of sealed material, each committing to the one before."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import DDL, CheckConstraint, Index, String, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from ipreg.db import Base
from ipreg.models.columns import enum_column


class AuditKind(StrEnum):
    WRITE = "write"
    REFUSED = "refused"
    READ = "read"


class AuditRow(Base):
    """Who did what to what, when. ``digest`` is over all of it and ``previous``, the digest of the row before.

    ``actor`` is a kind and an id (``account:7``, ``job:deadlines``), never a name:
    names can be erased, rows can't.
    """

    __tablename__ = "audit_rows"
    __table_args__ = (
        Index("ix_audit_rows_actor", "actor", "position"),
        Index("ix_audit_rows_subject", "subject", "position"),
        Index("ix_audit_rows_action", "action", "position"),
        Index("ix_audit_rows_kind", "kind", "position"),
        Index("ix_audit_rows_at", "at"),
    )

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    kind: Mapped[AuditKind] = mapped_column(enum_column(AuditKind))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(128))
    result: Mapped[str] = mapped_column(String(32))
    details: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """One row: how many audit rows there are, and the digest of the last. Writers wait for each other here."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))


TRIGGERS = ("audit_rows_no_update", "audit_rows_no_delete")
"""What the database refuses by itself. The check of the chain misses them where somebody took them away."""

_SQLITE = tuple(
    f"CREATE TRIGGER audit_rows_no_{verb.lower()} BEFORE {verb} ON audit_rows "
    "BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END"
    for verb in ("UPDATE", "DELETE")
)
_POSTGRES = (
    "CREATE OR REPLACE FUNCTION audit_rows_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'audit rows are never changed'; END $$",
    *(
        f"CREATE TRIGGER audit_rows_no_{verb.lower()} BEFORE {verb} ON audit_rows "
        "FOR EACH ROW EXECUTE FUNCTION audit_rows_refuse()"
        for verb in ("UPDATE", "DELETE")
    ),
)
TRIGGER_STATEMENTS = {"sqlite": _SQLITE, "postgresql": _POSTGRES}

for _dialect, _statements in TRIGGER_STATEMENTS.items():
    for _one in _statements:
        event.listen(AuditRow.__table__, "after_create", DDL(_one).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
