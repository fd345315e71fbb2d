"""What goes over the wire, both ways: the API checks and describes itself by these, and the client returns them.

Nothing here knows the database or the web framework, so that a program can use the client alone. The words of the
lists (industries, states, ...) repeat the enums of ``ipreg.models``; tests/api compares them.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

N_ = str  # marks a text for extraction

Industry = Literal[
    "clothing", "furniture", "watches", "jewellery", "underwear", "leather", "eyewear", "cosmetics", "crafts"
]
ViewKind = Literal["front", "back", "left", "right", "top", "bottom", "perspective", "in_use", "detail"]
FilingState = Literal["open", "sealed", "withdrawn"]
RightKind = Literal["design_patent", "copyright", "trade_mark", "trade_secret"]
Disclosure = Literal[
    "none", "emergency", "recognised_exhibition", "prescribed_meeting", "against_will", "marketplace", "exhibition",
    "social_media", "publication", "other",
]  # fmt: skip
AlertState = Literal["open", "confirmed", "dismissed"]
DismissReason = Literal["mine", "licensed", "not_similar", "other"]
MatchKind = Literal["copy", "new_photograph", "similar"]
CaseKind = Literal["listing", "conflict"]
CaseState = Literal[
    "flagged", "not_accepted", "accepted", "under_review", "notice_issued", "awaiting_response",
    "response_received", "no_response", "hearing", "decision_proposed", "decided", "remedies", "appealed", "closed",
    "withdrawn", "merged",
]  # fmt: skip
CaseOutcome = Literal["infringing", "not_infringing", "insufficient", "settled"]
ClockKind = Literal["acceptance", "handling", "response", "remedy", "appeal", "review"]
CaseTab = Literal["open", "mine", "waiting", "approval", "overdue", "follow_up", "ended"]
ImportState = Literal["waiting", "running", "done", "failed"]
SourceKind = Literal["feed", "push", "crawl", "report"]
ScopeName = Literal[
    "filings:read", "filings:write", "alerts:read", "alerts:write", "listings:read", "listings:write",
    "cases:read", "cases:write", "statistics:read", "notices:read", "notices:write", "audit:read",
]  # fmt: skip
RoleName = Literal["designer", "enterprise", "regulator", "administrator", "auditor"]
Number = Annotated[int, Field(ge=0, le=2**31 - 1)]
Item = TypeVar("Item")


class Shape(BaseModel):
    """What is answered. Fields may be added within v1, so a reader leaves out what it does not know."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


class Asked(BaseModel):
    """What is sent. What it does not know it refuses: a misspelt name is not a wish that nobody hears."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Page(Shape, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next: str | None = Field(description=N_("Cursor of the next page; null on the last."))

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """``FilingBriefPage`` in the description, and no brackets."""
        return f"{params[0].__name__}Page"


class Paging(Asked):
    """How a list is paged."""

    cursor: str = Field("", max_length=300, description=N_("Where to go on: `next` of the page before."))
    limit: int = Field(50, ge=1, le=200, description=N_("How many items a page has at most."))


# --- Errors


class Fault(Shape):
    """One field that is wrong."""

    field: str
    code: str
    detail: str


class Problem(Shape):
    """An error (RFC 9457). `code` is stable; `title` and `detail` come in the language of `Accept-Language`."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request: str = Field(description=N_("Number of the request, to tell the operator."))
    field: str | None = None
    errors: list[Fault] | None = None


# --- Who asks


class Person(Shape):
    """An account, as others see it."""

    id: int
    name: str


class Whoami(Shape):
    """Whose token it is, and what it may be used for."""

    id: int
    name: str
    email: str
    role: RoleName
    organization: str | None
    scopes: list[ScopeName]
    expires_at: datetime


# --- Filings


class FiledFile(Shape):
    """A filed file with its digests; `view` is null for files that show no view."""

    position: int
    view: ViewKind | None
    filename: str
    media_type: str
    size: int
    sha256: str
    sm3: str


