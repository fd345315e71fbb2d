"""Sites on which many sell, and whose pages do not always say who. No I/O."""

from __future__ import annotations

from ipreg.sightings.webpage import host_of

_NAMES = frozenset({
    "taobao", "tmall", "jd", "1688", "alibaba", "aliexpress", "pinduoduo", "yangkeduo", "temu", "goofish", "xianyu",
    "suning", "dangdang", "kongfz", "douyin", "jinritemai", "kuaishou", "kwaixiaodian", "xiaohongshu", "dewu",
    "weidian", "dhgate", "made-in-china", "shein", "amazon", "ebay", "etsy", "walmart", "wish", "rakuten",
    "mercari", "shopee", "lazada", "tokopedia", "flipkart", "zalando", "allegro", "cdiscount", "mercadolibre",
    "mercadolivre", "ozon", "wildberries", "vinted", "depop", "poshmark", "carousell", "ruten", "coupang",
    "redbubble", "facebook", "instagram",
})  # fmt: skip


def is_marketplace(address: str) -> bool:
    """Whether an address is one of a marketplace that is known as such."""
    labels = host_of(address).partition(":")[0].split(".")
    return bool(_NAMES & set(labels[:-1]))
