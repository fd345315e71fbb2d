"""Tables for spreadsheet programs: no cell begins a formula, and none hides or turns what it says."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from ipreg.plaintext import shown


def harmless(cell: Any) -> Any:
    """What a spreadsheet would take for a formula begins with an apostrophe; what can't be seen is left out.

    >>> harmless("=1+1"), harmless(-1), harmless("\\u202e外套")
    ("'=1+1", -1, '外套')
    """
    if not isinstance(cell, str):
        return cell
    begins = cell[:1] in ("\t", "\r", "\n")  # Excel looks behind them
    text = shown(cell)
    return f"'{text}" if begins or text.lstrip(" \t\r\n\u3000")[:1] in tuple("=+-@＝＋－＠|%") else text


def line(cells: Iterable[Any]) -> str:
    """One line of a CSV."""
    out = io.StringIO()
    csv.writer(out).writerow([harmless(one) for one in cells])
    return out.getvalue()
