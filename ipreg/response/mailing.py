"""A letter by e-mail, through the project's outbox: its own cover words, the letter and its annexes attached."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg.errors import CallerError
from ipreg.i18n import translator
from ipreg.models import Account, LegalFile, LegalLetter, LegalLetterState, Letter
from ipreg.notify.letters import write_letter
from ipreg.notify.notices import tell
from ipreg.notify.outcome import told, value_of
from ipreg.response import steps
from ipreg.response.making import handed_in
from ipreg.response.steps import Given, shelf_of
from ipreg.storage import Store

KIND = "legal_letter"
MOST_BYTES = 14 * 2**20
"""Attached at most: larger mails are refused by many servers. What does not fit is named in the letter itself."""


def queue(
    session: Session,
    store: Store,
    *,
    letter: LegalLetter,
    account: Account,
    email: str,
    row_version: int | None = None,
    request_key: str = "",
    now: datetime,
) -> None:
    """Puts the letter into the outbox for ``email``. Raises ``CallerError`` on the field ``email``."""
    try:
        address = validate_email(email.strip(), check_deliverability=False).normalized
    except EmailNotValidError as fault:
        raise CallerError("email_wrong", field="email") from fault
    given = Given(values={"way": "email", "email": address}, request_key=request_key)
    event = steps.step(
        session,
        store,
        letter=letter,
        action="mail_queued",
        actor=account,
        given=given,
        row_version=row_version,
        now=now,
    )
    if event.details.get("email") != address or letter.state is not LegalLetterState.MAILING:
        return
    waiting = select(Letter.id).where(Letter.kind == KIND, Letter.message_id == _message_id(letter, event.position))
    if session.scalar(waiting) is not None:
        return
    made = write_letter(
        session,
        kind=KIND,
        email=address,
        locale="en" if letter.languages == "en" else "zh",
        values={
            "number": letter.number,
            "holder": str(letter.facts["holder"]),
            "title": str(letter.facts["title"]),
        },
        now=now,
    )
    made.message_id = _message_id(letter, event.position)
    session.flush()


def attach(session: Session, store: Store, mail: Letter, message: EmailMessage) -> None:
    """Puts letter and annexes into the message; answers go to the right holder and not to us."""
    letter = _letter_of(session, mail)
    message["Reply-To"] = str(letter.form["email"])
    shelf = shelf_of(store, letter)
    for file in _fitting(handed_in(letter)):
        main, _, sub = file.media_type.partition("/")
        message.add_attachment(
            shelf.get(file.sha256), maintype=main, subtype=sub or "octet-stream", filename=file.name
        )


def mailed(session: Session, store: Store, mail: Letter, *, fault: str, now: datetime) -> None:
    """The server took it, or it was given up (``fault``): the letter's history says so, and a failure is told."""
    letter = _letter_of(session, mail)
    if letter.state is not LegalLetterState.MAILING:
        return
    action = "mail_failed" if fault else "mailed"
    given = Given(
        values={
            "way": "email",
            "email": mail.email,
            **({"fault": told(fault, translator(letter.account.locale))[:300]} if fault else {}),
        }
    )
    event = steps.record(session, store, letter=letter, action=action, actor=None, given=given, now=now)
    if fault:
        tell(
            session,
            account=letter.account,
            kind="letter_mail_failed",
            values={"number": letter.number, "email": mail.email, "fault": value_of(fault)},
            path=f"/letters/{letter.number}",
            key=f"letter:{letter.number}:mail:{event.position}",
            now=now,
        )


def _fitting(files: Sequence[LegalFile]) -> list[LegalFile]:
    """The letter first, then as many annexes as a mail carries."""
    found, total = [], 0
    for one in files:
        if one.role == "docx" or total + one.size > MOST_BYTES:
            continue
        total += one.size
        found.append(one)
    return found


def _letter_of(session: Session, mail: Letter) -> LegalLetter:
    return session.scalars(select(LegalLetter).where(LegalLetter.number == mail.values["number"])).one()


def _message_id(letter: LegalLetter, position: int) -> str:
    return f"{letter.number.lower()}-{position}"