class Creator(Shape):
    """Who made the design; `share` in percent, as text."""

    name: str = Field(max_length=200)
    share: str | None = Field(None, max_length=10)


class FilingBrief(Shape):
    """A filing as a list shows it."""

    number: str
    title: str
    state: FilingState
    version: int
    industry: Industry
    locarno_class: str | None
    filed_at: datetime
    amended_at: datetime | None
    log_index: int | None


class Filing(FilingBrief):
    """A filing: what was stated, the files with their digests, and what may be done with it."""

    creators: list[Creator]
    created_on: date
    description: str
    keywords: list[str]
    materials: list[str]
    colours: list[str]
    district: str
    rights_wanted: list[RightKind]
    disclosure: Disclosure | None
    first_disclosed_on: date | None
    applicant: str
    organization: str
    withdrawn_at: datetime | None
    opens_at: datetime | None
    views: list[FiledFile]
    design_files: list[FiledFile]
    yours: bool
    may_change: bool
    has_certificate: bool
    has_bundle: bool


class FilingVersion(Shape):
    """What was filed as one version. `manifest` is what its log entry commits to; null where it is sealed."""

    version: int
    filed_at: datetime
    log_index: int
    manifest: dict[str, Any] | None


class FilingVersions(Shape):
    """All versions of a filing, the first first."""

    items: list[FilingVersion]


class NewCreator(Asked):
    """Who made the design; all have a share in percent, or none."""

    name: str = Field(max_length=200)
    share: str | None = Field(None, pattern=r"^\d{1,3}(\.\d{1,2})?$", examples=["60", "33.33"])


class Stated(Asked):
    """What is stated about a design."""

    title: str = Field(min_length=1, max_length=200)
    industry: Industry
    creators: list[NewCreator] = Field(min_length=1, max_length=20)
    created_on: date
    disclosure: Disclosure = Field(description=N_("How it was first shown; `none` where it was not."))
    first_disclosed_on: date | None = None
    description: str = Field("", max_length=5000)
    locarno_class: str | None = Field(None, max_length=8, examples=["02-02"])
    keywords: list[str] = Field(default_factory=list, max_length=20)
    materials: list[str] = Field(default_factory=list, max_length=20)
    colours: list[str] = Field(default_factory=list, max_length=20)
    district: str = Field("", max_length=60)
    rights_wanted: list[RightKind] = Field(default_factory=list, max_length=4)


class FilingForm(Stated):
    """What is stated about the design. `views` says which view each of the `pictures` shows, in their order."""

    views: list[ViewKind] = Field(min_length=1, max_length=12)
    sealed: bool = Field(False, description=N_("Kept encrypted, shown to nobody but its owner."))
    opens_on: date | None = Field(None, description=N_("The day on which a sealed filing opens."))


class Amendment(Stated):
    """What the next version states, whole. Of the present files those in `keep` (SHA-256) stay, all where it is
    null; new `pictures` come after them, each with its view in `views`."""

    seen_version: int = Field(ge=1, le=10**6, description=N_("The version that you saw."))
    keep: list[str] | None = Field(None, max_length=50)
    views: list[ViewKind] = Field(default_factory=list, max_length=12)


class FilingsAsked(Paging):
    """Which filings; `q` is searched for in titles, creators, keywords and numbers."""

    q: str = Field("", max_length=100)
    industry: Industry | None = None
    since: date | None = None
    until: date | None = None


class VersionAsked(Asked):
    """Which version; the newest where none is named."""

    version: int | None = Field(None, ge=1, le=10**6)


# --- Verification, without a token


class VerifyAsked(Asked):
    """A digest to compare with, and the version; without both the newest version is told."""

    digest: str = Field("", max_length=200, description=N_("SHA-256 or SM3 of a file, 64 hex digits."))
    version: int | None = Field(None, ge=1, le=10**6)


class DigestAsked(Asked):
    """The digest of a file."""

    digest: str = Field(max_length=200, description=N_("SHA-256 or SM3 of a file, 64 hex digits."))


