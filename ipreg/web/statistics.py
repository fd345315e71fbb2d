"""The figures: exact ones for officials, with filters and files; totals for anybody, without small numbers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, render_template, request

from ipreg import charts, statisticsahead, statisticsfiles
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
from ipreg.web.session import aside, db, runtime

bp = Blueprint("statistics", __name__)
_OFFICIALS = (Role.REGULATOR, Role.AUDITOR, Role.ADMINISTRATOR)
_FILTERS = ("industry", "district", "platform")
_KEPT_SECONDS, _MOST_KEPT = 60, 100
_SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@bp.get("/statistics")
@who(*_OFFICIALS)
def page() -> str:
    asked = _asked()
    found = _ready(asked)
    whole = _ready(Asked(asked.year))
    tables = whole.figures.tables if whole is not None else ()
    return render_template(
        "statistics.html",
        found=found.figures if found else None,
        counted_at=found.at if found else None,
        asked=asked,
        years=years(db()),
        districts=names_in(tables, "district"),
        platforms=names_in(tables, "platform"),
        kept={name: request.args.get(name, "") for name in ("year", *_FILTERS)},
        official=True,
        **_words(),
    )


@bp.get("/figures")
@open_to_all
def totals() -> str:
    """For anybody: whole months that are over, and no small numbers."""
    asked = _public_asked()
    found = _ready(asked)
    return render_template(
        "statistics.html",
        found=public(found.figures) if found else None,
        counted_at=found.at if found else None,
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


@dataclass(frozen=True)
class Counted:
    """Figures, and when they were counted."""

    figures: Figures
    at: datetime


def counted(asked: Asked) -> Figures:
    """The figures, whatever it takes: for files and programs."""
    return (_known(asked) or _count(asked)).figures


def _ready(asked: Asked) -> Counted | None:
    """The figures for a page; None where a job is counting them: nobody waits at a page for seconds."""
    found = _known(asked)
    if found is not None or not statisticsahead.is_many(db()):
        return found or _count(asked)
    with aside() as session:
        comes = statisticsahead.ask(session, asked=asked, now=utc_now())
    return None if comes else _count(asked)


def _known(asked: Asked) -> Counted | None:
    """Those of the last minute again, for a page asks for all its charts at once; or what was counted ahead."""
    memory = _memory()
    if asked in memory and time.monotonic() - memory[asked][0] < _KEPT_SECONDS:
        return memory[asked][1]
    kept = statisticsahead.kept(db(), asked=asked, now=utc_now())
    if kept is None:
        return None
    if statisticsahead.not_looked_at(db(), asked=asked, now=utc_now()):
        with aside() as session:
            statisticsahead.looked_at(session, asked=asked, now=utc_now())
    return _remember(asked, Counted(*kept))


def _count(asked: Asked) -> Counted:
    found = _remember(asked, Counted(figures(db(), asked=asked), utc_now()))
    if statisticsahead.is_many(db()):
        with aside() as session:
            statisticsahead.keep(session, asked=asked, found=found.figures, now=found.at)
    return found


def _remember(asked: Asked, found: Counted) -> Counted:
    memory = _memory()
    if len(memory) >= _MOST_KEPT:
        memory.clear()
    memory[asked] = (time.monotonic(), found)
    return found


def _memory() -> dict[Asked, tuple[float, Counted]]:
    kept: dict[Asked, tuple[float, Counted]] = current_app.extensions.setdefault("figures", {})
    return kept


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
