"""An officer's desk over the wire: views of the queue, days away, a draft of reasons; and the audit trail."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from ipreg.api.shapes import N_, Asked, CaseFilter, CaseOutcome, Number, Paging, Person, Shape

AuditKind = Literal["write", "refused", "read"]


class SavedView(Shape):
    """A view of the queue under a name of yours."""

    id: int
    name: str
    query: str = Field(description=N_("The parameters, as they stand behind `/cases?`."))


class NewSavedView(Asked):
    """A view under a name; a name that is there gets the new filter."""

    name: str = Field(min_length=1, max_length=60)
    filter: CaseFilter


class Absence(Shape):
    """Days, both included, on which a deputy acts in your cases."""

    id: int
    deputy: Person
    from_on: date
    until_on: date


class NewAbsence(Asked):
    """Who acts in your cases from when to when, both days included."""

    deputy: Number
    from_on: date
    until_on: date


class ReasonsAsked(Asked):
    """For which outcome, and in which language."""

    outcome: CaseOutcome
    language: Literal["zh", "en"]


class Reasons(Shape):
    """Reasons to begin with, with gaps that the officer fills."""

    text: str


class AuditRow(Shape):
    """Who did what to what, when. `digest` is over all of it and `previous`, the digest of the row before."""

    position: int
    at: datetime
    actor: str
    name: str | None = Field(description=N_("Of the account that acted."))
    kind: AuditKind
    action: str
    subject: str
    result: str
    details: dict[str, Any]
    previous: str
    digest: str


class AuditAsked(Paging):
    """Which rows: `who` is a name, an address or an actor as rows have it; days are whole days in UTC."""

    who: str = Field("", max_length=200)
    kind: AuditKind | None = None
    action: str = Field("", max_length=64)
    subject: str = Field("", max_length=128)
    since: date | None = None
    until: date | None = None
