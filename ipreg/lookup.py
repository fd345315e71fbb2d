"""What anybody may ask: was this filed, when, and as which log entry. Never what a filing shows or whose it is.

A digest is answered only whole, and with the earliest filing that has it: who has the file may learn that it was
filed, and nobody can read the register out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import cv2
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from ipreg import numbers
from ipreg.errors import CallerError, MissingError
from ipreg.models import Certificate, DesignFile, Filing, FilingView, StoredFile
from similarity.image import PictureError, decode

_HEX = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_NUMBER = re.compile(r"YB\d{4}-\d{7}-[0-9A-Z]")
_CODE_SIDE = 1600  # pixels; a code that fills a tenth of the picture is still read


@dataclass(frozen=True)
class Found:
    """The earliest filing with a digest. ``certificate``: it is that of the certificate, not of a picture."""

    filing: Filing
    certificate: bool = False
    later: int = 0


def by_number(session: Session, text: str) -> Filing:
    """The filing of that number; raises ``CallerError`` (``verify_number_malformed``) or ``MissingError``."""
    number = clean_number(text)
    found = session.scalar(select(Filing).where(Filing.number == number))
    if found is None:
        raise MissingError("verify_number_unknown", number=number)
    return found


def clean_number(text: str) -> str:
    """The number as people type it, in its one form: capitals, hyphens where they belong, letter checked."""
    plain = re.sub(r"[^0-9A-Z]", "", text.upper().translate(_FULL_WIDTH))
    number = f"{plain[:6]}-{plain[6:13]}-{plain[13:]}"
    if not numbers.is_number(number) or not number.startswith(numbers.FILING):
        raise CallerError("verify_number_malformed", field="number")
    return number


_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def by_digest(session: Session, text: str, *, number: str | None = None) -> Found | None:
    """The earliest filing that holds a file of this digest (SHA-256 or SM3), or filing ``number`` if it does.

    None where there is none; raises ``CallerError`` (``verify_digest_malformed``).
    """
    digest = clean_digest(text)
    wanted = (
        select(Filing)
        .where(or_(Filing.id.in_(_filed_with(FilingView, digest)), Filing.id.in_(_filed_with(DesignFile, digest))))
        .order_by(Filing.filed_at, Filing.id)
    )
    filings = session.scalars(wanted).unique().all()
    for filing in filings:
        if number is None or filing.number == number:
            return Found(filing, later=len(filings) - 1 if number is None else 0)
    issued = session.scalar(
        select(Certificate).where(or_(Certificate.sha256 == digest, Certificate.sm3 == digest)).limit(1)
    )
    if issued is not None and number in (None, issued.filing.number):
        return Found(issued.filing, certificate=True)
    return None


def _filed_with(kind: type[FilingView] | type[DesignFile], digest: str) -> Select[int]:
    held = or_(StoredFile.sha256 == digest, StoredFile.sm3 == digest)
    return select(kind.filing_id).join(StoredFile, kind.sha256 == StoredFile.sha256).where(held)


def clean_digest(text: str) -> str:
    """64 hex digits out of what people paste: capitals, spaces, or a whole line of ``sha256sum``."""
    lowered = text.strip().lower()
    for form in (lowered, re.sub(r"[\s:]", "", lowered)):
        found = _HEX.findall(form)
        if len(found) == 1:
            return str(found[0])
    raise CallerError("verify_digest_malformed", field="digest")


def read_code(data: bytes, *, max_bytes: int, max_pixels: int) -> str:
    """The filing number in a photograph of a QR code; raises ``CallerError`` (``verify_code_unreadable``)."""
    try:
        pixels = decode(data, max_bytes=max_bytes, max_pixels=max_pixels).pixels
    except PictureError as fault:
        raise CallerError(fault.code, field="photo", **fault.values) from fault
    detector = cv2.QRCodeDetector()
    for side in (_CODE_SIDE, _CODE_SIDE // 2):
        scale = min(1.0, side / max(pixels.shape[:2]))
        smaller = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        text, _, _ = detector.detectAndDecode(smaller)
        found = _NUMBER.search(text.upper())
        if found is not None and numbers.is_number(found.group(0)):
            return found.group(0)
    raise CallerError("verify_code_unreadable", field="photo")
