"""From the form to a letter: first its words are fixed, then its papers are made, signed and kept.

The words are fixed in one transaction and the papers made with none open, so a process killed between the two
leaves a letter that says what it says and whose papers can be made again.
"""

from __future__ import annotations

import secrets
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import access, certificate, numbers, stamping, workdays
from ipreg.db import Clock, transaction
from ipreg.errors import PermissionDeniedError
from ipreg.models import (
    Account,
    Alert,
    AlertState,
    LegalFile,
    LegalLetter,
    LegalLetterKind,
    LegalLetterState,
    Match,
)
from ipreg.registry import Attached
from ipreg.response import annexes, facts, form, steps, texts
from ipreg.response.docxpaper import set_docx
from ipreg.response.form import LetterForm
from ipreg.response.steps import Given, add_file, shelf_of
from ipreg.rights.records import records_of
from ipreg.runtime import Runtime
from ipreg.seal import open_seal
from ipreg.storage import Store
from ipreg.typesetting import set_paper
from ipreg.warning import acting
from ipreg.warning.owners import owner_of

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PREVIEW = "HJ0000-0000000-0"


@dataclass(frozen=True)
class Wish:
    """Which letter, with what in its form, and the text that the sender saw (``text_version``)."""

    kind: LegalLetterKind
    form: LetterForm
    text_version: int | None = None
    uploads: Sequence[Attached] = ()
    request_key: str = ""


def preview(session: Session, *, alert: Alert, wish: Wish, now: datetime) -> dict[str, Any]:
    """The facts of the letter as they would be; nothing is kept. What is not chosen yet is left empty."""
    offered = form.require_possible(session, alert)
    matches = facts.matches_of(alert.match.filing, offered, wish.form.matches)
    held = texts.texts_of(session, owner_of(alert.match.filing), wish.kind)
    return facts.build(
        session, alert=alert, kind=wish.kind, form=wish.form, held=held, number=PREVIEW, matches=matches,
        answer_by=_answer_by(wish.form, now), now=now,
    )  # fmt: skip


def draft(
    session: Session, store: Store, *, alert: Alert, account: Account, wish: Wish, now: datetime
) -> LegalLetter:
    """Fixes what the letter says; the same request again is the same letter. An open alert is confirmed by it.

    Raises ``CallerError`` with the field, ``ConflictError`` (no listing; dismissed), ``PermissionDeniedError``.
    """
    if not access.can_act_on_alert(account, alert):
        raise PermissionDeniedError("alert_not_yours_to_decide")
    key = wish.request_key[:64] or secrets.token_hex(16)
    same = select(LegalLetter).where(LegalLetter.account_id == account.id, LegalLetter.request_key == key)
    if (known := session.scalar(same)) is not None:
        return known
    offered = form.require_possible(session, alert)
    checked = form.check(wish.kind, wish.form, [one.id for one in offered])
    form.require_proof(checked, records_of(session, alert.match.filing), enclosed=bool(wish.uploads))
    matches = facts.matches_of(alert.match.filing, offered, checked.matches)
    checked = replace(checked, matches=tuple(one.id for one in matches))
    letter = _row(session, store, alert, account, replace(wish, form=checked, request_key=key), now)
    held = texts.texts_of(session, owner_of(alert.match.filing), wish.kind)
    assert letter.answer_by is not None
    letter.text_version = held.version
    letter.facts = facts.build(
        session, alert=alert, kind=wish.kind, form=checked, held=held, number=letter.number, matches=matches,
        answer_by=letter.answer_by, now=now,
    )  # fmt: skip
    steps.record(
        session, store, letter=letter, action="drafted", actor=account,
        given=Given(values={"text_version": held.version}, uploads=wish.uploads), now=now,
    )  # fmt: skip
    _confirm(session, alert, account, key, now)
    return letter


