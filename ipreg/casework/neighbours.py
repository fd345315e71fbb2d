"""What an officer wants to know beside a case: the seller's other cases, and similar ones that were decided."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, lazyload

from ipreg.models import Case, CaseOutcome, Match

MOST = 10


@dataclass(frozen=True)
class Neighbours:
    """``repeat``: how often the seller was found to infringe. ``same_design``: other cases of it."""

    of_seller: list[Case]
    repeat: int
    same_design: list[Case]
    decided: list[Case]


def of(session: Session, *, case: Case) -> Neighbours:
    """Newest first, at most ``MOST`` of each."""
    others = select(Case.id).where(Case.id != case.id).order_by(Case.id.desc()).limit(MOST)
    of_seller: list[Case] = []
    repeat = 0
    if case.seller_id is not None:
        of_seller = _loaded(session, others.where(Case.seller_id == case.seller_id))
        found = select(func.count()).where(
            Case.seller_id == case.seller_id, Case.outcome == CaseOutcome.INFRINGING, Case.id != case.id
        )
        repeat = session.scalar(found) or 0
    same = Case.match_id.in_(select(Match.id).where(Match.filing_id == case.match.filing_id))
    return Neighbours(of_seller, repeat, _loaded(session, others.where(same)), _decided(session, case))


def _decided(session: Session, case: Case) -> list[Case]:
    """Decided cases of the same industry and kind whose pictures were about as alike."""
    near = Match.probability.between(case.match.probability - 0.1, case.match.probability + 0.1)
    wanted = (
        select(Case.id)
        .join(Match, Case.match_id == Match.id)
        .where(Case.id != case.id, Case.industry == case.industry, Case.kind == case.kind, near)
        .where(Case.outcome.is_not(None))
        .order_by(Case.id.desc())
        .limit(5)
    )
    return _loaded(session, wanted)


def _loaded(session: Session, wanted: Select[int]) -> list[Case]:
    """First which, then all of them: with everything joined to it PostgreSQL would not begin with what is rare."""
    ids = list(session.scalars(wanted))
    bare = select(Case).options(lazyload(Case.events), lazyload(Case.clocks)).where(Case.id.in_(ids))
    return list(session.scalars(bare.order_by(Case.id.desc()))) if ids else []