class Digests(Shape):
    """A filed file as the public knows it."""

    sha256: str
    sm3: str


class StampRef(Shape):
    """A time stamp (RFC 3161) that covers the log entry, and where its token is."""

    authority: str
    issuer: str
    size: int
    token: str
    certificates: str
    checkpoint: str


class ProofRef(Shape):
    """The log's proof for an entry. `held`: it was checked just now against the signed checkpoint."""

    index: int
    held: bool
    proof: str
    log_key: str
    stamps: list[StampRef]


class Record(Shape):
    """What anybody may know of a filing: that it was filed, when, with which files; nothing more.

    `matches` is null where no digest was asked for; `certificate`: it is that of the certificate we issued.
    """

    number: str
    version: int
    versions: int
    filed_at: datetime
    withdrawn_at: datetime | None
    files: list[Digests]
    matches: bool | None
    certificate: bool
    later_filings: int
    proof: ProofRef


class LogState(Shape):
    """Where the transparency log stands, and where strangers read it."""

    origin: str
    size: int
    root_hash: str | None
    signed_at: datetime | None
    verifier: str
    checkpoint: str
    tiles: str
    keys: str


# --- Listings, matches


class Listing(Shape):
    """An offer on a platform. `pictures` are SHA-256."""

    id: int
    platform: str
    listing_id: str
    title: str
    address: str
    seller: str
    price: str
    currency: str
    brand: str
    availability: str
    region: str
    first_seen_at: datetime
    last_seen_at: datetime
    gone_at: datetime | None
    pictures: list[str]


class FilingRef(Shape):
    """A filing by its number; `title` is null where it is sealed for you or destroyed."""

    number: str
    title: str | None


class Match(Shape):
    """A listing, or a later filing, that looks like a filing; why, and how likely it is a copy."""

    id: int
    kind: MatchKind = Field(
        description=N_("The picture was copied, its goods were photographed anew, or goods of a similar design.")
    )
    filing: FilingRef
    listing: Listing | None
    later_filing: FilingRef | None
    probability: float
    likeness: str
    reasons: list[str]
    algorithm: str
    found_at: datetime


class MatchesAsked(Paging):
    """Which matches."""

    filing: str = Field("", max_length=40, description=N_("Number of a filing."))
    kind: MatchKind | None = None
    least: float = Field(0, ge=0, le=1, description=N_("From which probability on."))


class Source(Shape):
    """A source of listings of your account."""

    id: int
    name: str
    kind: SourceKind
    state: Literal["active", "paused"]
    platform: str


class PushedRow(Shape):
    """What became of one row."""

    line: int
    status: Literal["accepted", "refused"]
    platform: str | None = None
    listing_id: str | None = None
    code: str | None = None
    message: str | None = None


class PushAsked(Asked):
    """With a personal token: to which of your sources it belongs. A source's own token names it itself."""

    source: int | None = Field(None, ge=1, le=2**31 - 1)


class Pushed(Shape):
    """What was taken in; the pictures of accepted rows are fetched afterwards: ask for the import."""

    import_id: int = Field(alias="import")
    state: ImportState
    rows: list[PushedRow]


class Import(Shape):
    """How far an import is."""

    import_id: int = Field(alias="import")
    state: ImportState
    running: bool
    total: int
    kept: int
    refused: list[PushedRow]


# --- Alerts


class AlertBrief(Shape):
    """A suspected copy as the inbox shows it; `severity` is 0 to 100, `kind` what was recognised."""

    id: int
    kind: Literal["copy", "new_photograph"]
    state: AlertState
    severity: int
    level: str
    filing: FilingRef
    platform: str
    seller_id: int | None
    seller: str
    listing_count: int
    probability: float
    price: str | None
    currency: str
    raised_at: datetime
    changed_at: datetime
    snoozed_until: datetime | None
    assigned_to: Person | None
    dismiss_reason: DismissReason | None
    row_version: int


