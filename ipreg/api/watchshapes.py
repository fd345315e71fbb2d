"""Watches over the wire, and the sellers that may offer a design."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from ipreg.api.shapes import N_, Asked, Industry, Number, Person, Shape

WatchScope = Literal["all", "industry", "filings"]
SellerMark = Literal["shop", "address", "name"]
SellerTie = Literal["licensed", "own"]
Place = Annotated[str, Field(max_length=100)]
Money = Annotated[str, Field(pattern=r"^[0-9]{1,13}([.][0-9]{1,4})?$", examples=["199.00"])]
TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class Watch(Shape):
    """What is watched, and who is told. `threshold` is for copies and `look` for goods photographed anew, each null
    for the usual one; empty lists mean all; quiet hours are by the clock of `zone`."""

    id: int
    name: str
    scope: WatchScope
    industry: Industry | None
    filings: list[str]
    active: bool
    threshold: float | None
    look: float | None
    platforms: list[str]
    regions: list[str]
    least_price: str | None
    most_price: str | None
    quiet_from: str | None
    quiet_until: str | None
    zone: str
    recipients: list[Person]
    created_at: datetime
    row_version: int


class WatchForm(Asked):
    """The whole watch. `filings` are numbers, for the scope `filings`; `recipients` ids of colleagues, none meaning
    all who see the designs. `row_version` is needed to change one: that of what you saw."""

    name: str = Field(min_length=1, max_length=60)
    scope: WatchScope = "all"
    industry: Industry | None = None
    filings: list[Annotated[str, Field(max_length=40)]] = Field(default_factory=list, max_length=1000)
    active: bool = True
    threshold: float | None = Field(None, ge=0.5, le=1)
    look: float | None = Field(None, ge=0.5, le=1)
    platforms: list[Place] = Field(default_factory=list, max_length=100)
    regions: list[Place] = Field(default_factory=list, max_length=100)
    least_price: Money | None = None
    most_price: Money | None = None
    quiet_from: str | None = Field(None, pattern=TIME, examples=["22:00"])
    quiet_until: str | None = Field(None, pattern=TIME, examples=["07:00"])
    zone: str = Field("Asia/Shanghai", max_length=64)
    recipients: list[Number] = Field(default_factory=list, max_length=200)
    row_version: Number | None = None


class AllowedSeller(Shape):
    """A seller whose listings of a design do not alert; of every design of its owner where `every_design`."""

    id: int
    every_design: bool
    tie: SellerTie
    mark: SellerMark
    pattern: str
    platform: str
    note: str
    agreement: int | None
    added_by: Person
    added_at: datetime


class NewAllowedSeller(Asked):
    """By what the seller is known: a shop id, or an address or name in which `*` stands for anything."""

    tie: SellerTie = "licensed"
    mark: SellerMark
    pattern: str = Field(min_length=1, max_length=300)
    platform: str = Field("", max_length=100, description=N_("Empty: on any."))
    note: str = Field("", max_length=2000)
    every_design: bool = False
