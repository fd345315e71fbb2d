"""Prices as people and programs write them, read into an amount and a currency code. No I/O."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import cache

from babel.numbers import get_territory_currencies
from price_parser import Price

MOST = Decimal(10) ** 12
# Signs and names that mean one currency (ISO 4217), wherever they stand.
_CERTAIN = {
    "US$": "USD", "CA$": "CAD", "C$": "CAD", "AU$": "AUD", "A$": "AUD", "NZ$": "NZD", "HK$": "HKD", "NT$": "TWD",
    "SG$": "SGD", "S$": "SGD", "MOP$": "MOP", "MX$": "MXN", "MXN$": "MXN", "R$": "BRL", "CN¥": "CNY", "JP¥": "JPY",
    "RMB": "CNY", "CNH": "CNY", "€": "EUR", "円": "JPY", "₩": "KRW", "원": "KRW", "₫": "VND", "đ": "VND",
    "฿": "THB", "₹": "INR",
    "грн": "UAH", "Rp": "IDR", "RM": "MYR", "₱": "PHP", "₺": "TRY", "TL": "TRY", "₽": "RUB", "₴": "UAH",
    "руб": "RUB", "zł": "PLN", "Kč": "CZK", "Ft": "HUF", "лв": "BGN", "lei": "RON", "₪": "ILS", "Fr.": "CHF",
    "SFr": "CHF", "د.إ": "AED", "人民币": "CNY", "人民幣": "CNY", "美元": "USD", "美金": "USD",
    "欧元": "EUR", "歐元": "EUR",
    "英镑": "GBP", "英鎊": "GBP", "日元": "JPY", "日圆": "JPY", "日圓": "JPY",
    "韩元": "KRW", "韓元": "KRW",
    "港元": "HKD", "港币": "HKD", "港幣": "HKD", "新台币": "TWD", "新台幣": "TWD", "台币": "TWD", "台幣": "TWD",
}  # fmt: skip
# Signs that several countries share: what is meant where nothing else tells (empty: none), then what else may be.
_SHARED = {
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP"),
    "¥": ("CNY", "JPY"),
    "元": ("CNY", "TWD", "HKD", "MOP"),
    "圆": ("CNY",),
    "£": ("GBP", "EGP", "LBP"),
    "kr": ("", "SEK", "NOK", "DKK", "ISK"),
    "Rs": ("INR", "PKR", "LKR", "NPR"),
}


def _sign(text: str) -> str:
    """A pattern for it; one of Latin or Cyrillic letters is no part of a longer word."""
    spaced = r"\s?".join(re.escape(part) for part in re.split(r"(?=\$$)", text) if part)
    before = r"(?<![^\W\d_])" if text[0].isalpha() and text[0] < "\u2e80" else ""
    after = r"(?![^\W\d_])" if text[-1].isalpha() and text[-1] < "\u2e80" else ""
    return before + spaced + after


_SIGN = re.compile(
    "|".join(_sign(one) for one in sorted({**_CERTAIN, **_SHARED}, key=len, reverse=True)), re.IGNORECASE
)
_BY_SIGN = {sign.casefold(): codes for sign, codes in _SHARED.items()}
_BY_SIGN |= {sign.casefold(): (code,) for sign, code in _CERTAIN.items()}
_CODE = re.compile(r"[A-Za-z]{3}")
_MANY = {"千": 10**3, "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_COUNTED = re.compile(r"(\d[\d,]*(?:\.\d+)?)\s*([千万萬亿億])")
_BELOW_ZERO = re.compile("\\D*[-\N{MINUS SIGN}]\\D{0,5}\\d")
# "12 99" is how a page's text reads where the cents stand small and high; thousands come in threes.
_SMALL_CENTS = re.compile(r"(?<=\d)\s+(\d\d)(?![\d.,])(?!\s\d)")


def parse_price(text: str, currency: str = "", *, exact: bool = False, country: str = "") -> tuple[str, str]:
    """Amount and currency code in a text like ``￥1,299.00``; an empty text for what is not told.

    ``currency`` is what is said of it beside the text. ``exact``: the text is a program's, in which a point divides
    the fraction (34.000 is 34, not 34 thousand). ``country`` (ISO 3166) tells what a shared sign such as ``$``
    means. Of a range the lower end is the price.
    """
    # The Swiss part thousands by an apostrophe, and typesetters make a quotation mark of it.
    text = unicodedata.normalize("NFKC", text[:200]).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").strip()
    amount = _amount(text, exact)
    if amount is None or not 0 <= amount < MOST:
        return "", ""
    return _written(amount), currency_code(currency, country) or currency_in(text, country)


def currency_code(text: str, country: str = "") -> str:
    """The code for a currency that is named alone, by its code or otherwise (``RMB``, ``￥``, ``人民币``)."""
    text = unicodedata.normalize("NFKC", text[:40]).strip()
    if _SIGN.fullmatch(text):
        return currency_in(text, country)
    return text.upper() if _CODE.fullmatch(text) else currency_in(text, country)


def currency_in(text: str, country: str = "") -> str:
    """The code of the currency that a text with a price names; empty where none is."""
    found = _SIGN.search(text)
    if found is None:
        code = Price.fromstring(text).currency or ""
        return code if re.fullmatch(r"[A-Z]{3}", code) else ""
    codes = _BY_SIGN["".join(found[0].split()).casefold()]
    local = _currency_of(country) if country and len(codes) > 1 else ""
    return local if local in codes else codes[0]


@cache
def _currency_of(country: str) -> str:
    return next(iter(get_territory_currencies(country)), "")


def _amount(text: str, exact: bool) -> Decimal | None:
    if _BELOW_ZERO.match(text):
        return None
    counted = _COUNTED.search(text)
    if counted is not None:
        whole = Decimal(counted[1].replace(",", "")) * _MANY[counted[2]]
        return whole.to_integral_value() if whole == whole.to_integral_value() else whole
    point = "." if exact and re.fullmatch(r"\d+\.\d+", text) else None
    return Price.fromstring(_SMALL_CENTS.sub(r".\1", text, count=1), decimal_separator=point).amount


def _written(amount: Decimal) -> str:
    text = format(amount, "f")
    return text[: text.index(".") + 5] if "." in text else text
