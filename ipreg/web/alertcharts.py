"""The enterprise's dashboard: charts drawn on the server as SVG, each with its figures as a table."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

import pygal
from flask import Blueprint, render_template
from flask_babel import gettext
from markupsafe import Markup

from ipreg.db import utc_now
from ipreg.models import Account
from ipreg.warning import aheadfigures, figures
from ipreg.web.alerts import OWNERS
from ipreg.web.rules import who
from ipreg.web.session import aside, db, me

# pygal leaves an importer of the old kind behind, at which every later import stumbles.
sys.meta_path[:] = [one for one in sys.meta_path if type(one).__name__ != "PluginImportFixer"]

bp = Blueprint("alertcharts", __name__)
N_ = str  # marks a text for extraction
WITHIN = {
    "day": N_("within a day"),
    "three_days": N_("within three days"),
    "week": N_("within a week"),
    "later": N_("later"),
}


@bp.get("/alerts/dashboard")
@who(*OWNERS)
def dashboard() -> str:
    found, made_at = _figures()
    weeks = [f"{one[0]:%m-%d}" for one in found.weeks]
    series = [
        (gettext("Raised"), [one[1] for one in found.weeks]),
        (gettext("Confirmed"), [one[2] for one in found.weeks]),
        (gettext("Dismissed"), [one[3] for one in found.weeks]),
    ]
    within = [(gettext(WITHIN[name]), count) for name, count in found.within.items()]
    return render_template(
        "alert_dashboard.html",
        found=found,
        made_at=made_at,
        weeks=drawn(pygal.Bar, gettext("Alerts by week"), weeks, series),
        within=within,
        charts=[
            (title, column, rows, drawn(pygal.HorizontalBar, title, *_turned(rows)))
            for title, column, rows in (
                (gettext("Designs copied most"), gettext("Design"), found.designs),
                (gettext("Sellers with most alerts"), gettext("Seller"), found.sellers),
                (gettext("Platforms with most alerts"), gettext("Platform"), found.platforms),
                (gettext("Time from alert to decision"), gettext("Decided"), within),
            )
        ],
    )


def _figures() -> tuple[figures.Figures, datetime | None]:
    """The figures, and when they were counted; None for just now."""
    now, account = utc_now(), me()
    known = aheadfigures.kept(db(), account=account, now=now)
    if known is not None:
        if aheadfigures.not_looked_at(db(), account=account, now=now):
            with aside() as session:
                aheadfigures.looked_at(session, account=session.get_one(Account, account.id), now=now)
        return known
    found = figures.figures(db(), account=account, now=now)
    if aheadfigures.is_many(db(), account=account):
        with aside() as session:
            mine = session.get_one(Account, account.id)
            aheadfigures.keep(session, account=mine, found=found, looked=True, now=now)
    return found, None


def drawn(kind: type[Any], title: str, labels: list[str], series: list[tuple[str, list[int]]]) -> Markup:
    """An SVG without style or script of its own (static/charts.css has it), its figures told in words."""
    across = kind is pygal.HorizontalBar
    chart = kind(
        js=[], css=[], classes=("chart",), show_legend=len(series) > 1, legend_at_bottom=True,
        legend_at_bottom_columns=3,
        width=460 if across else 900,
        height=max(150, 60 + 36 * len(labels)) if across else 300, explicit_size=False,
        disable_xml_declaration=True, include_x_axis=True, min_scale=3, pretty_print=False, print_values=False,
        truncate_label=-1, no_data_text=gettext("No data yet"), margin=8, margin_left=110 if across else 24,
    )  # fmt: skip
    chart.x_labels = [_short(_plain(one)) for one in labels]
    for name, values in series:
        chart.add(name, values)
    chart.y_labels = _marks(max((value for _, values in series for value in values), default=0))
    words = "; ".join(f"{label}: {', '.join(str(s[1][n]) for s in series)}" for n, label in enumerate(labels))
    chart.add_xml_filter(lambda root: _told(root, title, words))
    return Markup(chart.render(is_unicode=True))  # noqa: S704 - pygal escapes what it writes


def _marks(most: int) -> list[int]:
    """Whole numbers beside an axis, about five: nothing here is counted in tenths."""
    step = next(one * 10**tens for tens in range(12) for one in (1, 2, 5) if one * 10**tens * 5 >= most)
    return [step * n for n in range(most // step + 2)]


def _turned(rows: list[tuple[str, int]]) -> tuple[list[str], list[tuple[str, list[int]]]]:
    """Horizontal bars are drawn from below."""
    upward = rows[::-1]
    return [name for name, _ in upward], [("", [count for _, count in upward])]


def _told(root: Any, title: str, words: str) -> Any:
    """A name and a description for those who hear the page; ``root`` is an element of any of the two libraries."""
    for one in root.iter():
        for name in ("style", "onmouseover", "onmouseout"):
            one.attrib.pop(name, None)
    for parent in list(root.iter()):
        for child in list(parent):
            if str(child.tag).rpartition("}")[2] in ("style", "script", "desc", "title"):
                parent.remove(child)
    root.set("role", "img")
    root.set("aria-label", title)
    description = root.makeelement("desc", {})
    description.text = _plain(words)
    root.insert(0, description)
    return root


def _short(text: str) -> str:
    """As much as there is room for beside a bar; a Chinese character is as wide as two others."""
    kept, width = "", 0
    for one in text:
        width += 2 if ord(one) > 0x2E7F else 1
        if width > 17:
            return f"{kept}…"
        kept += one
    return kept


def _plain(text: str) -> str:
    return "".join(one for one in text if one.isprintable())
