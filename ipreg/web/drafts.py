"""The wizard: a design is filed in four short steps, each saved by itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from ipreg import access, disclosed, drafts, locarno, logkeys, workdays
from ipreg.db import transaction, utc_now
from ipreg.errors import CallerError, ConflictError, MissingError
from ipreg.models import Draft, Industry, RightKind, Role
from ipreg.names import RIGHTS
from ipreg.novelty import Alike, alike, waiting
from ipreg.statements import read_form
from ipreg.storage import put_ahead
from ipreg.web.downloads import name_file
from ipreg.web.errors import words_of
from ipreg.web.language import chosen, day, say
from ipreg.web.pages import SIZES
from ipreg.web.pictures import told
from ipreg.web.rules import who
from ipreg.web.session import db, me, runtime, start_again

bp = Blueprint("drafts", __name__)
N_ = str  # marks a text for extraction
LABELS = {
    "pictures": N_("Pictures"),
    "title": N_("Title"),
    "industry": N_("Industry"),
    "locarno_class": N_("Locarno class"),
    "description": N_("Description"),
    "keywords": N_("Keywords"),
    "materials": N_("Materials"),
    "colours": N_("Colours"),
    "district": N_("District"),
    "creator": N_("Creators"),
    "created_on": N_("Day of creation"),
    "disclosure": N_("Has it been shown to the public?"),
    "first_disclosed_on": N_("Day of first showing"),
    "rights_wanted": N_("Rights wanted"),
    "sealed": N_("Open or sealed"),
    "opens_on": N_("Opens on"),
}
STEPS = {
    "pictures": ("pictures",),
    "about": ("title", "industry", "locarno_class", "description", "keywords", "materials", "colours", "district"),
    "makers": ("creator", "created_on", "disclosure", "first_disclosed_on", "rights_wanted", "sealed", "opens_on"),
    "check": (),
}
Answer = str | AnyResponse | tuple[str | AnyResponse, int]
_FILE = re.compile(r"kind-(\d{1,18})")  # the field that says which view a file of the draft shows


@bp.route("/filings/drafts/<int:draft_id>/<name>", methods=["GET", "POST"])
@who(Role.DESIGNER, Role.ENTERPRISE)
def step(draft_id: int, name: str) -> Answer:
    if name not in STEPS:
        raise MissingError("page_missing")
    draft = drafts.get(db(), draft_id=draft_id, account=me())
    if draft.filing is not None:
        return redirect(url_for("filings.filing", number=draft.filing.number))
    if request.method == "GET":
        return _page(draft, name)
    if name == "check":
        return _file(draft)
    try:
        _save(draft, name)
        db().commit()
    except (CallerError, ConflictError) as fault:
        return _refused(draft_id, name, fault)
    if request.headers.get("X-Autosave"):
        return jsonify(revision=draft.revision)
    return _go_on(draft, name)


def _save(draft: Draft, name: str) -> None:
    if name == "pictures":
        kinds = {int(key[5:]): value for key, value in request.form.items() if _FILE.fullmatch(key)}
        order = [int(one) for one in request.form.getlist("order") if _FILE.fullmatch(f"kind-{one}")]
        drafts.arrange(db(), runtime().config, draft=draft, order=order, kinds=kinds, now=utc_now())
        _act_on_file(draft)
        return
    revision = request.form.get("revision", -1, type=int)
    drafts.save(db(), draft=draft, values=_entered(name), revision=revision, now=utc_now())


def _act_on_file(draft: Draft) -> None:
    """The buttons beside a picture, which work without JavaScript."""
    for button, by in (("up", -1), ("down", 1)):
        if file_id := request.form.get(button, type=int):
            drafts.move(db(), draft=draft, file_id=file_id, by=by, now=utc_now())
    if file_id := request.form.get("remove", type=int):
        drafts.remove_file(db(), draft=draft, file_id=file_id, now=utc_now())


def _entered(name: str) -> dict[str, Any]:
    found: dict[str, Any] = {one: request.form.get(one, "") for one in STEPS[name] if one != "creator"}
    if name == "makers":
        pairs = zip(request.form.getlist("creator"), request.form.getlist("share"), strict=False)
        found["creators"] = [[who.strip(), share.strip()] for who, share in pairs if who.strip() or share.strip()]
        found["rights_wanted"] = request.form.getlist("rights_wanted")
    return found


def _go_on(draft: Draft, name: str) -> Answer:
    """Where the pressed button leads; forward only where nothing is at fault here."""
    names = list(STEPS)
    at, go = names.index(name), request.form.get("go", "")
    if go == "next":
        found = {field: words_of(fault) for field, fault in _faults_here(draft, name).items()}
        if found:
            return _page(draft, name, faults=found), 400
        return redirect(url_for("drafts.step", draft_id=draft.id, name=names[at + 1]))
    if go == "back" and at:
        return redirect(url_for("drafts.step", draft_id=draft.id, name=names[at - 1]))
    if go == "leave":
        return redirect(url_for("filings.filings"))
    more = 1 if go == "more" else None
    return redirect(url_for("drafts.step", draft_id=draft.id, name=name, more=more))


def _faults_here(draft: Draft, name: str) -> dict[str, CallerError]:
    return {field: fault for field, fault in drafts.faults(draft, utc_now()).items() if field in STEPS[name]}


def _refused(draft_id: int, name: str, fault: CallerError | ConflictError) -> Answer:
    """What was entered is shown again; with another tab's change the next press overrides it, knowingly."""
    start_again()
    words = words_of(fault)
    if request.headers.get("X-Autosave"):
        return jsonify(fault=words), 409
    field = (fault.field or "") if isinstance(fault, CallerError) else ""
    draft = drafts.get(db(), draft_id=draft_id, account=me())
    status = 400 if isinstance(fault, CallerError) else 409
    given = None if name == "pictures" else _entered(name)
    return _page(draft, name, faults={field: words}, given=given), status


