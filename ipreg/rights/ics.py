"""The clocks of a filing as a calendar file (RFC 5545) that phones and office programs read.

Every day is a whole-day event with reminders of its own; a clock that moved or was done has the same UID with a
higher SEQUENCE, so that a second import changes the event instead of adding one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from ipreg.rights import law
from ipreg.rights.clocks import Clock, State
from ipreg.rights.words import MEANINGS, NOT_ADVICE, TITLES, explain

_LINE = 75  # octets (RFC 5545, 3.1)
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


def calendar(
    clocks: Iterable[Clock],
    *,
    number: str,
    title: str,
    address: str,
    host: str,
    say: Callable[[str], str],
    now: datetime,
) -> bytes:
    """The calendar of the clocks that have a last day and are not over; ``address`` is the filing's page."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//{host}//design pre-registration//EN"]
    lines += ["CALSCALE:GREGORIAN", "METHOD:PUBLISH", f"X-WR-CALNAME:{_text(title)}"]
    for clock in clocks:
        if clock.due_on is not None and clock.state in (State.OPEN, State.SOON):
            lines += _event(clock, number, title, address, host, say, now)
    lines.append("END:VCALENDAR")
    return "".join(part + "\r\n" for line in lines for part in _folded(line)).encode()


def _event(
    clock: Clock, number: str, title: str, address: str, host: str, say: Callable[[str], str], now: datetime
) -> Iterator[str]:
    assert clock.due_on is not None
    words = [MEANINGS[clock.kind].why, explain(clock.kind, clock.state), clock.article, NOT_ADVICE]
    yield "BEGIN:VEVENT"
    yield f"UID:{number}-{clock.kind}@{host}"
    yield f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield f"SEQUENCE:{int((now - _EPOCH).total_seconds()) // 60}"
    yield f"DTSTART;VALUE=DATE:{clock.due_on:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{clock.due_on + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_text(f'{say(TITLES[clock.kind])} · {title}')}"
    yield f"DESCRIPTION:{_text(chr(10).join([number, *map(say, words)]))}"
    yield f"URL:{address}"
    yield "TRANSP:TRANSPARENT"
    for days in law.REMIND_DAYS:
        yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:-P{days}D")
        yield f"DESCRIPTION:{_text(say(TITLES[clock.kind]))}"
        yield "END:VALARM"
    yield "END:VEVENT"


def _text(value: str) -> str:
    r"""A value with what has a meaning in the format escaped.

    >>> _text("a, b; c\\d")
    'a\\, b\\; c\\\\d'
    """
    escaped = value.replace("\\", "\\\\").replace(";", r"\;").replace(",", r"\,")
    lines = escaped.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return r"\n".join("".join(letter for letter in line if letter >= " ") for line in lines)


def _folded(line: str) -> Iterator[str]:
    """Lines of at most 75 octets, cut between characters; each that goes on begins with a space."""
    start, size = 0, 0
    for place, letter in enumerate(line):
        width = len(letter.encode())
        if size + width > _LINE:
            yield (" " if start else "") + line[start:place]
            start, size = place, 1
        size += width
    yield (" " if start else "") + line[start:]
