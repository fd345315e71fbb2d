"""What an officer wants to know beside a case: the seller's other cases, and similar ones that were decided."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, lazyload, selectinload

from ipreg.models import Case, CaseOutcome, Match
from ipreg.sightings.sellerlinks import OFFICIALS, joined

MOST = 10


@dataclass(frozen=True)
class Neighbours:
    """``repeat``: how often the seller was found to infringe. ``same_design``: other cases of it."""

    of_seller: list[Case]
    repeat: int
    same_design: list[Case]
    decided: list[Case]

    @property
    def all(self) -> list[Case]:
        return [*self.of_seller, *self.same_design, *self.decided]


def of(session: Session, *, case: Case) -> Neighbours:
    """Newest first, at most ``MOST`` of each."""
    others = select(Case.id).where(Case.id != case.id).order_by(Case.id.desc()).limit(MOST)
    of_seller: list[int] = []
    repeat = 0
    if case.seller_id is not None:
        his = Case.seller_id.in_(joined(session, case.seller_id, office=OFFICIALS))
        of_seller = list(session.scalars(others.where(his)))
        found = select(func.count()).where(his, Case.outcome == CaseOutcome.INFRINGING, Case.id != case.id)
        repeat = session.scalar(found) or 0
    same = Case.match_id.in_(select(Match.id).where(Match.filing_id == case.match.filing_id))
    lists = of_seller, list(session.scalars(others.where(same))), _decided(session, case)
    held = _loaded(session, {one for ids in lists for one in ids})
    seller, design, decided = ([held[one] for one in ids] for ids in lists)
    return Neighbours(seller, repeat, design, decided)


def _decided(session: Session, case: Case) -> list[int]:
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
    return list(session.scalars(wanted))


def _loaded(session: Session, ids: set[int]) -> dict[int, Case]:
    """The cases with what a line about each shows, and nothing that hangs on them further."""
    if not ids:
        return {}
    match = selectinload(Case.match)
    shown = [match.selectinload(one) for one in (Match.filing, Match.listing, Match.later_filing)]
    found = session.scalars(select(Case).options(lazyload("*"), *shown).where(Case.id.in_(ids)))
    return {one.id: one for one in found}
