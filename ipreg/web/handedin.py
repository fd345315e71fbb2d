"""What the pages of the parties share: reading a form of papers, and giving out files and papers."""

from __future__ import annotations

from typing import Any

from flask import request, send_file, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ipreg import audit
from ipreg.casework import appeals, machine, papers, submissions, table
from ipreg.casework.submissions import Paper as HandedIn
from ipreg.casework.submissions import Party, Upload
from ipreg.casework.table import Part
from ipreg.db import transaction, utc_now
from ipreg.errors import CallerError, MissingError
from ipreg.models import Account, Case, CasePaper, RespondentLink, Submission, SubmissionKind
from ipreg.web.session import db, keep_ahead, me, runtime


def read_form() -> HandedIn:
    """The form as it came; raises ``CallerError`` for a kind that is none."""
    kind = request.form.get("kind", "")
    if kind not in list(SubmissionKind):
        raise CallerError("choice_wrong", field="kind")
    files = request.files.getlist("files")
    return HandedIn(
        kind=SubmissionKind(kind),
        text=request.form.get("text", ""),
        uploads=[Upload(one.filename or "", one.read()) for one in files if one.filename],
        confidential=bool(request.form.get("confidential")),
    )


def take_in(case: Case, party: Party) -> Submission:
    """Hands the form in for ``party``; the view commits."""
    paper = read_form()
    keep_ahead(runtime().store, [one.data for one in paper.uploads])
    return submissions.submit(
        db(),
        runtime().store,
        case=case,
        party=party,
        paper=paper,
        request_key=request.form.get("request_key", ""),
        now=utc_now(),
    )


def told(one: Submission) -> None:
    """Who reads what is for the authority alone stands in the audit trail, whichever way he reads it."""
    if one.confidential:
        audit.record(db(), actor=me(), action="case.confidential", subject=one.receipt, now=utc_now())


def takes_appeal(case: Case, side: Part) -> bool:
    """Whether the page offers the side its appeal."""
    return table.find(case.state, "appealed") is not None and appeals.may_appeal(case, side, utc_now())


def file_of(one: Submission, position: int) -> Response:
    """A file of a submission, to keep and never to run: only pictures are shown in the browser."""
    for file in one.files:
        if file.position == position:
            shown = request.args.get("show") and file.media_type in ("image/jpeg", "image/png", "image/webp")
            name = f"{one.receipt.replace('/', '-')}-{file.name}"
            kind = file.media_type if shown else "application/octet-stream"
            answer = send_file(
                runtime().store.path(file.sha256), mimetype=kind, as_attachment=not shown, download_name=name
            )
            answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; img-src 'self'"
            return answer
    raise MissingError("submission_missing")


def paper_file(found: CasePaper, reader: Party) -> Response:
    """The paper; who opens it first is served by that."""
    serve_paper(found, reader)
    return send_file(
        runtime().store.path(found.sha256),
        mimetype="application/pdf",
        as_attachment=True,
        download_name=papers.file_name(found),
    )


def serve_paper(found: CasePaper, reader: Party) -> None:
    """Who has it now for the first time is served with it. Who asks for its headers only (HEAD) has not got it."""
    if request.method == "HEAD":
        return
    with transaction(runtime().sessions) as session:
        machine.one_at_a_time(session, found.case_id)  # who opens it twice at once, or two who open it, each get it
        paper = session.get_one(CasePaper, found.id)
        papers.serve(session, paper=paper, reader=_here(session, reader), now=utc_now())


def _here(session: Session, reader: Party) -> Party:
    """The same reader in this session: the request's own object belongs to the request's."""
    if isinstance(reader, Account):
        return session.get_one(Account, reader.id)
    return session.get_one(RespondentLink, reader.id)


def absolute(endpoint: str, **values: Any) -> str:
    """An address that also works on paper."""
    return runtime().config.public_url.rstrip("/") + url_for(endpoint, **values)
