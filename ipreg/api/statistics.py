"""The figures over the API: exact ones for officials, and for anybody those without small numbers."""

from __future__ import annotations

from flask import Blueprint

from ipreg.api import shapes
from ipreg.api.operation import Routes
from ipreg.db import utc_now
from ipreg.disclosure import PublicFigures, public
from ipreg.models import Industry, Role, Scope
from ipreg.statistics import BEIJING, Asked, Figures, Median, Stage, last_full_month
from ipreg.web.statistics import counted

N_ = str  # marks a text for extraction
bp = Blueprint("api_statistics", __name__)
routes = Routes(bp, N_("Statistics"))


@routes.get(
    "/statistics",
    N_("The figures of a year, exact"),
    scope=Scope.STATISTICS_READ,
    roles=(Role.REGULATOR, Role.AUDITOR, Role.ADMINISTRATOR),
    query=shapes.FiguresAsked,
    answer=shapes.Figures,
)
def figures(query: shapes.FiguresAsked) -> shapes.Figures:
    asked = Asked(
        year=_year(query.year),
        industry=Industry(query.industry) if query.industry else None,
        district=query.district,
        platform=query.platform,
    )
    return _shape(asked.year, counted(asked))


@routes.get(
    "/figures",
    N_("The figures of a year as they are public: whole months, no small numbers, rounded to the nearest five"),
    query=shapes.YearAsked,
    answer=shapes.Figures,
)
def public_figures(query: shapes.YearAsked) -> shapes.Figures:
    asked = Asked(year=_year(query.year), until=last_full_month(utc_now()))
    return _shape(asked.year, public(counted(asked)))


def _year(asked: int | None) -> int:
    this = utc_now().astimezone(BEIJING).year
    return min(asked or this, this)


def _stage(one: Stage) -> shapes.Stage:
    def row(name: str, median: Median) -> shapes.StageRow:
        return shapes.StageRow(name=name, count=median.count, median_days=median.days)

    tables = [
        shapes.StageTable(dimension=dimension, rows=[row(name, median) for name, median in rows])
        for dimension, rows in one.tables
    ]
    return shapes.Stage(name=one.name, count=one.whole.count, median_days=one.whole.days, tables=tables)


def _shape(year: int, found: Figures | PublicFigures) -> shapes.Figures:
    return shapes.Figures(
        year=year,
        tables=[
            shapes.FigureTable(
                figure=one.figure,
                dimension=one.dimension,
                total=one.total,
                rows=[shapes.CountRow(name=name, count=count) for name, count in one.rows],
            )
            for one in found.tables
        ],
        stages=[_stage(one) for one in found.stages],
        repeat_sellers=found.repeat_sellers,
    )
