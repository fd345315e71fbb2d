"""How the numbers of rights are formed, so that a slip of the finger is found before it is recorded.

Chinese application numbers (国家知识产权局 ZC 0006-2003): year, kind (3 is a design), seven digits, and a check
character that is the sum of the digits by the weights 2 to 9 repeated, modulo 11 (10 is X); before October 2003 two
digits of year and five of serial, with the same check. Registrations of works: 国作登字-2023-F-00001234, or a
province's sign before 作登字. Trade marks: digits, a letter where an application was divided. Hague: DM/123456.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from ipreg.errors import CallerError
from ipreg.models import ObtainedKind

MOST = 64
_PATENT = re.compile(r"(?:ZL|CN)?((?:19|20)\d{2}|\d{2})([1-9])(\d{7}|\d{5})([0-9X])?")
_PUBLICATION = re.compile(r"CN[123]\d{8}[A-Z]")
_WORK = re.compile(r"[一-龥]{1,3}作登字-(\d{4})-[A-L]-\d{6,8}|\d{2}-(\d{4})-[A-L]-\d{1,8}")
_MARK = re.compile(r"G?\d{5,9}[A-Z]?")
_HAGUE = re.compile(r"DM/\d{5,6}")
_DESIGN = "3"


def check_number(kind: ObtainedKind, number: str, *, applied_on: date) -> str:
    """The number in its usual form. Raises ``CallerError`` (field ``number``) that says what is wrong with it."""
    plain = "".join(unicodedata.normalize("NFKC", number).split()).upper().replace("—", "-")
    if not plain:
        raise CallerError("field_empty", field="number")
    if len(plain) > MOST:
        raise CallerError("field_too_long", field="number", most=MOST)
    if any(unicodedata.category(letter).startswith("C") for letter in plain):
        raise CallerError("field_control_characters", field="number")
    return _CHECKS[kind](plain, applied_on)


def check_character(digits: str) -> str:
    """The check character of a Chinese application number given without it (8 or 12 digits)."""
    total = sum(int(digit) * (2 + place % 8) for place, digit in enumerate(digits))
    return "0123456789X"[total % 11]


def _patent(plain: str, applied_on: date) -> str:
    if _PUBLICATION.fullmatch(plain):
        raise CallerError("right_number_publication", field="number")
    found = _PATENT.fullmatch(plain.replace(".", "").replace("-", ""))
    if found is None or len(found[1]) + len(found[3]) not in (7, 11):
        raise CallerError("right_number_patent", field="number")
    year, kind, serial, check = found.groups()
    if kind != _DESIGN:
        raise CallerError("right_number_not_design", field="number", kind=kind)
    expected = check_character(year + kind + serial)
    if check is None:
        raise CallerError("right_number_check_missing", field="number")
    if check != expected:
        raise CallerError("right_number_check_wrong", field="number", check=check)
    if int(year) % 100 != applied_on.year % 100:
        raise CallerError("right_number_other_year", field="number", year=year)
    return f"{year}{kind}{serial}.{check}"


def _work(plain: str, applied_on: date) -> str:
    if _WORK.fullmatch(plain) is None:
        raise CallerError("right_number_work", field="number")
    return plain


def _mark(plain: str, applied_on: date) -> str:
    if _MARK.fullmatch(plain) is None:
        raise CallerError("right_number_mark", field="number")
    return plain


def _hague(plain: str, applied_on: date) -> str:
    plain = plain.replace("DM-", "DM/").replace("DM/", "DM").replace("DM", "DM/")
    if _HAGUE.fullmatch(plain) is None:
        raise CallerError("right_number_hague", field="number")
    return plain


def _foreign(plain: str, applied_on: date) -> str:
    """Each office has its own form; a number has a digit."""
    if not any(letter.isdigit() for letter in plain):
        raise CallerError("right_number_foreign", field="number")
    return plain


_CHECKS = {
    ObtainedKind.DESIGN_PATENT: _patent,
    ObtainedKind.COPYRIGHT: _work,
    ObtainedKind.TRADE_MARK: _mark,
    ObtainedKind.HAGUE: _hague,
    ObtainedKind.FOREIGN_DESIGN: _foreign,
}
