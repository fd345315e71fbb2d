"""Letters from an alert: the form with its preview, the list with clocks, one letter, its steps and files."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from ipreg import access, alerts
from ipreg.db import utc_now
from ipreg.errors import CallerError, ConflictError, MissingError, UpstreamError
from ipreg.models import (
    Alert,
    LegalEvent,
    LegalLetter,
    LegalLetterKind,
    LegalLetterState,
    LegalOutcome,
    Match,
    Role,
)
from ipreg.registry import Attached
from ipreg.response import form as forms
from ipreg.response import law, letters, mailing, making, steps, table
from ipreg.response import words as letter_words
from ipreg.response.form import LetterForm
from ipreg.response.steps import Given
from ipreg.web import pictures
from ipreg.web.alerts import OWNERS, back
from ipreg.web.downloads import name_file
from ipreg.web.errors import words_of
from ipreg.web.language import chosen, day, say
from ipreg.web.rules import who
from ipreg.web.session import db, keep_ahead, me, runtime, start_again
from ipreg.workdays import shanghai_day

bp = Blueprint("letters", __name__)
READERS = (*OWNERS, Role.REGULATOR, Role.AUDITOR)
_LINES = tuple(forms.LENGTHS)
_VALUES = ("way", "to", "number", "reference")


@bp.get("/letters")
@who(*OWNERS)
def overview() -> str:
    asked = letters.Asked(
        state=request.args.get("state", "running"),
        kind=request.args.get("kind", ""),
        page=max(1, request.args.get("page", 1, type=int)),
    )
    found = letters.page(db(), account=me(), asked=asked)
    return render_template("letters.html", found=found, asked=asked, now=utc_now())


@bp.route("/alerts/<int:alert_id>/letters/<kind>", methods=["GET", "POST"])
@who(*OWNERS)
def new(alert_id: int, kind: str) -> str | Response | tuple[str, int]:
    alert = alerts.get_alert(db(), alert_id=alert_id, account=me())
    sort = _sort(kind)
    if request.method == "GET":
        return _form(alert, sort, forms.offer(db(), alert, sort, account=me(), locale=chosen()).form, {})
    given = _read_form()
    if request.form.get("what") == "preview":
        return _preview(alert, sort, given)
    wish = making.Wish(sort, given, uploads=_uploads(), request_key=request.form.get("request_key", ""))
    try:
        letter = making.draft(db(), runtime().store, alert=alert, account=me(), wish=wish, now=utc_now())
    except CallerError as fault:
        start_again()
        alert = alerts.get_alert(db(), alert_id=alert_id, account=me())
        return _form(alert, sort, given, {fault.field or "": words_of(fault)}), 400
    number, letter_id = letter.number, letter.id
    db().commit()
    return _made(number, letter_id)


@bp.get("/letters/<number>")
@who(*READERS)
def one(number: str) -> str:
    return _page(letters.get(db(), number=number, account=me()), {})


@bp.get("/letters/<number>/files/<int:position>")
@who(*READERS)
def file(number: str, position: int) -> Response:
    """A file of the letter, to keep and never to run."""
    letter = letters.get(db(), number=number, account=me())
    letters.require_open(db(), me(), letter)
    pictures.told(letter.filing, "filing.letter")
    for found in letter.files:
        if found.position == position:
            shown = request.args.get("show") and found.media_type in ("application/pdf", "image/jpeg", "image/png")
            answer = Response(
                steps.shelf_of(runtime().store, letter).pieces(found.sha256),
                mimetype=found.media_type if shown else "application/octet-stream",
            )
            name_file(answer, f"{number}-{found.name}", "inline" if shown else "attachment")
            answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; img-src 'self'"
            answer.headers["Cache-Control"] = "private, no-store"
            return answer
    raise MissingError("letter_missing")


@bp.get("/letters/<number>/zip")
@who(*READERS)
def package(number: str) -> Response:
    """Everything to hand in, as one ZIP."""
    letter = letters.get(db(), number=number, account=me())
    letters.require_open(db(), me(), letter)
    pictures.told(letter.filing, "filing.letter")
    letters.require_made(letter)
    whole = making.packed(runtime().store, letter)
    return send_file(whole, mimetype="application/zip", as_attachment=True, download_name=f"{letter.number}.zip")


@bp.post("/letters/<number>/make")
@who(*OWNERS)
def make(number: str) -> Response:
    """Once more, where the papers could not be made at first."""
    letter = letters.get(db(), number=number, account=me())
    steps.require_actor(me(), letter)
    found = letter.number, letter.id
    db().commit()
    return _made(*found)


@bp.post("/letters/<number>/mail")
@who(*OWNERS)
def mail(number: str) -> Response | tuple[str, int]:
    letter = letters.get(db(), number=number, account=me())
    try:
        mailing.queue(
            db(), runtime().store, letter=letter, account=me(), email=request.form.get("email", ""),
            row_version=_seen(), request_key=_request_key("mail"), now=utc_now(),
        )  # fmt: skip
    except CallerError as fault:
        return _again(number, fault, "mail")
    db().commit()
    return redirect(url_for("letters.one", number=letter.number))


@bp.post("/letters/<number>/hand-over")
@who(*OWNERS)
def hand_over(number: str) -> Response:
    """The letter's alert goes to the regulator, with all its letters."""
    letter = letters.get(db(), number=number, account=me())
    case = letters.hand_over(db(), runtime().store, alert=letter.alert, account=me(), now=utc_now())
    target = url_for("cases.case", number=case.number)
    db().commit()
    return redirect(target)


