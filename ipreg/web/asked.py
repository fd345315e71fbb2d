"""What no request may hold, whichever page it is for."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask, request

from ipreg.errors import CallerError

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


def _texts() -> Iterator[str]:
    yield request.path
    for name, value in request.args.items(multi=True):
        yield name + value
    if request.mimetype in _FORMS[1 if request.path.startswith(_BODIES) else 0 :]:
        for name, value in request.form.items(multi=True):
            yield name + value
