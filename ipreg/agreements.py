"""Transfer and licence: offered by the owner, accepted or refused by the other; nothing changes by one side alone.

An offer goes to an e-mail address, so that nobody learns who has an account. Each step is an act in the log, with
salted digests of both sides. What each side may do afterwards stands in docs/versions.md and in ``ipreg.access``.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, func, or_, select
from sqlalchemy.orm import Session

from ipreg import access, acts, workdays
from ipreg.accounts import by_email, checked_email
from ipreg.errors import CallerError, ConflictError, MissingError, PermissionDeniedError
from ipreg.keepingwords import AGREEMENT_KINDS, AGREEMENT_STATES
from ipreg.models import (
    Account,
    Agreement,
    AgreementKind,
    AgreementState,
    AllowedSeller,
    Filing,
    FilingState,
    LicenceKind,
    Role,
    SellerMark,
)
from ipreg.notify import notices
from ipreg.plaintext import has_controls
from ipreg.warning import sellers
from ipreg.warning.owners import may_manage, owner_of

WAITS = timedelta(days=30)
MESSAGE, SHOPS, TERRITORY = 2000, 2000, 200


@dataclass(frozen=True)
class Terms:
    """Those of a licence; the days include both ends, ``ends_on`` None: until it is ended."""

    kind: LicenceKind
    territory: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    shops: str = ""


def offer(
    session: Session,
    *,
    filing: Filing,
    giver: Account,
    taker_email: str,
    terms: Terms | None = None,
    message: str = "",
    request_key: str,
    now: datetime,
) -> Agreement:
    """Offers a transfer, or with ``terms`` a licence; it lapses after 30 days. The same key: the same offer.

    Raises ``CallerError`` (fields of the form), ``PermissionDeniedError``, ``ConflictError`` (``filing_withdrawn``,
    ``transfer_waits``).
    """
    known = session.scalar(
        select(Agreement).where(Agreement.giver_id == giver.id, Agreement.request_key == request_key)
    )
    if known is not None:
        return known
    _require_giver(giver, filing)
    email = _address(taker_email)
    if email == filing.owner.email:
        raise CallerError("offer_to_yourself", field="taker_email")
    _require_terms(terms, now)
    _require_shops(terms, giver, filing)
    _require_length(message, "message", MESSAGE)
    kind = AgreementKind.TRANSFER if terms is None else AgreementKind.LICENCE
    if kind is AgreementKind.TRANSFER and waiting_transfer(session, filing) is not None:
        raise ConflictError("transfer_waits")
    made = Agreement(
        kind=kind, filing=filing, giver=giver, taker_email=email, state=AgreementState.OFFERED,
        message=message.strip(), offered_at=now, expires_at=now + WAITS, request_key=request_key,
        licence_kind=terms.kind if terms else None, territory=terms.territory.strip() if terms else "",
        starts_on=terms.starts_on if terms else None, ends_on=terms.ends_on if terms else None,
        shops=terms.shops.strip() if terms else "",
    )  # fmt: skip
    session.add(made)
    acts.flush(session)
    _record(session, made, "offered", {"giver": giver}, now)
    return made


def accept(session: Session, *, agreement: Agreement, account: Account, now: datetime) -> Agreement:
    """The other side agrees: the filing is his, or the licence runs. Accepted already by him, nothing happens."""
    _require_taker(account, agreement)
    if agreement.state is AgreementState.ACCEPTED:
        return agreement
    _require_waiting(agreement, now)
    filing = agreement.filing
    if filing.state is FilingState.WITHDRAWN or not access.can_act_on_filing(agreement.giver, filing):
        raise ConflictError("offer_no_longer_good")
    if agreement.shops and not may_manage(agreement.giver, owner_of(filing)):
        raise ConflictError("offer_no_longer_good")
    if account.email_verified_at is None:  # the offer went to an address, and its owner is who gets mail there
        raise ConflictError("email_not_confirmed")
    agreement.taker, agreement.state, agreement.answered_at = account, AgreementState.ACCEPTED, now
    if agreement.kind is AgreementKind.TRANSFER:
        _hand_over(session, agreement, account, now)
    else:
        _start(session, agreement, now)
    _record(session, agreement, "accepted", {"giver": agreement.giver, "taker": account}, now)
    return agreement


def refuse(session: Session, *, agreement: Agreement, account: Account, now: datetime) -> Agreement:
    """The other side does not want it."""
    _require_taker(account, agreement)
    if agreement.state is AgreementState.REFUSED:
        return agreement
    _require_waiting(agreement, now)
    return _finish(session, agreement, AgreementState.REFUSED, {"taker": account}, now)


def take_back(session: Session, *, agreement: Agreement, account: Account, now: datetime) -> Agreement:
    """The owner withdraws an offer that was not answered."""
    _require_giver(account, agreement.filing)
    if agreement.state is AgreementState.WITHDRAWN:
        return agreement
    _require_waiting(agreement, now)
    return _finish(session, agreement, AgreementState.WITHDRAWN, {"giver": account}, now)


def end(session: Session, *, agreement: Agreement, account: Account, now: datetime) -> Agreement:
    """The licensee gives a licence up; the owner can't take one away before its day."""
    if agreement.kind is not AgreementKind.LICENCE or agreement.taker_id != account.id:
        raise PermissionDeniedError("licence_not_yours_to_end")
    if agreement.state is AgreementState.ENDED:
        return agreement
    if agreement.state is not AgreementState.ACCEPTED:
        raise ConflictError("offer_no_longer_good")
    return _finish(session, agreement, AgreementState.ENDED, {"taker": account}, now)


