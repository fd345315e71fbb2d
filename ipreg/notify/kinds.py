"""What people are told: one table of kinds, each with its words, and how a notice becomes words in a language.

``values`` fill the placeholders. A value is text, a number, ``{"say": "English text"}`` for a word that has a
translation of its own (``"with"`` fills its placeholders), or ``{"moment": "2026-11-24T15:00:00+00:00"}`` for a
time, which is shown in the reader's zone. Two names have a meaning of their own: ``facts`` is a list of ``[label,
value]`` shown as lines (the label is translated), ``pictures`` a list of ``{"sha256": ..., "label": ...}`` of
stored pictures, shown side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ipreg.plaintext import shown

Say = Callable[[str], str]
N_ = str  # marks a text for extraction
ZONE = "Asia/Shanghai"
OPEN = N_("Open the page")
FACT = N_("%(label)s: %(value)s")
RESERVED = ("facts", "pictures")


@dataclass(frozen=True)
class Kind:
    """The words of one kind of notice, in English: ``ipreg/translations`` has the others."""

    subject: str
    sentences: tuple[str, ...] = ()
    action: str = OPEN


KINDS: dict[str, Kind] = {
    "alert": Kind(
        subject=N_("%(likelihood)s a copy of “%(title)s” on %(place)s"), action=N_("Look at both and decide")
    ),
    "alert_changed": Kind(
        subject=N_("More evidence of a copy of “%(title)s” on %(place)s"), action=N_("Look at both and decide")
    ),
    "alert_waits": Kind(
        subject=N_("A possible copy of one of your designs waits for you"), action=N_("Look at both and decide")
    ),
    "case_step": Kind(subject=N_("Case %(number)s: %(what)s"), sentences=(N_("%(who)s · “%(title)s”"),)),
    "case_mention": Kind(subject=N_("%(who)s mentions you in case %(number)s"), sentences=(N_("“%(text)s”"),)),
    "case_message": Kind(subject=N_("A message in case %(number)s from %(who)s"), sentences=(N_("“%(text)s”"),)),
    "case_received": Kind(
        subject=N_("Case %(number)s: something was handed in"), sentences=(N_("%(who)s · receipt %(receipt)s"),)
    ),
    "case_task": Kind(subject=N_("A task in case %(number)s: %(text)s"), sentences=(N_("Until: %(due)s"),)),
    "case_deputy": Kind(subject=N_("You stand in for %(who)s from %(from)s until %(until)s")),
    "case_clock_near": Kind(subject=N_("Case %(number)s: “%(what)s” ends on %(due)s")),
    "case_clock_over": Kind(subject=N_("Case %(number)s: “%(what)s” ran out on %(due)s")),
    "case_clock_escalated": Kind(
        subject=N_("Case %(number)s is late: “%(what)s” ran out on %(due)s"),
        sentences=(N_("You are told as a supervisor. Assign the case to somebody else or grant more time."),),
    ),
    "case_paper": Kind(
        subject=N_("A paper was issued in case %(number)s"),
        sentences=(
            N_("It is signed and lies on the page of the case. Reading it there is recorded as its service."),
        ),
        action=N_("To the paper"),
    ),
    "case_conflict": Kind(
        subject=N_("Somebody else filed a design much like your “%(title)s”"),
        sentences=(N_("The authority looks at both as case %(number)s and will hear you."),),
    ),
    "agreement_offered": Kind(
        subject=N_("%(name)s offers you filing %(number)s: %(kind)s"),
        sentences=(N_("Look at the terms and accept or refuse; the offer is good until %(until)s."),),
        action=N_("To the offer"),
    ),
    "agreement_step": Kind(subject=N_("Filing %(number)s, %(kind)s: %(step)s"), action=N_("The agreement")),
    "opened_for_case": Kind(
        subject=N_("Your sealed filing %(number)s was opened for an officer in case %(case)s"),
        sentences=(N_("The opening is in the transparency log, and each look into it is recorded."),),
    ),
    "opened": Kind(subject=N_("Your sealed filing %(number)s is open now: its day has come")),
    "channel_dead": Kind(
        subject=N_("Notices no longer arrive by “%(channel)s”"),
        sentences=(
            N_("The last attempts failed: %(fault)s"),
            N_("Nothing is lost: what could not be delivered is kept and can be sent again from there."),
        ),
        action=N_("Mend the channel"),
    ),
    "channel_test": Kind(
        subject=N_("A test message from the design registry"),
        sentences=(N_("Notices for %(name)s arrive here."),),
        action=N_("Your channels"),
    ),
    "letter_clock": Kind(
        subject=N_("%(days)s days left to tell %(addressee)s of a complaint or suit (letter %(number)s)"),
        sentences=(
            N_("“%(title)s”: the seller contests your notice. The last day is %(day)s (%(article)s)."),
            N_("Without word of a complaint or a suit by then, the platform ends its measures."),
        ),
        action=N_("Complain, hand over, or record the suit"),
    ),
    "letter_clock_over": Kind(
        subject=N_("The 15 days are over: %(addressee)s may end its measures (letter %(number)s)"),
        sentences=(N_("“%(title)s”: the last day was %(day)s (%(article)s). Record what became of it."),),
        action=N_("To the letter"),
    ),
    "letter_ask": Kind(
        subject=N_("No result yet from %(addressee)s on letter %(number)s: ask again"),
        sentences=(N_("“%(title)s”: record the platform's receipt, or the outcome."),),
        action=N_("To the letter"),
    ),
    "letter_answer": Kind(
        subject=N_("%(addressee)s has not answered letter %(number)s by %(day)s"),
        sentences=(N_("“%(title)s”: notify the platform, or hand it over to the regulator."),),
        action=N_("To the letter"),
    ),
    "letter_mail_failed": Kind(
        subject=N_("Letter %(number)s could not be delivered to %(email)s"),
        sentences=(N_("What the mail server said: %(fault)s"), N_("Check the address, or send it another way.")),
        action=N_("To the letter"),
    ),
    "rights_reminder": Kind(
        subject=N_("%(clock)s: %(days)s days left for “%(title)s”"),
        sentences=(
            N_("The last day is %(day)s (%(article)s)."),
            N_("Filing %(number)s. When it is done, record it there and the reminders end."),
        ),
        action=N_("What to do, and the packages"),
    ),
}


@dataclass(frozen=True)
class Picture:
    """A stored picture and what it is."""

    sha256: str
    label: str


@dataclass(frozen=True)
class Written:
    """A notice in words: one line of subject, lines of text, the words of the link, pictures."""

    subject: str
    lines: tuple[str, ...]
    action: str
    pictures: tuple[Picture, ...]


def write(kind: str, values: Mapping[str, Any], say: Say, *, zone: str = ZONE) -> Written:
    """The words of a notice; raises ``KeyError`` for an unknown kind or a placeholder without a value."""
    words = KINDS[kind]
    filled = {name: _plain(value, say, zone) for name, value in values.items() if name not in RESERVED}
    facts = [
        say(FACT) % {"label": say(label), "value": _plain(value, say, zone)}
        for label, value in values.get("facts", ())
    ]
    pictures = [Picture(one["sha256"], say(one.get("label", ""))) for one in values.get("pictures", ())]
    return Written(
        subject=_one_line(say(words.subject) % filled),
        lines=tuple(_one_line(one) for one in [*(say(text) % filled for text in words.sentences), *facts]),
        action=say(words.action),
        pictures=tuple(pictures),
    )


def _plain(value: object, say: Say, zone: str) -> object:
    if not isinstance(value, Mapping):
        return value
    if "moment" in value:
        return datetime.fromisoformat(value["moment"]).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    return say(value["say"]) % value["with"] if value.get("with") else say(value["say"])


def _one_line(text: str) -> str:
    """No line break of a title can begin another header, or another line, and no mark turns round what follows."""
    return " ".join(shown(text).split())
