"""The page for people who write programs: the description of the API, readable, from our own server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import Blueprint, abort, render_template
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
    """How to begin, what there is, and every code of an error."""
    locale, address = str(get_locale()), runtime().config.public_url
    document = described(locale, address)
    return render_template(
        "developers.html",
        document=document,
        address=address,
        parts=_parts(document),
        codes=_codes(locale),
        rate=runtime().config.api_rate,
        text=text,
    )


@bp.get("/developers/<part>")
@public
def operations(part: str) -> str:
    """The operations of one part, and the shapes that they take and give."""
    document = described(str(get_locale()), runtime().config.public_url)
    parts = _parts(document)
    if part not in parts:
        abort(404)
    return render_template(
        "developers_part.html",
        here=part,
        parts=parts,
        shapes=_shapes([about for _one, _path, about in parts[part].operations], document),
        kind=kind,
        text=text,
    )


@dataclass(frozen=True)
class _Part:
    """The operations of one tag, each with its path and its description; ``name`` is the tag as readers see it."""

    name: str
    operations: list[tuple[Operation, str, Values]]


def _parts(document: Values) -> dict[str, _Part]:
    """By what stands in the address."""
    names = {one["name"]: one["description"] for one in document["tags"]}
    found: dict[str, _Part] = {}
    for one in OPERATIONS:
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", one.rule)
        about = document["paths"][path][one.method.lower()]
        slug = one.tag.lower().replace(" ", "-")
        found.setdefault(slug, _Part(names[one.tag], [])).operations.append((one, path, about))
    return found


def _shapes(described_here: list[Values], document: Values) -> dict[str, Values]:
    """The shapes that descriptions name, and those that these name."""
    every, found = document["components"]["schemas"], dict[str, Values]()
    waiting = [name for one in described_here for name in _named(one)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = every[name]
            waiting += _named(every[name])
    return dict(sorted(found.items()))


def _named(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [str(value["$ref"]).rpartition("/")[2]] if "$ref" in value else []
        return own + [name for one in value.values() for name in _named(one)]
    return [name for one in value for name in _named(one)] if isinstance(value, list) else []


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
