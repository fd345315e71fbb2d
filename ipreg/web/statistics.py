"""The figures: exact ones for officials, with filters and files; totals for anybody, without small numbers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, render_template, request

from ipreg import charts, statisticsfiles
from ipreg.db import utc_now
from ipreg.disclosure import PublicFigures, public
from ipreg.errors import MissingError
from ipreg.models import Industry, Role
from ipreg.statistics import (
    BEIJING,
    DEFINITIONS,
    DIMENSIONS,
    TITLES,
    Asked,
    Figures,
    figures,
    last_full_month,
    names_in,
    word_of,
    years,
)
from ipreg.web.language import say
from ipreg.web.rules import public as open_to_all
from ipreg.web.rules import who
from ipreg.web.session import db, runtime

bp = Blueprint("statistics", __name__)
_OFFICIALS = (Role.REGULATOR, Role.AUDITOR, Role.ADMINISTRATOR)
_FILTERS = ("industry", "district", "platform")
_KEPT_SECONDS, _MOST_KEPT = 60, 100
_SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@bp.get("/statistics")
@who(*_OFFICIALS)
def page() -> str:
    asked = _asked()
    found = counted(asked)
    whole = found if not any(request.args.get(one) for one in _FILTERS) else counted(Asked(asked.year))
    return render_template(
        "statistics.html",
        found=found,
        asked=asked,
        years=years(db()),
        districts=names_in(whole.tables, "district"),
        platforms=names_in(whole.tables, "platform"),
        kept={name: request.args.get(name, "") for name in ("year", *_FILTERS)},
        official=True,
        **_words(),
    )


@bp.get("/figures")
@open_to_all
def totals() -> str:
    """For anybody: whole months that are over, and no small numbers."""
    asked = _public_asked()
    return render_template(
        "statistics.html",
        found=public(counted(asked)),
        asked=asked,
        years=years(db()),
        kept={"year": asked.year},
        official=False,
        **_words(),
    )


@bp.get("/statistics/charts/<figure>/<dimension>.svg")
@who(*_OFFICIALS)
def chart(figure: str, dimension: str) -> Response:
    return _chart(counted(_asked()), figure, dimension)


@bp.get("/figures/charts/<figure>/<dimension>.svg")
@open_to_all
def public_chart(figure: str, dimension: str) -> Response:
    return _chart(public(counted(_public_asked())), figure, dimension)


@bp.get("/statistics.<kind>")
@who(*_OFFICIALS)
def export(kind: str) -> Response:
    found = counted(_asked())
    if kind == "csv":
        answer = Response(statisticsfiles.as_csv(found, say), mimetype="text/csv")
    elif kind == "xlsx":
        sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        answer = Response(statisticsfiles.as_xlsx(found, say), mimetype=sheet)
    elif kind == "pdf":
        issuer = urlsplit(runtime().config.public_url).hostname or ""
        answer = Response(statisticsfiles.as_pdf(found, issuer=issuer, now=utc_now()), mimetype="application/pdf")
    else:
        raise MissingError("page_missing")
    answer.headers["Content-Disposition"] = f"attachment; filename=statistics-{found.asked.year}.{kind}"
    return answer


def counted(asked: Asked) -> Figures:
    """The figures; those of the last minute again, for a page asks for all its charts at once."""
    kept: dict[Asked, tuple[float, Figures]] = current_app.extensions.setdefault("figures", {})
    known = kept.get(asked)
    if known is not None and time.monotonic() - known[0] < _KEPT_SECONDS:
        return known[1]
    if len(kept) >= _MOST_KEPT:
        kept.clear()
    found = figures(db(), asked=asked)
    kept[asked] = (time.monotonic(), found)
    return found


def _chart(found: Figures | PublicFigures, figure: str, dimension: str) -> Response:
    if figure not in TITLES or (figure, dimension) not in {(one.figure, one.dimension) for one in found.tables}:
        raise MissingError("page_missing")
    table = found.table(figure, dimension)
    rows: Sequence[tuple[str, int | None]] = [
        (word_of(dimension, name, say) if dimension != "month" else name[5:], count) for name, count in table.rows
    ]
    drawn = charts.columns(rows) if dimension == "month" else charts.bars(rows[:12])
    answer = Response(drawn, mimetype="image/svg+xml")
    answer.headers["Content-Security-Policy"] = _SVG_POLICY
    return answer


def _asked() -> Asked:
    industry = request.args.get("industry", "")
    return Asked(
        year=_year(),
        industry=Industry(industry) if industry in list(Industry) else None,
        district=request.args.get("district", "")[:100],
        platform=request.args.get("platform", "")[:100],
    )


def _public_asked() -> Asked:
    return Asked(year=_year(), until=last_full_month(utc_now()))


def _year() -> int:
    this = utc_now().astimezone(BEIJING).year
    asked = request.args.get("year", this, type=int)
    return asked if 2000 <= asked <= this else this


def _words() -> dict[str, object]:
    def named(dimension: str, value: str) -> str:
        return word_of(dimension, value, say)

    return {"titles": TITLES, "definitions": DEFINITIONS, "dimensions": DIMENSIONS, "named": named}
