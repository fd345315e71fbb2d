"""From what is sent to checked values; every fault is told with its field, a code of ours and words for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.datastructures import FileStorage

from ipreg.api.operation import JSON, Operation
from ipreg.errors import CallerError
from ipreg.web.problems import InvalidError

Model = TypeVar("Model", bound=BaseModel)
MAX_JSON = 2**20
_DEEPEST = 20
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
    if (request.content_length or 0) > MAX_JSON:
        raise _too_large()
    return _checked(shape, _parsed(request.get_data()), strict=True)


def read_form(operation: Operation) -> tuple[BaseModel, dict[str, list[FileStorage]]]:
    """A form of several parts: the JSON in its part, and the files by the names of theirs."""
    if request.mimetype != "multipart/form-data":
        raise CallerError("media_type_wrong", wanted="multipart/form-data")
    for name in (*request.form, *request.files):
        if name not in (operation.part, *operation.files):
            raise CallerError("field_unknown", field=name[:100])
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
        found = json.loads(data)
    except (ValueError, RecursionError) as fault:
        raise CallerError("body_malformed") from fault
    return found


def _too_large() -> CallerError:
    return CallerError("body_too_large", megabytes=MAX_JSON // 2**20)


def _checked(shape: type[Model], given: Any, *, strict: bool) -> Model:
    for path, text in _texts(given, (), 0):
        if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise CallerError("field_control_characters", field=".".join(path))
    try:
        if strict:  # by JSON's own types: "12" is no number, but "2026-11-25" is a day
            return shape.model_validate_json(json.dumps(given), strict=True)
        return shape.model_validate(given)
    except ValidationError as fault:
        raise InvalidError([_told(one) for one in fault.errors(include_url=False)]) from fault


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
