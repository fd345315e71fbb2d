"""The designer's pages: filing a design, and what was filed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from typing import cast

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from werkzeug.wrappers import Response

from ipreg import access, bundle, certificate, designs, log, logkeys, registry, stamping
from ipreg.db import transaction, utc_now
from ipreg.errors import CallerError, MissingError, ProofError
from ipreg.models import Filing, Industry, LogEntry, LogTimeStamp, Match, Role, ViewKind
from ipreg.registry import DesignForm, Picture
from ipreg.web.errors import words_of
from ipreg.web.rules import EVERYBODY, who
from ipreg.web.session import db, me, runtime, start_again
from similarity.image import PictureError, decode

bp = Blueprint("filings", __name__)


@dataclass(frozen=True)
class ShownProof:
    """The log's proof as the page shows it; ``held`` was computed just now from proof and checkpoint."""

    proof: log.InclusionProof | None
    held: bool
    broken: bool = False


@bp.get("/filings")
@who(Role.DESIGNER, Role.ENTERPRISE)
def filings() -> str:
    account, wanted = me(), designs.Wanted.read(request.args)
    return render_template(
        "filings.html",
        found=designs.search(db(), account=account, wanted=wanted),
        wanted=wanted,
        may_file=access.may_file(account),
        counted=designs.COUNTED,
    )


@bp.route("/filings/new", methods=["GET", "POST"])
@who(Role.DESIGNER, Role.ENTERPRISE)
def new() -> str | Response | tuple[str, int]:
    if request.method == "GET":
        return _form({}, [])
    pictures = _kept() + _uploaded()
    try:
        filing = registry.register_design(
            db(),
            runtime().store,
            applicant=me(),
            form=_design(),
            pictures=pictures,
            request_key=request.form.get("request_key", "")[:64] or secrets.token_hex(16),
            max_views=runtime().config.max_views,
            now=utc_now(),
        )
        number = filing.number
        db().commit()
    except CallerError as fault:
        start_again()
        faults = {_field(fault, pictures): words_of(fault)}
        return _form(faults, [one for one in pictures if _readable(one)]), 400
    with transaction(runtime().sessions) as session:
        logkeys.sign_newest(session, runtime(), now=utc_now())
    return redirect(url_for("filings.filing", number=number, new=1))


@bp.get("/filings/<number>")
@who(*EVERYBODY)
def filing(number: str) -> str:
    found = registry.get_filing(db(), number=number, account=me())
    wanted = select(Match).where(Match.filing_id == found.id).order_by(Match.probability.desc())
    return render_template(
        "filing.html",
        filing=found,
        proof=proof_of(found.log_index),
        verifier=str(logkeys.current_verifier(db(), first=runtime().log_key)),
        stamps=stamps_of(found),
        matches=db().scalars(wanted).unique().all() if access.owns_filing(me(), found) else [],
    )


@bp.get("/filings/<number>/certificate.pdf")
@who(*EVERYBODY)
def certificate_file(number: str) -> Response:
    found = registry.get_filing(db(), number=number, account=me())
    filing_id, name = found.id, found.number
    start_again()  # an authority may be asked, and no transaction waits for that
    data = certificate.obtain(runtime(), filing_id, clock=utc_now)
    return _download(data, "application/pdf", f"{name}.pdf")


@bp.get("/filings/<number>/evidence.zip")
@who(*EVERYBODY)
def evidence(number: str) -> Response:
    found = registry.get_filing(db(), number=number, account=me())
    filing_id, name = found.id, found.number
    named = access.owns_filing(me(), found) or me().role is Role.REGULATOR
    start_again()
    data = bundle.build(runtime(), filing_id, with_applicant=named, clock=utc_now)
    return _download(data, "application/zip", f"{name}.zip")


def _download(data: bytes, kind: str, name: str) -> Response:
    answer = Response(data, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def stamps_of(found: Filing) -> list[tuple[LogTimeStamp, str]]:
    """The time stamps that cover the filing, with their authorities' names."""
    index = -1 if found.log_index is None else found.log_index
    return [(one, certificate.common_name(one)) for one in stamping.stamps_covering(db(), index=index)]


def proof_of(index: int | None) -> ShownProof:
    """The inclusion proof of a log entry, truly verified."""
    proof = None
    try:
        proof = log.prove_inclusion(db(), index=-1 if index is None else index)
        proof.verify(*logkeys.verifiers(db(), first=runtime().log_key))
    except MissingError:
        return ShownProof(None, False)
    except ProofError:
        return ShownProof(proof, False, broken=True)
    entry = db().get_one(LogEntry, index)
    leaf = log.leaf_data(kind=entry.kind, statement=entry.statement, salt=entry.salt)
    return ShownProof(proof, leaf == entry.leaf, broken=leaf != entry.leaf)


def _form(faults: dict[str, str], kept: list[Picture]) -> str:
    return render_template(
        "filing_new.html",
        faults=faults,
        given=request.form,
        kept=[(_seal(one), one) for one in kept],
        request_key=request.form.get("request_key") or secrets.token_hex(16),
        today=date.today().isoformat(),  # noqa: DTZ011 - only the form's upper bound
    )


def _design() -> DesignForm:
    form = request.form
    if form.get("industry") not in list(Industry):
        raise CallerError("choice_wrong", field="industry")
    try:
        created_on = date.fromisoformat(form.get("created_on", ""))
    except ValueError as fault:
        raise CallerError("date_wrong", field="created_on") from fault
    return DesignForm(
        title=form.get("title", ""),
        industry=Industry(form["industry"]),
        creator=form.get("creator", ""),
        created_on=created_on,
        description=form.get("description", ""),
    )


def _uploaded() -> list[Picture]:
    """One field a view, each of which may hold several files."""
    return [
        Picture(kind, file.filename, file.read())
        for kind in ViewKind
        for file in request.files.getlist(f"view-{kind}")
        if file.filename
    ]


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(cast(bytes, current_app.secret_key), salt=f"kept-picture-{me().id}")


def _seal(picture: Picture) -> str:
    """A picture that came with a form at fault is stored; the form carries this instead of the file."""
    return str(_serializer().dumps([picture.kind.value, picture.filename, runtime().store.put(picture.data)]))


def _kept() -> list[Picture]:
    found = []
    for token in request.form.getlist("kept"):
        try:
            kind, filename, digest = _serializer().loads(token)
        except BadSignature:
            continue
        found.append(Picture(ViewKind(kind), filename, runtime().store.get(digest)))
    return found


def _readable(picture: Picture) -> bool:
    try:
        decode(picture.data, max_bytes=runtime().store.max_bytes, max_pixels=runtime().store.max_pixels)
    except PictureError:
        return False
    return True


def _field(fault: CallerError, pictures: list[Picture]) -> str:
    """The form's field: a fault in the n-th picture belongs to the view that it was chosen for."""
    field = fault.field or ""
    if field.startswith("pictures-"):
        return f"view-{pictures[int(field[9:])].kind}"
    return field
