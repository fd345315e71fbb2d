"""What an owner states for a letter: read from a form, prefilled from his last letter, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg.errors import CallerError, ConflictError
from ipreg.models import (
    Account,
    Alert,
    AlertMatch,
    AlertState,
    LegalLetter,
    LegalLetterKind,
    Match,
    MatchKind,
    ObtainedKind,
    RightRecord,
)
from ipreg.response import law
from ipreg.response.words import BASES, MEASURES, USUAL
from ipreg.rights.records import records_of
from ipreg.warning.owners import owner_of

LANGUAGES = ("zh", "en", "both")
MOST_LISTINGS = 30
LENGTHS = {
    "holder": 200,
    "holder_id": 64,
    "holder_address": 300,
    "person": 100,
    "phone": 64,
    "email": 254,
    "agent": 200,
    "addressee": 200,
    "addressee_address": 300,
    "comparison": 3000,
}
NEEDED = ("holder", "holder_address", "person", "phone", "email", "addressee")
"""Identity and contact, which the platform has to be able to check."""
PROVE = {
    "design_patent": frozenset({ObtainedKind.DESIGN_PATENT, ObtainedKind.HAGUE}),
    "trade_mark": frozenset({ObtainedKind.TRADE_MARK}),
    "copyright": frozenset({ObtainedKind.COPYRIGHT}),
    "unfair": frozenset[ObtainedKind](),
}
"""Which granted rights on record prove the basis of a letter."""
ONLY_GRANTED = ("design_patent", "trade_mark")
"""Nobody has these before they are granted; copyright arises by itself."""
SENDER = ("holder", "holder_id", "holder_address", "person", "phone", "email", "agent")
"""What is the same in an owner's next letter."""


@dataclass(frozen=True)
class LetterForm:
    """``matches``: ids of the alert's matches whose listings the letter is about. ``truth``: stated to be true."""

    languages: str = "zh"
    matches: tuple[int, ...] = ()
    holder: str = ""
    holder_id: str = ""
    holder_address: str = ""
    person: str = ""
    phone: str = ""
    email: str = ""
    agent: str = ""
    addressee: str = ""
    addressee_address: str = ""
    basis: str = "copyright"
    measures: tuple[str, ...] = ()
    answer_days: int = law.ANSWER_DAYS
    comparison: str = ""
    proofs: bool = True
    captures: bool = True
    truth: bool = False

    def to_dict(self) -> dict[str, Any]:
        """For the column; ``of_dict`` is its reverse."""
        return {**asdict(self), "matches": list(self.matches), "measures": list(self.measures)}


@dataclass(frozen=True)
class Offered:
    """Of an alert: the matches with listings, and the form as it stands at first."""

    matches: Sequence[Match]
    form: LetterForm = field(default_factory=LetterForm)


def of_dict(values: dict[str, Any]) -> LetterForm:
    return LetterForm(**{**values, "matches": tuple(values["matches"]), "measures": tuple(values["measures"])})


def listed(session: Session, alert: Alert) -> list[Match]:
    """The alert's matches with listings, copied pictures before goods photographed anew, the strongest first."""
    wanted = (
        select(Match)
        .join(AlertMatch, AlertMatch.match_id == Match.id)
        .where(AlertMatch.alert_id == alert.id, AlertMatch.dismissed_at.is_(None), Match.listing_id.is_not(None))
        .order_by(Match.kind != MatchKind.COPY, Match.probability.desc(), Match.id)
        .limit(MOST_LISTINGS)
    )
    return list(session.scalars(wanted).unique())


def require_possible(session: Session, alert: Alert) -> list[Match]:
    """Raises ``ConflictError`` where no letter can come of the alert."""
    found = listed(session, alert)
    if not found:
        raise ConflictError("letter_needs_listing")
    if alert.state is AlertState.DISMISSED:
        raise ConflictError("letter_alert_dismissed")
    return found


def offer(session: Session, alert: Alert, kind: LegalLetterKind, *, account: Account, locale: str) -> Offered:
    """The form, filled as far as what is known goes; ``account`` is who writes."""
    matches = require_possible(session, alert)
    return Offered(matches, offer_anyway(session, alert, kind, matches, account=account, locale=locale))


