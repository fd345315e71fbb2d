"""Errors as programs read them: problem details (RFC 9457), with a stable code and words in the right language."""

from __future__ import annotations

from collections.abc import Sequence

from flask import g, jsonify
from flask_babel import get_locale
from werkzeug.wrappers import Response

from ipreg.errors import CallerError, IpregError
from ipreg.messages import message_for
from ipreg.web.language import say
from ipreg.web.session import runtime

N_ = str  # marks a text for extraction
MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: N_("The request is wrong"),
    401: N_("A good token is needed"),
    403: N_("Not allowed"),
    404: N_("Not found"),
    405: N_("Not possible here"),
    409: N_("Something changed meanwhile"),
    413: N_("Too large"),
    415: N_("Another kind of content is needed"),
    422: N_("The request does not fit one before it"),
    429: N_("Too many requests"),
    502: N_("Another system did not answer"),
    503: N_("Not ready"),
}
_SOME_SECONDS = "5"
"""After which what was busy may be asked again."""
_OTHER = N_("Something went wrong here")


class InvalidError(CallerError):
    """Several fields are wrong at once; ``faults`` are all of them."""

    def __init__(self, faults: Sequence[CallerError]) -> None:
        super().__init__("request_invalid", field=faults[0].field if faults else None)
        self.faults = tuple(faults)


def problem(fault: IpregError, status: int) -> Response:
    """The answer; ``type`` is an address where the code is explained."""
    body: dict[str, object] = {
        "type": f"{runtime().config.public_url}/developers#{fault.code}",
        "title": say(TITLES.get(status, _OTHER)),
        "status": status,
        "code": fault.code,
        "detail": message_for(fault.code, fault.values, say),
        "request": g.get("request_id", ""),
    }
    if isinstance(fault, CallerError) and fault.field:
        body["field"] = fault.field
    if isinstance(fault, InvalidError):
        body["errors"] = [
            {"field": one.field or "", "code": one.code, "detail": message_for(one.code, one.values, say)}
            for one in fault.faults
        ]
    answer = jsonify(body)
    answer.status_code, answer.mimetype = status, MEDIA_TYPE
    answer.headers["Content-Language"] = str(get_locale())
    answer.headers["Cache-Control"] = "no-store"
    answer.vary.add("Accept-Language")
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="ipreg"'
    if status == 429 and fault.values.get("seconds"):
        answer.headers["Retry-After"] = str(fault.values["seconds"])
    if status == 503:
        answer.headers["Retry-After"] = _SOME_SECONDS
    return answer
