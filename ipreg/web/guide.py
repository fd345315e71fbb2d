"""The help pages: short texts in Markdown, one file a page and language."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from flask import Blueprint, render_template
from flask_babel import get_locale
from markdown_it import MarkdownIt
from markupsafe import Markup

from ipreg.errors import MissingError
from ipreg.web.rules import public

bp = Blueprint("guide", __name__)
FOLDER = Path(__file__).parent.parent / "guide"
SLUGS = ("what-it-is", "before-showing", "first-filing", "copied", "personal-data")


@bp.get("/help")
@public
def index() -> str:
    language = str(get_locale())
    return render_template("guide.html", pages=[(slug, _title(slug, language)) for slug in SLUGS])


@bp.get("/help/<slug>")
@public
def page(slug: str) -> str:
    if slug not in SLUGS:
        raise MissingError("page_missing")
    language = str(get_locale())
    others = [(one, _title(one, language)) for one in SLUGS if one != slug]
    return render_template(
        "guide_page.html", title=_title(slug, language), text=_html(slug, language), others=others
    )


def _source(slug: str, language: str) -> str:
    return (FOLDER / language / f"{slug}.md").read_text("utf-8")


def _title(slug: str, language: str) -> str:
    return _source(slug, language).partition("\n")[0].removeprefix("# ")


@cache
def _html(slug: str, language: str) -> Markup:
    """Our own text: raw HTML in it is shown as text all the same."""
    return Markup(MarkdownIt("commonmark", {"html": False}).enable("table").render(_source(slug, language)))  # noqa: S704
