"""Cursors: a place in the order of a list, as text that readers hand back and need not understand."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from ipreg.errors import CallerError


class Numbered(Protocol):
    """A row that is known by its number."""

    @property
    def id(self) -> Any: ...


Row = TypeVar("Row", bound=Numbered)


def cursor_of(place: str) -> str:
    """The cursor that leads to ``place``."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def place_of(cursor: str) -> str:
    """The place; empty where reading begins. Raises ``CallerError`` (``cursor_wrong``)."""
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as fault:
        raise wrong() from fault


def number_of(cursor: str) -> int | None:
    """A place that is a row's number."""
    place = place_of(cursor)
    if not place:
        return None
    if not (place.isascii() and place.isdecimal() and len(place) < 10):
        raise wrong()
    return int(place)


def cut(found: Sequence[Row], limit: int) -> tuple[Sequence[Row], str | None]:
    """One page of ``found``, which goes on beyond it where there is more, and the cursor of the next one."""
    shown = found[:limit]
    return shown, cursor_of(str(shown[-1].id)) if len(found) > limit else None


def newest(
    session: Session, wanted: Select[Row], number: InstrumentedAttribute[int], cursor: str, limit: int
) -> tuple[Sequence[Row], str | None]:
    """The page of ``wanted`` that ``cursor`` leads to, greatest ``number`` first, and the cursor of the next."""
    if (before := number_of(cursor)) is not None:
        wanted = wanted.where(number < before)
    return cut(session.scalars(wanted.order_by(number.desc()).limit(limit + 1)).unique().all(), limit)


def wrong() -> CallerError:
    """For a cursor that none of ours is."""
    return CallerError("cursor_wrong", field="cursor")
