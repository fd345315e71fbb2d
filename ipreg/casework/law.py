"""The periods that the law sets for cases, each with its article: a change of law is a change of one line here.

Not legal advice. A period whose ``article`` is empty is a rule of the house and not of the law. docs/law.md says
which texts were read, in which version, and which were not at hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ipreg.models import CaseKind, ClockKind

N_ = str  # marks a text for extraction
PATENT = "design_patent"
"""The kind of right of a case about a design patent, held or sought: the stricter rule of the two is followed."""


class Unit(StrEnum):
    WORKING = "working"
    CALENDAR = "calendar"


@dataclass(frozen=True)
class Period:
    """So many days from the day after it began; a last day that is no working day moves to the next one.

    ``extension`` is by how many days it may be lengthened, ``extensions`` how often; ``warn`` how many days (of the
    same unit) before its end the officer is warned; ``pausable`` whether time can be left out of it.
    """

    days: int
    unit: Unit
    article: str
    extension: int = 0
    extensions: int = 0
    warn: int = 2
    pausable: bool = False


PERIODS: dict[str, Period] = {
    # State Administration for Market Regulation, order 121, in force since 2026-04-15. Art. 15 is of consumers'
    # complaints; by art. 43 others can be handled as these are.
    "complaint": Period(
        7, Unit.WORKING, N_("Measures on Complaints and Reports to Market Regulators (2025), arts. 15 and 43")
    ),
    # the same authority's order 2 of 2018 as revised by orders 42 of 2021 and 61 of 2022
    "report": Period(
        15,
        Unit.WORKING,
        N_("Provisions on Procedures for Administrative Penalties of Market Regulation, art. 18"),
        extension=15,
        extensions=1,
        warn=3,
    ),
    # Beyond the first extension the law has no number but a reasonable time, decided on together: here 30 days.
    "ordinary": Period(
        90,
        Unit.CALENDAR,
        N_(
            "Administrative Penalty Law, art. 60; Provisions on Procedures for Administrative Penalties of Market "
            "Regulation, art. 64"
        ),
        extension=30,
        extensions=2,
        warn=10,
        pausable=True,
    ),
    # Three months are 89 days at least (from 31 January or 1 February) and mostly more: 89 are never too many. The
    # Measures are in force since 2025-02-01, after those for the Administrative Enforcement of Patents of 2015.
    "patent": Period(
        89,
        Unit.CALENDAR,
        N_("Measures on Administrative Adjudication and Mediation of Patent Disputes (2024): three months"),
        extension=30,
        extensions=1,
        warn=10,
        pausable=True,
    ),
    # What patent disputes give for a defence; no law has one number for all cases.
    "response": Period(15, Unit.CALENDAR, "", extension=15, extensions=1, warn=3),
    # Suspended only by order, while the decision is reviewed (as Administrative Reconsideration Law, art. 42).
    "remedy": Period(15, Unit.WORKING, "", extension=15, extensions=4, warn=3, pausable=True),
    # The authority's own review of its decision. It is no administrative reconsideration, which another authority
    # decides on, and no law gives it a time: it takes the numbers of that law's arts. 20 and 62 for its own.
    "appeal": Period(60, Unit.CALENDAR, "", warn=5),
    "review": Period(60, Unit.CALENDAR, "", extension=30, extensions=1, warn=10),
}


def rule_for(clock: ClockKind, *, kind: CaseKind, right: str) -> str:
    """Which of ``PERIODS`` a clock of such a case follows.

    What a right holder brings is a complaint; what the registry finds by itself comes as a report does.
    """
    if clock is ClockKind.ACCEPTANCE:
        return "report" if kind is CaseKind.CONFLICT else "complaint"
    if clock is ClockKind.HANDLING:
        return "patent" if right == PATENT else "ordinary"
    return clock.value
