"""Charts as SVG, drawn on the server (pygal). A chart repeats a table that stands beside it, for those who see."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

import pygal
from pygal.style import Style

from ipreg.plaintext import shown

# It leaves an importer of Python 2's kind behind, at which every later import would warn.
sys.meta_path[:] = [one for one in sys.meta_path if type(one).__name__ != "PluginImportFixer"]

_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="#7a8c8a",
    foreground_strong="#7a8c8a",
    foreground_subtle="#7a8c8a",
    colors=("#0b8a83",),
    font_family="sans-serif",
    label_font_size=13,
    major_label_font_size=13,
    value_font_size=13,
)


def columns(rows: Sequence[tuple[str, int | None]]) -> bytes:
    """A column a row; a number that is not told has none."""
    return _draw(pygal.Bar(**_common(), height=260), rows)


def bars(rows: Sequence[tuple[str, int | None]]) -> bytes:
    """A bar a row, the first on top."""
    shown = list(reversed(rows))
    return _draw(pygal.HorizontalBar(**_common(), height=60 + 34 * len(shown)), shown)


def _common() -> dict[str, object]:
    return {
        "style": _STYLE,
        "width": 640,
        "show_legend": False,
        "js": [],
        "disable_xml_declaration": True,
        "print_values": True,
        "print_zeroes": False,
        "margin": 8,
    }


def _draw(chart: pygal.Bar, rows: Sequence[tuple[str, int | None]]) -> bytes:
    chart.x_labels = [shown(name)[:24] for name, _ in rows]
    chart.add("", [count for _, count in rows])
    drawn = str(chart.render(is_unicode=True))
    return re.sub(r"<script.*?</script>", "", drawn, flags=re.DOTALL).encode()  # its tooltips; the table says it
