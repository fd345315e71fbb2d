"""The standard texts of letters, in both languages; an owner may have his own instead (``ipreg.response.texts``).

They lie in ``ipreg/papers``; a line that begins with ``# `` is a heading. Whatever the law asks for beyond that
(identity, rights, listings, comparison, annexes, the statement of truth) is set by ``ipreg.response.facts`` and
can't be edited away.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ipreg.models import LegalLetterKind

_PAPERS = Path(__file__).parent.parent / "papers"


@cache
def standard(kind: LegalLetterKind) -> tuple[str, str]:
    """The text in Chinese and in English."""
    zh, en = ((_PAPERS / f"{kind.value}.{language}.txt").read_text("utf-8").strip() for language in ("zh", "en"))
    return zh, en
