"""The periods that the law sets for cases, each with its article: a change of law is a change of one line here.

Not legal advice. A period whose ``article`` is empty is a rule of the house and not of the law.
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
    # State Administration for Market Regulation, order 20 of 2019, revised 2022
    "complaint": Period(
        7, Unit.WORKING, N_("Interim Measures on Complaints and Reports to Market Regulators, art. 14")
    ),
    # the same authority's order 2 of 2018 as revised by order 42 of 2021
    "report": Period(
        15,
        Unit.WORKING,
        N_("Provisions on Procedures for Administrative Penalties of Market Regulation, art. 18"),
        extension=15,
        extensions=1,
        warn=3,
    ),
    "ordinary": Period(
        90,
        Unit.CALENDAR,
        N_("Provisions on Procedures for Administrative Penalties of Market Regulation, art. 64"),
        extension=30,
        extensions=2,
        warn=10,
        pausable=True,
    ),
    "patent": Period(
        90,
        Unit.CALENDAR,
        N_("Measures for Administrative Enforcement of Patents, art. 21 (three months)"),
        extension=30,
        extensions=1,
        warn=10,
        pausable=True,
    ),
    "response": Period(
        15,
        Unit.CALENDAR,
        N_("Measures for Administrative Enforcement of Patents, art. 14; as in E-Commerce Law, art. 43"),
        extension=15,
        extensions=1,
        warn=3,
    ),
    # Suspended only by order, while an appeal is judged (Administrative Reconsideration Law, art. 42).
    "remedy": Period(15, Unit.WORKING, "", extension=15, extensions=4, warn=3, pausable=True),
    "appeal": Period(60, Unit.CALENDAR, N_("Administrative Reconsideration Law, art. 20"), warn=5),
    "review": Period(
        60,
        Unit.CALENDAR,
        N_("Administrative Reconsideration Law, art. 62"),
        extension=30,
        extensions=1,
        warn=10,
    ),
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
