"""Drafts with what is alike to them, and batches of designs, over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ipreg.api.shapes import Fault, FilingRef, Shape, ViewKind

BatchState = Literal["checking", "checked", "filing", "done"]
RowState = Literal["waiting", "good", "bad", "filed"]


class DraftFile(Shape):
    """A file of a draft; `compared`: it was compared with all filings and with recent listings."""

    id: int
    view: ViewKind | None
    filename: str
    media_type: str
    size: int
    sha256: str
    compared: bool


class AlikeFiling(Shape):
    """What is alike: a filing or a listing. `filing` is null where you may not see it, or where it is a listing."""

    kind: Literal["filing", "listing"]
    filing: FilingRef | None
    yours: bool
    since: datetime
    probability: float
    likeness: str
    reasons: list[str]


class DraftBrief(Shape):
    """A draft that was not filed yet."""

    id: int
    title: str
    created_at: datetime
    updated_at: datetime


class Draft(DraftBrief):
    """A draft: what keeps it from being filed, and, when `compared`, what is alike to it."""

    filing: str | None
    files: list[DraftFile]
    faults: list[Fault]
    compared: bool
    alike: list[AlikeFiling]


class BatchBrief(Shape):
    """A batch of designs, and how many of its rows are in which state."""

    id: int
    filename: str
    state: BatchState
    created_at: datetime
    waiting: int
    good: int
    bad: int
    filed: int


class BatchRow(Shape):
    """One design of a batch: its faults, or the filing that it became."""

    line: int
    state: RowState
    title: str
    filing: str | None
    faults: list[Fault]


class Batch(BatchBrief):
    """A batch with its rows, in the table's order."""

    rows: list[BatchRow]
