"""Mail about an account itself: addresses proved, passwords reset, invitations. In the reader's language.

These go to an address and not by an account's channels: who lost his password, or has no account yet, has none.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.orm import Session

from ipreg.i18n import translator
from ipreg.links import is_open, token_of
from ipreg.models import Letter, LetterState, OneTimeLink

N_ = str  # marks a text for extraction
GIVE_UP_AFTER = timedelta(days=2)
KEPT_FOR = timedelta(days=30)
CLAIM = timedelta(minutes=10)
_NOT_YOU = N_("If this was not you, you need do nothing: without the link nothing changes.")
_TELL_US = N_("If this was not you, reset your password now and look at the list of your devices.")
_STYLE = "font-family:-apple-system,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;line-height:1.6"


@dataclass(frozen=True)
class Words:
    """What a kind of letter says: subject, sentences, and the one thing to do with the page it opens."""

    subject: str
    lines: tuple[str, ...]
    action: str
    path: str


KINDS: dict[str, Words] = {
    "verify_email": Words(
        N_("Confirm your e-mail address"),
        (N_("Somebody opened an account with this address in the design registry."), _NOT_YOU),
        N_("Confirm the address"),
        "/verify-email/{token}",
    ),
    "change_email": Words(
        N_("Confirm your new e-mail address"),
        (N_("This address is to be the new one of your account in the design registry."), _NOT_YOU),
        N_("Confirm the address"),
        "/change-email/{token}",
    ),
    "email_change_asked": Words(
        N_("A new e-mail address for your account"),
        (N_("Somebody signed in to your account asked to change its address to %(new)s."), _TELL_US),
        N_("Look at your devices"),
        "/account/security",
    ),
    "email_changed": Words(
        N_("The e-mail address of your account was changed"),
        (N_("From now on mail about your account goes to %(new)s."), _TELL_US),
        N_("Look at your devices"),
        "/account/security",
    ),
    "email_in_use": Words(
        N_("This address has an account already"),
        (N_("Somebody wanted to use this address for another account. Nothing was changed."),),
        N_("Sign in"),
        "/sign-in",
    ),
    "reset_password": Words(
        N_("Choose a new password"),
        (
            N_("Somebody asked for a new password for this address. The link works once and for one hour."),
            _NOT_YOU,
        ),
        N_("Choose a new password"),
        "/reset/{token}",
    ),
    "password_changed": Words(
        N_("Your password was changed"),
        (N_("All other devices have been signed out."), _TELL_US),
        N_("Look at your devices"),
        "/account/security",
    ),
    "two_factor_on": Words(
        N_("Two-factor sign-in is on"),
        (N_("From now on signing in needs a code from your app as well."), _TELL_US),
        N_("Look at your devices"),
        "/account/security",
    ),
    "two_factor_off": Words(
        N_("Two-factor sign-in was switched off"),
        (N_("From now on your password alone opens your account."), _TELL_US),
        N_("Look at your devices"),
        "/account/security",
    ),
    "invitation": Words(
        N_("%(inviter)s invites you to %(organization)s"),
        (
            N_("%(inviter)s asks you to work for %(organization)s in the design registry. Role: %(role)s."),
            N_("The link works once and for seven days. It is meant for %(email)s."),
        ),
        N_("Look at the invitation"),
        "/invitations/{token}",
    ),
    "export_ready": Words(
        N_("Your data is ready to download"),
        (N_("The ZIP holds all that the registry keeps about you. It can be downloaded for seven days."),),
        N_("Download it"),
        "/account/data",
    ),
    "legal_letter": Words(
        N_("%(title)s %(number)s from %(holder)s"),
        (
            N_("%(holder)s sends you the attached letter %(number)s with its annexes."),
            N_(
                "It is signed and time-stamped; its digests stand in it. Answer the sender: your reply goes to him."
            ),
        ),
        N_("Check files and filing numbers here"),
        "/verify",
    ),
    "account_deleted": Words(
        N_("Your account was deleted"),
        (N_("What the log must keep stays, without your name. Thank you for having filed with us."),),
        N_("What stays"),
        "/help/personal-data",
    ),
}


def write_letter(
    session: Session,
    *,
    kind: str,
    email: str,
    locale: str,
    link: OneTimeLink | None = None,
    values: Mapping[str, str] | None = None,
    now: datetime,
) -> Letter:
    """Puts a letter into the outbox, within the caller's transaction."""
    letter = Letter(
        kind=kind,
        email=email,
        locale=locale,
        link=link,
        values=dict(values or {}),
        message_id=secrets.token_hex(12),
        next_try_at=now,
        created_at=now,
    )
    assert KINDS[kind]
    session.add(letter)
    session.flush()
    return letter