def end_all(session: Session, *, filing: Filing, account: Account, now: datetime) -> None:
    """With the filing, which is being withdrawn, end its offers and licences."""
    for one in _of(session, filing, AgreementState.OFFERED):
        _finish(session, one, AgreementState.WITHDRAWN, {"giver": account}, now)
    for one in _of(session, filing, AgreementState.ACCEPTED):
        if one.kind is AgreementKind.LICENCE:
            _finish(session, one, AgreementState.ENDED, {"giver": account}, now)


def forget_offers(session: Session, *, account: Account, now: datetime) -> None:
    """Whose account is deleted offers nothing any more."""
    offered = select(Agreement).where(Agreement.giver_id == account.id, Agreement.state == AgreementState.OFFERED)
    for one in session.scalars(offered).unique().all():
        _finish(session, one, AgreementState.WITHDRAWN, {}, now)


def move_on(session: Session, *, agreement: Agreement, now: datetime) -> None:
    """What was not answered in time lapses, a licence whose last day is over ends, one whose first day has come
    begins; anything else stays."""
    if agreement.state is AgreementState.OFFERED and agreement.expires_at <= now:
        _finish(session, agreement, AgreementState.EXPIRED, {}, now)
    elif agreement.state is AgreementState.ACCEPTED and _over(agreement, now):
        _finish(session, agreement, AgreementState.ENDED, {}, now)
    elif agreement.state is AgreementState.ACCEPTED and agreement.kind is AgreementKind.LICENCE:
        _start(session, agreement, now)


def due(session: Session, *, now: datetime) -> list[int]:
    """Ids of what ``move_on`` has to look at."""
    today = workdays.shanghai_day(now)
    unanswered = (Agreement.state == AgreementState.OFFERED) & (Agreement.expires_at <= now)
    licence = (Agreement.state == AgreementState.ACCEPTED) & (Agreement.kind == AgreementKind.LICENCE)
    begun = Agreement.started_at.is_(None) & or_(Agreement.starts_on.is_(None), Agreement.starts_on <= today)
    wanted = select(Agreement.id).where(or_(unanswered, licence & or_(Agreement.ends_on < today, begun)))
    return list(session.scalars(wanted.order_by(Agreement.id)))


def get(session: Session, *, agreement_id: int, account: Account) -> Agreement:
    """The agreement, for its two sides and the filing's owner; ``MissingError`` otherwise."""
    found = session.get(Agreement, agreement_id)
    if found is None or not (
        _is_taker(account, found) or found.giver_id == account.id or access.owns_filing(account, found.filing)
    ):
        raise MissingError("agreement_missing")
    return found


