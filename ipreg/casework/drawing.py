"""The state machine as a drawing: where each state stands, and the lines between them, from the table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from ipreg.casework.table import MOVES, standings
from ipreg.models import CaseEvent, CaseState

S = CaseState
WIDTH, HEIGHT = 128, 40
_ACROSS, _DOWN = 156, 84
_PLACES: dict[CaseState, tuple[int, int]] = {
    S.FLAGGED: (0, 1),
    S.ACCEPTED: (1, 1),
    S.UNDER_REVIEW: (2, 1),
    S.NOTICE_ISSUED: (3, 0),
    S.AWAITING_RESPONSE: (4, 0),
    S.RESPONSE_RECEIVED: (5, 0),
    S.NO_RESPONSE: (4, 1),
    S.HEARING: (3, 2),
    S.DECISION_PROPOSED: (5, 2),
    S.DECIDED: (6, 1),
    S.REMEDIES: (7, 1),
    S.CLOSED: (8, 1),
    S.APPEALED: (7, 2),
    S.NOT_ACCEPTED: (0, 2),
    S.MERGED: (1, 2),
    S.WITHDRAWN: (1, 0),
}
_ALWAYS = (S.WITHDRAWN, S.MERGED)  # reached from so many states that the lines would hide the others


@dataclass(frozen=True)
class Box:
    """A state: its middle, and whether the case ``stands`` there or ``passed`` it."""

    state: CaseState
    x: int
    y: int
    stands: bool
    passed: bool


@dataclass(frozen=True)
class Line:
    """From box to box, as an SVG path."""

    path: str
    passed: bool


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    boxes: list[Box]
    lines: list[Line]


def draw(now: CaseState | None = None, history: Iterable[CaseEvent] = ()) -> Drawing:
    """The machine, with where a case stands ``now`` and the ways that its ``history`` took."""
    states = [one.state for one in standings(history)]
    passed, ways = set(states), set(pairwise(states))
    boxes = [Box(state, *_middle(state), state is now, state in passed) for state in CaseState]
    lines = [Line(_path(a, b), (a, b) in ways) for a, b in _pairs()]
    across = max(x for x, _ in _PLACES.values()) * _ACROSS + WIDTH + 12
    down = max(y for _, y in _PLACES.values()) * _DOWN + HEIGHT + 12
    return Drawing(across, down, boxes, lines)


def _pairs() -> list[tuple[CaseState, CaseState]]:
    found = {
        (source, move.target): None
        for move in MOVES
        for source in sorted(move.sources)
        if move.target is not None and not move.reopens and move.target not in _ALWAYS
    }
    found |= {(S.ACCEPTED, S.WITHDRAWN): None, (S.ACCEPTED, S.MERGED): None}
    return list(found)


def _middle(state: CaseState) -> tuple[int, int]:
    column, row = _PLACES[state]
    return 6 + WIDTH // 2 + column * _ACROSS, 6 + HEIGHT // 2 + row * _DOWN


def _path(a: CaseState, b: CaseState) -> str:
    """From the nearer edge of one box to that of the other; a curve where it would run through boxes."""
    (x, y), (u, v) = _middle(a), _middle(b)
    if abs(u - x) < WIDTH:  # one above the other
        side = HEIGHT // 2 if v > y else -HEIGHT // 2
        return f"M{x} {y + side}L{u} {v - side}"
    side = WIDTH // 2 if u > x else -WIDTH // 2
    start, end = x + side, u - side
    if y == v and abs(u - x) > _ACROSS:
        return f"M{x} {y + HEIGHT // 2}C{x} {y + 62} {u} {v + 62} {u} {v + HEIGHT // 2}"
    bend = (start + end) // 2
    return f"M{start} {y}C{bend} {y} {bend} {v} {end} {v}"