class SeverityReason(Shape):
    """Why it is rated so, in words, and with how many points."""

    text: str
    points: int


class AlertEvent(Shape):
    """One line of an alert's history."""

    kind: str
    at: datetime
    actor: Person | None
    text: str


class Alert(AlertBrief):
    """An alert with its evidence and its history. `case` is the number of the case that came of it."""

    note: str
    decided_at: datetime | None
    decided_by: Person | None
    reasons: list[SeverityReason]
    matches: list[Match]
    events: list[AlertEvent]
    case: str | None
    may_decide: bool
    undo: int | None = Field(
        description=N_("Your act that can be taken back: see `/alerts/actions/{action_id}/undo`.")
    )


class AlertFilter(Asked):
    """Which alerts."""

    state: Literal["open", "snoozed", "confirmed", "dismissed", "all"] = "open"
    severity: Literal["urgent", "high", "medium", "low"] | None = None
    kind: Literal["copy", "new_photograph"] | None = Field(None, description=N_("What was recognised."))
    design: str = Field("", max_length=40, description=N_("Number of a filing."))
    seller: int | None = Field(None, ge=1, le=2**31 - 1)
    source: str = Field("", max_length=100, description=N_("A platform."))
    least: float | None = Field(None, ge=0, lt=10**12, description=N_("From which price on."))
    most: float | None = Field(None, ge=0, lt=10**12, description=N_("Up to which price."))
    since: date | None = None
    until: date | None = None
    assigned: str = Field("", pattern=r"^(me|nobody|[0-9]{1,9})?$", description=N_("`me`, `nobody` or an id."))
    news: bool = Field(False, description=N_("Only what changed since you looked."))


class AlertsAsked(AlertFilter, Paging):
    """Which alerts, and how paged; the gravest first."""


class Seen(Asked):
    """`row_version` is that of what you saw: where somebody was faster the answer is 409."""

    row_version: Number | None = None


class Confirm(Seen):
    """It is a copy; with `to_regulator` a case in the regulator's queue comes of it."""

    note: str = Field("", max_length=2000)
    to_regulator: bool = True


class Dismiss(Seen):
    """It is none, or none to act on."""

    reason: DismissReason
    note: str = Field("", max_length=2000)


class Snooze(Seen):
    """Out of the inbox until then, a year at most."""

    until: datetime


class Assign(Seen):
    """To a colleague's account, or null for nobody."""

    account: Number | None


class Comment(Asked):
    """A remark for those who see the alert."""

    text: str = Field(min_length=1, max_length=2000)


class HandOver(Asked):
    """What the regulator is to know."""

    note: str = Field("", max_length=2000)


class Undone(Shape):
    """How many alerts are as they were before."""

    alerts: int


class BulkItem(Asked):
    """One alert, and the version of it that you saw."""

    id: Number
    row_version: Number | None = None


class Bulk(Asked):
    """The same for many alerts. `reason` is needed to dismiss, `until` to snooze, `account` to assign."""

    action: Literal["confirm", "dismiss", "reopen", "snooze", "wake", "assign"]
    alerts: list[BulkItem] = Field(min_length=1, max_length=200)
    reason: DismissReason | None = None
    note: str = Field("", max_length=2000)
    until: datetime | None = None
    account: Number | None = None


class BulkRow(Shape):
    """What became of one of many."""

    id: int
    status: Literal["done", "refused"]
    row_version: int | None = None
    code: str | None = None
    message: str | None = None


class BulkResult(Shape):
    """A result for each, in the order in which they were sent."""

    done: int
    rows: list[BulkRow]


# --- Cases


class CaseBrief(Shape):
    """A case as the queue shows it; `severity` is 1 to 3. `officer` is null where it is not yours to know."""

    number: str
    kind: CaseKind
    state: CaseState
    outcome: CaseOutcome | None
    severity: int
    industry: Industry
    platform: str
    district: str
    filing: FilingRef
    officer: Person | None
    opened_at: datetime
    decided_at: datetime | None
    changed_at: datetime
    due_at: datetime | None
    row_version: int