def of_filing(session: Session, filing: Filing) -> list[Agreement]:
    """All of a filing's, the newest first: its owner sees them."""
    wanted = select(Agreement).where(Agreement.filing_id == filing.id).order_by(Agreement.id.desc())
    return list(session.scalars(wanted).unique())


def for_account(session: Session, account: Account) -> list[Agreement]:
    """What was offered or licensed to the account, what waits first, then the newest; so many as a page shows."""
    waits = Agreement.state != AgreementState.OFFERED
    wanted = taken_by(account).order_by(waits, Agreement.id.desc()).limit(200)
    return list(session.scalars(wanted).unique())


def taken_by(account: Account) -> Select[Agreement]:
    """All that was offered or licensed to the account."""
    return select(Agreement).where(_taken_by(account))


def count_waiting(session: Session, account: Account, now: datetime) -> int:
    """How many offers wait for the account's answer."""
    waiting = Agreement.taker_email == account.email, Agreement.state == AgreementState.OFFERED
    return session.scalar(select(func.count()).where(*waiting, Agreement.expires_at > now)) or 0


def waiting_transfer(session: Session, filing: Filing) -> Agreement | None:
    """The transfer that waits for its answer."""
    found = _of(session, filing, AgreementState.OFFERED)
    return next((one for one in found if one.kind is AgreementKind.TRANSFER), None)


def licence_of(session: Session, filing: Filing, account: Account) -> Agreement | None:
    """The account's licence on the filing, while it runs."""
    found = _of(session, filing, AgreementState.ACCEPTED)
    mine = (one for one in found if one.kind is AgreementKind.LICENCE and one.taker_id == account.id)
    return next((one for one in mine if one.started_at is not None), None)


def _hand_over(session: Session, agreement: Agreement, taker: Account, now: datetime) -> None:
    """The filing's row changes hands; its version counter lets only one of two at once do it."""
    filing = agreement.filing
    filing.owner, filing.owner_organization = taker, taker.organization
    for one in _of(session, filing, AgreementState.OFFERED):  # the old owner's other offers are nobody's now
        if one.id != agreement.id:
            _finish(session, one, AgreementState.WITHDRAWN, {}, now)
    acts.flush(session)


def _start(session: Session, agreement: Agreement, now: datetime) -> None:
    """From its first day on the licensee sees the design, and his shops offer it rightly: they do not alert."""
    first = agreement.starts_on
    if agreement.started_at is not None or (first is not None and first > workdays.shanghai_day(now)):
        return
    agreement.started_at = now
    acts.flush(session)
    for line in _lines(agreement.shops):
        by_address = re.match(r"https?://|[\w-]+(\.[\w-]+)+/", line)
        mark = SellerMark.ADDRESS if by_address else SellerMark.NAME
        sellers.allow_licensed(session, agreement=agreement, mark=mark, pattern=line, now=now)


def _lines(shops: str) -> list[str]:
    return [one.strip() for one in shops.splitlines() if one.strip()]


def _finish(
    session: Session, agreement: Agreement, state: AgreementState, parties: Mapping[str, Account], now: datetime
) -> Agreement:
    if agreement.state is AgreementState.OFFERED:
        agreement.answered_at = now
    agreement.state, agreement.ended_at = state, now
    acts.flush(session)
    session.execute(delete(AllowedSeller).where(AllowedSeller.agreement_id == agreement.id))
    _record(session, agreement, state.value, parties, now)
    return agreement


def _record(
    session: Session, agreement: Agreement, step: str, parties: Mapping[str, Account], now: datetime
) -> None:
    acts.flush(session)
    details: dict[str, object] = {"agreement": agreement.id, "version": agreement.filing.version}
    if agreement.kind is AgreementKind.LICENCE:
        details |= {
            "kind": agreement.licence_kind and agreement.licence_kind.value,
            "territory": agreement.territory,
            "starts_on": agreement.starts_on and agreement.starts_on.isoformat(),
            "ends_on": agreement.ends_on and agreement.ends_on.isoformat(),
        }
    action = f"{agreement.kind.value}_{step}"
    acts.record(session, filing=agreement.filing, action=action, parties=parties, details=details, now=now)
    _tell(session, agreement, step, now)


