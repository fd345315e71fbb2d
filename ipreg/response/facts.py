"""All that a letter's papers show, in one language or two, as JSON: what PDF, DOCX and the page are set from.

The text of the letter is the owner's; what stands here beside it is what the law wants in every notice: who sends
it, which rights, which listings exactly, the comparison, the annexes, the statement of truth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from ipreg import workdays
from ipreg.i18n import translator
from ipreg.models import Alert, Filing, LegalLetterKind, Listing, Match, RightRecord
from ipreg.reasons import told
from ipreg.response import texts
from ipreg.response.form import LetterForm
from ipreg.response.texts import Texts
from ipreg.response.words import BASES, MEASURES
from ipreg.rights.records import records_of
from ipreg.rights.words import OBTAINED
from ipreg.sightings.capture import captures_of
from ipreg.typesetting import showable

N_ = str  # marks a text for extraction
Say = Callable[[str], str]
PICTURED = 12
"""So many listings are shown beside the design; all are listed, and all pictures are annexed."""
TITLES = {
    LegalLetterKind.WARNING: N_("Warning letter: suspected infringement"),
    LegalLetterKind.NOTICE: N_("Notice of infringement to the platform"),
}
TO, HOLDER, ID = N_("Addressed to"), N_("Right holder"), N_("Registration or identity number")
POSTAL, WEB = N_("Postal address"), N_("Web address")
PERSON, PHONE, EMAIL, AGENT = N_("Contact person"), N_("Phone"), N_("E-mail"), N_("Agent")
DESIGN, FILING, FILED = N_("Design"), N_("Filing number"), N_("Time of filing")
BASIS, LOG = N_("Basis"), N_("Entry of the transparency log")
LISTING, LISTING_ID, SELLER, PRICE = N_("Goods listed"), N_("Listing id"), N_("Seller"), N_("Price")
PLATFORM, SEEN, CAPTURED = N_("Platform"), N_("Seen"), N_("Page secured as evidence")
COMPARISON, SIDES = N_("Comparison"), (N_("Filed design"), N_("Goods listed"))
SECTIONS = (N_("List of facts"), N_("Comparison"), N_("Annexes"), N_("Statement of truth"))
MADE = N_("Letter %(number)s · %(day)s")
GRANTED, APPLIED = N_("%(kind)s %(number)s, granted %(day)s"), N_("%(kind)s %(number)s, applied for %(day)s")
ARISEN = N_("copyright, which arose on completion; the filing above proves existence and time")
UNFAIR = N_("Anti-Unfair Competition Law, arts. 2 and 7: goods known by their appearance")
ITEM = N_("%(position)s. %(title)s (id %(listing)s)")
UNTIL = N_("%(first)s to %(last)s")
SIGNED = (N_("Right holder or agent (signature, seal):"), N_("Day:"))
NOT_ENCLOSED = N_("too large to enclose; kept, and shown on request")
TRUTH = {
    LegalLetterKind.NOTICE: (
        N_("We state that this notice and its annexes are true and that we hold these rights or act for who does."),
        N_(
            "We are liable under civil law where a wrong notice harms the operator, and for doubled damages where "
            "it was given in bad faith (E-Commerce Law, art. 42 para. 3)."
        ),
    ),
    LegalLetterKind.WARNING: (
        N_("We state that this letter and its annexes are true, and answer for it."),
        N_("This letter waives no right of ours."),
    ),
}
ROLE_OF_REGISTRY = N_(
    "Made by its sender with the design pre-registration system. The system's signature and time stamp prove "
    "content and time of this file; they do not judge the rights and facts that it states."
)


def moment(at: datetime) -> str:
    """As China reads it."""
    return at.astimezone(workdays.SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") + " (UTC+8)"


def day_words(day: date, language: str) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if language == "zh" else day.isoformat()


def build(
    session: Session,
    *,
    alert: Alert,
    kind: LegalLetterKind,
    form: LetterForm,
    held: Texts,
    number: str,
    matches: Sequence[Match],
    answer_by: date,
    now: datetime,
) -> dict[str, Any]:
    """The facts, without annexes: those are added when they are made (``with_annexes``)."""
    languages = ("zh", "en") if form.languages == "both" else (form.languages,)
    source = _Source(session, alert, kind, form, number, list(matches), answer_by, now)
    first = languages[0]
    return {
        "number": number,
        "holder": showable(form.holder),
        "title": " ".join(translator(one)(TITLES[kind]) for one in languages),
        "blocks": [source.block(one, held.zh if one == "zh" else held.en, one == first) for one in languages],
        "annexes": [],
    }


def placeholder_values(
    *,
    alert: Alert,
    form: LetterForm,
    kind: LegalLetterKind,
    number: str,
    matches: Sequence[Match],
    records: Sequence[RightRecord],
    answer_by: date,
    now: datetime,
    language: str,
) -> dict[str, str]:
    """What each placeholder stands for, in ``language``."""
    say, filing = translator(language), alert.match.filing
    sellers = dict.fromkeys(one.listing.seller for one in matches if one.listing and one.listing.seller)
    lines = [_item(position, one.listing, say) for position, one in enumerate(matches, 1) if one.listing]
    measures = [name for name in MEASURES[kind] if name in form.measures]
    found = {
        "holder": form.holder,
        "addressee": form.addressee,
        "platform": alert.platform,
        "seller": (say(N_(", ")).join(sellers)) or "—",
        "design": filing.title,
        "filing": filing.number,
        "filed_at": moment(filing.filed_at),
        "rights": _rights_line(records, form.basis, say),
        "listing_count": str(len(matches)),
        "answer_by": day_words(answer_by, language),
        "date": day_words(workdays.shanghai_day(now), language),
        "letter": number,
    }
    return {
        **{name: showable(value) for name, value in found.items()},
        "listings": "\n".join(lines),
        "measures": "\n".join(
            f"{position}. {say(MEASURES[kind][one])}" for position, one in enumerate(measures, 1)
        ),
    }


def paragraphs(text: str) -> list[dict[str, Any]]:
    """Lines of a filled text; ``heading`` where the line began with ``# ``."""
    found = []
    for line in text.splitlines():
        if line.strip():
            heading = line.startswith("# ")
            found.append({"heading": heading, "text": showable(line.removeprefix("# ") if heading else line)})
    return found