class CaseClock(Shape):
    """A deadline; `due_on` is null while it is paused."""

    kind: ClockKind
    rule: str
    started_at: datetime
    due_on: date | None
    provisional: bool


class CaseDocument(Shape):
    """A document that belongs to a step."""

    name: str
    sha256: str


class CaseEvent(Shape):
    """One step, with its entry in the log. `note` is null where it is the authority's own."""

    position: int
    action: str
    at: datetime
    part: str
    actor: str
    note: str | None
    documents: list[CaseDocument]
    log_index: int | None


class Hearing(Shape):
    """When and where both sides are heard."""

    at: datetime
    place: str


class CaseStep(Shape):
    """A step that you may take now, and what it needs."""

    action: str
    needs: list[str]


class Case(CaseBrief):
    """A case with its deadlines, its history, and the steps that you may take."""

    decision_reason: str
    merged_into: str | None
    match: Match
    heard: bool
    hearing: Hearing | None
    clocks: list[CaseClock]
    events: list[CaseEvent]
    steps: list[CaseStep]


class CaseFilter(Asked):
    """Which cases."""

    tab: CaseTab = "open"
    kind: CaseKind | None = None
    state: CaseState | None = None
    industry: Industry | None = None
    platform: str = Field("", max_length=100)
    district: str = Field("", max_length=100)
    officer: str = Field("", pattern=r"^(none|[0-9]{1,9})?$", description=N_("An id, or `none`."))
    severity: int | None = Field(None, ge=1, le=3)
    outcome: CaseOutcome | None = None
    seller: int | None = Field(None, ge=1, le=10**9 - 1, description=N_("Id of a seller."))
    right: RightKind | None = Field(None, description=N_("A right that the filing is to become."))
    search: str = Field("", max_length=200, description=N_("Number of case or filing, or a seller's whole name."))


class CasesAsked(CaseFilter, Paging):
    """Which cases, and how paged; the most urgent first."""


class Step(Asked):
    """What the step brings; which of it is needed stands in the case's `steps`."""

    row_version: Number = Field(description=N_("That of the case as you saw it."))
    reason: str = Field("", max_length=5000)
    outcome: CaseOutcome | None = None
    officer: Number | None = None
    case: str | None = Field(None, max_length=40)
    clock: ClockKind | None = None
    days: int | None = Field(None, ge=1, le=1000)
    severity: int | None = Field(None, ge=1, le=3)
    side: Literal["owner", "respondent"] | None = None
    time: AwareDatetime | None = Field(None, description=N_("When a hearing is."))
    place: str = Field("", max_length=200)
    unheard: str = Field("", max_length=5000)


# --- Statistics


class CountRow(Shape):
    """How many; null is a small number that is not told in public."""

    name: str
    count: int | None


class FigureTable(Shape):
    """A figure by one dimension."""

    figure: str
    dimension: str
    total: int | None
    rows: list[CountRow]


class StageRow(Shape):
    """How long the stage takes there."""

    name: str
    count: int | None
    median_days: float | None


class StageTable(Shape):
    """A stage by one dimension."""

    dimension: str
    rows: list[StageRow]


class Stage(Shape):
    """How long a stage of cases takes, in all and by each dimension; over how many cases is not told in public."""

    name: str
    count: int | None
    median_days: float | None
    tables: list[StageTable]


class Figures(Shape):
    """The figures of a year."""

    year: int
    tables: list[FigureTable]
    stages: list[Stage]
    repeat_sellers: int | None


class FiguresAsked(Asked):
    """Of which year (this one where none is named), and of what."""

    year: int | None = Field(None, ge=2000, le=2100)
    industry: Industry | None = None
    district: str = Field("", max_length=100)
    platform: str = Field("", max_length=100)


class YearAsked(Asked):
    """Of which year; this one where none is named."""

    year: int | None = Field(None, ge=2000, le=2100)
