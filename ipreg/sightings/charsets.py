"""Which charset a text without a label is in. GB 18030 reads almost any bytes: what comes out decides. No I/O."""

from __future__ import annotations

LOOKED_AT = 20_000
# Both standards have their characters in two levels, the common ones first: wrongly read text is full of rare ones.
_COMMON = {"gb18030": ("gb2312", 0xD8), "big5": ("big5", 0xC7)}
_ENOUGH = 0.5


def guess_charset(data: bytes) -> str | None:
    """Of UTF-8, GB 18030, Big5, Windows-1252 the one in which ``data`` makes sense; None where it does in none."""
    texts = {name: text for name in ("utf-8", *_COMMON) if (text := _decoded(data, name)) is not None}
    if "utf-8" in texts:
        return "utf-8"
    shares = {name: _share_of_common(text[:LOOKED_AT], *_COMMON[name]) for name, text in texts.items()}
    best = max(shares, key=lambda name: shares[name], default=None)
    if (best is None or shares[best] < _ENOUGH) and _is_western(data[:LOOKED_AT]):
        return "cp1252"
    return best


def _decoded(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except UnicodeDecodeError:
        return None


def _share_of_common(text: str, encoding: str, end: int) -> float:
    told = [letter for letter in text if letter > "\x7f"]
    return sum(_is_common(letter, encoding, end) for letter in told) / len(told) if told else 1.0


def _is_common(letter: str, encoding: str, end: int) -> bool:
    try:
        return letter.encode(encoding)[0] < end
    except UnicodeEncodeError:
        return False


def _is_western(data: bytes) -> bool:
    """Letters with accents stand singly between plain ones; the bytes of Chinese come in pairs."""
    high = [at for at, byte in enumerate(data) if byte > 0x7F]
    single = sum(data[at - 1 : at] < b"\x80" and data[at + 1 : at + 2] < b"\x80" for at in high)
    return single >= 0.8 * len(high) and _decoded(data, "cp1252") is not None
