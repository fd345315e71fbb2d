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
        before = found[-1][0].id


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
    assigned = aliased(Account)
    columns = (Filing.number, Filing.title, Match.probability, Listing.seller, Listing.title, Listing.address)
    return (
        select(Alert, *columns, assigned.name)
        .join(Match, Alert.match_id == Match.id)
        .join(Filing, Alert.filing_id == Filing.id)
        .outerjoin(Listing, Match.listing_id == Listing.id)
        .outerjoin(assigned, Alert.assigned_to_id == assigned.id)
    )


def _cells(row: Any, zone: ZoneInfo) -> list[Any]:
    alert, number, design, probability, seller, title, address, assigned = row
    return [
        alert.id,
        alert.state.value,
        level(alert.severity),
        alert.severity,
        alert.kind.value,
        round(alert.probability, 4),
        round(probability, 4),
        number,
        design,
        alert.platform,
        seller or "",
        title or "",
        address or "",
        float(alert.price) if alert.price is not None else "",
        alert.currency,
        alert.listing_count,
        _clock(alert.raised_at, zone),
        _clock(alert.changed_at, zone),
        assigned or "",
        _clock(alert.decided_at, zone),
        alert.dismiss_reason.value if alert.dismiss_reason else "",
        alert.note,
    ]


def _clock(at: datetime | None, zone: ZoneInfo) -> str:
    """By the reader's clock, which is named: 2026-11-30 08:00:00+08:00."""
    return at.astimezone(zone).isoformat(" ", "seconds") if at else ""
