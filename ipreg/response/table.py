"""All steps of a letter: from which state, to which, for which kind, and who takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ipreg.models import LegalLetterKind, LegalLetterState, LegalOutcome

S = LegalLetterState
BOTH = frozenset(LegalLetterKind)
NOTICE, WARNING = frozenset({LegalLetterKind.NOTICE}), frozenset({LegalLetterKind.WARNING})
OUT = (S.SENT, S.ACKNOWLEDGED, S.REPLIED, S.COUNTERED, S.TOLD)
"""States of a letter that went out and waits for something."""
ENDED = frozenset({S.CLOSED, S.VOID})


@dataclass(frozen=True)
class Move:
    """``targets``: the state that each state leads to. ``system``: no person takes it."""

    action: str
    targets: Mapping[S, S]
    kinds: frozenset[LegalLetterKind] = BOTH
    system: bool = False


MOVES = (
    Move("made", {S.MAKING: S.READY}, system=True),
    Move("mail_queued", {S.READY: S.MAILING}),
    Move("mailed", {S.MAILING: S.SENT}, system=True),
    Move("mail_failed", {S.MAILING: S.READY}, system=True),
    Move("sent", {S.READY: S.SENT, **{one: one for one in OUT}}),
    Move("acknowledged", {**{one: one for one in OUT}, S.SENT: S.ACKNOWLEDGED}),
    Move("replied", {S.SENT: S.REPLIED, S.ACKNOWLEDGED: S.REPLIED, S.REPLIED: S.REPLIED}, WARNING),
    Move(
        "countered",
        {S.SENT: S.COUNTERED, S.ACKNOWLEDGED: S.COUNTERED, S.COUNTERED: S.COUNTERED, S.CLOSED: S.COUNTERED},
        NOTICE,
    ),
    Move("handed_over", {S.COUNTERED: S.COUNTERED}, NOTICE, system=True),
    Move("told", {S.COUNTERED: S.TOLD, S.TOLD: S.TOLD}, NOTICE),
    Move("closed", dict.fromkeys(OUT, S.CLOSED)),
    Move("reopened", {S.CLOSED: S.SENT}),
    Move("voided", {S.MAKING: S.VOID, S.READY: S.VOID}),
)
"""``handed_over`` leaves the clock running: the platform still has to hear of it. ``countered`` again corrects the
day; a closed letter is countered only where its outcome was ``REMOVED``. ``reopened`` leads to the state it was
closed in."""

OUTCOMES: Mapping[LegalLetterKind, tuple[LegalOutcome, ...]] = {
    LegalLetterKind.NOTICE: (
        LegalOutcome.REMOVED,
        LegalOutcome.REFUSED,
        LegalOutcome.RESTORED,
        LegalOutcome.SETTLED,
        LegalOutcome.COMPLAINT,
        LegalOutcome.SUIT,
        LegalOutcome.UNANSWERED,
        LegalOutcome.WITHDRAWN,
    ),
    LegalLetterKind.WARNING: (
        LegalOutcome.REMOVED,
        LegalOutcome.REFUSED,
        LegalOutcome.SETTLED,
        LegalOutcome.COMPLAINT,
        LegalOutcome.SUIT,
        LegalOutcome.UNANSWERED,
        LegalOutcome.WITHDRAWN,
    ),
}
"""What a person may record; ``HANDED_OVER`` is recorded by handing over."""


def find(kind: LegalLetterKind, state: LegalLetterState, action: str) -> Move | None:
    """The step, if it can be taken from ``state``."""
    for move in MOVES:
        if move.action == action and kind in move.kinds and state in move.targets:
            return move
    return None


def possible(kind: LegalLetterKind, state: LegalLetterState, outcome: LegalOutcome | None) -> list[str]:
    """What a person may do now, in the table's order."""
    found = [one for one in MOVES if not one.system and kind in one.kinds and state in one.targets]
    return [one.action for one in found if one.action != "countered" or may_be_countered(state, outcome)]


def may_be_countered(state: LegalLetterState, outcome: LegalOutcome | None) -> bool:
    """What was handed over or settled is no longer the platform's; what it removed the seller may contest."""
    return state is not S.CLOSED or outcome is LegalOutcome.REMOVED
