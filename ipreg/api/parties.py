"""Work on a case over the API: what is handed in, the papers issued, notes, tasks, many cases at once."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from ipreg import audit, sealing
from ipreg import cases as service
from ipreg.api import partyshapes, shapes
from ipreg.api.alerts import person
from ipreg.api.calls import Done, download, refused, request_key
from ipreg.api.cases import whole
from ipreg.api.operation import Routes
from ipreg.casework import bulk, casebundle, complaints, links, machine, papers, submissions, table, together
from ipreg.casework.bulk import Chosen
from ipreg.casework.complaints import Complaint
from ipreg.casework.machine import Given
from ipreg.casework.submissions import Paper, Upload
from ipreg.casework.table import Part
from ipreg.db import utc_now
from ipreg.errors import CallerError, MissingError
from ipreg.models import Case, CaseNote, CasePaper, CaseTask, Role, Scope, Submission, SubmissionKind
from ipreg.web import handedin
from ipreg.web.complaints import lodge
from ipreg.web.session import db, keep_ahead, me, runtime

N_ = str  # marks a text for extraction
bp = Blueprint("api_parties", __name__)
routes = Routes(bp, N_("Work on cases"))
_OWNERS = (Role.ENTERPRISE, Role.DESIGNER)
_ALL = (Role.REGULATOR, Role.AUDITOR, *_OWNERS)
_READ = {"scope": Scope.CASES_READ, "roles": _ALL, "errors": (404,)}
_OFFICIAL = {"scope": Scope.CASES_READ, "roles": (Role.REGULATOR, Role.AUDITOR), "errors": (404,)}
_WRITE = {"scope": Scope.CASES_WRITE, "errors": (404, 409, 413, 415, 422)}
_BYTES = "application/octet-stream"


# --- What is handed in


@routes.get(
    "/cases/<number>/submissions",
    N_("What was handed in, as far as it is for you"),
    **_READ,
    answer=shapes.Page[partyshapes.Submission],
)
def list_submissions(number: str) -> shapes.Page[partyshapes.Submission]:
    found = submissions.seen_by(db(), _case(number), me())
    for one in found:
        handedin.told(one)
    return shapes.Page[partyshapes.Submission](items=[_submission(one) for one in found], next=None)


@routes.post(
    "/cases/<number>/submissions",
    N_("Hands a statement in, with evidence"),
    description=N_(
        "JSON alone, or a form of several parts: `submission` with the JSON, and `files` (pictures and PDF). The"
        " other side reads it, unless it is confidential. The answer is the receipt."
    ),
    **_WRITE,
    roles=_OWNERS,
    body=partyshapes.NewSubmission,
    part="submission",
    files=("files",),
    plain=True,
    answer=partyshapes.Submission,
    status=201,
)
def hand_in(number: str, form: partyshapes.NewSubmission, files: dict[str, list[FileStorage]]) -> Done:
    paper = Paper(SubmissionKind(form.kind), form.text, _uploads(files["files"]), form.confidential)
    _case(number)  # who has no part in it leaves nothing
    keep_ahead(runtime().store, [one.data for one in paper.uploads])
    made = submissions.submit(
        db(), runtime().store, case=_case(number), party=me(), paper=paper, request_key=request_key(), now=utc_now()
    )
    return Done(_submission(made), f"/api/v1/cases/{number}/submissions/{made.serial}")


@routes.get(
    "/cases/<number>/submissions/<int:serial>",
    N_("One that was handed in"),
    **_READ,
    answer=partyshapes.Submission,
)
def submission(number: str, serial: int) -> partyshapes.Submission:
    return _submission(_handed_in(number, serial))


@routes.get(
    "/cases/<number>/submissions/<int:serial>/files/<int:position>",
    N_("A file that was handed in"),
    **_READ,
    media=_BYTES,
)
def submission_file(number: str, serial: int, position: int) -> Response:
    one = _handed_in(number, serial)
    file = next((each for each in one.files if each.position == position), None)
    if file is None:
        raise MissingError("submission_missing")
    return download(runtime().store.get(file.sha256), _BYTES, f"{one.receipt.replace('/', '-')}-{file.name}")


# --- Papers


@routes.get(
    "/cases/<number>/papers",
    N_("The papers that were issued, as far as they are for you"),
    **_READ,
    answer=shapes.Page[partyshapes.CasePaper],
)
def list_papers(number: str) -> shapes.Page[partyshapes.CasePaper]:
    found = papers.papers_of(db(), _case(number), me())
    return shapes.Page[partyshapes.CasePaper](items=[_paper(one) for one in found], next=None)


@routes.get(
    "/cases/<number>/papers/<int:paper_id>",
    N_("A paper (PDF)"),
    description=N_("A party that reads it for the first time has been served with it, and deadlines may begin."),
    **_READ,
    media="application/pdf",
)
def paper_file(number: str, paper_id: int) -> Response:
    found = papers.find(db(), case=_case(number), paper_id=paper_id, reader=me())
    handedin.serve_paper(found, me())
    return download(runtime().store.get(found.sha256), "application/pdf", papers.file_name(found))


@routes.get(
    "/cases/<number>/documents/<int:position>/<int:which>",
    N_("A document of a step"),
    **_OFFICIAL,
    media=_BYTES,
)
def case_document(number: str, position: int, which: int) -> Response:
    for event in _case(number).events:
        kept = event.details.get("documents", []) if event.position == position else []
        if which < len(kept):
            if (one := submissions.of_step(db(), event)) is not None:
                handedin.told(one)
            return download(runtime().store.get(kept[which]["sha256"]), _BYTES, kept[which]["name"])
    raise MissingError("case_missing")


@routes.get(
    "/cases/<number>/bundle",
    N_("The whole case (ZIP), as far as it is for you, with its proofs"),
    **_READ,
    media="application/zip",
)
def case_bundle(number: str) -> Response:
    found = _case(number)
    audit.record(db(), actor=me(), action="case.bundle", subject=found.number, now=utc_now())
    for one in submissions.seen_by(db(), found, me()):
        handedin.told(one)
    return download(
        casebundle.build(runtime(), found.id, reader=me(), clock=utc_now), "application/zip", f"{number}.zip"
    )


@routes.post(
    "/cases/<number>/notice",
    N_("Issues the notice where the case is ready for it, and a one-time link for the other side"),
    **_WRITE,
    roles=(Role.REGULATOR,),
    body=partyshapes.NewNotice,
    answer=partyshapes.RespondentLink,
    secret=True,
)
def issue_notice(number: str, body: partyshapes.NewNotice) -> Done:
    found = _case(number)
    machine.require_current(found, body.row_version)
    if table.find(found.state, "notice_issued") is not None:
        given = Given(reason=body.reason)
        machine.transition(db(), case=found, action="notice_issued", actor=me(), given=given, now=utc_now())
    link, token = links.issue(db(), case=found, officer=me(), name=body.name, contact=body.contact, now=utc_now())
    address = handedin.absolute("respond.link", token=token)
    return Done(partyshapes.RespondentLink(address=address, expires_at=link.expires_at))


# --- Notes and tasks


@routes.get(
    "/cases/<number>/notes",
    N_("The notes that are for you, the oldest first"),
    **_READ,
    answer=shapes.Page[partyshapes.CaseNote],
)
def list_notes(number: str) -> shapes.Page[partyshapes.CaseNote]:
    found = together.notes(db(), case=_case(number), account=me())
    return shapes.Page[partyshapes.CaseNote](items=[_note(one) for one in found], next=None)


@routes.post(
    "/cases/<number>/notes",
    N_("A remark on a case"),
    **_WRITE,
    roles=(Role.REGULATOR, *_OWNERS),
    body=partyshapes.NewCaseNote,
    answer=partyshapes.CaseNote,
    status=201,
)
def add_note(number: str, body: partyshapes.NewCaseNote) -> Done:
    side = Part(body.side) if body.side else None
    shared = body.shared or side is not None
    made = together.add_note(
        db(), case=_case(number), author=me(), text=body.text, shared=shared, side=side, now=utc_now()
    )
    return Done(_note(made), f"/api/v1/cases/{number}/notes")


@routes.get(
    "/cases/<number>/tasks",
    N_("What is to be done, open tasks first"),
    **_OFFICIAL,
    answer=shapes.Page[partyshapes.CaseTask],
)
def list_tasks(number: str) -> shapes.Page[partyshapes.CaseTask]:
    found = together.tasks(db(), case=_case(number))
    return shapes.Page[partyshapes.CaseTask](items=[_task(one) for one in found], next=None)


@routes.post(
    "/cases/<number>/tasks",
    N_("Something to do for a case"),
    **_WRITE,
    roles=(Role.REGULATOR,),
    body=partyshapes.NewCaseTask,
    answer=partyshapes.CaseTask,
    status=201,
)
def add_task(number: str, body: partyshapes.NewCaseTask) -> Done:
    found, assignee = _case(number), together.require_regulator(db(), body.assignee, "assignee")
    made = together.add_task(
        db(), case=found, author=me(), assignee=assignee, text=body.text, due_on=body.due_on, now=utc_now()
    )
    return Done(_task(made), f"/api/v1/cases/{number}/tasks")


@routes.post(
    "/cases/<number>/tasks/<int:task_id>/done",
    N_("A task is done"),
    **_WRITE,
    roles=(Role.REGULATOR,),
    answer=partyshapes.CaseTask,
)
def finish_task(number: str, task_id: int) -> Done:
    return Done(_task(together.finish_task(db(), case=_case(number), task_id=task_id, account=me(), now=utc_now())))


@routes.post(
    "/cases/<number>/sealed",
    N_("An officer looks into a sealed filing of his case"),
    description=N_("Its owner is told, and it stands in the log."),
    **_WRITE,
    roles=(Role.REGULATOR,),
    body=partyshapes.OpenSealed,
    answer=shapes.Case,
)
def open_for_case(number: str, body: partyshapes.OpenSealed) -> Done:
    found = _case(number)
    sides = [one for one in (found.match.filing, found.match.later_filing) if one is not None]
    filing = next((one for one in sides if one.number == body.filing.strip().upper()), None)
    if filing is None:
        raise CallerError("filing_missing", field="filing", number=body.filing)
    sealing.open_for_case(db(), filing=filing, case=found, officer=me(), reason=body.reason, now=utc_now())
    return Done(whole(found))


# --- Many, and one that an owner brings himself


@routes.post(
    "/cases/bulk",
    N_("Many cases assigned, or merged into the oldest, with a result for each"),
    **{**_WRITE, "errors": (409, 413, 415, 422)},
    roles=(Role.REGULATOR,),
    body=partyshapes.CaseBulk,
    answer=partyshapes.CaseBulkResult,
)
def case_bulk(body: partyshapes.CaseBulk) -> Done:
    chosen, into = [Chosen(one.number, one.row_version) for one in body.cases], None
    if body.action == "assign":
        officer = together.require_regulator(db(), body.officer, "officer")
        left = bulk.assign(db(), chosen=chosen, officer=officer, actor=me(), now=utc_now())
    else:
        into, left = bulk.merge(db(), chosen=chosen, actor=me(), now=utc_now())
    faults = {one.number: refused(one.fault) for one in left}
    rows = [
        partyshapes.CaseBulkRow.model_validate(
            {"number": one.number, "status": "refused" if one.number in faults else "done"}
            | faults.get(one.number, {})
        )
        for one in chosen
    ]
    return Done(partyshapes.CaseBulkResult(done=len(rows) - len(faults), into=into, rows=rows))


@routes.post(
    "/filings/<number>/complaints",
    N_("Complains of goods that you saw yourself: a case comes of it"),
    description=N_(
        "A form of several parts: `complaint` with the JSON, the `picture` of the goods, and perhaps `files` with"
        " more evidence."
    ),
    **_WRITE,
    roles=complaints.OWNERS,
    body=partyshapes.NewComplaint,
    part="complaint",
    files=("picture", "files"),
    needed_files=("picture",),
    answer=shapes.Case,
    status=201,
)
def complain(number: str, form: partyshapes.NewComplaint, files: dict[str, list[FileStorage]]) -> Done:
    if len(files["picture"]) != 1:
        raise CallerError("field_needed" if not files["picture"] else "value_wrong", field="picture")
    told = Complaint(
        title=form.title, seller=form.seller, text=form.text, picture=files["picture"][0].read(),
        address=form.address, place=form.place, uploads=_uploads(files["files"]),
    )  # fmt: skip
    made = lodge(number, told, request_key())
    db().flush()
    db().refresh(made)
    return Done(whole(made), f"/api/v1/cases/{made.number}")


def _case(number: str) -> Case:
    return service.get_case(db(), number=number, account=me())


def _handed_in(number: str, serial: int) -> Submission:
    one = submissions.find(db(), case=_case(number), serial=serial, reader=me())
    handedin.told(one)
    return one


def _uploads(files: list[FileStorage]) -> list[Upload]:
    return [Upload(one.filename or "", one.read()) for one in files]


# --- Shapes


def _submission(found: Submission) -> partyshapes.Submission:
    names = ("serial", "receipt", "part", "confidential", "late", "text", "received_at", "digest", "log_index")
    of_file = ("position", "name", "given_name", "media_type", "size", "sha256", "sm3")
    return partyshapes.Submission.model_validate(
        {name: getattr(found, name) for name in names}
        | {
            "kind": found.kind.value,
            "files": [{name: getattr(one, name) for name in of_file} for one in found.files],
        }
    )


def _paper(found: CasePaper) -> partyshapes.CasePaper:
    first: dict[str, object] = {}
    for one in found.services:
        first.setdefault(one.part, one.served_at)
    names = ("id", "issued_at", "size", "sha256", "sm3")
    return partyshapes.CasePaper.model_validate(
        {name: getattr(found, name) for name in names}
        | {"kind": found.kind.value, "name": papers.file_name(found), "served_at": first}
    )


def _note(found: CaseNote) -> partyshapes.CaseNote:
    names = ("id", "at", "text", "shared")
    return partyshapes.CaseNote.model_validate(
        {name: getattr(found, name) for name in names}
        | {"author": person(found.author), "side": found.side or None}
    )


def _task(found: CaseTask) -> partyshapes.CaseTask:
    names = ("id", "text", "due_on", "created_at", "done_at")
    return partyshapes.CaseTask.model_validate(
        {name: getattr(found, name) for name in names} | {"assignee": person(found.assignee)}
    )