@bp.post("/letters/<number>/<action>")
@who(*OWNERS)
def step(number: str, action: str) -> Response | tuple[str, int]:
    letter = letters.get(db(), number=number, account=me())
    given = _given(action)
    keep_ahead(steps.shelf_of(runtime().store, letter), [one.data for one in given.uploads])
    try:
        steps.step(
            db(), runtime().store, letter=letter, action=action, actor=me(), given=given,
            row_version=_seen(), now=utc_now(),
        )  # fmt: skip
    except CallerError as fault:
        return _again(number, fault, action)
    alert_id = letter.alert_id
    db().commit()
    if action == "voided":
        return redirect(url_for("alerts.alert", alert_id=alert_id) + "#response")
    return back(url_for("letters.one", number=number))


def next_words(letter: LegalLetter) -> str:
    """What the letter waits for, in one sentence."""
    if letter.outcome is not None and letter.state is LegalLetterState.CLOSED:
        return say(letter_words.OUTCOMES[letter.outcome])
    left = letters.days_left(letter, utc_now())
    over = left is not None and left < 0
    text = say(letter_words.next_step(letter.kind, letter.state, over=over))
    if letter.state is LegalLetterState.COUNTERED and not over and letters.was_handed_over(letter):
        text = say(letter_words.HANDED_OVER)
    return text % {"day": day(letter.next_on) if letter.next_on else "—"}


def of_alert(alert: Alert) -> list[LegalLetter]:
    """For the block on the alert's page."""
    return letters.of_alert(db(), alert)


def running() -> list[LegalLetter]:
    """For the desk: those with a day to keep."""
    return letters.running(db(), me())


def days_left(letter: LegalLetter) -> int | None:
    return letters.days_left(letter, utc_now())


def pair(letter: LegalLetter, index: int) -> Match | None:
    """The match whose pictures stand at that place of the letter."""
    matches = letter.form["matches"]
    return db().get(Match, matches[index]) if index < len(matches) else None


def told(event: LegalEvent) -> list[str]:
    """What the form of a step said, in words."""
    details, found = event.details, []
    if "way" in details:
        found.append(say({"email": letter_words.EMAIL, **letter_words.WAYS}[details["way"]]))
    if details.get("to") in ("complaint", "suit"):
        found.append(say(letter_words.OUTCOMES[LegalOutcome(details["to"])]))
    if "outcome" in details:
        found.append(say(letter_words.OUTCOMES[LegalOutcome(details["outcome"])]))
    if "on" in details:
        found.append(day(date.fromisoformat(details["on"])))
    found += [str(details[name]) for name in ("number", "reference", "email", "case", "fault") if name in details]
    if event.action == "countered":
        missing = [text for name, text in letter_words.COUNTER_ELEMENTS.items() if name not in details["elements"]]
        found += [f"{say(letter_words.MISSING)}{say(text)}" for text in missing]
    return found


def today() -> str:
    """The day in China, as a form's field wants it."""
    return shanghai_day(utc_now()).isoformat()