def due(session: Session, *, now: datetime) -> list[int]:
    """Ids of the letters that are to go out now, oldest first."""
    wanted = select(Letter.id).where(Letter.state == LetterState.WAITING, Letter.next_try_at <= now)
    return list(session.scalars(wanted.order_by(Letter.id)))


def claim(session: Session, *, letter_id: int, now: datetime) -> Letter | None:
    """The letter, if no other process has it; one whose link is over is not sent any more."""
    claimed = session.execute(
        update(Letter)
        .where(Letter.id == letter_id, Letter.state == LetterState.WAITING, Letter.next_try_at <= now)
        .values(next_try_at=now + CLAIM, tries=Letter.tries + 1)
    )
    if cast("CursorResult[Any]", claimed).rowcount != 1:
        return None
    letter = session.get_one(Letter, letter_id)
    if letter.link is not None and not is_open(letter.link, now):
        letter.state = LetterState.GIVEN_UP
        return None
    return letter


def mark(session: Session, *, letter_id: int, fault: str | None, final: bool = False, now: datetime) -> Letter:
    """It went out, or will be tried again, or is given up; the letter as it stands now."""
    letter = session.get_one(Letter, letter_id)
    if fault is None:
        letter.state, letter.sent_at, letter.last_fault = LetterState.SENT, now, ""
        return letter
    letter.last_fault = fault
    if final or now - letter.created_at >= GIVE_UP_AFTER:
        letter.state = LetterState.GIVEN_UP
    letter.next_try_at = now + timedelta(seconds=20 * 2 ** min(letter.tries, 10))
    return letter


def forget(session: Session, *, now: datetime) -> None:
    """Letters that nobody asks for any more."""
    session.execute(delete(Letter).where(Letter.created_at < now - KEPT_FOR))


def compose(letter: Letter, key: bytes, *, public_url: str, sender: str) -> EmailMessage:
    """The message; the link's token is made here and stands nowhere else."""
    say, words = translator(letter.locale), KINDS[letter.kind]
    token = token_of(key, letter.link) if letter.link is not None else ""
    address = public_url + words.path.format(token=token)
    values = _translated(letter.values, say)
    lines = [_fill(one, values, say) for one in words.lines]
    message = EmailMessage()
    message["Subject"] = _fill(words.subject, values, say)
    message["From"], message["To"] = sender, letter.email
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = f"<letter-{letter.message_id}@{sender.partition('@')[2] or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join([*lines, f"{say(words.action)}:\n{address}", ""]))
    message.add_alternative(_html(lines, say(words.action), address), subtype="html")
    return message


def _translated(values: Mapping[str, Any], say: Callable[[str], str]) -> dict[str, str]:
    return {name: say(str(value)) if name == "role" else str(value) for name, value in values.items()}


def _fill(text: str, values: Mapping[str, str], say: Callable[[str], str]) -> str:
    return " ".join((say(text) % values if values else say(text)).split())  # a name can't begin another header


def _html(lines: list[str], action: str, address: str) -> str:
    rows = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return (
        f"<!doctype html><html><head><meta name='color-scheme' content='light dark'></head>"
        f'<body style="{_STYLE}">{rows}'
        f"<p><a href='{escape(address)}' style='display:inline-block;padding:10px 18px;background:#0b6e69;"
        f"color:#fff;border-radius:6px;text-decoration:none'>{escape(action)}</a></p></body></html>"
    )
