"""The papers of the packages: DOCX to go on writing in, CSV for programs, plain text to copy from."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from docx import Document
from docx.document import Document as Paper
from docx.oxml.ns import qn
from docx.shared import Pt

from ipreg import spreadsheets
from ipreg.plaintext import shown

_FONT = "SimSun"


def paragraphs(title: str, lines: Sequence[str], *, at: datetime) -> bytes:
    """A DOCX with a heading and paragraphs."""
    document = _document(title, at)
    for line in lines:
        document.add_paragraph(shown(line))
    return _saved(document)


def table(title: str, rows: Sequence[tuple[str, str]], *, note: str = "", at: datetime) -> bytes:
    """A DOCX with a heading, a table of labels and values, and a note below."""
    document = _document(title, at)
    grid = document.add_table(rows=0, cols=2, style="Table Grid")
    for label, value in rows:
        cells = grid.add_row().cells
        cells[0].text, cells[1].text = shown(label), shown(value)
    if note:
        document.add_paragraph(shown(note))
    return _saved(document)


def comma_separated(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV that a spreadsheet program opens with the right characters; no cell can begin a formula."""
    return "".join(spreadsheets.line(row) for row in (header, *rows)).encode("utf-8-sig")


def text(lines: Iterable[str]) -> bytes:
    return (shown("\r\n".join(lines)) + "\r\n").encode("utf-8-sig")


def _document(title: str, at: datetime) -> Paper:
    document = Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(12)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    properties = document.core_properties
    properties.title, properties.author, properties.created = title, "", at.replace(tzinfo=None)
    document.add_heading(shown(title), level=1)
    return document


def _saved(document: Paper) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
