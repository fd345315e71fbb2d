"""Copies of people's data are made, and removed when their time is over."""

from __future__ import annotations

from sqlalchemy import select

from ipreg import exports
from ipreg.db import Clock, utc_now
from ipreg.models import DataExport, ExportState
from ipreg.runtime import Runtime


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many were made."""
    with runtime.sessions() as session:
        wanted = select(DataExport.id).where(DataExport.state == ExportState.WAITING).order_by(DataExport.id)
        waiting = list(session.scalars(wanted))
    for export_id in waiting:
        exports.make(runtime, export_id, clock=clock)
    exports.sweep(runtime, now=clock())
    return len(waiting)
