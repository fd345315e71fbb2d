"""What happens around every view of the API: token, allowance, checks, writes that are done once, the answer.

A view gets checked values and gives back a shape (or a response); it neither commits nor knows HTTP. A write and
the answer that is kept for its idempotency key are one transaction: there is never one without the other.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from flask import g, request
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

from ipreg import access, tokens, twofactor
from ipreg.api.operation import JSON, Operation
from ipreg.api.reading import MAX_JSON, read_body, read_form, read_query, refuse_encoded
from ipreg.db import transaction, utc_now
from ipreg.errors import CallerError, IpregError, PermissionDeniedError
from ipreg.models import Account, ApiAnswer, ApiToken, Role
from ipreg.notify.sealed import Sealer
from ipreg.sightings import sources
from ipreg.web.audithook import NOBODY, act_as
from ipreg.web.downloads import name_file
from ipreg.web.rules import must_have_two_factor
from ipreg.web.session import bearer, db, runtime, start_again

MAX_KEY = 200
_IN_MEMORY = 2**20
View = Callable[..., Any]


@dataclass(frozen=True)
class Done:
    """What a write made: the shape to answer with (None: nothing is left), where it is, and what is to be done once
    it is kept."""

    shape: BaseModel | None
    location: str = ""
    after: Callable[[], None] | None = None


def call(operation: Operation, view: View, path: dict[str, Any]) -> Response:
    """Answers one request."""
    g.operation = operation
    act_as(NOBODY)
    caller = _caller(operation)
    given = {**path, **_sent(operation)}
    if not operation.writes:
        return _answer(operation, view(**given))
    return _once(operation, caller, lambda: view(**given))


def request_key() -> str:
    """By which a service knows the same request again: made of the idempotency key, else a new one."""
    given = request.headers.get("Idempotency-Key", "").strip()
    return hashlib.sha256(given.encode()).hexdigest()[:48] if given else secrets.token_hex(24)


# --- Who asks


def _caller(operation: Operation) -> str:
    """Lets in whom the operation is for, and says whose idempotency keys these are."""
    if not operation.roles:
        _count_address()
        return NOBODY
    try:
        token = bearer_token()
        if operation.source_token and not token.startswith(tokens.PREFIX):
            return _source_of(token)
        token_id = tokens.find(db(), token=token, now=utc_now()).id
    except PermissionDeniedError:
        _count_address()  # who tries tokens does not do so without end
        raise
    db().rollback()  # the count is a transaction of its own, and SQLite has one writer
    _count(token_id)
    g.token = found = start_again().get_one(ApiToken, token_id)
    account = found.account
    act_as(account)
    bearer(account)
    _require(operation, found, account)
    return f"account:{account.id}"


def bearer_token() -> str:
    """The token of the request; raises ``PermissionDeniedError``."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise PermissionDeniedError("token_wrong")
    return token.strip()


def _source_of(token: str) -> str:
    """A source by its own token: the view finds it again, what it may is counted here."""
    source_id = sources.source_of_token(db(), token).id
    db().rollback()
    _count_other(f"source:{source_id}", runtime().config.api_rate)
    start_again()
    return f"source:{source_id}"


def _count(token_id: int) -> None:
    limit = runtime().config.api_rate
    with transaction(runtime().sessions) as session:
        left = tokens.spend(
            session, token_id=token_id, limit=limit, address=request.remote_addr or "", now=utc_now()
        )
    _told(left)


def _count_address() -> None:
    """Who asks without a good token has the allowance of his network."""
    db().rollback()
    _count_other(f"address:{tokens.house_of(request.remote_addr or '')}", runtime().config.api_open_rate)
    start_again()


def _count_other(whom: str, limit: int) -> None:
    with transaction(runtime().sessions) as session:
        left = tokens.spend_of(session, whom=whom, limit=limit, now=utc_now())
    _told(left)


def _told(left: tokens.Allowance) -> None:
    g.allowance = left
    if not left.granted:
        raise PermissionDeniedError("rate_spent", seconds=left.wait, limit=left.limit)


def _require(operation: Operation, token: ApiToken, account: Account) -> None:
    """The same rules as on the pages (``ipreg.web.rules``), and the token's own scopes."""
    if account.role not in operation.roles or (operation.writes and account.role is Role.AUDITOR):
        raise PermissionDeniedError("role_refused")
    if operation.writes and access.is_viewer(account):
        raise PermissionDeniedError("viewer_only_sees")
    if operation.scope is not None and operation.scope not in token.scopes:
        raise PermissionDeniedError("scope_missing", scope=operation.scope.value)
    if must_have_two_factor(account) and not twofactor.is_on(db(), account=account):
        raise PermissionDeniedError("two_factor_needed")


# --- What is sent


