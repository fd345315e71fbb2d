"""Numbers that people read out and type in: a year, a serial, and a check letter that catches slips."""

from __future__ import annotations

import re

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FORM = re.compile(r"(YB|AJ|HJ)(\d{4})-(\d{7})-([0-9A-Z])")

FILING, CASE, LETTER = "YB", "AJ", "HJ"


def make_number(prefix: str, *, year: int, serial: int) -> str:
    """For instance ``YB2026-0000123-K``."""
    return f"{prefix}{year:04d}-{serial:07d}-{check_letter(f'{prefix}{year:04d}{serial:07d}')}"


def check_letter(text: str) -> str:
    """The check character after ISO/IEC 7064, MOD 37,36: finds every single slip and nearly all swaps."""
    product = 36
    for letter in text:
        total = (product + _ALPHABET.index(letter)) % 36 or 36
        product = total * 2 % 37
    return _ALPHABET[(37 - product) % 36]


def is_number(text: str) -> bool:
    """Whether ``text`` is a well-formed number with the right check letter."""
    found = _FORM.fullmatch(text)
    return bool(found) and check_letter(text.replace("-", "")[:-1]) == text[-1]
