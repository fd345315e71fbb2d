"""What an owner's decisions teach: the verdict's probability, corrected for his designs and his market.

Confirmed alerts and those dismissed as not similar are the examples. A logistic regression (scikit-learn) learns
from two thirds of them; the last third, held back, says whether it is better than what is in use: an earlier one
or the verdict alone. Only then it is used; what has become worse than the verdict alone goes. It is kept as plain
numbers. The verdict's own probability stays with each match.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from ipreg.errors import ConflictError, MissingError
from ipreg.models import Account, Alert, AlertState, Calibration, CalibrationState, DismissReason, Match, MatchKind
from ipreg.warning.owners import Owner, owner_of

LEAST = 30
"""Fewer decisions teach nothing."""
LEAST_OF_A_KIND = 5
MOST = 5000
NEW_ENOUGH = 10
BETTER = 0.01
"""By so much the log loss on the held-back decisions has to be less."""
_TINY = 1e-4
_FEATURES = ("odds", "likeness", "coverage", "inliers", "hash", "mirrored", "recoloured")
_TAUGHT = and_(
    Alert.kind == MatchKind.COPY,
    or_(Alert.state == AlertState.CONFIRMED, Alert.dismiss_reason == DismissReason.NOT_SIMILAR),
)


def active_calibration(session: Session, owner: Owner) -> Calibration | None:
    """The one in use."""
    wanted = select(Calibration).where(owner.of(Calibration), Calibration.state == CalibrationState.ACTIVE)
    return session.scalar(wanted.order_by(Calibration.version.desc()).limit(1))


def calibrations_of(session: Session, owner: Owner) -> list[Calibration]:
    """All that were tried, newest first."""
    return list(
        session.scalars(select(Calibration).where(owner.of(Calibration)).order_by(Calibration.version.desc()))
    )


def newest(session: Session) -> list[Calibration]:
    """All owners', for the administrator."""
    return list(session.scalars(select(Calibration).order_by(Calibration.id.desc()).limit(200)))


def calibration_id_of(session: Session, match: Match) -> int | None:
    """Which calibration speaks for the match, if one does."""
    found = _speaking(session, match)
    return found.id if found is not None else None


def probability_of(session: Session, match: Match) -> float:
    """The probability by which the match is judged: recalibrated, or the verdict's own."""
    found = _speaking(session, match)
    return match.probability if found is None else _apply(found.weights, match.probability, match.reason)


def owners_with_decisions(session: Session) -> list[Owner]:
    """Those from whose decisions something can be learnt."""
    wanted = (
        select(Alert.organization_id, Alert.applicant_id)
        .where(_TAUGHT)
        .group_by(Alert.organization_id, Alert.applicant_id)
    )
    found = {
        Owner(organization_id) if organization_id is not None else Owner(account_id=applicant_id)
        for organization_id, applicant_id in session.execute(wanted)
    }
    return sorted(found, key=str)


