"""The page for people who write programs: the description of the API, readable, from our own server."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from flask import Blueprint, render_template
from flask_babel import get_locale
from flask_babel import gettext as _
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from ipreg.api.operation import Operation
from ipreg.api.routes import OPERATIONS, described
from ipreg.i18n import translator
from ipreg.messages import MESSAGES
from ipreg.web.rules import public
from ipreg.web.session import runtime

bp = Blueprint("developers", __name__)
Values = dict[str, Any]


@bp.get("/developers")
@public
def page() -> str:
    locale, address = str(get_locale()), runtime().config.public_url
    document = described(locale, address)
    return render_template(
        "developers.html",
        document=document,
        address=address,
        tags=_tagged(document),
        shapes=document["components"]["schemas"],
        codes=_codes(locale),
        rate=runtime().config.api_rate,
        kind=kind,
        text=text,
    )


def _tagged(document: Values) -> dict[str, list[tuple[Operation, str, Values]]]:
    """The operations by their tag: each with its path and its description."""
    found: dict[str, list[tuple[Operation, str, Values]]] = {}
    for one in OPERATIONS:
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", one.rule)
        about = document["paths"][path][one.method.lower()]
        found.setdefault(about["tags"][0], []).append((one, path, about))
    return found


@cache
def _codes(locale: str) -> list[tuple[str, str]]:
    """Every code that an error can carry, with its words."""
    say = translator(locale)
    return [
        (code, re.sub(r"%\((\w+)\)s", r"{\1}", say(words)).replace("%%", "%"))
        for code, words in sorted(MESSAGES.items())
    ]


def text(given: str) -> Markup:
    """A description, with what stands between backticks as code."""
    return Markup(_markdown().renderInline(given))  # noqa: S704 - it lets no HTML through


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False})


def kind(schema: Values) -> Markup:
    """What values a schema takes, in a line; shapes are links to where they are described."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Markup('<a href="#shape-{0}">{0}</a>').format(name)
    if "anyOf" in schema:
        return Markup(" | ").join(kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return Markup(" | ").join(Markup("<code>{}</code>").format(one) for one in schema["enum"])
    if schema.get("type") == "array":
        return Markup("{} [{}]").format(_("list"), kind(schema.get("items", {})))
    if "format" in schema:
        return escape(schema["format"])
    return escape(schema.get("type", _("anything")))