def _sent(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if operation.writes and "If-Match" in request.headers:  # who sends it counts on it
        raise CallerError("if_match_unknown", field="If-Match")
    if operation.query is not None:
        found["query"] = read_query(operation.query)
    elif request.args:
        raise CallerError("field_unknown", field=next(iter(request.args)))
    if operation.files and not (operation.plain and request.mimetype == JSON):
        found["form"], found["files"] = read_form(operation)
    elif operation.files and operation.body is not None:
        found["form"], found["files"] = read_body(operation.body), {name: [] for name in operation.files}
    elif operation.body is not None:
        found["body"] = read_body(operation.body)
    elif operation.raw:
        refuse_encoded()
    else:
        request.max_content_length = MAX_JSON  # nothing is expected; it only counts for the idempotency key
    return found


# --- Once only


def _once(operation: Operation, caller: str, work: Callable[[], Done]) -> Response:
    """Does a write, unless one with its idempotency key was done: then the first answer again."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > MAX_KEY or not (key.isascii() and key.isprintable()):
        raise CallerError("key_wrong", field="Idempotency-Key", most=MAX_KEY)
    if not key or not operation.once:
        return _finish(operation, work())
    kept, asked = hashlib.sha256(key.encode()).hexdigest(), _digest(operation)
    known = _known(operation, caller, kept, asked)
    if known is not None:
        return known
    try:
        return _finish(operation, work(), lambda answer: _keep(operation, answer, caller, kept, asked))
    except (IntegrityError, StaleDataError, IpregError):
        start_again()  # perhaps the same request was faster by a moment
        known = _known(operation, caller, kept, asked)
        if known is None:
            raise
        return known


def _finish(
    operation: Operation, done: Done | Response, keep: Callable[[Response], None] | None = None
) -> Response:
    answer = done if isinstance(done, Response) else _made(done.shape, operation.status)
    if isinstance(done, Done) and done.location:
        answer.headers["Location"] = f"{runtime().config.public_url}{done.location}"
    if keep is not None:
        keep(answer)
    db().commit()
    if isinstance(done, Done) and done.after is not None:
        done.after()
    return answer


def _keep(operation: Operation, answer: Response, caller: str, key: str, asked: str) -> None:
    body = answer.get_data()
    if operation.secret:
        body = Sealer(runtime().secrets).seal(body.decode()).encode()
    place = answer.headers.get("Location", "").removeprefix(runtime().config.public_url)
    db().add(
        ApiAnswer(
            caller=caller,
            key=key,
            asked=asked,
            at=utc_now(),
            status=answer.status_code,
            location=place,
            body=body,
        )
    )
    db().flush()


def _known(operation: Operation, caller: str, key: str, asked: str) -> Response | None:
    """The answer that was given before; raises ``CallerError`` where another request had this key."""
    found = db().scalar(select(ApiAnswer).where(ApiAnswer.caller == caller, ApiAnswer.key == key))
    if found is None:
        return None
    if found.asked != asked:
        raise CallerError("key_reused", field="Idempotency-Key")
    body = found.body
    if operation.secret:
        body = Sealer(runtime().secrets).open(body.decode()).encode()
    answer = Response(body, status=found.status, mimetype=JSON if body else None)
    if found.location:
        answer.headers["Location"] = f"{runtime().config.public_url}{found.location}"
    answer.headers["Idempotency-Replayed"] = "true"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def sent_file() -> IO[bytes]:
    """A large body, which is never in memory as a whole."""
    if "sent_file" not in g:
        g.sent_file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - it goes with the request
        shutil.copyfileobj(request.stream, g.sent_file)
    g.sent_file.seek(0)
    return cast("IO[bytes]", g.sent_file)


def drop_sent_file(_fault: BaseException | None) -> None:
    """Large bodies go with their request."""
    kept = g.pop("sent_file", None)
    if kept is not None:
        kept.close()


def _digest(operation: Operation) -> str:
    """Of the whole request: method, address and content. Parts of a form count by name, whatever parts them."""
    found = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    if operation.large:
        found.update(hashlib.file_digest(sent_file(), "sha256").digest())  # type: ignore[arg-type]
        return found.hexdigest()
    if request.mimetype != "multipart/form-data":
        found.update(request.get_data())
        return found.hexdigest()
    parts = [[name, value] for name, value in request.form.items(multi=True)]
    for name, file in request.files.items(multi=True):
        parts.append([name, file.filename or "", hashlib.sha256(file.read()).hexdigest()])
        file.seek(0)
    found.update(json.dumps(parts).encode())
    return found.hexdigest()


# --- The answer


def _answer(operation: Operation, made: BaseModel | Response) -> Response:
    """With an entity tag: who has it already is told that nothing changed (304)."""
    answer = made if isinstance(made, Response) else _json(made, operation.status)
    if isinstance(made, BaseModel):
        answer.headers["Cache-Control"] = "private, no-cache" if operation.roles else "no-cache"
        answer.add_etag()
        if (following := getattr(made, "next", None)) is not None:
            answer.headers["Link"] = f'<{_next_page(following)}>; rel="next"'
    answer.vary.update(("Authorization", "Accept-Language"))
    return answer.make_conditional({**request.environ, "HTTP_IF_MATCH": ""})  # that is for writes


def _made(shape: BaseModel | None, status: int) -> Response:
    if shape is not None:
        return _json(shape, status)
    answer = Response(status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _json(shape: BaseModel, status: int) -> Response:
    answer = Response(shape.model_dump_json(by_alias=True), status=status, mimetype=JSON)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def download(data: bytes, kind: str, name: str) -> Response:
    """A file under its name."""
    answer = name_file(Response(data, mimetype=kind), name)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _next_page(cursor: str) -> str:
    from urllib.parse import urlencode

    asked = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
    return f"{runtime().config.public_url}{request.path}?{urlencode([*asked, ('cursor', cursor)])}"


def limits(answer: Response) -> Response:
    """The caller's allowance (draft-ietf-httpapi-ratelimit-headers), on errors too."""
    left: tokens.Allowance | None = g.get("allowance")
    if left is not None:
        window = round(tokens.WINDOW.total_seconds())
        answer.headers["RateLimit-Policy"] = f'"minute";q={left.limit};w={window}'
        answer.headers["RateLimit"] = f'"minute";r={left.left};t={left.reset}'
    return answer


def refused(fault: IpregError) -> dict[str, str | None]:
    """One of many that could not be done: its code, and the words for it."""
    from ipreg.web.errors import words_of

    return {"code": fault.code, "message": words_of(fault)}
