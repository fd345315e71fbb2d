"""Many cases at once: assigned, or merged into the oldest as duplicates. Each whole, or refused with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg.casework import machine, table
from ipreg.casework.machine import Given
from ipreg.errors import CallerError, IpregError
from ipreg.models import Account, Case

MOST = 200


@dataclass(frozen=True)
class Chosen:
    """A case as it was seen: its number and the version of its row."""

    number: str
    row_version: int

    @classmethod
    def parse(cls, text: str) -> Chosen:
        """``NUMBER@VERSION``, as a row of the queue sends it."""
        number, _, version = text.partition("@")
        return cls(number, int(version) if version.isdecimal() and len(version) < 10 else -1)


@dataclass(frozen=True)
class Refused:
    """A case that was left as it was, and why."""

    number: str
    fault: IpregError


def assign(
    session: Session, *, chosen: Iterable[Chosen], officer: Account, actor: Account, now: datetime
) -> list[Refused]:
    """Gives the cases to ``officer``; those under review are handed over."""

    def one(case: Case) -> None:
        waiting = case.state in table.WAITING
        given = Given(officer=officer, reason="" if waiting else HANDED_OVER)
        action = "assigned" if waiting else "handed_over"
        machine.transition(session, case=case, action=action, actor=actor, given=given, now=now)

    return _each(session, list(chosen), one)


def merge(
    session: Session, *, chosen: Iterable[Chosen], actor: Account, now: datetime
) -> tuple[str, list[Refused]]:
    """Merges the cases into the oldest of them, and says its number."""
    asked = list(chosen)
    if len(asked) < 2:
        raise CallerError("case_merge_two")
    cases = [_find(session, one) for one in asked]
    into = min((case for case in cases if case is not None), key=lambda case: case.id, default=None)
    if into is None:
        raise CallerError("case_merge_two")
    rest = [one for one in asked if one.number != into.number]

    def one(case: Case) -> None:
        machine.transition(session, case=case, action="merged", actor=actor, given=Given(into=into), now=now)

    return into.number, _each(session, rest, one)


HANDED_OVER = "由主管批量移交。Handed over by the supervisor."
"""The reason of a hand-over that is one of many."""


def _find(session: Session, chosen: Chosen) -> Case | None:
    return session.scalar(select(Case).where(Case.number == chosen.number))


def _hold(session: Session, chosen: list[Chosen]) -> None:
    """All of them first, in one order: else two who act on the same cases could each wait for the other."""
    numbers = [one.number for one in chosen]
    session.execute(select(Case.id).where(Case.number.in_(numbers)).order_by(Case.id).with_for_update())


def _each(session: Session, chosen: list[Chosen], act: Callable[[Case], None]) -> list[Refused]:
    if len(chosen) > MOST:
        raise CallerError("case_bulk_too_many", most=MOST)
    _hold(session, chosen)
    refused = []
    for asked in chosen:
        case = _find(session, asked)
        try:
            with session.begin_nested():
                if case is None:
                    raise CallerError("case_missing")
                machine.require_current(case, asked.row_version)
                act(case)
        except IpregError as fault:
            refused.append(Refused(asked.number, fault))
    return refused
