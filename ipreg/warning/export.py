"""Alerts as a table for other programs: one row an alert, read in portions, and harmless to spreadsheets."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session, aliased

from ipreg.models import Account, Alert, Filing, Listing, Match
from ipreg.plaintext import shown
from ipreg.warning.severity import level

N_ = str  # marks a text for extraction
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST = 100_000
_PORTION = 1000
COLUMNS = (
    N_("Number of the alert"),
    N_("State"),
    N_("Severity"),
    N_("Points"),
    N_("What was recognised"),
    N_("Probability"),
    N_("Probability of the verdict"),
    N_("Filing number"),
    N_("Design"),
    N_("Platform"),
    N_("Seller"),
    N_("Title"),
    N_("Address"),
    N_("Price"),
    N_("Currency"),
    N_("Listings"),
    N_("Raised"),
    N_("Changed"),
    N_("Assigned to"),
    N_("Decided"),
    N_("Reason"),
    N_("Note"),
)


def rows(session: Session, where: ColumnElement[bool], *, zone: ZoneInfo) -> Iterator[list[Any]]:
    """The cells of each alert in the order of ``COLUMNS``, newest first; state, severity and kind are names."""
    before: int | None = None
    for _ in range(MOST // _PORTION):
        beyond = where if before is None else and_(where, Alert.id < before)
        found = session.execute(_wanted().where(beyond).order_by(Alert.id.desc()).limit(_PORTION)).all()
        for row in found:
            yield _cells(row, zone)
        if len(found) < _PORTION:
            return
        before = found[-1].id


def workbook(head: list[str], body: Iterable[list[Any]]) -> bytes:
    """An XLSX in which texts are texts, whatever they begin with."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("alerts")
    sheet.append(head)
    for row in body:
        sheet.append([_cell(sheet, one) for one in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, shown(value))
    cell.data_type = "s"
    return cell


def _wanted() -> Any:
    """Columns and no whole alerts: what hangs on those would be read and built for each row."""
    assigned = aliased(Account)
    own = (
        Alert.id, Alert.state, Alert.severity, Alert.kind, Alert.probability, Alert.platform, Alert.price,
        Alert.currency, Alert.listing_count, Alert.raised_at, Alert.changed_at, Alert.decided_at,
        Alert.dismiss_reason, Alert.note,
    )  # fmt: skip
    return (
        select(
            *own, Filing.number, Filing.title.label("design"), Match.probability.label("verdict"), Listing.seller,
            Listing.title, Listing.address, assigned.name.label("assigned"),
        )
        .join(Match, Alert.match_id == Match.id)
        .join(Filing, Alert.filing_id == Filing.id)
        .outerjoin(Listing, Match.listing_id == Listing.id)
        .outerjoin(assigned, Alert.assigned_to_id == assigned.id)
    )  # fmt: skip


def _cells(row: Any, zone: ZoneInfo) -> list[Any]:
    return [
        row.id,
        row.state.value,
        level(row.severity),
        row.severity,
        row.kind.value,
        round(row.probability, 4),
        round(row.verdict, 4),
        row.number,
        row.design,
        row.platform,
        row.seller or "",
        row.title or "",
        row.address or "",
        float(row.price) if row.price is not None else "",
        row.currency,
        row.listing_count,
        _clock(row.raised_at, zone),
        _clock(row.changed_at, zone),
        row.assigned or "",
        _clock(row.decided_at, zone),
        row.dismiss_reason.value if row.dismiss_reason else "",
        row.note,
    ]


def _clock(at: datetime | None, zone: ZoneInfo) -> str:
    """By the reader's clock, which is named: 2026-11-30 08:00:00+08:00."""
    return at.astimezone(zone).isoformat(" ", "seconds") if at else ""
