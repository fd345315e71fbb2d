"""Filings in the making: what was entered so far, the files that came one by one, and what is alike."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account
from ipreg.models.columns import enum_column
from ipreg.models.designs import Filing, FilingView, ViewKind
from ipreg.models.files import VaultKey
from ipreg.models.listings import ListingPicture
from ipreg.models.matches import MatchKind


class Draft(Base):
    """``values`` are the form's fields as they were typed, right or wrong; ``revision`` counts their changes.

    Once filed it only says as what, so that whoever sends it again is led there.
    """

    __tablename__ = "drafts"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    revision: Mapped[int] = mapped_column(default=0)
    request_key: Mapped[str] = mapped_column(String(64), unique=True)
    filing_id: Mapped[int | None] = mapped_column(ForeignKey("filings.id"))
    vault_key_id: Mapped[int | None] = mapped_column(ForeignKey("vault_keys.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    account: Mapped[Account] = relationship()
    vault_key: Mapped[VaultKey | None] = relationship()
    filing: Mapped[Filing | None] = relationship()
    files: Mapped[list[DraftFile]] = relationship(
        back_populates="draft", order_by="DraftFile.position", cascade="all, delete-orphan", lazy="selectin"
    )


class DraftFile(Base):
    """A file of a draft, encrypted under the draft's own key. ``kind`` None: a design file and no view.

    ``looked_by`` names the algorithm that has compared it with what is known.
    """

    __tablename__ = "draft_files"
    __table_args__ = (UniqueConstraint("draft_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("drafts.id"))
    position: Mapped[int]
    kind: Mapped[ViewKind | None] = mapped_column(enum_column(ViewKind))
    filename: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(100))
    shown: Mapped[bool]
    looked_by: Mapped[str | None] = mapped_column(String(200), index=True)

    draft: Mapped[Draft] = relationship(back_populates="files")
    findings: Mapped[list[DraftFinding]] = relationship(
        back_populates="file", order_by="DraftFinding.probability.desc()", cascade="all, delete-orphan"
    )


class DraftFinding(Base):
    """One that is alike: a view of a filing, or a picture of a listing."""

    __tablename__ = "draft_findings"

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_file_id: Mapped[int] = mapped_column(ForeignKey("draft_files.id"), index=True)
    view_id: Mapped[int | None] = mapped_column(ForeignKey("filing_views.id"))
    picture_id: Mapped[int | None] = mapped_column(ForeignKey("listing_pictures.id"))
    probability: Mapped[float]
    reason: Mapped[dict[str, Any]] = mapped_column(JSON)

    file: Mapped[DraftFile] = relationship(back_populates="findings")
    view: Mapped[FilingView | None] = relationship()
    picture: Mapped[ListingPicture | None] = relationship()

    @property
    def kind(self) -> MatchKind:
        """Drafts are compared by their pictures, not by what these show."""
        return MatchKind.COPY


class BatchState(StrEnum):
    CHECKING = "checking"
    CHECKED = "checked"
    FILING = "filing"
    DONE = "done"


class RowState(StrEnum):
    WAITING = "waiting"
    GOOD = "good"
    BAD = "bad"
    FILED = "filed"


class BatchRow(Base):
    """One design of a batch: its values, the faults it has or the filing it became."""

    __tablename__ = "batch_rows"
    __table_args__ = (UniqueConstraint("batch_id", "line"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"))
    line: Mapped[int]
    state: Mapped[RowState] = mapped_column(enum_column(RowState), default=RowState.WAITING)
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    faults: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    filing_id: Mapped[int | None] = mapped_column(ForeignKey("filings.id"))

    batch: Mapped[Batch] = relationship(back_populates="rows")
    filing: Mapped[Filing | None] = relationship()


class Batch(Base):
    """A ZIP of designs, checked first and filed when its owner says so.

    ``digest`` is the ZIP's SHA-256: the same ZIP again is the same batch. It lies encrypted under
    the batch's own key.
    """

    __tablename__ = "batches"
    __table_args__ = (UniqueConstraint("account_id", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    filename: Mapped[str] = mapped_column(String(255))
    digest: Mapped[str] = mapped_column(String(64))
    state: Mapped[BatchState] = mapped_column(enum_column(BatchState), index=True)
    vault_key_id: Mapped[int | None] = mapped_column(ForeignKey("vault_keys.id"))
    created_at: Mapped[datetime]

    account: Mapped[Account] = relationship()
    vault_key: Mapped[VaultKey | None] = relationship()
    rows: Mapped[list[BatchRow]] = relationship(back_populates="batch", order_by="BatchRow.line")
