"""The public verification page: a number, a file's digest or a QR code, without an account."""

from __future__ import annotations

import json

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ipreg import amending, bundle, logkeys, lookup
from ipreg.db import utc_now
from ipreg.errors import CallerError, MissingError
from ipreg.models import Filing, FilingVersion
from ipreg.seal import open_seal
from ipreg.web.downloads import name_file
from ipreg.web.errors import words_of
from ipreg.web.filings import proof_of, stamps_of
from ipreg.web.rules import public
from ipreg.web.session import db, runtime

bp = Blueprint("verify", __name__)
Answer = str | Response | tuple[str, int]


@bp.get("/verify")
@public
def start() -> Answer:
    number, digest = request.args.get("number", ""), request.args.get("digest", "")
    try:
        if number.strip():
            return redirect(url_for("verify.record", number=lookup.clean_number(number)))
        if digest.strip():
            return _answer(lookup.clean_digest(digest))
    except CallerError as fault:
        return _form({fault.field or "": words_of(fault)}), 400
    return _form({})


def _answer(digest: str) -> Answer:
    """The record of the earliest filing with this digest, or that there is none."""
    found = lookup.by_digest(db(), digest)
    if found is None:
        return _form({}, missing=digest), 404
    return _record(found.filing, found, digest)


@bp.get("/verify/<number>")
@public
def record(number: str) -> Answer:
    try:
        filing = lookup.by_number(db(), number)
        digest = request.args.get("digest", "")
        if not digest.strip():
            return _record(filing)
        digest = lookup.clean_digest(digest)
        return _record(filing, lookup.by_digest(db(), digest, number=filing.number), digest)
    except CallerError as fault:
        return _form({fault.field or "": words_of(fault)}), 400
    except MissingError as fault:
        return _form({"number": words_of(fault)}), 404


@bp.post("/verify/code")
@public
def code() -> Answer:
    """A photograph of a QR code, for browsers that can't read one themselves. It is read and not kept."""
    photo = request.files.get("photo")
    try:
        number = lookup.read_code(
            photo.read() if photo else b"",
            max_bytes=runtime().config.max_file_bytes,
            max_pixels=runtime().config.max_pixels,
        )
    except CallerError as fault:
        return _form({"photo": words_of(fault)}), 400
    return redirect(url_for("verify.record", number=number))


@bp.get("/verify/verifier.py")
@public
def verifier_file() -> Response:
    return _download(bundle.verifier_source(), "text/x-python", "verifier.py")


@bp.get("/verify/registry-ca.pem")
@public
def registry_ca() -> Response:
    """The root above the certificates' signatures, to import where a reader of PDF should trust them."""
    seal = open_seal(runtime().secrets, owner=runtime().config.origin, now=utc_now())
    return _download(bundle.to_pem([seal.ca]), "application/x-pem-file", "registry-ca.pem")


def _download(data: bytes, kind: str, name: str) -> Response:
    answer = name_file(Response(data, mimetype=kind), name)
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


def _form(faults: dict[str, str], missing: str = "") -> str:
    return render_template("verify.html", faults=faults, given=request.args, missing=missing)


def _record(filing: Filing, found: lookup.Found | None = None, digest: str = "") -> str:
    versions = amending.versions_of(db(), filing)
    shown = _shown(versions, digest)
    return render_template(
        "verify_record.html",
        filing=filing,
        found=found,
        digest=digest,
        versions=versions,
        shown=shown,
        files=json.loads(shown.manifest)["files"],
        proof=proof_of(shown.log_index),
        stamps=stamps_of(shown.log_index),
        verifier=str(logkeys.current_verifier(db(), first=runtime().log_key)),
    )


def _shown(versions: list[FilingVersion], digest: str) -> FilingVersion:
    """The version that is asked for, else the first that holds the file, else the newest."""
    asked = request.args.get("version", 0, type=int)
    holding = (one for one in versions if digest and digest in one.manifest)
    return next((one for one in versions if one.version == asked), next(holding, versions[-1]))
