"""Drafts over the API, with the check for what is alike; and many designs at once, in a ZIP."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Blueprint, request
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from ipreg import batches, batchtable, drafts
from ipreg.api import draftshapes, shapes
from ipreg.api.calls import Done, download, sent_file
from ipreg.api.filings import sign_newest, whole
from ipreg.api.operation import Routes
from ipreg.db import utc_now
from ipreg.errors import CallerError
from ipreg.messages import message_for
from ipreg.models import Batch, BatchRow, Draft, DraftFile, Filing, Role, RowState, Scope, VaultKey
from ipreg.novelty import Alike, alike, waiting
from ipreg.storage import put_ahead
from ipreg.web.errors import words_of
from ipreg.web.language import chosen, likeness, match_words, say
from ipreg.web.pictures import shows
from ipreg.web.session import db, me, runtime, start_again

N_ = str  # marks a text for extraction
bp = Blueprint("api_drafts", __name__)
routes = Routes(bp, N_("Drafts and batches"))
_OWNERS = (Role.DESIGNER, Role.ENTERPRISE)
_READ = {"scope": Scope.FILINGS_READ, "roles": _OWNERS}
_WRITE = {"scope": Scope.FILINGS_WRITE, "roles": _OWNERS}
_FILES = ("pictures", "design_files")
_ZIPS = ("application/zip", "application/octet-stream")
Files = dict[str, list[FileStorage]]


@routes.get(
    "/drafts", N_("Your drafts, the last touched first"), **_READ, answer=shapes.Page[draftshapes.DraftBrief]
)
def list_drafts() -> shapes.Page[draftshapes.DraftBrief]:
    found = drafts.begun(db(), account=me())
    items = [draftshapes.DraftBrief.model_validate(_brief(one)) for one in found]
    return shapes.Page[draftshapes.DraftBrief](items=items, next=None)


@routes.post(
    "/drafts",
    N_("A draft, which is compared with what is known before it is filed"),
    description=N_(
        "Sent as a filing is. Nothing is filed; ask for the draft until it is `compared`, then file it or discard"
        " it. Nobody else sees it."
    ),
    **_WRITE,
    body=shapes.FilingForm,
    files=_FILES,
    needed_files=("pictures",),
    answer=draftshapes.Draft,
    status=201,
    errors=(409, 413, 415, 422),
)
def new_draft(form: shapes.FilingForm, files: Files) -> Done:
    given, named = len(files["pictures"]), len(form.views)
    if given != named:
        raise CallerError("views_count", field="views", pictures=given, views=named)
    db().rollback()  # looking at a picture takes a while, and nobody else is to wait for it
    sent = [*files["pictures"], *files["design_files"]]
    looked = [(one.filename or "", drafts.look(runtime().config, one.read())) for one in sent]
    key, shelf = drafts.key_for(runtime().store, None, utc_now())
    put_ahead(shelf, (one.data for _, one in looked))
    start_again()
    draft = drafts.start(db(), account=me(), now=utc_now())
    drafts.save(db(), draft=draft, values=_values(form), revision=draft.revision, now=utc_now())
    kept = [_add(draft, name, one, key) for name, one in looked]
    kinds = {one.id: kind for one, kind in zip(kept, [*form.views, *[""] * len(kept)], strict=False)}
    drafts.arrange(db(), runtime().config, draft=draft, order=list(kinds), kinds=kinds, now=utc_now())
    return Done(_whole(draft), f"/api/v1/drafts/{draft.id}")


def _add(draft: Draft, name: str, looked: drafts.Looked, key: VaultKey) -> DraftFile:
    store, config = runtime().store, runtime().config
    return drafts.add_file(db(), store, config, draft=draft, filename=name, looked=looked, key=key, now=utc_now())


@routes.get(
    "/drafts/<int:draft_id>",
    N_("One draft, with what is alike to it"),
    **_READ,
    answer=draftshapes.Draft,
    errors=(404,),
)
def draft(draft_id: int) -> draftshapes.Draft:
    return _whole(drafts.get(db(), draft_id=draft_id, account=me()))


@routes.post(
    "/drafts/<int:draft_id>/file",
    N_("Files a draft; filed already, it is the same filing"),
    **_WRITE,
    answer=shapes.Filing,
    status=201,
    errors=(404, 409, 422),
)
def file_draft(draft_id: int) -> Done:
    put = drafts.putting(runtime().store, drafts.get(db(), draft_id=draft_id, account=me()), utc_now())
    db().rollback()
    sealed = put()
    start_again()
    found = drafts.get(db(), draft_id=draft_id, account=me())
    made = drafts.file_draft(
        db(), runtime().store, runtime().config, draft=found, sealed_ahead=sealed, now=utc_now()
    )
    db().refresh(made)
    return Done(whole(made), f"/api/v1/filings/{made.number}", after=sign_newest)


@routes.delete("/drafts/<int:draft_id>", N_("Discards a draft with its files"), **_WRITE, errors=(404, 409, 422))
def discard_draft(draft_id: int) -> Done:
    drafts.discard(db(), draft=drafts.get(db(), draft_id=draft_id, account=me()), now=utc_now())
    return Done(None)


# --- Batches


@routes.get(
    "/batches",
    N_("Your last fifty batches, the newest first"),
    **_READ,
    answer=shapes.Page[draftshapes.BatchBrief],
)
def list_batches() -> shapes.Page[draftshapes.BatchBrief]:
    found = batches.batches_of(db(), account=me())
    items = [draftshapes.BatchBrief.model_validate(_batch_brief(one)) for one in found]
    return shapes.Page[draftshapes.BatchBrief](items=items, next=None)


@routes.post(
    "/batches",
    N_("Many designs at once: a ZIP with a table and its pictures"),
    description=N_(
        "The body is the ZIP; the template of its table is at `/batches/template`. It is checked first: ask for"
        " the batch until it is `checked`, then file it. The same ZIP again is the same batch."
    ),
    **_WRITE,
    raw=_ZIPS,
    large=True,
    answer=draftshapes.Batch,
    status=202,
    errors=(409, 413, 415, 422),
)
def new_batch() -> Done:
    if request.mimetype not in _ZIPS:
        raise CallerError("media_type_wrong", wanted=_ZIPS[0])
    store, config = runtime().store, runtime().config
    made = batches.accept(
        db(), store, config, account=me(), filename="batch.zip", file=cast("BinaryIO", sent_file()), now=utc_now()
    )
    return Done(_batch(made), f"/api/v1/batches/{made.id}")


@routes.get(
    "/batches/template",
    N_("The template of a batch's table (CSV), in your language"),
    **_READ,
    media="text/csv",
)
def batch_template() -> Response:
    return download(batchtable.template(chosen()), "text/csv", "designs.csv")


@routes.get(
    "/batches/<int:batch_id>",
    N_("One batch, with a result for each row"),
    **_READ,
    answer=draftshapes.Batch,
    errors=(404,),
)
def batch(batch_id: int) -> draftshapes.Batch:
    return _batch(batches.get(db(), batch_id=batch_id, account=me()))


@routes.post(
    "/batches/<int:batch_id>/file",
    N_("Files all good rows of a checked batch"),
    description=N_("They are filed in the background, each by itself: ask for the batch. Asked twice, it is once."),
    **_WRITE,
    answer=draftshapes.Batch,
    status=202,
    errors=(404, 409, 422),
)
def file_batch(batch_id: int) -> Done:
    found = batches.get(db(), batch_id=batch_id, account=me())
    batches.start_filing(db(), batch=found)
    return Done(_batch(found), f"/api/v1/batches/{found.id}")


@routes.delete(
    "/batches/<int:batch_id>",
    N_("Forgets a batch; what it has filed stays filed"),
    **_WRITE,
    errors=(404, 409, 422),
)
def discard_batch(batch_id: int) -> Done:
    batches.discard(db(), batch=batches.get(db(), batch_id=batch_id, account=me()), now=utc_now())
    return Done(None)


# --- Shapes


def _values(form: shapes.FilingForm) -> dict[str, Any]:
    """The fields as the wizard keeps them: as they would be typed."""
    texts = ("title", "industry", "description", "district", "disclosure")
    lists = ("keywords", "materials", "colours")
    return (
        {name: getattr(form, name) for name in texts}
        | {name: "、".join(getattr(form, name)) for name in lists}
        | {
            "creators": [[one.name, one.share or ""] for one in form.creators],
            "created_on": form.created_on.isoformat(),
            "locarno_class": form.locarno_class or "",
            "rights_wanted": list(form.rights_wanted),
            "first_disclosed_on": form.first_disclosed_on.isoformat() if form.first_disclosed_on else "",
            "sealed": "yes" if form.sealed else "",
            "opens_on": form.opens_on.isoformat() if form.opens_on else "",
        }
    )


def _brief(found: Draft) -> dict[str, Any]:
    title = str(found.values.get("title", ""))
    return {"id": found.id, "title": title, "created_at": found.created_at, "updated_at": found.updated_at}


def _whole(found: Draft) -> draftshapes.Draft:
    faults = [] if found.filing is not None else drafts.faults(found, utc_now()).items()
    compared = not waiting(found)
    names = ("id", "filename", "media_type", "size", "sha256")
    return draftshapes.Draft.model_validate(
        _brief(found)
        | {
            "filing": found.filing.number if found.filing is not None else None,
            "files": [
                {name: getattr(one, name) for name in names}
                | {"view": one.kind.value if one.kind else None, "compared": one.looked_by is not None}
                for one in found.files
            ],
            "faults": [{"field": field, "code": one.code, "detail": words_of(one)} for field, one in faults],
            "compared": compared,
            "alike": [_alike(one) for one in _findings(found)] if compared else [],
        }
    )


def _findings(found: Draft) -> list[Alike]:
    return alike(db(), runtime().config, draft=found, account=me(), now=utc_now())


def _alike(found: Alike) -> dict[str, Any]:
    return {
        "kind": "filing" if found.finding.view is not None else "listing",
        "filing": _reference(found.filing),
        "yours": found.mine,
        "since": found.since,
        "probability": found.finding.probability,
        "likeness": likeness(found.finding),
        "reasons": match_words(found.finding),
    }


def _reference(found: Filing | None) -> dict[str, Any] | None:
    return {"number": found.number, "title": found.title if shows(found) else None} if found else None


def _batch_brief(found: Batch) -> dict[str, Any]:
    counted = batches.counts(db(), found)
    return {
        "id": found.id,
        "filename": found.filename,
        "state": found.state.value,
        "created_at": found.created_at,
    } | {state.value: counted[state] for state in RowState}


def _batch(found: Batch) -> draftshapes.Batch:
    return draftshapes.Batch.model_validate(_batch_brief(found) | {"rows": [_row(one) for one in found.rows]})


def _row(found: BatchRow) -> dict[str, Any]:
    return {
        "line": found.line,
        "state": found.state.value,
        "title": str(found.values.get("title", "")),
        "filing": found.filing.number if found.filing else None,
        "faults": [
            {"field": one["field"], "code": one["code"], "detail": message_for(one["code"], one["values"], say)}
            for one in found.faults
        ],
    }
