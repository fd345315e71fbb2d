"""Cursors: a place in the order of a list, as text that readers hand back and need not understand."""

from __future__ import annotations

import base64
import binascii

from ipreg.errors import CallerError


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


def wrong() -> CallerError:
    """For a cursor that none of ours is."""
    return CallerError("cursor_wrong", field="cursor")
