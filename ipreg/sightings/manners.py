"""How a host wants to be asked: robots.txt (RFC 9309), its delay, and when it asked us to come back later.

The state is kept in the database, so a new process is as polite as the one before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from protego import Protego
from sqlalchemy.orm import Session, sessionmaker

from ipreg.db import transaction
from ipreg.errors import IpregError
from ipreg.models import CrawlHost
from ipreg.sightings.faults import clean_text
from ipreg.sightings.fetch import Answer, Fetcher

AGENT_TOKEN = "ipreg"  # noqa: S105 - the name that robots.txt knows us by
MAX_ROBOTS = 500 * 1024
KEEP_ROBOTS = timedelta(hours=24)
LONGEST_WAIT = timedelta(hours=1)
MAX_DELAY = 120.0
FIRST_WAIT = 30.0
UNREACHABLE = -1
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Host:
    """A host during a run. ``next_at`` is when the next request may begin, ``busy`` how many are under way."""

    origin: str
    robots: Protego
    allowed: bool = True
    delay: float = 0.0
    next_at: datetime = LONG_AGO
    refusals: int = 0
    busy: int = 0
    changed: bool = field(default=False, repr=False)

    def may_fetch(self, address: str) -> bool:
        """Whether robots.txt lets us; nothing where it could not be had because the host is in trouble."""
        return self.allowed and bool(self.robots.can_fetch(address, AGENT_TOKEN))

    def has_room(self, at_once: int) -> bool:
        """Whether one more may ask: whoever refused or dragged is asked one at a time until it answers properly."""
        return self.busy < (1 if self.refusals else at_once)

    def take(self, now: datetime) -> None:
        """A request begins."""
        self.busy += 1
        if self.delay:
            self.next_at, self.changed = max(now, self.next_at) + timedelta(seconds=self.delay), True

    def back_off(self, answer: Answer, now: datetime) -> datetime:
        """It said 429 or 503: when to come back, as it said or longer each time."""
        self.refusals += 1
        asked = retry_after(answer.header("retry-after"), now)
        wait = asked if asked is not None else _longer_each_time(self.refusals)
        self.next_at, self.changed = max(self.next_at, now + min(wait, LONGEST_WAIT)), True
        return self.next_at

    def dragged(self, now: datetime) -> None:
        """It answered too slowly, or not at all. Once may be the page's fault; again, with nothing proper between,
        is the host's: it is left alone, longer each time, and holds up nobody else's turn."""
        self.refusals, self.changed = self.refusals + 1, True
        if self.refusals > 1:
            self.next_at = max(self.next_at, now + min(_longer_each_time(self.refusals - 1), LONGEST_WAIT))

    def failed(self, fault: IpregError, now: datetime) -> None:
        """No answer came; only that it was too slow says something of the host."""
        if fault.code == "fetch_too_slow":
            self.dragged(now)

    def answered(self) -> None:
        """It answered properly: the next refusal is a first one again."""
        if self.refusals:
            self.refusals, self.changed = 0, True


def _longer_each_time(times: int) -> timedelta:
    return timedelta(seconds=FIRST_WAIT * 2 ** min(times - 1, 7))


class LaterError(Exception):
    """The host may be asked again at ``at``."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self.at = at


def retry_after(text: str, now: datetime) -> timedelta | None:
    """The time that ``Retry-After`` asks for (RFC 9110, 10.2.3): seconds or a date; None for neither."""
    if text.strip().isdecimal():
        return timedelta(seconds=min(int(text.strip()[:9]), 10**6))
    try:
        return max(parsedate_to_datetime(text) - now, timedelta(0))
    except (ValueError, TypeError):
        return None


def ask_robots(fetcher: Fetcher, origin: str) -> tuple[int, str]:
    """Status and text of the host's robots.txt; status ``UNREACHABLE`` where it could not be had.

    Of a longer one the first 500 KB count (RFC 9309, 2.5).
    """
    try:
        answer = fetcher.get(f"{origin}/robots.txt", max_bytes=MAX_ROBOTS, accept="text/plain", cut=True)
    except IpregError:
        return UNREACHABLE, ""
    return answer.status, clean_text(answer.body.decode("utf-8-sig", "replace")) if answer.status == 200 else ""


def known_host(session: Session, origin: str, *, delay: float, now: datetime) -> Host | None:
    """The host as it is known; None where its robots.txt has to be asked for (again)."""
    row = session.get(CrawlHost, origin)
    if row is None or row.robots_at is None or row.robots_at < now - KEEP_ROBOTS:
        return None
    if not _is_certain(row.robots_status) and row.robots_at < now - timedelta(minutes=5):
        return None
    return _host(row, delay)


def learn_host(session: Session, origin: str, *, status: int, text: str, delay: float, now: datetime) -> Host:
    """The host with the robots.txt that it answered; kept."""
    row = session.get(CrawlHost, origin)
    if row is None:
        row = CrawlHost(origin=origin, refusals=0)
        session.add(row)
    row.robots, row.robots_status, row.robots_at = text, status, now
    session.flush()
    return _host(row, delay)


def meet_host(
    sessions: sessionmaker[Session], origin: str, fetcher: Fetcher, *, now: datetime, delay: float = 0.0
) -> Host:
    """The host as it is known, asked for its robots.txt where it is not."""
    with sessions() as session:
        host = known_host(session, origin, delay=delay, now=now)
    if host is not None:
        return host
    status, text = ask_robots(fetcher, origin)
    with transaction(sessions) as session:
        return learn_host(session, origin, status=status, text=text, delay=delay, now=now)


def keep_host(session: Session, host: Host) -> None:
    """Writes down when it may be asked again."""
    if host.changed:
        row = session.get_one(CrawlHost, host.origin)
        row.not_before, row.refusals, host.changed = host.next_at, host.refusals, False


def _host(row: CrawlHost, delay: float) -> Host:
    robots = Protego.parse(row.robots)
    asked = robots.crawl_delay(AGENT_TOKEN) or 0.0
    return Host(
        origin=row.origin,
        robots=robots,
        # RFC 9309, 2.3.1: without a robots.txt (4xx) all is allowed, from a host in trouble (5xx, silence) nothing.
        allowed=_is_certain(row.robots_status),
        delay=min(max(delay, float(asked)), MAX_DELAY),
        next_at=row.not_before or LONG_AGO,
        refusals=row.refusals,
    )


def _is_certain(status: int) -> bool:
    return 200 <= status < 500 and status != 429
