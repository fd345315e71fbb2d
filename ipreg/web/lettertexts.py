"""An owner's own texts of letters: edited with named placeholders, previewed, every version kept."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from ipreg import access, workdays
from ipreg.db import utc_now
from ipreg.errors import CallerError, ConflictError, MissingError
from ipreg.models import Alert, LegalLetterKind
from ipreg.response import facts, form, texts
from ipreg.response.standard import standard
from ipreg.rights.records import records_of
from ipreg.warning.owners import may_manage, owner_for
from ipreg.web.alerts import OWNERS
from ipreg.web.errors import words_of
from ipreg.web.rules import who
from ipreg.web.session import db, me, start_again

bp = Blueprint("lettertexts", __name__)
_FIELDS = ("text_zh", "text_en")


@bp.route("/letter-texts/<kind>", methods=["GET", "POST"])
@who(*OWNERS)
def text(kind: str) -> str | Response | tuple[str, int]:
    if kind not in list(LegalLetterKind):
        raise MissingError("page_missing")
    sort, owner = LegalLetterKind(kind), owner_for(me())
    if request.method == "GET":
        held = texts.texts_of(db(), owner, sort, request.args.get("version", type=int))
        written = standard(sort) if request.args.get("standard") else (held.zh, held.en)
        return _page(sort, dict(zip(_FIELDS, written, strict=True)), {})
    given = {name: request.form.get(name, "").replace("\r\n", "\n") for name in _FIELDS}
    try:
        if request.form.get("what") == "preview":
            checked = {name: texts.checked(sort, given[name], name) for name in _FIELDS}
            return _page(sort, given, {}, preview=_preview(sort, checked))
        texts.save(
            db(), owner=owner, kind=sort, account=me(), **given, seen=request.form.get("seen", 0, type=int),
            now=utc_now(),
        )  # fmt: skip
    except (CallerError, ConflictError) as fault:
        start_again()
        return _page(sort, given, {getattr(fault, "field", None) or "": words_of(fault)}), 400
    db().commit()
    return redirect(url_for("lettertexts.text", kind=kind, saved=1))


def _page(
    kind: LegalLetterKind, given: dict[str, str], faults: dict[str, str], preview: dict[str, object] | None = None
) -> str:
    owner = owner_for(me())
    return render_template(
        "letter_text.html",
        kind=kind,
        given=given,
        faults=faults,
        preview=preview,
        held=texts.texts_of(db(), owner, kind),
        versions=texts.versions_of(db(), owner, kind),
        placeholders=texts.PLACEHOLDERS,
        needed=texts.NEEDED[kind],
        may_edit=may_manage(me(), owner),
        saved=request.args.get("saved"),
    )


def _preview(kind: LegalLetterKind, checked: dict[str, str]) -> dict[str, object] | None:
    """Both texts, filled from the account's newest alert with a listing; None where it has none yet."""
    seen = select(Alert).where(access.alerts_seen_by(db(), me()), Alert.platform != "")
    alert = db().scalar(seen.order_by(Alert.id.desc()).limit(1))
    if alert is None:
        return None
    matches = form.listed(db(), alert)[:3]
    sample = form.offer_anyway(db(), alert, kind, matches, account=me())
    now = utc_now()
    return {
        name: facts.paragraphs(
            texts.fill(
                text,
                facts.placeholder_values(
                    alert=alert, form=sample, kind=kind, number="HJ0000-0000000-0", matches=matches,
                    records=records_of(db(), alert.match.filing), answer_by=workdays.shanghai_day(now), now=now,
                    language=name.removeprefix("text_"),
                ),
            )
        )
        for name, text in checked.items()
    }  # fmt: skip
