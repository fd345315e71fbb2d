"""Cases over the wire, as their parties and officers work on them: what is handed in, papers, notes, tasks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from ipreg.api.shapes import N_, Asked, Number, Person, Shape

SubmissionKind = Literal["statement", "counter_notice", "evidence", "appeal"]
PaperKind = Literal["acceptance", "non_acceptance", "notice", "hearing", "cancellation", "decision"]
Side = Literal["owner", "respondent"]


class HandedInFile(Shape):
    """A file that was handed in, with its digests; position 0 is the text of the statement."""

    position: int
    name: str
    given_name: str
    media_type: str
    size: int
    sha256: str
    sm3: str


class Submission(Shape):
    """What a party handed in: the receipt, whose `digest` the log commits to."""

    serial: int
    receipt: str
    part: str
    kind: SubmissionKind
    confidential: bool
    late: bool
    text: str
    received_at: datetime
    digest: str
    log_index: int | None
    files: list[HandedInFile]


class NewSubmission(Asked):
    """A statement with evidence; `confidential` is for the authority alone. A request for internal review
    (``appeal``) is handed in as one, too."""

    kind: SubmissionKind
    text: str = Field(min_length=1, max_length=5000)
    confidential: bool = False


class CasePaper(Shape):
    """A paper that the authority issued, signed; `served_at` is when each party opened it first."""

    id: int
    kind: PaperKind
    name: str
    issued_at: datetime
    size: int
    sha256: str
    sm3: str
    served_at: dict[str, datetime]


class CaseNote(Shape):
    """A remark on a case. `shared`: owners see it too, those of `side`, or of both where it is null."""

    id: int
    at: datetime
    author: Person
    text: str
    shared: bool
    side: Side | None


class NewCaseNote(Asked):
    """A remark; an owner's is always between his side and the authority. `@name` tells an officer."""

    text: str = Field(min_length=1, max_length=5000)
    shared: bool = False
    side: Side | None = None


class CaseTask(Shape):
    """Something to do for a case, by somebody, until a day."""

    id: int
    text: str
    assignee: Person
    due_on: date | None
    created_at: datetime
    done_at: datetime | None


class NewCaseTask(Asked):
    """Something to do; `assignee` is an officer's id."""

    text: str = Field(min_length=1, max_length=200)
    assignee: Number
    due_on: date | None = None


class NewNotice(Asked):
    """To whom the notice goes, and how he is reached. `row_version` is that of the case as you saw it."""

    row_version: Number
    name: str = Field(min_length=1, max_length=200)
    contact: str = Field("", max_length=200)
    reason: str = Field("", max_length=5000)


class RespondentLink(Shape):
    """The one-time link by which the other side sees the case; it is shown this once."""

    address: str
    expires_at: datetime


class OpenSealed(Asked):
    """Why the officer has to look into a sealed filing of his case."""

    filing: str = Field(max_length=40)
    reason: str = Field(max_length=1000)


class ChosenCase(Asked):
    """A case, and the version of it that you saw."""

    number: str = Field(max_length=40)
    row_version: Number


class CaseBulk(Asked):
    """`assign` needs an `officer`; `merge` merges all into the oldest of them."""

    action: Literal["assign", "merge"]
    cases: list[ChosenCase] = Field(min_length=1, max_length=200)
    officer: Number | None = None


class CaseBulkRow(Shape):
    """What became of one of many."""

    number: str
    status: Literal["done", "refused"]
    code: str | None = None
    message: str | None = None


class CaseBulkResult(Shape):
    """A result for each, in the order in which they were sent. `into`: into which case the others were merged."""

    done: int
    into: str | None
    rows: list[CaseBulkRow]


class NewComplaint(Asked):
    """What the owner saw himself. One of the files is the `picture` of the goods; all else is evidence."""

    title: str = Field(min_length=1, max_length=200)
    seller: str = Field("", max_length=200)
    text: str = Field(min_length=1, max_length=5000)
    address: str = Field("", max_length=2000, description=N_("Of the offer, where it is on the web."))
    place: str = Field("", max_length=300, description=N_("Where the goods were seen."))