def _file(draft: Draft) -> Answer:
    draft_id, put = draft.id, drafts.putting(runtime().store, draft, utc_now())
    db().rollback()
    sealed = put()
    start_again()
    draft = drafts.get(db(), draft_id=draft_id, account=me())
    try:
        filing = drafts.file_draft(
            db(), runtime().store, runtime().config, draft=draft, sealed_ahead=sealed, now=utc_now()
        )
        number = filing.number
        db().commit()
    except CallerError as fault:
        start_again()
        draft = drafts.get(db(), draft_id=draft_id, account=me())
        return _page(draft, "check", faults={"": words_of(fault)}), 400
    with transaction(runtime().sessions) as session:
        logkeys.sign_newest(session, runtime(), now=utc_now())
    return redirect(url_for("filings.filing", number=number, new=1))


@bp.post("/filings/drafts/<int:draft_id>/files")
@who(Role.DESIGNER, Role.ENTERPRISE)
def add(draft_id: int) -> Answer:
    """One file or several; what is good is kept, and for each other its fault is told."""
    store, config = runtime().store, runtime().config
    key, shelf = drafts.key_for(store, drafts.get(db(), draft_id=draft_id, account=me()), utc_now())
    start_again().rollback()  # looking at a picture takes a while, and nobody else is to wait for it
    looked, faults = [], []
    for file in request.files.getlist("files"):
        name = file.filename or ""
        if not name:  # a browser without scripts sends the field in which nothing was chosen as well
            continue
        try:
            looked.append((name, drafts.look(config, file.read())))
        except CallerError as fault:
            faults.append((name, words_of(fault)))
    put_ahead(shelf, (one.data for _, one in looked))
    start_again()
    draft = drafts.get(db(), draft_id=draft_id, account=me())
    for name, one in looked:
        try:
            drafts.add_file(db(), store, config, draft=draft, filename=name, looked=one, key=key, now=utc_now())
        except CallerError as fault:
            faults.append((name, words_of(fault)))
    db().commit()
    if request.headers.get("X-Autosave"):
        page = render_template("draft_files.html", draft=draft, max_views=config.max_views)
        return jsonify(files=page, faults=[words for _, words in faults]), 400 if faults else 200
    if faults:
        return _page(draft, "pictures", faults={"pictures": "\n".join(f"{n}: {w}" for n, w in faults)}), 400
    return redirect(url_for("drafts.step", draft_id=draft_id, name="pictures"))


@bp.get("/filings/drafts/<int:draft_id>/files/<int:file_id>")
@who(Role.DESIGNER, Role.ENTERPRISE)
def picture(draft_id: int, file_id: int) -> AnyResponse:
    draft = drafts.get(db(), draft_id=draft_id, account=me())
    file = next((one for one in draft.files if one.id == file_id), None)
    if file is None:
        raise MissingError("draft_missing")
    shelf = drafts.shelf_of(runtime().store, draft)
    size = request.args.get("size", type=int)
    if size is None or not file.shown:
        return name_file(Response(shelf.pieces(file.sha256), mimetype=file.media_type), file.filename)
    side = min(SIZES, key=lambda one: abs(one - size))
    return _jpeg(shelf.thumbnail(file.sha256, side))


