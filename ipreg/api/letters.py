"""Letters to sellers and platforms over the API: drawn up from an alert, sent, followed through."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from ipreg import access, alerts
from ipreg.api import lettershapes, shapes
from ipreg.api.alerts import person
from ipreg.api.calls import Done, download, request_key
from ipreg.api.cases import whole as whole_case
from ipreg.api.operation import Routes
from ipreg.api.paging import cursor_of, number_of
from ipreg.db import utc_now
from ipreg.errors import ConflictError, MissingError, UpstreamError
from ipreg.models import LegalLetter, LegalLetterKind, LegalOutcome, Role, Scope
from ipreg.registry import Attached
from ipreg.response import form as forms
from ipreg.response import letters, mailing, making, steps, table, texts
from ipreg.response.steps import Given
from ipreg.warning.owners import owner_for
from ipreg.web.language import chosen
from ipreg.web.pictures import told
from ipreg.web.session import db, keep_ahead, me, runtime, start_again

N_ = str  # marks a text for extraction
bp = Blueprint("api_letters", __name__)
routes = Routes(bp, N_("Letters"))
_OWNERS = (Role.DESIGNER, Role.ENTERPRISE)
_READ = {"scope": Scope.ALERTS_READ, "roles": _OWNERS}
_WRITE = {"scope": Scope.ALERTS_WRITE, "roles": _OWNERS, "errors": (404, 409, 413, 415, 422)}
_PAGES = 10_000


@routes.get(
    "/letters",
    N_("Your letters, those with the nearest day first"),
    **_READ,
    query=lettershapes.LettersAsked,
    answer=shapes.Page[lettershapes.LetterBrief],
)
def list_letters(query: lettershapes.LettersAsked) -> shapes.Page[lettershapes.LetterBrief]:
    start = min(number_of(query.cursor) or 0, letters.PAGE * _PAGES)
    asked = letters.Asked(state=query.state, kind=query.kind or "")
    found, more = letters.listed(db(), account=me(), asked=asked, start=start, limit=query.limit)
    following = cursor_of(str(start + len(found))) if more else None
    items = [lettershapes.LetterBrief.model_validate(_brief(one)) for one in found]
    return shapes.Page[lettershapes.LetterBrief](items=items, next=following)


@routes.post(
    "/alerts/<int:alert_id>/letters",
    N_("Draws a letter up from an alert"),
    description=N_(
        "JSON alone, or a form of several parts: `letter` with the JSON, and `files` as annexes. An open alert is"
        " confirmed by it. Where its papers could not be made yet, `state` is `making`: ask for them once more."
    ),
    **_WRITE,
    body=lettershapes.NewLetter,
    part="letter",
    files=("files",),
    plain=True,
    answer=lettershapes.LegalLetter,
    status=201,
)
def new_letter(alert_id: int, form: lettershapes.NewLetter, files: dict[str, list[FileStorage]]) -> Done:
    alert, kind = alerts.get_alert(db(), alert_id=alert_id, account=me()), LegalLetterKind(form.kind)
    stated = form.model_dump(exclude_none=True, exclude={"kind"})
    for name in ("matches", "measures"):
        if name in stated:
            stated[name] = tuple(stated[name])
    known = forms.offer(db(), alert, kind, account=me(), locale=chosen()).form
    wish = making.Wish(kind, replace(known, **stated), uploads=_uploads(files), request_key=request_key())
    made = making.draft(db(), runtime().store, alert=alert, account=me(), wish=wish, now=utc_now())
    letter_id, place = made.id, f"/api/v1/letters/{made.number}"
    return Done(whole(made), place, after=lambda: _make(letter_id))


@routes.get("/letters/<number>", N_("One letter"), **_READ, answer=lettershapes.LegalLetter, errors=(404,))
def letter(number: str) -> lettershapes.LegalLetter:
    return whole(_found(number))


@routes.get(
    "/letters/<number>/files/<int:position>",
    N_("A file of a letter"),
    **_READ,
    media="application/octet-stream",
    errors=(404,),
)
def letter_file(number: str, position: int) -> Response:
    found = _found(number)
    letters.require_open(db(), me(), found)
    told(found.filing, "filing.letter")
    file = next((one for one in found.files if one.position == position), None)
    if file is None:
        raise MissingError("letter_missing")
    data = steps.shelf_of(runtime().store, found).get(file.sha256)
    return download(data, "application/octet-stream", f"{number}-{file.name}")


@routes.get(
    "/letters/<number>/zip",
    N_("Everything to hand in (ZIP): the signed letter and its annexes"),
    **_READ,
    media="application/zip",
    errors=(404, 409),
)
def letter_zip(number: str) -> Response:
    found = _found(number)
    letters.require_open(db(), me(), found)
    told(found.filing, "filing.letter")
    letters.require_made(found)
    with making.packed(runtime().store, found) as whole_file:
        return download(whole_file.read(), "application/zip", f"{found.number}.zip")


@routes.post(
    "/letters/<number>/make",
    N_("Makes the papers, where that could not be done at first"),
    **{**_WRITE, "errors": (404, 409, 422, 502)},
    answer=lettershapes.LegalLetter,
)
def make_letter(number: str) -> Done:
    found = _found(number)
    steps.require_actor(me(), found)
    letter_id = found.id
    db().rollback()  # signing and stamping take a while, and no transaction waits for that
    making.make(runtime(), letter_id, clock=utc_now)
    start_again().expire_all()
    return Done(whole(_found(number)))


@routes.post(
    "/letters/<number>/mail",
    N_("Sends a letter by e-mail"),
    **_WRITE,
    body=lettershapes.MailLetter,
    answer=lettershapes.LegalLetter,
)
def mail_letter(number: str, body: lettershapes.MailLetter) -> Done:
    found = _found(number)
    mailing.queue(
        db(), runtime().store, letter=found, account=me(), email=body.email, row_version=body.row_version,
        request_key=request_key(), now=utc_now(),
    )  # fmt: skip
    return _done(found)


@routes.post(
    "/letters/<number>/hand-over",
    N_("The letter's alert goes to the regulator, with all its letters"),
    **_WRITE,
    answer=shapes.Case,
)
def hand_letter_over(number: str) -> Done:
    found = _found(number)
    case = letters.hand_over(db(), runtime().store, alert=found.alert, account=me(), now=utc_now())
    db().flush()
    db().refresh(case)
    return Done(whole_case(case), f"/api/v1/cases/{case.number}")


@routes.post(
    "/letters/<number>/steps/<action>",
    N_("Writes down what became of a letter"),
    description=N_(
        "The letter's `steps` name what is possible now. JSON alone, or a form of several parts: `step` with the"
        " JSON, and `files`."
    ),
    **_WRITE,
    body=lettershapes.LetterStep,
    part="step",
    files=("files",),
    plain=True,
    answer=lettershapes.LegalLetter,
)
def letter_step(
    number: str, action: str, form: lettershapes.LetterStep, files: dict[str, list[FileStorage]]
) -> Done:
    found = _found(number)
    values: dict[str, Any] = form.model_dump(include={"way", "to", "number", "reference"}, exclude_none=True)
    if action == "countered":
        values["elements"] = form.elements
    given = Given(
        on=form.on,
        note=form.note,
        values=values,
        outcome=LegalOutcome(form.outcome) if form.outcome else None,
        uploads=_uploads(files),
        request_key=request_key(),
    )
    keep_ahead(steps.shelf_of(runtime().store, found), [one.data for one in given.uploads])
    steps.step(
        db(), runtime().store, letter=found, action=action, actor=me(), given=given,
        row_version=form.row_version, now=utc_now(),
    )  # fmt: skip
    return _done(found)


def _found(number: str) -> LegalLetter:
    return letters.get(db(), number=number, account=me())


def _make(letter_id: int) -> None:
    """The papers, with no transaction open; what can't be made now is asked for once more."""
    try:
        making.make(runtime(), letter_id, clock=utc_now)
    except (ConflictError, UpstreamError):
        return