def learn(session: Session, *, owner: Owner, threshold: float, now: datetime) -> Calibration | None:
    """A new calibration, kept if it is better; None where there are too few decisions, or too few new ones."""
    last = session.scalar(select(func.max(Calibration.newest_decision_at)).where(owner.of(Calibration)))
    if not _enough_new(session, owner, last):
        return None
    decided = _examples(session, owner)
    if not decided:
        return None
    algorithm = decided[0][1].algorithm
    examples = [(a, m) for a, m in decided if m.algorithm == algorithm]
    truth = np.array([alert.state is AlertState.CONFIRMED for alert, _ in examples])
    held = np.array([alert.id % 3 == 0 for alert, _ in examples])
    if len(examples) < LEAST or min(_least(truth[held]), _least(truth[~held])) < LEAST_OF_A_KIND:
        return None
    inputs = np.array([_inputs(match.probability, match.reason) for _, match in examples])
    weights = _fit(inputs[~held], truth[~held])
    trial = [match for (_, match), out in zip(examples, held, strict=True) if out]
    before = _in_use(session, owner, trial, truth[held], threshold)
    after = _tried(weights, trial, truth[held], threshold)
    better = _is_better(after, before)
    newest = max(alert.decided_at for alert, _ in examples if alert.decided_at is not None)
    if better:
        _retire(session, owner)
    made = Calibration(
        **owner.columns(), version=1 + len(calibrations_of(session, owner)), algorithm=algorithm,
        state=CalibrationState.ACTIVE if better else CalibrationState.REFUSED, weights=weights,
        learnt_from=int((~held).sum()), held_back=int(held.sum()), before=before, after=after,
        newest_decision_at=newest, created_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def switch(
    session: Session, *, calibration_id: int, on: bool, owner: Owner | None, account: Account, now: datetime
) -> Owner:
    """Back to an earlier one, or with ``on`` false to the verdict alone. ``owner`` None: an administrator."""
    found = session.get(Calibration, calibration_id)
    if found is None or owner not in (None, Owner(found.organization_id, found.account_id)):
        raise MissingError("calibration_missing")
    if found.state is CalibrationState.REFUSED:
        raise ConflictError("calibration_not_better")
    whose = Owner(found.organization_id, found.account_id)
    if on:
        _retire(session, whose)
    found.state = CalibrationState.ACTIVE if on else CalibrationState.RETIRED
    found.switched_at, found.switched_by = now, account
    session.flush()
    return whose


def _in_use(
    session: Session, owner: Owner, trial: Sequence[Match], truth: NDArray[np.bool_], threshold: float
) -> dict[str, Any]:
    """How what is in use did on these decisions. It goes where the verdict alone did better."""
    alone = _tried(None, trial, truth, threshold)
    standing = active_calibration(session, owner)
    if standing is None or standing.algorithm != trial[0].algorithm:
        return alone
    found = _tried(standing.weights, trial, truth, threshold)
    if not _is_better(alone, found):
        return found
    _retire(session, owner)
    return alone


def _is_better(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(one["log_loss"] <= other["log_loss"] - BETTER and one["brier"] <= other["brier"])


def _tried(
    weights: dict[str, float] | None, trial: Sequence[Match], truth: NDArray[np.bool_], threshold: float
) -> dict[str, Any]:
    """The figures of these weights on these matches; None for the verdict alone."""
    chances = [m.probability if weights is None else _apply(weights, m.probability, m.reason) for m in trial]
    return _figures(truth, np.array(chances), threshold)


def _speaking(session: Session, match: Match) -> Calibration | None:
    found = active_calibration(session, owner_of(match.filing))
    return found if found is not None and found.algorithm == match.algorithm else None


def _retire(session: Session, owner: Owner) -> None:
    session.execute(
        update(Calibration)
        .where(owner.of(Calibration), Calibration.state == CalibrationState.ACTIVE)
        .values(state=CalibrationState.RETIRED)
    )


def _enough_new(session: Session, owner: Owner, last: datetime | None) -> bool:
    wanted = select(func.count()).select_from(Alert).where(owner.alerted(), _TAUGHT)
    if last is not None:
        wanted = wanted.where(Alert.decided_at > last)
    return (session.scalar(wanted) or 0) >= (LEAST if last is None else NEW_ENOUGH)


def _examples(session: Session, owner: Owner) -> list[tuple[Alert, Match]]:
    """The newest decisions with the matches they were on, newest first."""
    wanted = select(Alert).where(owner.alerted(), _TAUGHT, Alert.decided_at.is_not(None))
    found = session.scalars(wanted.order_by(Alert.decided_at.desc(), Alert.id.desc()).limit(MOST)).unique()
    return [(alert, alert.match) for alert in found]


def _inputs(probability: float, reason: dict[str, Any]) -> list[float]:
    """In the order of ``_FEATURES``; each is about -10 to 10."""
    chance = min(max(probability, _TINY), 1 - _TINY)
    return [
        math.log(chance / (1 - chance)),
        float(reason.get("likeness") or 0.0),
        float(reason.get("coverage") or 0.0),
        math.log1p(float(reason.get("inliers") or 0)),
        float(reason.get("hash_distance", 64)) / 64,
        float(bool(reason.get("mirrored"))),
        float(bool(reason.get("recoloured"))),
    ]


def _fit(inputs: NDArray[np.float64], truth: NDArray[np.bool_]) -> dict[str, float]:
    from sklearn.linear_model import LogisticRegression

    middle, spread = inputs.mean(axis=0), inputs.std(axis=0)
    spread[spread < _TINY] = 1.0
    fitted = LogisticRegression(C=1.0, max_iter=1000).fit((inputs - middle) / spread, truth)
    slopes = fitted.coef_[0] / spread
    weights = dict(zip(_FEATURES, map(float, slopes), strict=True))
    return {**weights, "bias": float(fitted.intercept_[0] - slopes @ middle)}


def _apply(weights: dict[str, float], probability: float, reason: dict[str, Any]) -> float:
    """Files that are the same to the byte need no experience."""
    if reason.get("same_bytes"):
        return probability
    inputs = _inputs(probability, reason)
    score = weights["bias"] + sum(weights[name] * value for name, value in zip(_FEATURES, inputs, strict=True))
    return round(min(max(1 / (1 + math.exp(-max(-30.0, min(30.0, score)))), _TINY), 1 - _TINY), 6)


def _figures(truth: NDArray[np.bool_], chances: NDArray[np.float64], threshold: float) -> dict[str, Any]:
    """Log loss and Brier score; at the threshold how many alerts, how many of them false, how many copies lost."""
    sure = np.clip(chances, _TINY, 1 - _TINY)
    told = chances >= threshold
    return {
        "log_loss": round(float(-np.mean(np.where(truth, np.log(sure), np.log(1 - sure)))), 4),
        "brier": round(float(np.mean((chances - truth) ** 2)), 4),
        "alerts": int(told.sum()),
        "false": int((told & ~truth).sum()),
        "missed": int((~told & truth).sum()),
    }


def _least(truth: NDArray[np.bool_]) -> int:
    return int(min(truth.sum(), (~truth).sum()))