@bp.post("/filings/drafts/<int:draft_id>/discard")
@who(Role.DESIGNER, Role.ENTERPRISE)
def discard(draft_id: int) -> AnyResponse:
    drafts.discard(db(), draft=drafts.get(db(), draft_id=draft_id, account=me()), now=utc_now())
    db().commit()
    return redirect(url_for("filings.filings"))


@bp.get("/filings/drafts/<int:draft_id>/alike")
@who(Role.DESIGNER, Role.ENTERPRISE)
def findings(draft_id: int) -> str:
    """The part of the last step that comes when the comparing is done."""
    draft = drafts.get(db(), draft_id=draft_id, account=me())
    return render_template("draft_alike.html", draft=draft, waiting=waiting(draft), alike=_alike(draft))


@bp.get("/filings/drafts/<int:draft_id>/alike/<int:finding_id>")
@who(Role.DESIGNER, Role.ENTERPRISE)
def alike_picture(draft_id: int, finding_id: int) -> AnyResponse:
    """A picture that is alike, where the account may see it."""
    draft = drafts.get(db(), draft_id=draft_id, account=me())
    found = next((one for one in _alike(draft) if one.finding.id == finding_id and one.file is not None), None)
    if found is None or found.file is None:
        raise MissingError("draft_missing")
    if found.filing:
        told(found.filing, "filing.picture")
    shelf = runtime().store.shelf(found.filing.vault_key if found.filing else None)
    return _jpeg(shelf.thumbnail(found.file.sha256, 640))


def _alike(draft: Draft) -> list[Alike]:
    return alike(db(), runtime().config, draft=draft, account=me(), now=utc_now())


def _jpeg(data: bytes) -> AnyResponse:
    answer = Response(data, mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


def _page(
    draft: Draft, name: str, *, faults: dict[str, str] | None = None, given: dict[str, Any] | None = None
) -> str:
    now = utc_now()
    today = workdays.shanghai_day(now)
    form, wrong = read_form(draft.values, now)
    more: dict[str, Any] = {}
    if name == "check":
        missing = drafts.faults(draft, now)
        more = {
            "form": form,
            "missing": {field: words_of(fault) for field, fault in missing.items()},
            "step_of": {field: one for one, fields in STEPS.items() for field in fields},
            "waiting": waiting(draft),
            "alike": _alike(draft),
        }
    dates_hold = not {"disclosure", "first_disclosed_on"} & set(wrong)
    return render_template(
        f"draft_{name}.html",
        draft=draft,
        steps=list(STEPS),
        step=name,
        faults=faults or {},
        given=draft.values if given is None else given,
        first_creator=me().name if me().role is Role.DESIGNER else "",
        places=_places(form.industry if "industry" not in wrong else None),
        warned=disclosed.warnings(form.disclosure, form.first_disclosed_on, form.rights_wanted, today)
        if dates_hold
        else [],
        today=today.isoformat(),
        tomorrow=(today + timedelta(days=1)).isoformat(),
        max_views=runtime().config.max_views,
        may_file=access.may_file(me()),
        **more,
    )


@bp.app_template_global()
def days_in(text: str, days: dict[str, date]) -> str:
    """A warning with its days, as the reader writes days."""
    return say(text) % {name: day(one) for name, one in days.items()}


@bp.app_template_global()
def labels_of_fields() -> dict[str, str]:
    """What the wizard calls its fields."""
    return {field: say(label) for field, label in LABELS.items()}


@bp.app_template_global()
def creators_line(given: Sequence[Sequence[str]] | None) -> str:
    """Names with their shares, as they were entered."""
    return say(", ").join(f"{name} {share} %".removesuffix("  %") for name, share in given or ())


bp.add_app_template_global(locarno.goods_of, "goods_of")


@bp.app_template_global()
def locarno_line(number: str | None) -> str:
    """A class with its name in the reader's language."""
    return locarno.line_of(number, chosen())


@bp.app_template_global()
def rights_line(wanted: Sequence[RightKind]) -> str:
    """The kinds of right, in one line."""
    return say(", ").join(say(RIGHTS[one]) for one in wanted)


def _places(industry: Industry | None) -> list[locarno.Place]:
    """The classes that the industry mostly needs come first."""
    usual = locarno.USUAL.get(industry, ()) if industry else ()
    return sorted(locarno.PLACES, key=lambda one: (one.number not in usual, one.number))
