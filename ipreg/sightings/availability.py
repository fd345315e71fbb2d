"""Whether something can be had, as shops say it in many words. No I/O."""

from __future__ import annotations

import re

MAX = 40
# https://schema.org/ItemAvailability, and the words of shopping feeds for the same
_KNOWN = {
    "instock": "in_stock",
    "outofstock": "out_of_stock",
    "soldout": "sold_out",
    "preorder": "pre_order",
    "presale": "pre_sale",
    "backorder": "back_order",
    "discontinued": "discontinued",
    "limitedavailability": "limited_availability",
    "onlineonly": "online_only",
    "instoreonly": "in_store_only",
    "madetoorder": "made_to_order",
    "reserved": "reserved",
}
_TOLD = (
    (
        "out_of_stock",
        r"sold out|out of stock|not available|unavailable|ausverkauft|nicht verfügbar|épuisé|rupture|agotado"
        r"|esaurito|缺货|缺貨|无货|無貨|售罄|售完|下架|补货|補貨|无库存|品切れ|在庫なし|품절",
    ),
    ("pre_order", r"pre[- ]?order|预售|預售|预订|預訂|予約"),
    (
        "in_stock",
        r"in stock|available|auf lager|lieferbar|verfügbar|en stock|disponible|disponibile"
        r"|有货|有貨|现货|現貨|有库存|在庫あり|재고 있음",
    ),
)


def availability_in(text: str) -> str:
    """One word for it: ``https://schema.org/InStock``, ``In stock!`` and ``有货`` are all ``in_stock``.

    What is none of the known ones stays as it was said, in lower case with ``_`` for blanks.
    """
    text = " ".join(text.split())
    last = text.rstrip("/").rpartition("/")[2].rpartition("#")[2]
    known = _KNOWN.get(re.sub(r"[\s_-]+", "", last).lower())
    if known or not text:
        return known or ""
    for word, told in _TOLD:
        if re.search(told, text.lower().replace("_", " ")):
            return word
    return re.sub(r"[\s-]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", last)).lower()[:MAX]