def _uploads(files: dict[str, list[FileStorage]]) -> list[Attached]:
    return [Attached(one.filename or "", one.read()) for one in files["files"]]


def _done(found: LegalLetter) -> Done:
    db().flush()
    db().refresh(found)
    return Done(whole(found))


@routes.get(
    "/letter-texts/<kind>",
    N_("Your texts of a kind of letter (`warning`, `notice`), or an earlier version of them"),
    **_READ,
    query=shapes.VersionAsked,
    answer=lettershapes.LetterTexts,
    errors=(404,),
)
def letter_texts(kind: str, query: shapes.VersionAsked) -> lettershapes.LetterTexts:
    return _own_texts(_text_kind(kind), query.version)


@routes.put(
    "/letter-texts/<kind>",
    N_("Writes your texts of a kind of letter anew"),
    description=N_("Every version is kept. Where a colleague was faster: 409."),
    **_WRITE,
    body=lettershapes.NewLetterTexts,
    answer=lettershapes.LetterTexts,
)
def write_letter_texts(kind: str, body: lettershapes.NewLetterTexts) -> Done:
    sort = _text_kind(kind)
    texts.save(
        db(), owner=owner_for(me()), kind=sort, account=me(), text_zh=body.text_zh, text_en=body.text_en,
        seen=body.seen_version, now=utc_now(),
    )  # fmt: skip
    return Done(_own_texts(sort))


def _text_kind(kind: str) -> LegalLetterKind:
    if kind not in list(LegalLetterKind):
        raise MissingError("page_missing")
    return LegalLetterKind(kind)


def _own_texts(kind: LegalLetterKind, version: int | None = None) -> lettershapes.LetterTexts:
    found = texts.texts_of(db(), owner_for(me()), kind, version)
    return lettershapes.LetterTexts(kind=kind.value, version=found.version, text_zh=found.zh, text_en=found.en)


# --- Shapes


def _brief(found: LegalLetter) -> dict[str, Any]:
    names = (
        "number", "addressee", "created_at", "sent_on", "answer_by", "due_on", "next_on", "row_version",
    )  # fmt: skip
    return {name: getattr(found, name) for name in names} | {
        "kind": found.kind.value,
        "state": found.state.value,
        "outcome": found.outcome.value if found.outcome else None,
        "alert": found.alert_id,
        "filing": found.filing.number,
    }


def whole(found: LegalLetter) -> lettershapes.LegalLetter:
    """A letter as its page shows it."""
    acts = access.can_act_on_alert(me(), found.alert)
    of_file = ("position", "role", "name", "media_type", "size", "sha256", "sm3")
    of_event = ("position", "action", "at", "details", "note", "log_index")
    return lettershapes.LegalLetter.model_validate(
        _brief(found)
        | {
            "languages": found.languages,
            "files": [{name: getattr(one, name) for name in of_file} for one in found.files],
            "events": [
                {name: getattr(one, name) for name in of_event} | {"actor": person(one.actor)}
                for one in found.events
            ],
            "steps": table.possible(found.kind, found.state, found.outcome) if acts else [],
        }
    )
