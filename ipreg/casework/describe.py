"""The state machine as a page for people: ``python -m ipreg.casework.describe > docs/cases.md``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from ipreg.casework import table, words
from ipreg.casework.law import PERIODS, Unit
from ipreg.casework.table import MOVES, Move, Part
from ipreg.models import CaseState

_HEAD = """# Cases

This page is made from the table in `ipreg/casework/table.py` and the periods in `ipreg/casework/law.py`; a test
fails where it is not current. `python -m ipreg.casework.describe > docs/cases.md` makes it anew.

A case goes from state to state by steps. Each step is an entry in the transparency log. A step that is not in this
table is refused, whoever asks and by whatever way; of two officers at once the slower is told who was faster.
"""
_CALENDAR = """
Days are those of Shanghai; the day a period begins on is not counted; a period that would end on a day off ends on
the next working day. Working days are those of the State Council's yearly notice, make-up days included, as the
library `holidays` knows them. For a year whose notice it does not know, weekends and the public holidays of the
law are left out, and the page says that the day is provisional; such deadlines are counted anew when the library
brings the notice. The numbers are not legal advice; [law](law.md) says which texts were read.

A right holder's complaint is none in the sense of the Measures on Complaints and Reports (art. 3: those are
consumers'); others can be handled as these are (art. 43), which the desk does. A second extension of an
ordinary case has no number in the law, which asks for a reasonable one that the heads decide on together; here
it is 30 days. The time that a hearing takes is left out. Three months are counted as 89 days, which are never
longer. The time to answer is the house's: no law has one number for all cases.

## The desk

The queue goes by the next deadline; a repeat seller's case stands 3 days and a grave one 7 days further ahead.
Filters stand in the address bar and can be saved under a name; a page begins after a row, not after a number of
rows, so that nothing jumps while one reads. `benchmarks/bench_queue.py` measures the pages with 100,000 cases.

A grave case is proposed by its officer and approved by another officer; nobody approves or lengthens what is
his own. A case becomes grave by its officer, or by itself where the seller was found to infringe three times,
before it was opened or since (a job looks each minute); only a supervisor who does not have it calls it less
grave. `ipreg account supervisor EMAIL` or an administrator's page makes one. On days away a deputy acts for
an officer, under his own name.

Who takes a flagged case on accepts it first, as a step of its own: the owner gets his paper. Nobody is found to
infringe before he was served the notice, or has answered, unless the officer says why; that reason stands in the
history and in the decision (Administrative Penalty Law, arts. 44 and 45).

The other side has the notice, and its time to answer begins, when it opens the signed paper, or the one-time link
once the paper is there; not while a job is still making it. An officer can record the service himself.

A case is closed when the decision has reached both sides: each opened the paper, or an officer recorded how it was
delivered. From then on each side has its own time to ask for the authority's own review, once; closing takes
nothing from it, and the one-time link leads to the closed case until it is over. An officer can record a late
request with the reason that excuses it. Who has the case, or proposed or made its decision, does not judge the
review. Both sides ask by a form that gives a receipt, the other side by its link. While one request is pending the
other side may join it; one judgement answers both. After a decision was upheld the case goes on where it was. A
review suspends nothing by itself: the remedies' clock runs on unless its officer or a supervisor pauses it.

That review (`appealed` in the table) is a rule of the house, and no remedy of the law. Administrative
reconsideration is asked for from the authority that the Administrative Reconsideration Law names in arts. 24 and
25, as a rule the people's government of the same level, within 60 days (art. 20); suits within 15 days against a
decision on the infringement of a patent (Patent Law, art. 65), within six months otherwise (Administrative
Litigation Law, art. 46). The review stops none of these times. The form, and the paper of the decision, say all
this before anybody chooses.

A hearing has a time and a place, at least seven working days ahead (Administrative Penalty Law, arts. 64 and 85),
and a signed notice for both sides; it can be moved or cancelled, each with a signed notice that says what was
appointed before.

A decision's ruling is set by its outcome, in both languages (`ipreg/casework/rulings.py`); the reasons are the
officer's. *Template* puts a draft of them into the form, with gaps; while a gap is left there is no decision.

An owner complains of what he saw himself from the page of his design (*Complain of a copy*): an address, or a
stall at a place, with a picture. It becomes a listing, a match with the probability that the pictures give, a
confirmed alert and a flagged case; what he wrote and attached is the first thing handed in, with its receipt.

A conflict of filings is opened by a job where a filing and somebody else's later one are at least 95 % probably
the same design. Both owners see the case and both dates, each the pictures of his own design and what he may
see anyway.
"""


def markdown() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_diagram(), "\n## Steps\n", *_steps(), "\n## Periods\n", *_periods(), _CALENDAR])


def _diagram() -> Iterator[str]:
    yield "```mermaid\nstateDiagram-v2"
    yield "    [*] --> flagged"
    for source in CaseState:
        for move in MOVES:
            targets = table.APPEALABLE if move.returns else {move.target} - {None}
            for target in CaseState if source in move.sources else ():
                if target in targets:
                    yield f"    {source.value} --> {target.value}: {move.action}"
    yield "```"


def _steps() -> Iterator[str]:
    yield "| step | from | to | who | needs | clocks |"
    yield "|---|---|---|---|---|---|"
    for move in MOVES:
        sources = ", ".join(f"`{one.value}`" for one in CaseState if one in move.sources)
        target = f"`{move.target.value}`" if move.target else "stays"
        target = "where it was before" if move.returns else target
        who = ", ".join(words.PARTS[one] for one in Part if one in move.parts)
        needs = ", ".join(words.NEEDS[one] for one in table.Need if one in move.needs)
        step = f"{words.STEPS[move.action]} (`{move.action}`)"
        yield f"| {step} | {sources} | {target} | {who} | {needs} | {_clocks(move)} |"


def _clocks(move: Move) -> str:
    turned = (("starts", move.starts), ("stops", move.stops), ("pauses", move.pauses), ("resumes", move.resumes))
    said = []
    for word, kinds in turned:
        if kinds:
            said.append(f"{word} {'all' if kinds == table.ALL_CLOCKS else _names(kinds)}")
    return "; ".join(said)


def _names(kinds: Iterable[StrEnum]) -> str:
    return ", ".join(sorted(one.value for one in kinds))


def _periods() -> Iterator[str]:
    yield "| rule | days | can be lengthened | can be paused | where it stands |"
    yield "|---|---|---|---|---|"
    for name, period in PERIODS.items():
        unit = "working days" if period.unit is Unit.WORKING else "days"
        more = f"{period.extensions} × {period.extension}" if period.extensions else "no"
        article = period.article or "rule of the house"
        yield f"| {name} | {period.days} {unit} | {more} | {'yes' if period.pausable else 'no'} | {article} |"


if __name__ == "__main__":
    print(markdown(), end="")
