"""From what is sent to checked values; every fault is told with its field, a code of ours and words for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from ipreg.api.operation import JSON, Operation
from ipreg.errors import CallerError
from ipreg.plaintext import has_controls
from ipreg.web.problems import InvalidError

Model = TypeVar("Model", bound=BaseModel)
MAX_JSON = 2**20
_DEEPEST = 20
_MOST_FAULTS = 100  # whoever sends 50,000 wrong fields need not get 4 MB back
_YEARS = range(1000, 9000)  # beyond them a day has no beginning in every zone that we count in
# Kinds of faults as pydantic names them, and our codes. What stands not here is ``value_wrong``.
_CODES = {
    "missing": "field_needed",
    "extra_forbidden": "field_unknown",
    "literal_error": "choice_wrong",
    "string_too_short": "field_empty",
    "string_too_long": "field_too_long",
    "too_short": "list_empty",
    "too_long": "list_too_long",
    "date_from_datetime_parsing": "date_wrong",
    "date_parsing": "date_wrong",
    "date_type": "date_wrong",
    "datetime_from_date_parsing": "instant_wrong",
    "datetime_parsing": "instant_wrong",
    "datetime_type": "instant_wrong",
    "greater_than_equal": "number_out_of_range",
    "less_than_equal": "number_out_of_range",
    "less_than": "number_out_of_range",
}


def read_query(shape: type[Model]) -> Model:
    """The parameters of the address; each once."""
    given = dict(request.args.lists())
    for name, values in given.items():
        if len(values) > 1:
            raise CallerError("value_wrong", field=name)
    return _checked(shape, {name: values[0] for name, values in given.items()}, strict=False)


def read_body(shape: type[Model]) -> Model:
    """The body, which is JSON."""
    if request.mimetype != JSON:
        raise CallerError("media_type_wrong", wanted=JSON)
    refuse_encoded()
    request.max_content_length = MAX_JSON
    try:
        said = request.get_data()
    except RequestEntityTooLarge as fault:
        raise _too_large() from fault
    return _checked(shape, _parsed(said), strict=True)


def refuse_encoded() -> None:
    """A body that is packed is not unpacked here: what it would grow to nobody knows. Raises ``CallerError``."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise CallerError("encoding_wrong", field="Content-Encoding")


def read_form(operation: Operation) -> tuple[BaseModel, dict[str, list[FileStorage]]]:
    """A form of several parts: the JSON in its part, and the files by the names of theirs."""
    if request.mimetype != "multipart/form-data":
        raise CallerError("media_type_wrong", wanted="multipart/form-data")
    refuse_encoded()
    for name in (*request.form, *request.files):
        if name not in (operation.part, *operation.files):
            raise CallerError("field_unknown", field=name[:100])
    if len(request.form.getlist(operation.part) + request.files.getlist(operation.part)) > 1:
        raise CallerError("field_twice", field=operation.part)
    said = request.form.get(operation.part, "").encode("utf-8", "surrogatepass")
    sent = request.files.get(operation.part)  # a part with a type of its own may come as a file
    if sent is not None:
        said = sent.read(MAX_JSON + 1)
    if operation.body is None:
        raise ValueError("a form without a shape")
    shape = _checked(operation.body, _parsed(said), strict=True)
    return shape, {name: request.files.getlist(name) for name in operation.files}


def _parsed(data: bytes) -> Any:
    if len(data) > MAX_JSON:
        raise _too_large()
    try:
        found = json.loads(data.decode("utf-8-sig", "surrogatepass"), object_pairs_hook=_fields)
    except (ValueError, RecursionError) as fault:
        raise CallerError("body_malformed") from fault
    return found


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two values under one name some readers take the first and some the last: here there is one."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise CallerError("field_twice", field=name[:200])
        found[name] = value
    return found


def _too_large() -> CallerError:
    return CallerError("body_too_large", megabytes=MAX_JSON // 2**20)


def _checked(shape: type[Model], given: Any, *, strict: bool) -> Model:
    for path, text in _texts(given, (), 0):
        if has_controls(text):
            raise CallerError("field_control_characters", field=".".join(path))
    try:
        # A body by JSON's own types: "12" is no number, but "2026-11-25" is a day.
        made = shape.model_validate_json(json.dumps(given), strict=True) if strict else shape.model_validate(given)
    except ValidationError as fault:
        raise InvalidError([_told(one) for one in fault.errors(include_url=False)[:_MOST_FAULTS]]) from fault
    if far := [_far(path, day) for path, day in _days(made, ()) if day.year not in _YEARS]:
        raise InvalidError(far)
    return made


def _days(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], date]]:
    """Every day and time of a shape, with its place."""
    if isinstance(value, date):
        yield path, value
    elif isinstance(value, BaseModel):
        for name, one in value:
            yield from _days(one, (*path, name))
    elif isinstance(value, (list, tuple)):
        for place, one in enumerate(value):
            yield from _days(one, (*path, str(place)))


def _far(path: tuple[str, ...], day: date) -> CallerError:
    return CallerError("instant_wrong" if isinstance(day, datetime) else "date_wrong", field=".".join(path))


def _told(fault: ErrorDetails) -> CallerError:
    values: Mapping[str, Any] = fault.get("ctx") or {}
    more = {
        "most": values.get("max_length", values.get("le", values.get("lt", ""))),
        "least": values.get("min_length", values.get("ge", "")),
    }
    if fault["type"] in ("greater_than_equal", "less_than_equal", "less_than"):
        more = {"bound": next(iter(values.values()), "")}
    field = ".".join(str(part) for part in fault["loc"])
    return CallerError(_CODES.get(fault["type"], "value_wrong"), field=field[:200], **more)


def _texts(value: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[tuple[str, ...], str]]:
    if depth > _DEEPEST:
        raise CallerError("body_malformed")
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield path, name
            yield from _texts(one, (*path, name), depth + 1)
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from _texts(one, (*path, str(place)), depth + 1)
