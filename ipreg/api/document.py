"""The description of the API (OpenAPI 3.1), made from the operations and the shapes; in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from openapi_pydantic import OpenAPI
from openapi_pydantic.util import PydanticSchema, construct_open_api_with_schema_class
from pydantic import BaseModel

from ipreg.api import shapes
from ipreg.api.following import links_of
from ipreg.api.operation import JSON, Operation
from ipreg.api.shapewords import SHAPES
from ipreg.web.problems import MEDIA_TYPE, TITLES

N_ = str  # marks a text for extraction
Say = Callable[[str], str]
VERSION = "1.0.0"
TITLE = N_("Design pre-registration: API")
ABOUT = N_(
    "File designs, verify them, push listings, work through alerts and cases. Make a token under your account and"
    " send it as `Authorization: Bearer …`. Errors are problem details (RFC 9457) with a stable `code`."
)
_TOKEN = N_("A personal token of your account, or for listings the token of a source.")
_KEY = N_(
    "Any text that is new for each write. The same request with the same key again is answered as the first time"
    " (for seven days); another request with this key is refused with 422."
)
_MATCH = N_("The entity tag of an answer that you have: where nothing changed the answer is 304, without a body.")
_LANGUAGE = N_("`zh` or `en`; else the language of your account.")
_PATH = re.compile(r"<(?:(\w+):)?(\w+)>")
_WORDS = {"summary", "description", "title"}
_STRING = {"type": "string"}
_BYTES = {"type": "string", "format": "binary"}
Values = dict[str, Any]


def describe(operations: Iterable[Operation], *, server: str, say: Say) -> Values:
    """The whole document, as plain values. Texts for people are in the language of ``say``."""
    found = list(operations)
    paths: dict[str, Values] = {}
    for one in found:
        paths.setdefault(_PATH.sub(r"{\2}", one.rule), {})[one.method.lower()] = _operation(one, found)
    document = OpenAPI.model_validate(
        {
            "openapi": "3.1.1",
            "info": {"title": TITLE, "version": VERSION, "description": ABOUT, "license": {"name": "Apache-2.0"}},
            "servers": [{"url": server}],
            "paths": paths,
            # Names are what programs are made from: the same in each language, as the operations' ids are.
            "tags": [{"name": name, "description": name} for name in dict.fromkeys(one.tag for one in found)],
            "components": {
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": _TOKEN}}
            },
        }
    )
    whole = construct_open_api_with_schema_class(document, [shapes.Problem])
    values: Values = whole.model_dump(by_alias=True, exclude_none=True, exclude_unset=True, mode="json")
    # pydantic calls a page of filings Page_FilingBrief_; who refers to it calls it as its class and title do
    schemas = {schema.get("title", name): schema for name, schema in values["components"]["schemas"].items()}
    values["components"]["schemas"] = schemas
    for name, schema in schemas.items():
        schema.pop("description", None)  # the docstring
        if name in SHAPES:
            schema["description"] = SHAPES[name]
    spoken: Values = _spoken(values, say)
    return spoken


def _operation(one: Operation, others: list[Operation]) -> Values:
    return {
        "operationId": one.name,
        "tags": [one.tag],
        "summary": one.summary,
        "description": one.description or None,
        "parameters": [*_path_parameters(one), *_query_parameters(one), *_headers(one)],
        "requestBody": _body(one),
        "responses": {str(one.status): _good(one) | _links(one, others), **_not_modified(one), **_bad(one)},
        "security": [{"token": [one.scope.value] if one.scope else []}] if one.roles else [],
    }


def _path_parameters(one: Operation) -> list[Values]:
    number = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
    text = {"type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9_-]+$"}
    return [
        {"name": name, "in": "path", "required": True, "schema": number if kind == "int" else text}
        for kind, name in _PATH.findall(one.rule)
    ]


def _query_parameters(one: Operation) -> list[Values]:
    if one.query is None:
        return []
    schema = one.query.model_json_schema()
    needed = schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in needed,
            "description": value.pop("description", None),
            "schema": _without_null(value),
        }
        for name, value in schema["properties"].items()
    ]


def _without_null(schema: Values) -> Values:
    """In an address nothing is null: it is left out."""
    choices = [one for one in schema.pop("anyOf", []) if one.get("type") != "null"]
    if schema.get("default", "") is None:
        del schema["default"]
    return {**schema, **(choices[0] if choices else {})}


def _headers(one: Operation) -> list[Values]:
    named = [("Accept-Language", _LANGUAGE)]
    if one.writes:
        named.append(("Idempotency-Key", _KEY))
    elif one.media == JSON:
        named.append(("If-None-Match", _MATCH))
    # What can't be a language or an entity tag is passed over, as HTTP wants it; a key that is none is refused.
    key = {**_STRING, "maxLength": 200, "pattern": "^[ -~]*$"}
    return [
        {"name": name, "in": "header", "description": text, "schema": key if name == "Idempotency-Key" else _STRING}
        for name, text in named
    ]


def _body(one: Operation) -> Values | None:
    if one.files and one.body is not None:
        alone = {JSON: _media(one.body)} if one.plain else {}
        return {"required": True, "content": {**alone, "multipart/form-data": _form(one)}}
    if one.raw:
        return {"required": True, "content": {kind: {"schema": {}} for kind in one.raw}}
    if one.body is None:
        return None
    return {"required": True, "content": {JSON: _media(one.body)}}


def _form(one: Operation) -> Values:
    if one.body is None:
        raise ValueError("a form without a shape")
    file = {**_BYTES, "contentMediaType": "application/octet-stream"}
    parts = {name: {"type": "array", "items": file, "maxItems": 12} for name in one.files}
    return {
        "schema": {
            "type": "object",
            "properties": {one.part: _reference(one.body), **parts},
            "required": [one.part, *one.needed_files],
            "additionalProperties": False,
        },
        "encoding": {one.part: {"contentType": JSON}},
    }


def _good(one: Operation) -> Values:
    headers: Values = {name: {"schema": _STRING} for name in ("RateLimit", "RateLimit-Policy")}
    if one.status in (201, 202):
        headers["Location"] = {"schema": _STRING}
    if one.paged:
        headers["Link"] = {"schema": _STRING, "description": N_("The next page, with rel=next.")}
    if one.status == 204:
        return {"description": N_("Done"), "headers": headers}
    plain = _STRING if one.media.startswith("text/") else _BYTES
    content = _media(one.answer) if one.answer is not None else {"schema": plain}
    return {"description": N_("Done"), "headers": headers, "content": {one.media: content}}


def _links(one: Operation, others: list[Operation]) -> Values:
    found = links_of(one, others)
    return {"links": found} if found else {}


def _not_modified(one: Operation) -> Values:
    if one.writes or one.media != JSON:
        return {}
    return {"304": {"description": N_("Nothing changed since the answer with this entity tag")}}


def _bad(one: Operation) -> Values:
    statuses = (
        {400, 429, 503, *one.errors} | ({401, 403} if one.roles else set()) | ({413} if one.writes else set())
    )
    wait = {"Retry-After": {"schema": {"type": "integer"}}}
    return {
        str(status): {
            "description": TITLES[status],
            "headers": wait if status in (429, 503) else {},
            "content": {MEDIA_TYPE: _media(shapes.Problem)},
        }
        for status in sorted(statuses)
    }


def _media(shape: type[BaseModel]) -> Values:
    return {"schema": _reference(shape)}


def _reference(shape: type[BaseModel]) -> PydanticSchema[BaseModel]:
    return PydanticSchema(schema_class=shape)  # type: ignore[call-arg]


def _spoken(value: Any, say: Say, name: str = "") -> Any:
    """The document with the texts for people translated; those that pydantic makes of names are left out."""
    if isinstance(value, dict):
        return {
            key: say(" ".join(one.split())) if key in _WORDS and isinstance(one, str) else _spoken(one, say, key)
            for key, one in value.items()
            if not (key == "title" and isinstance(one, str) and name not in ("info",))
        }
    if isinstance(value, list):
        return [_spoken(one, say) for one in value]
    return value
