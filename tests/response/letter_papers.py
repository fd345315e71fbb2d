"""The text of letters' papers, as the golden files hold it: one hostile listing, both kinds, both languages."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pypdfium2
from desk_of_letters import HOSTILE, Desk
from docx import Document
from docx.oxml.ns import qn
from scenery import draw_picture

from ipreg.models import LegalLetterKind
from ipreg.response import facts
from ipreg.response.docxpaper import set_docx
from ipreg.typesetting import set_paper

GOLDEN = Path(__file__).parent / "golden"
ANNEXES = [
    {"what": "Certificate of the filing, signed", "name": "annex-01-certificate.pdf", "sha256": "1" * 64,
     "size": 1, "enclosed": True},
    {"what": "Captured page of the listing", "name": "annex-02-captured.warc.gz", "sha256": "2" * 64,
     "size": 2, "enclosed": False},
]  # fmt: skip
CASES = [(kind, language) for kind in LegalLetterKind for language in ("zh", "en")]
PICTURES = {"filed-1.jpg": draw_picture(1), "seen-1.jpg": draw_picture(2)}


def hostile_facts(desk: Desk, kind: LegalLetterKind, language: str) -> dict[str, Any]:
    """The facts of a letter whose listing was titled by somebody who meant harm."""
    listing = desk.alert.match.listing
    assert listing is not None
    listing.title, listing.seller = HOSTILE, "{holder} 店#1"
    listing.address = "https://shop.example/item?id=1&x=%3Cscript%3E"
    letter = desk.draft(kind, key=kind.value + language, languages=language)
    return facts.with_annexes(letter.facts, ANNEXES)


def pdf_text(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    return _plain("\n".join(page.get_textpage().get_text_range() for page in document))


def docx_text(data: bytes) -> str:
    body = Document(io.BytesIO(data)).element.body
    return _plain("\n".join("".join(part.text for part in one.iter(qn("w:t"))) for one in body.iter(qn("w:p"))))


def texts(desk: Desk, kind: LegalLetterKind, language: str) -> dict[str, str]:
    """By the name of the golden file."""
    said, at = hostile_facts(desk, kind, language), desk.clock()
    return {
        f"{kind.value}.{language}.pdf.txt": pdf_text(set_paper("letter.typ", said, PICTURES, at=at)),
        f"{kind.value}.{language}.docx.txt": docx_text(set_docx(said, PICTURES, at=at)),
    }


def _plain(text: str) -> str:
    return "\n".join(line.strip() for line in text.replace("\r", "").splitlines() if line.strip()) + "\n"
