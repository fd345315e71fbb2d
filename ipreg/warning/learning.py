"""What an owner's decisions teach: the verdict's probability, corrected for his designs and his market."""

from __future__ import annotations

from sqlalchemy.orm import Session

from ipreg.models import Match


def calibration_id_of(session: Session, match: Match) -> int | None:
    """Which calibration speaks for the match, if one does."""
    return None


def probability_of(session: Session, match: Match) -> float:
    """The probability by which the match is judged: recalibrated, or the verdict's own."""
    return match.probability
