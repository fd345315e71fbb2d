"""Whether a text that somebody typed shows what it holds, and how a stranger's text is shown."""

from __future__ import annotations

import re
import unicodedata

# What turns the order of the letters after it (Trojan Source, CVE-2021-42574). The marks U+200E and U+200F, which
# Hebrew and Arabic names need, turn nothing else and are left.
_TURNING = "\u202a-\u202e\u2066-\u2069"
_CONTROLS = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufff9-\ufffb\ud800-\udfff{_TURNING}]")
# Letters by their category, and yet nothing is to be seen: fillers of Hangul, and Braille without a dot.
_EMPTY = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")


# Besides these, what is not to be seen itself: marks of direction, blanks without width, tags. Joiners (U+200C and
# U+200D) make letters and pictures of several, and stay.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def shown(text: str) -> str:
    """The text as pages, mails, papers and tables show it. What is kept stays as it came.

    >>> shown("外套\u202egpj.exe\u200b")
    '外套gpj.exe'
    """
    return _UNSEEN.sub("", text)


def has_controls(text: str) -> bool:
    """Controls other than tabs and line ends, half characters, or what turns the letters round.

    >>> has_controls("云纹\\n外套"), has_controls("a\\u202eb")
    (False, True)
    """
    return bool(_CONTROLS.search(text))


def is_blank(text: str) -> bool:
    """Whether nothing of it can be seen.

    >>> is_blank("\\u200b "), is_blank("云")
    (True, False)
    """
    return all(one in _EMPTY or unicodedata.category(one)[0] in "CZ" for one in text)


def printable(text: str) -> str:
    """The text with a line in place of every control, for what is kept as it came: the name of a file.

    >>> printable("front\\u202egpj.exe")
    'front_gpj.exe'
    """
    return _CONTROLS.sub("_", " ".join(text.split("\n")).replace("\r", " ").replace("\t", " "))