def make(runtime: Runtime, letter_id: int, *, clock: Clock) -> bool:
    """Makes the papers; False where they are made already. Call it with no transaction open.

    Raises ``ConflictError`` or ``UpstreamError`` where the filing's proof can't be had now; then it is tried again.
    """
    with runtime.sessions() as session:
        letter = session.get_one(LegalLetter, letter_id)
        if letter.state is not LegalLetterState.MAKING:
            return False
    enclosed = annexes.collect(runtime, letter_id, clock=clock)
    with runtime.sessions() as session:
        letter = session.get_one(LegalLetter, letter_id)
        said = facts.with_annexes(letter.facts, [one.listed() for one in enclosed])
        matches = [session.get_one(Match, match_id) for match_id in letter.form["matches"]]
        pairs = [pair for block in said["blocks"] for pair in block["pairs"]]
        shown = annexes.pictures(session, runtime.store, matches, pairs)
        for block in said["blocks"]:
            block["pairs"] = [pair for pair in block["pairs"] if pair["left"] in shown]
        at, number, shelf = letter.created_at, letter.number, shelf_of(runtime.store, letter)
    docx = set_docx(said, shown, at=at)
    pdf = certificate.sign(
        set_paper("letter.typ", said, shown, at=at),
        seal=open_seal(runtime.secrets, owner=runtime.config.origin, now=clock()),
        authorities=stamping.authorities_of(runtime, clock=clock),
        host=urlsplit(runtime.config.public_url).hostname or "",
        reason=f"{said['title']} {number}",
    )
    for data in (pdf, docx, *(one.data for one in enclosed if one.data is not None and one.what != annexes.OWN)):
        shelf.put(data)  # before the transaction: a slow store makes nobody wait
    with transaction(runtime.sessions) as session:
        return _finish(session, runtime.store, letter_id, said, (pdf, docx), enclosed, clock())


def packed(store: Store, letter: LegalLetter) -> IO[bytes]:
    """One ZIP to hand in: the signed letter, the DOCX, all annexes, and their digests."""
    out = SpooledTemporaryFile(max_size=2**23)  # noqa: SIM115 - the caller reads and closes it
    shelf, wanted = shelf_of(store, letter), handed_in(letter)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for file in wanted:
            with archive.open(zipfile.ZipInfo(file.name, letter.created_at.timetuple()[:6]), "w") as member:
                for piece in shelf.pieces(file.sha256):
                    member.write(piece)
        sums = "".join(f"{file.sha256}  {file.name}\n" for file in wanted)
        archive.writestr(zipfile.ZipInfo("SHA256SUMS", letter.created_at.timetuple()[:6]), sums)
    out.seek(0)
    return out


def handed_in(letter: LegalLetter) -> list[LegalFile]:
    """The files that go to the other side; not those that came back."""
    return [one for one in letter.files if one.role in ("pdf", "docx", "annex")]


def _answer_by(asked: LetterForm, now: datetime) -> date:
    days = max(0, min(asked.answer_days, 365))
    return workdays.shanghai_day(now) + timedelta(days=days)


def _row(session: Session, store: Store, alert: Alert, account: Account, wish: Wish, now: datetime) -> LegalLetter:
    filing = alert.match.filing
    letter = LegalLetter(
        number=f"new-{secrets.token_hex(8)}",
        kind=wish.kind,
        alert=alert,
        filing=filing,
        applicant_id=filing.owner_id,
        organization_id=filing.owner_organization_id,
        account=account,
        request_key=wish.request_key,
        languages=wish.form.languages,
        form=wish.form.to_dict(),
        facts={},
        addressee=wish.form.addressee,
        state=LegalLetterState.MAKING,
        created_at=now,
        changed_at=now,
        answer_by=_answer_by(wish.form, now),
        vault_key=store.new_key(session, now=now) if filing.vault_key_id is not None else None,
        events=[],
        files=[],
    )
    session.add(letter)
    session.flush()
    letter.number = numbers.make_number(numbers.LETTER, year=workdays.shanghai_day(now).year, serial=letter.id)
    return letter


def _confirm(session: Session, alert: Alert, account: Account, key: str, now: datetime) -> None:
    """Who writes to the seller holds it for a copy."""
    if alert.state is AlertState.OPEN:
        change = acting.confirming(account, now=now)
        acting.act(
            session,
            account=account,
            change=change,
            where=Alert.id == alert.id,
            request_key=f"letter-{key}"[:64],
            now=now,
        )


def _finish(
    session: Session,
    store: Store,
    letter_id: int,
    said: dict[str, Any],
    papers: tuple[bytes, bytes],
    enclosed: Sequence[annexes.Annex],
    now: datetime,
) -> bool:
    letter = session.get_one(LegalLetter, letter_id)
    if letter.state is not LegalLetterState.MAKING:
        return False  # another process was faster
    letter.facts = said
    position = len(letter.events)
    for (role, name), data, kind in _papers(letter, papers, enclosed):
        add_file(letter, event_position=position, role=role, name=name, given_name="", data=data, kind=kind)
    steps.record(session, store, letter=letter, action="made", actor=None, now=now)
    return True


def _papers(
    letter: LegalLetter, papers: tuple[bytes, bytes], enclosed: Sequence[annexes.Annex]
) -> Iterator[tuple[tuple[str, str], bytes, str]]:
    pdf, docx = papers
    yield ("pdf", f"{letter.number}.pdf"), pdf, "application/pdf"
    yield ("docx", f"{letter.number}.docx"), docx, DOCX
    for one in enclosed:
        if one.data is not None and one.what != annexes.OWN:
            yield ("annex", one.name), one.data, one.media_type
