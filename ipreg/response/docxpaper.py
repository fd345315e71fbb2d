"""A letter as DOCX, from the same facts as its PDF: to sign by hand, or to go on writing in."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from docx import Document
from docx.document import Document as Paper
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.text.run import Run
from PIL import Image

_FONT = {"eastAsia": "SimSun", "latin": "Times New Roman"}
_WIDE, _HIGH = Cm(7.4), Cm(8)


def set_docx(facts: Mapping[str, Any], pictures: Mapping[str, bytes], *, at: datetime) -> bytes:
    """The DOCX; ``pictures`` are JPEG by the names that the facts give."""
    document = Document()
    _prepare(document, facts, at)
    for position, block in enumerate(facts["blocks"]):
        if position:
            document.add_page_break()  # type: ignore[no-untyped-call]
        _letter(document, facts, block, pictures)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _prepare(document: Paper, facts: Mapping[str, Any], at: datetime) -> None:
    for name in ("Normal", "Heading 1", "Heading 2", "Heading 3"):
        style = document.styles[name]
        style.font.name = _FONT["latin"]
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _FONT["eastAsia"])
    document.styles["Normal"].font.size = Pt(11)
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    properties = document.core_properties
    properties.title, properties.author, properties.subject = facts["title"], facts["holder"], facts["number"]
    properties.created = properties.modified = at.replace(tzinfo=None)


def _letter(
    document: Paper, facts: Mapping[str, Any], block: Mapping[str, Any], pictures: Mapping[str, bytes]
) -> None:
    document.add_heading(block["title"], level=1).alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph(block["dated"]).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    document.add_paragraph(("{}：{}" if block["language"] == "zh" else "{}: {}").format(*block["to"][:2]))
    if block["to"][2]:
        document.add_paragraph(block["to"][2])
    for line in block["paragraphs"]:
        if line["heading"]:
            document.add_heading(line["text"], level=3)
        else:
            document.add_paragraph(line["text"])
    facts_title, comparison, annexes, statement = block["sections"]
    document.add_heading(statement, level=2)
    for line in block["truth"]:
        document.add_paragraph(line)
    document.add_paragraph(block["signed"][2])
    document.add_paragraph(f"{block['signed'][0]} {'_' * 24}   {block['signed'][1]} {'_' * 12}")
    document.add_heading(facts_title, level=2)
    for rows in block["tables"]:
        _rows(document, rows)
    if block["comparison"] or block["pairs"]:
        document.add_heading(comparison, level=2)
    for line in block["comparison"]:
        document.add_paragraph(line)
    for pair in block["pairs"]:
        _pair(document, pair, pictures)
    if facts["annexes"]:
        document.add_heading(annexes, level=2)
        _annexes(document, facts["annexes"], block)
    document.add_paragraph(block["note"]).runs[0].font.size = Pt(8)


def _rows(document: Paper, rows: list[list[str]]) -> None:
    grid = document.add_table(rows=0, cols=2, style="Table Grid")
    for label, value in rows:
        cells = grid.add_row().cells
        cells[0].text, cells[1].text = label, value
        cells[0].width, cells[1].width = Cm(4), Cm(12)
    document.add_paragraph()


def _pair(document: Paper, pair: Mapping[str, Any], pictures: Mapping[str, bytes]) -> None:
    grid = document.add_table(rows=2, cols=2)
    for column, side in enumerate(("left", "right")):
        run = grid.rows[0].cells[column].paragraphs[0].add_run()
        _add_picture(run, pictures[pair[side]])
        grid.rows[1].cells[column].text = pair["labels"][column]
    document.add_paragraph(pair["words"])


def _add_picture(run: Run, data: bytes) -> None:
    """As wide as its column, unless it would be higher than the page likes."""
    with Image.open(io.BytesIO(data)) as picture:
        tall = picture.height * int(_WIDE) > picture.width * int(_HIGH)
    run.add_picture(io.BytesIO(data), **({"height": _HIGH} if tall else {"width": _WIDE}))


def _annexes(document: Paper, annexes: list[dict[str, Any]], block: Mapping[str, Any]) -> None:
    for position, one in enumerate(annexes, 1):
        missing = "" if one["enclosed"] else f" · {block['not_enclosed']}"
        document.add_paragraph(f"{position}. {one['what'][block['language']]} · {one['name']}{missing}")
        digest = document.add_paragraph(f"SHA-256 {one['sha256']}")
        digest.runs[0].font.size = Pt(8)