def with_annexes(facts: Mapping[str, Any], annexes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The facts with the list of annexes in each of their languages."""
    listed = [
        {**one, "what": {language: translator(language)(str(one["what"])) for language in ("zh", "en")}}
        for one in annexes
    ]
    return {**facts, "annexes": listed}


class _Source:
    """What the blocks of one letter are made from."""

    def __init__(
        self,
        session: Session,
        alert: Alert,
        kind: LegalLetterKind,
        form: LetterForm,
        number: str,
        matches: list[Match],
        answer_by: date,
        now: datetime,
    ) -> None:
        self.alert, self.kind, self.form, self.number = alert, kind, form, number
        self.matches, self.answer_by, self.now = matches, answer_by, now
        self.filing = alert.match.filing
        self.records = records_of(session, self.filing)
        self.captures = captures_of(session, alert)

    def block(self, language: str, text: str, pictured: bool) -> dict[str, Any]:
        say = translator(language)
        values = placeholder_values(
            alert=self.alert, form=self.form, kind=self.kind, number=self.number, matches=self.matches,
            records=self.records, answer_by=self.answer_by, now=self.now, language=language,
        )  # fmt: skip
        day = day_words(workdays.shanghai_day(self.now), language)
        return {
            "language": language,
            "title": say(TITLES[self.kind]),
            "to": [say(TO), showable(self.form.addressee), showable(self.form.addressee_address)],
            "dated": say(MADE) % {"number": self.number, "day": day},
            "paragraphs": paragraphs(texts.fill(text, values)),
            "sections": [say(one) for one in SECTIONS],
            "tables": [self._sender(say), self._rights(say), *self._listings(say)],
            "comparison": [showable(line) for line in self.form.comparison.splitlines() if line.strip()],
            "pairs": self._pairs(say) if pictured else [],
            "truth": [say(one) for one in TRUTH[self.kind]],
            "signed": [*(say(one) for one in SIGNED), showable(self.form.holder)],
            "not_enclosed": say(NOT_ENCLOSED),
            "note": say(ROLE_OF_REGISTRY),
        }

    def _sender(self, say: Say) -> list[list[str]]:
        form = self.form
        rows = (
            (HOLDER, form.holder), (ID, form.holder_id), (POSTAL, form.holder_address), (PERSON, form.person),
            (PHONE, form.phone), (EMAIL, form.email), (AGENT, form.agent),
        )  # fmt: skip
        return [[say(label), showable(value)] for label, value in rows if value.strip()]

    def _rights(self, say: Say) -> list[list[str]]:
        filing = self.filing
        rows = [(DESIGN, filing.title), (FILING, filing.number), (FILED, moment(filing.filed_at))]
        if filing.log_index is not None:
            rows.append((LOG, str(filing.log_index)))
        rows.append((BASIS, _rights_line(self.records, self.form.basis, say)))
        return [[say(label), showable(value)] for label, value in rows]

    def _listings(self, say: Say) -> list[list[list[str]]]:
        return [
            self._listing(position, one.listing, say)
            for position, one in enumerate(self.matches, 1)
            if one.listing is not None
        ]

    def _listing(self, position: int, listing: Listing, say: Say) -> list[list[str]]:
        seen = {"first": moment(listing.first_seen_at), "last": moment(listing.last_seen_at)}
        rows = [
            (f"{say(LISTING)} {position}", listing.title),
            (say(PLATFORM), listing.platform),
            (say(SELLER), listing.seller),
            (say(LISTING_ID), listing.external_id),
            (say(WEB), listing.address),
            (say(PRICE), f"{listing.price} {listing.currency}".strip()),
            (say(SEEN), say(UNTIL) % seen),
        ]
        captured = self.captures.get(listing.id)
        if captured is not None and captured.captured_at is not None:
            log = f" · {say(LOG)} {captured.log_index}" if captured.log_index is not None else ""
            rows.append((say(CAPTURED), moment(captured.captured_at) + log))
        return [[label, showable(value)] for label, value in rows if value.strip()]

    def _pairs(self, say: Say) -> list[dict[str, Any]]:
        found = []
        for position, one in enumerate(self.matches[:PICTURED], 1):
            if one.picture is None or one.listing is None:
                continue
            found.append(
                {
                    "left": f"filed-{position}.jpg",
                    "right": f"seen-{position}.jpg",
                    "labels": [f"{say(SIDES[0])} {self.filing.number}", f"{say(SIDES[1])} {position}"],
                    "words": showable(say(N_(", ")).join(told(one.kind, one.reason, say))),
                }
            )
        return found


def _item(position: int, listing: Listing, say: Say) -> str:
    line = say(ITEM) % {
        "position": position,
        "title": showable(listing.title),
        "listing": showable(listing.external_id),
    }
    return f"{line} {showable(listing.address)}".strip()


def _rights_line(records: Sequence[RightRecord], basis: str, say: Say) -> str:
    """Recorded rights with their numbers; for copyright and unfair competition also what needs no number."""
    found = []
    for one in records:
        words, day = (GRANTED, one.granted_on) if one.granted_on else (APPLIED, one.applied_on)
        found.append(say(words) % {"kind": say(OBTAINED[one.kind]), "number": one.number, "day": day.isoformat()})
    if basis == "copyright" and not any(one.kind.value == "copyright" for one in records):
        found.insert(0, say(ARISEN))
    if basis == "unfair":
        found.insert(0, say(UNFAIR))
    return say(N_("; ")).join(found) or say(BASES[basis])


def matches_of(filing: Filing, offered: Sequence[Match], chosen: Sequence[int]) -> list[Match]:
    """The chosen ones of those offered, in their order."""
    return [one for one in offered if one.id in chosen and one.filing_id == filing.id]
