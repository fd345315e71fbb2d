"""What showing a design does to its novelty, said before it is filed, computed from the dates. Not legal advice."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from ipreg.models import Disclosure, RightKind
from ipreg.rights import law

N_ = str  # marks a text for extraction
FORGIVEN = frozenset(
    {
        Disclosure.EMERGENCY,
        Disclosure.RECOGNISED_EXHIBITION,
        Disclosure.PRESCRIBED_MEETING,
        Disclosure.AGAINST_WILL,
    }
)


@dataclass(frozen=True)
class Warned:
    """A sentence with the days that fill it, and whether something is lost already (else it is only urgent)."""

    text: str
    lost: bool
    days: dict[str, date]


GRACED = N_(
    "Shown on %(shown)s in a way that Patent Law art. 24 forgives for six months: apply for the design patent by "
    "%(until)s, and declare and prove the event."
)
GRACE_OVER = N_(
    "Shown on %(shown)s: the six months of Patent Law art. 24 ended on %(until)s. A design patent applied for now "
    "can be refused or declared invalid for lack of novelty."
)
KNOWN = N_(
    "Shown on %(shown)s, and not in one of the ways that Patent Law art. 24 forgives: the design is known to the "
    "public. A design patent applied for afterwards can be refused or declared invalid for lack of novelty. "
    "Copyright is not touched."
)
NO_SECRET = N_("What has been shown to the public can't be kept as a trade secret any more.")
STILL_NEW = N_("Not shown yet: keep it so until the application for a design patent is filed.")


def warnings(
    kind: Disclosure | None, shown: date | None, wanted: Collection[RightKind], today: date
) -> list[Warned]:
    """What to tell the applicant; empty where nothing is stated."""
    if kind is Disclosure.NONE:
        return [Warned(STILL_NEW, False, {})] if RightKind.DESIGN_PATENT in wanted else []
    if kind is None or shown is None:
        return []
    found = [_novelty(kind, shown, today)]
    if RightKind.TRADE_SECRET in wanted:
        found.append(Warned(NO_SECRET, True, {}))
    return found


def _novelty(kind: Disclosure, shown: date, today: date) -> Warned:
    if kind not in FORGIVEN:
        return Warned(KNOWN, True, {"shown": shown})
    until = law.GRACE.end(shown)
    days = {"shown": shown, "until": until}
    return Warned(GRACED, False, days) if today <= until else Warned(GRACE_OVER, True, days)
