"""What is asked of any page: which part of a list, and what no request may hold."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask, request

from ipreg.errors import CallerError

_LAST_PAGE = 100_000
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_BODIES = "/api/"
"""Under it a body is what it holds, whatever it is called: curl calls all that it sends a form, and a form can be
read once only."""


def install(app: Flask) -> None:
    app.before_request(_refuse_nul)


def _refuse_nul() -> None:
    """PostgreSQL can't keep a NUL in a text, nobody types one, and whoever sends one is looking for a hole."""
    if any("\0" in text for text in _texts()):
        raise CallerError("field_control_characters")


def page_asked() -> int:
    """The page of a list that the address asks for, from 1."""
    return min(max(request.args.get("page", 1, type=int), 1), _LAST_PAGE)


def _texts() -> Iterator[str]:
    yield request.path
    for name, value in request.args.items(multi=True):
        yield name + value
    if request.mimetype in _FORMS[1 if request.path.startswith(_BODIES) else 0 :]:
        for name, value in request.form.items(multi=True):
            yield name + value
