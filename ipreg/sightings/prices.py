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
_DIGITS = r"\d(?:[\d.,'\s]*\d)?"
_SIGNED = re.compile(rf"(?:{_SIGN.pattern})\s*{_DIGITS}|(?<![\d.,']){_DIGITS}\s*(?:{_SIGN.pattern})", re.IGNORECASE)
_TO = re.compile(r"\d\W*(?:[-~\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}]|至|到|to|bis|à)\s*$", re.IGNORECASE)
_BY_SIGN = {sign.casefold(): codes for sign, codes in _SHARED.items()}
_BY_SIGN |= {sign.casefold(): (code,) for sign, code in _CERTAIN.items()}
_CODE = re.compile(r"[A-Za-z]{3}")
_MANY = {"千": 10**3, "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_COUNTED = re.compile(r"(\d[\d,]*(?:\.\d+)?)\s*([千万萬亿億])")
_BELOW_ZERO = re.compile("\\D*[-\N{MINUS SIGN}]\\D{0,5}\\d")
# "12 99" is how a page's text reads where the cents stand small and high; thousands come in threes.
_SMALL_CENTS = re.compile(r"(?<=\d)\s+(\d\d)(?![\d.,])(?!\s\d)")


# What a label says of the price behind it. Where it says nothing, the number stands for itself.
_FORMER = (
    "原价|原價|市场价|市場價|吊牌价|吊牌價|划线价|劃線價|专柜价|專櫃價|门市价|門市價|建议零售价|建議售價|厂商指导价|参考价|參考價"
    "|定价|定價|牌价|日常价|定金|订金|訂金|定価|通常価格|参考価格|정가"
    r"|\b(?:was|rrp|msrp|list price|regular price|original price|old price|compare at|deposit|statt|uvp|vorher"
    r"|au lieu de|prix conseillé|antes|prima)\b"
)
_PRESENT = (
    "现价|現價|售价|售價|促销价|促銷價|折后价|折後價|到手价|到手價|特价|特價|秒杀价|秒殺價|优惠价|優惠價|活动价|活動價|一口价|抢购价"
    "|预售价|預售價|本店价|本站价|商城价|拼团价|团购价|販売価格|セール価格|特別価格|할인가|판매가"
    r"|\b(?:now|sale price|special price|our price|current price|price now|jetzt|nur|maintenant|ahora|ora)\b"
)
# For those who hold a coupon or belong to a club: nobody else has it for that.
_FOR_SOME = "券后价?|券後價?|会员价|會員價|新人价|首单价|粉丝价|プライム価格|\\b(?:members?|club) price\\b"
_LABEL = re.compile(f"(?P<former>{_FORMER})|(?P<present>{_PRESENT})|(?P<some>{_FOR_SOME})", re.IGNORECASE)
_PIECE = (
    r"(?:件|个|個|条|條|双|雙|套|只|隻|支|枝|瓶|盒|包|袋|枚|片|块|塊|本"
    r"|对|對|张|張|把|顶|頂|副|点|個|セット|개|pcs|pieces?|items?|pairs?)"
)
_COUNT = r"(?:\d{1,4}|[两兩二三四五六七八九十])"
# Numbers that are no price: from so many pieces on, in packs of, so many sold, what is taken off above a sum.
_NO_PRICE = re.compile(
    rf"第\s*{_COUNT}\s*{_PIECE}\s*(?:半价|半價|[\d.]*\s*[折元])?|[≥>≧]\s*\d+\s*{_PIECE}?|\d+\s*[-~]\s*\d+\s*{_PIECE}"
    rf"|{_COUNT}\s*{_PIECE}\s*(?:起[批订訂售购]?|以上|装|裝|入り)|(?:月销|已售|销量|售出)\s*\d+\+?\s*{_PIECE}?"
    r"|满\s*\d+\s*(?:元)?\s*[减送]\s*\d*\s*元?|滿\s*\d+\s*(?:元)?\s*[減送]\s*\d*\s*元?"
    r"|(?:立减|立減|省|优惠券|領券|领券)\s*[¥$]?\s*\d+(?:\.\d+)?\s*元?|[-−]?\s*\d{1,3}\s*%\s*(?:off)?"
    rf"|[\d.]+\s*折|\d+\s*人[团團]|(?<![\d.,])(?:1|一)\s*{_PIECE}",
    re.IGNORECASE,
)
_NUMBER_ALONE = re.compile(r"[¥$€£]?\s*[\d.,]*")
_MONEY = r"(?:[¥$€£]|us\$|rmb|cny|eur|usd)?\s*(?<![\d.,])\d[\d.,]*(?![\d.,])"
# The price of several together: "3件99元", "99元3件", "2 for $10", "$10 for 2". Of one it is not told.
_OF_SEVERAL = re.compile(
    rf"(?<![\d.,])(?P<before>{_COUNT})\s*{_PIECE}\s*(?:共|仅|僅|只要|只需|仅需|合计|=|:|/|,|で)?\s*{_MONEY}"
    rf"|{_MONEY}(?:\s*(?:元|块|円|원)\s*)?(?:\s*(?:/|任?[选選])\s*)?(?P<after>{_COUNT})\s*{_PIECE}"
    rf"|(?<![\d.,])(?P<for>\d{{1,3}})\s*(?:for|für|pour|por|voor)\s*{_MONEY}|{_MONEY}\s*(?:for|für|pour)\s*(?P<of>\d{{1,3}})\b",
    re.IGNORECASE,
)


def is_of_several(text: str) -> bool:
    """Whether the text prices several pieces together, so that it names no price of one."""
    return _is_of_several(_asked(_plain(text)))


def _is_of_several(text: str) -> bool:
    found = None if _NUMBER_ALONE.fullmatch(text) else _OF_SEVERAL.search(text)
    return found is not None and next(one for one in found.groups() if one) not in ("1", "01")


def parse_price(text: str, currency: str = "", *, exact: bool = False, country: str = "") -> tuple[str, str]:
    """Amount and currency code in a text like ``￥1,299.00``; an empty text for what is not told.

    ``currency`` is what is said of it beside the text. ``exact``: the text is a program's, in which a point divides
    the fraction (34.000 is 34, not 34 thousand). ``country`` (ISO 3166) tells what a shared sign such as ``$``
    means. Of a range the lower end is the price; of a former and a present price the present one; what several
    pieces cost together is none.
    """
    text = _asked(_plain(text))
    amount = None if _is_of_several(text) else _amount(text, exact)
    if amount is None or not 0 <= amount < MOST:
        return "", ""
    return _written(amount), currency_code(currency, country) or currency_in(text, country)


def _plain(text: str) -> str:
    # The Swiss part thousands by an apostrophe, and typesetters make a quotation mark of it.
    return unicodedata.normalize("NFKC", text[:200]).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").strip()


def _asked(text: str) -> str:
    """The part of the text that tells what is asked of everybody now, as its labels have it."""
    if _NUMBER_ALONE.fullmatch(text):
        return text
    text = _NO_PRICE.sub(" ", text)
    labels = list(_LABEL.finditer(text))
    ends = [*(label.start() for label in labels[1:]), len(text)]
    said = [("plain", text[: labels[0].start()] if labels else text)]
    said += [(label.lastgroup or "", text[label.end() : end]) for label, end in zip(labels, ends, strict=False)]
    priced = [(kind, part) for kind, part in said if re.search(r"\d", part)]
    order = {"present": 0, "plain": 1, "some": 2, "former": 3}
    return min(priced, key=lambda one: order[one[0]], default=("", text))[1]


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
    text = _beside_its_sign(text)
    point = "." if exact and re.fullmatch(r"\d+\.\d+", text) else None
    return Price.fromstring(_SMALL_CENTS.sub(r".\1", text, count=1), decimal_separator=point).amount


def _beside_its_sign(text: str) -> str:
    """Of several numbers the one that has a currency beside it, as in "2024新款 99元"; the end of a range stays."""
    found = _SIGNED.search(text)
    before = text[: found.start()] if found else ""
    return found[0] if found and re.search(r"\d", before) and not _TO.search(before) else text


def _written(amount: Decimal) -> str:
    text = format(amount, "f")
    return text[: text.index(".") + 5] if "." in text else text
