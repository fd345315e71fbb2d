"""What a filing becomes at the offices, over the wire: rights, their clocks, packages for an application."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from ipreg.api.shapes import N_, Asked, Shape, ViewKind

ObtainedKind = Literal["design_patent", "copyright", "trade_mark", "foreign_design", "hague"]
RightClockState = Literal["soon", "open", "unknown", "done", "over"]
PackageKind = Literal["patent", "works", "hague"]
SideView = Literal["front", "back", "left", "right", "top", "bottom"]
OmittedBecause = Literal["same", "mirrored", "unseen"]
WorkKind = Literal["fine_art", "photograph", "product_drawing", "model", "other"]
Belongs = Literal["person", "together", "organisation", "employed", "ordered"]


class RightClock(Shape):
    """A period that runs for the design: `due_on` is its last day, null where there is none, `missing` the date
    without which it can't be told. `wanted`: of a right that the owner wants. Information, not legal advice."""

    kind: str
    state: RightClockState
    title: str
    explanation: str
    article: str
    starts_on: date | None
    due_on: date | None
    days_left: int | None
    missing: str | None
    provisional: bool
    wanted: bool


class RightRecord(Shape):
    """A right, or an application for one, as its owner recorded it, with its entry in the log."""

    id: int
    kind: ObtainedKind
    number: str
    office: str
    applied_on: date
    granted_on: date | None
    public: bool
    paper: str | None = Field(description=N_("SHA-256 of the paper that was shown."))
    recorded_at: datetime
    log_index: int | None


class Rights(Shape):
    """The clocks of a filing, the most urgent first, and its recorded rights. `reminders`: you are reminded."""

    clocks: list[RightClock]
    records: list[RightRecord]
    reminders: bool


class NewRight(Asked):
    """A right, or with `granted_on` null an application for one. `office` is the country or office of a design
    abroad; `public`: once granted it stands on the public record."""

    kind: ObtainedKind
    number: str = Field(min_length=1, max_length=64)
    applied_on: date
    granted_on: date | None = None
    office: str = Field("", max_length=100)
    public: bool = False


class Reminders(Asked):
    """Whether you are reminded before clocks of your designs end."""

    wanted: bool


class RemindersSet(Shape):
    """Whether you are reminded before clocks of your designs end."""

    wanted: bool


class _Texts(BaseModel):
    product_name: str = Field("", max_length=200)
    product_use: str = Field("", max_length=2000)
    essentials: str = Field("", max_length=2000)
    best_view: ViewKind | None = None
    flat: bool = False
    colours_claimed: bool = False
    omitted: dict[SideView, OmittedBecause] = Field(default_factory=dict)
    work_kind: WorkKind = "fine_art"
    belongs: Belongs | None = None
    purpose: str = Field("", max_length=2000)
    process: str = Field("", max_length=2000)
    originality: str = Field("", max_length=2000)
    made_in: str = Field("", max_length=200)
    published_in: str = Field("", max_length=200)
    name_en: str = Field("", max_length=200)
    description_en: str = Field("", max_length=2000)


class PackageTexts(_Texts, Asked):
    """What the filing does not say and offices ask for, whole; empty is what is not written yet. `omitted`: why a
    view is left out."""


class WrittenTexts(_Texts, Shape):
    """What was written for the packages; the filing's own words where nothing was."""


class PackageLack(Shape):
    """Something that an office would ask for. `needed`: without it the office refuses or asks back."""

    text: str
    views: list[ViewKind]
    needed: bool


class Package(Shape):
    """How far a package is: what is still missing, and which view is published."""

    kind: PackageKind
    best_view: ViewKind
    lacks: list[PackageLack]