def _tell(session: Session, agreement: Agreement, step: str, now: datetime) -> None:
    """The side that did not act learns of it; an offer, if its address has an account."""
    taker = agreement.taker or by_email(session, agreement.taker_email)
    to = taker if step in ("offered", "withdrawn") else agreement.giver
    if to is None:
        return
    kind = {"say": AGREEMENT_KINDS[agreement.kind]}
    values: dict[str, object] = {"number": agreement.filing.number, "kind": kind}
    if step == "offered":
        values |= {"name": agreement.giver.name, "until": {"moment": agreement.expires_at.isoformat()}}
    else:
        values["step"] = {"say": AGREEMENT_STATES[agreement.state]}
    notices.tell(
        session,
        account=to,
        kind="agreement_offered" if step == "offered" else "agreement_step",
        values=values,
        path=f"/agreements/{agreement.id}",
        key=f"agreement-{agreement.id}-{step}",
        now=now,
    )


def _of(session: Session, filing: Filing, state: AgreementState) -> list[Agreement]:
    wanted = select(Agreement).where(Agreement.filing_id == filing.id, Agreement.state == state)
    return list(session.scalars(wanted.order_by(Agreement.id)).unique())


def _taken_by(account: Account) -> ColumnElement[bool]:
    return or_(
        Agreement.taker_id == account.id,
        (Agreement.taker_email == account.email) & (Agreement.state == AgreementState.OFFERED),
    )


def _is_taker(account: Account, agreement: Agreement) -> bool:
    if agreement.taker_id is not None:
        return agreement.taker_id == account.id
    return agreement.taker_email == account.email


def _address(text: str) -> str:
    try:
        return checked_email(text)
    except CallerError as fault:
        raise CallerError(fault.code, field="taker_email", **fault.values) from fault


def _require_giver(account: Account, filing: Filing) -> None:
    if not access.can_act_on_filing(account, filing):
        raise PermissionDeniedError("filing_not_yours_to_change")
    if filing.state is FilingState.WITHDRAWN:
        raise ConflictError("filing_withdrawn")


def _require_taker(account: Account, agreement: Agreement) -> None:
    if not _is_taker(account, agreement):
        raise MissingError("agreement_missing")
    access.require_role(account, Role.DESIGNER, Role.ENTERPRISE)
    access.require_filer(account)


def _require_waiting(agreement: Agreement, now: datetime) -> None:
    if agreement.state is not AgreementState.OFFERED or agreement.expires_at <= now:
        raise ConflictError("offer_no_longer_good")


def _require_terms(terms: Terms | None, now: datetime) -> None:
    if terms is None:
        return
    _require_length(terms.territory, "territory", TERRITORY)
    _require_length(terms.shops, "shops", SHOPS)
    if terms.ends_on is not None and terms.ends_on < max(terms.starts_on or date.min, workdays.shanghai_day(now)):
        raise CallerError("licence_ends_before", field="ends_on")


def _require_shops(terms: Terms | None, giver: Account, filing: Filing) -> None:
    """What can't be kept at the acceptance is not offered."""
    lines = _lines(terms.shops) if terms else []
    if lines and not may_manage(giver, owner_of(filing)):
        raise CallerError("shops_not_yours_to_allow", field="shops")
    for line in lines:
        try:
            sellers.checked_pattern(line)
        except CallerError as fault:
            raise CallerError("shop_line_wrong", field="shops", line=line[:40], most=sellers.MAX_PATTERN) from fault


def _require_length(text: str, field: str, most: int) -> None:
    if len(text.strip()) > most:
        raise CallerError("field_too_long", field=field, most=most)
    if has_controls(text):
        raise CallerError("field_control_characters", field=field)


def _over(agreement: Agreement, now: datetime) -> bool:
    return agreement.ends_on is not None and agreement.ends_on < workdays.shanghai_day(now)


def new_key() -> str:
    """For a form that must not count twice."""
    return secrets.token_hex(16)
