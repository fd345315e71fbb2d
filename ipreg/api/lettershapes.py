"""Letters to sellers and platforms over the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from ipreg.api.shapes import N_, Asked, Number, Paging, Person, Shape

LetterKind = Literal["warning", "notice"]
LetterState = Literal[
    "making", "ready", "mailing", "sent", "acknowledged", "replied", "countered", "told", "closed", "void"
]
LetterOutcome = Literal[
    "removed", "refused", "restored", "settled", "complaint", "suit", "handed_over", "unanswered", "withdrawn"
]
LetterAction = Literal["sent", "acknowledged", "replied", "countered", "told", "closed", "reopened", "voided"]


class LetterBrief(Shape):
    """A letter as the list shows it. `next_on`: by when something is to be done, or is worth asking for."""

    number: str
    kind: LetterKind
    state: LetterState
    outcome: LetterOutcome | None
    alert: int
    filing: str
    addressee: str
    created_at: datetime
    sent_on: date | None
    answer_by: date | None
    due_on: date | None
    next_on: date | None
    row_version: int


class LetterFile(Shape):
    """A file of a letter: the letter itself, an annex, or a paper that came with a step."""

    position: int
    role: str
    name: str
    media_type: str
    size: int
    sha256: str
    sm3: str


class LetterEvent(Shape):
    """One step, with its entry in the log."""

    position: int
    action: str
    at: datetime
    actor: Person | None
    details: dict[str, Any]
    note: str
    log_index: int | None


class LegalLetter(LetterBrief):
    """A letter with its files and its history; `steps` are what may be done now."""

    languages: str
    files: list[LetterFile]
    events: list[LetterEvent]
    steps: list[str]


class LettersAsked(Paging):
    """Which letters: those with the nearest day first."""

    state: Literal["running", "ended", "all"] = "running"
    kind: LetterKind | None = None


class NewLetter(Asked):
    """A warning letter to the seller, or a notice to the platform. What is left out is as in your last letter, or
    as the alert says; `matches` are those of the alert whose listings it is about, `truth` states that all of it is
    true. `measures` and `basis` are those of the form."""

    kind: LetterKind
    truth: bool
    languages: Literal["zh", "en", "both"] | None = None
    matches: list[Number] | None = Field(None, max_length=30)
    holder: str | None = Field(None, max_length=200)
    holder_id: str | None = Field(None, max_length=64)
    holder_address: str | None = Field(None, max_length=300)
    person: str | None = Field(None, max_length=100)
    phone: str | None = Field(None, max_length=64)
    email: str | None = Field(None, max_length=254)
    agent: str | None = Field(None, max_length=200)
    addressee: str | None = Field(None, max_length=200)
    addressee_address: str | None = Field(None, max_length=300)
    basis: str | None = Field(None, max_length=32)
    measures: list[str] | None = Field(None, max_length=20)
    answer_days: int | None = None
    comparison: str | None = Field(None, max_length=3000)
    proofs: bool = True
    captures: bool = True


class MailLetter(Asked):
    """By e-mail, with the annexes attached."""

    email: str = Field(min_length=3, max_length=254)
    row_version: Number | None = None


class LetterStep(Asked):
    """What happened, and when (`on`). `way` is how it was sent; `elements` are those that a counter-notice has;
    `to` is what the platform was told of; `outcome` is how it ended."""

    row_version: Number | None = None
    on: date | None = None
    note: str = Field("", max_length=2000)
    way: str | None = Field(None, max_length=32)
    to: Literal["complaint", "suit"] | None = None
    number: str | None = Field(None, max_length=300, description=N_("Of the parcel, or of the suit."))
    reference: str | None = Field(None, max_length=300)
    elements: list[str] = Field(default_factory=list, max_length=20)
    outcome: LetterOutcome | None = None


class LetterTexts(Shape):
    """An owner's own texts of a kind of letter; `version` 0 is the standard text."""

    kind: LetterKind
    version: int
    text_zh: str
    text_en: str


class NewLetterTexts(Asked):
    """Both texts, with the placeholders of the page; `seen_version` is that of the texts that you changed."""

    text_zh: str = Field(max_length=10_000)
    text_en: str = Field(max_length=10_000)
    seen_version: Number