def install(app: Flask) -> None:
    app.jinja_env.globals.update(
        letter_words=letter_words,
        letter_next=next_words,
        letter_days=days_left,
        letter_pair=pair,
        letter_told=told,
        letter_today=today,
        letters_of_alert=of_alert,
        letters_of_case=lambda case: letters.of_case(db(), case),
        letters_running=running,
    )


def _made(number: str, letter_id: int) -> Response:
    """Makes the papers, with no transaction open; where that fails the page of the letter says so."""
    fault = ""
    try:
        making.make(runtime(), letter_id, clock=utc_now)
    except (ConflictError, UpstreamError) as error:
        fault = error.code
    return redirect(url_for("letters.one", number=number, fault=fault or None))


def _form(alert: Alert, kind: LegalLetterKind, given: LetterForm, faults: dict[str, str]) -> str:
    return render_template(
        "letter_new.html",
        alert=alert,
        kind=kind,
        given=given,
        lines={name: getattr(given, name) for name in _LINES},
        matches=forms.require_possible(db(), alert),
        faults=faults,
        may_act=access.can_act_on_alert(me(), alert),
        answer=(law.ANSWER_DAYS_LEAST, law.ANSWER_DAYS_MOST),
        request_key=request.form.get("request_key") or secrets.token_hex(16),
    )


def _preview(alert: Alert, kind: LegalLetterKind, given: LetterForm) -> str:
    facts = making.preview(db(), alert=alert, wish=making.Wish(kind, given), now=utc_now())
    matches = {one.id: one for one in forms.listed(db(), alert)}
    shown = [matches[one] for one in matches if one in given.matches]
    return render_template("letter_preview.html", alert=alert, kind=kind, facts=facts, matches=shown)


def _page(letter: LegalLetter, faults: dict[str, str], faulty: str = "") -> str:
    acts = access.can_act_on_alert(me(), letter.alert)
    possible = table.possible(letter.kind, letter.state, letter.outcome) if acts else []
    opened = letters.can_open(db(), me(), letter)
    return render_template(
        "letter.html",
        letter=letter,
        facts=letter.facts if opened else None,
        owner=access.can_see_alert(me(), letter.alert),
        acts=acts,
        opened=opened,
        possible=possible,
        case=alerts.case_if_any(db(), letter.alert),
        outcomes=table.OUTCOMES[letter.kind],
        days=letters.days_left(letter, utc_now()),
        faults=faults,
        faulty=faulty,
        given=request.form,
        trouble=request.args.get("fault", "") if letter.state is LegalLetterState.MAKING else "",
        now=utc_now(),
        request_key=secrets.token_hex(16),
    )


def _again(number: str, fault: CallerError, action: str) -> tuple[str, int]:
    start_again()
    return _page(letters.get(db(), number=number, account=me()), {fault.field or "": words_of(fault)}, action), 400


def _sort(kind: str) -> LegalLetterKind:
    if kind not in list(LegalLetterKind):
        raise MissingError("page_missing")
    return LegalLetterKind(kind)


def _read_form() -> LetterForm:
    form = request.form
    values: dict[str, Any] = {name: form.get(name, "").replace("\r\n", "\n").strip() for name in _LINES}
    return LetterForm(
        **values,
        languages=form.get("languages", "zh"),
        matches=tuple(form.getlist("listings", type=int)),
        basis=form.get("basis", ""),
        measures=tuple(form.getlist("measures")),
        answer_days=form.get("answer_days", law.ANSWER_DAYS, type=int),
        proofs=bool(form.get("proofs")),
        captures=bool(form.get("captures")),
        truth=bool(form.get("truth")),
    )


def _uploads() -> list[Attached]:
    files = request.files.getlist("files")
    return [Attached(one.filename or "", one.read()) for one in files if one.filename]


def _given(action: str) -> Given:
    form = request.form
    values: dict[str, Any] = {name: form[name].strip() for name in _VALUES if form.get(name, "").strip()}
    if action == "countered":
        values["elements"] = form.getlist("elements")
    outcome = form.get("outcome", "")
    return Given(
        on=_day("on"),
        note=form.get("note", ""),
        values=values,
        outcome=LegalOutcome(outcome) if outcome in list(LegalOutcome) else None,
        uploads=_uploads(),
        request_key=_request_key(action),
    )


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        return None


def _seen() -> int | None:
    return request.form.get("row_version", type=int)


def _request_key(action: str) -> str:
    key = request.form.get("request_key", "")[:32]
    return f"{key}-{action}" if key else ""
