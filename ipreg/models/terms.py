"""What designs are found by: each pair of neighbouring letters of their texts, in an index.

Pairs and not words, because Chinese is written without spaces; and a table of our own, because every database has
another kind of full-text search. The rows follow the filing by themselves, whoever writes it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, ForeignKey, String, delete, event, insert
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from ipreg.db import Base
from ipreg.models.designs import Filing

MOST_TERMS = 400


class FilingTerm(Base):
    """A pair of letters that stands in a filing's title, creators' names or keywords; also each single letter."""

    __tablename__ = "filing_terms"

    term: Mapped[str] = mapped_column(String(8), primary_key=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("filings.id"), primary_key=True, index=True)


def terms(text: str) -> list[str]:
    """The single letters and pairs of ``text``, each once, without regard to case; none spans a space."""
    found: dict[str, None] = {}
    for word in text.casefold().split():
        found.update(dict.fromkeys(word))
        found.update(dict.fromkeys(first + second for first, second in pairwise(word)))
    return list(found)[:MOST_TERMS]


def wanted_terms(word: str) -> list[str]:
    """What a filing must have to be found by ``word``: all of its pairs, or its only letter."""
    word = word.casefold()
    return [one + other for one, other in pairwise(word)] if len(word) > 1 else [word]


def text_of(title: str, creator: str, keywords: tuple[str, ...]) -> str:
    """All that a filing is found by."""
    return " ".join((title, creator, *keywords))


def _index(_mapper: Mapper[Any], connection: Connection, filing: Filing) -> None:
    connection.execute(delete(FilingTerm).where(FilingTerm.filing_id == filing.id))
    found = terms(text_of(filing.title, filing.creator, tuple(filing.keywords or ())))
    if found:
        connection.execute(insert(FilingTerm), [{"term": one, "filing_id": filing.id} for one in found])


event.listen(Filing, "after_insert", _index)
event.listen(Filing, "after_update", _index)