def offer_anyway(
    session: Session,
    alert: Alert,
    kind: LegalLetterKind,
    matches: Sequence[Match],
    *,
    account: Account,
    locale: str = "zh",
) -> LetterForm:
    """The same for a preview, also of an alert that no letter is to come of."""
    last = _last(session, alert)
    known = {name: last.form.get(name, "") for name in SENDER} if last else _sender(alert, account)
    seller = next((one.listing.seller for one in matches if one.listing and one.listing.seller), "")
    return LetterForm(
        **known,
        languages=last.languages if last else locale,
        matches=tuple(one.id for one in matches if one.listing and one.listing.gone_at is None)
        or tuple(one.id for one in matches),
        addressee=(alert.platform if kind is LegalLetterKind.NOTICE else seller)[:200],
        basis=_basis(session, alert),
        measures=USUAL[kind],
    )


def check(kind: LegalLetterKind, form: LetterForm, offered: Sequence[int]) -> LetterForm:
    """Raises ``CallerError`` with the field for the first thing that is missing or wrong."""
    if not form.matches or not set(form.matches) <= set(offered):
        raise CallerError("letter_listings", field="matches")
    for name, most in LENGTHS.items():
        _check_line(form, name, most)
    try:
        validate_email(form.email, check_deliverability=False)
    except EmailNotValidError as fault:
        raise CallerError("email_wrong", field="email") from fault
    if form.languages not in LANGUAGES:
        raise CallerError("choice_wrong", field="languages")
    if form.basis not in BASES:
        raise CallerError("choice_wrong", field="basis")
    if not form.measures or not set(form.measures) <= set(MEASURES[kind]):
        raise CallerError("letter_measures", field="measures")
    least, most = law.ANSWER_DAYS_LEAST, law.ANSWER_DAYS_MOST
    if not least <= form.answer_days <= most:
        raise CallerError("number_wrong", field="answer_days", least=least, most=most)
    if not form.truth:
        raise CallerError("letter_truth", field="truth")
    return form


def require_proof(form: LetterForm, records: Sequence[RightRecord], *, enclosed: bool) -> None:
    """Raises ``CallerError`` where nothing proves the right that the letter relies on (法发〔2020〕32号 no. 5).

    ``enclosed``: the sender adds papers of his own.
    """
    held = PROVE[form.basis] & {one.kind for one in records if one.granted_on is not None}
    if form.basis in ONLY_GRANTED and not held:
        raise CallerError("letter_right", field="basis")
    if not (form.proofs or enclosed or held):
        raise CallerError("letter_proof", field="proofs")


def _check_line(form: LetterForm, name: str, most: int) -> None:
    value = getattr(form, name)
    if name in NEEDED and not value.strip():
        raise CallerError("field_empty", field=name)
    if len(value) > most:
        raise CallerError("field_too_long", field=name, most=most)
    if any(ord(letter) < 32 and (letter != "\n" or name != "comparison") for letter in value):
        raise CallerError("field_control_characters", field=name)


def _last(session: Session, alert: Alert) -> LegalLetter | None:
    """The owner's last letter, of any design: who he is need not be typed twice."""
    owner = owner_of(alert.match.filing)
    if owner.organization_id is not None:
        mine = LegalLetter.organization_id == owner.organization_id
    else:
        mine = (LegalLetter.applicant_id == owner.account_id) & LegalLetter.organization_id.is_(None)
    return session.scalar(select(LegalLetter).where(mine).order_by(LegalLetter.id.desc()).limit(1))


def _sender(alert: Alert, account: Account) -> dict[str, str]:
    filing = alert.match.filing
    holder = filing.owner_organization.name if filing.owner_organization else filing.owner.name
    return {"holder": holder, "person": account.name, "email": account.email}


def _basis(session: Session, alert: Alert) -> str:
    """A granted patent first; else copyright, which a work has without registration."""
    kinds = {one.kind for one in records_of(session, alert.match.filing) if one.granted_on is not None}
    return "design_patent" if ObtainedKind.DESIGN_PATENT in kinds else "copyright"
