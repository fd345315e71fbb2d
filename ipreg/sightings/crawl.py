"""The crawler: a few threads fetch, one reads and writes.

Its state is the frontier and the hosts in the database. What is fetched is written in the transaction that says so:
a kill at any moment loses at most the requests that were on the wire, and a run goes on where it stood. Memory
holds one window of tasks and the pages in flight, however large the site is.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ipreg.db import Clock, transaction
from ipreg.errors import CallerError, IpregError, UpstreamError
from ipreg.models import CrawlPage, PageState, RunState, Source, SourceRun, SourceState
from ipreg.runtime import Runtime
from ipreg.sightings.faults import fault_of
from ipreg.sightings.fetch import Answer, Fetcher
from ipreg.sightings.frontier import Task, add_pages, count_undone, hosts_of, next_tasks, seeds
from ipreg.sightings.harvest import MAX_PAGE_BYTES, MAX_SITEMAP_BYTES, Harvest, Shapes, needs_scripts
from ipreg.sightings.manners import Host, LaterError, ask_robots, keep_host, known_host, learn_host
from ipreg.sightings.render import Scripted
from ipreg.sightings.scripts import Scripts
from ipreg.sightings.siterules import load_rules, rules_for
from ipreg.sightings.sources import NO_BROWSER, CrawlSettings, crawl_settings, end_run
from ipreg.sightings.webpage import host_of, tidy_address, whole_address

WINDOW = 200
GATHER = 0.01
"""Seconds that the first of those under way waits for others, to be written with them."""
MAX_TRIES = 4
MAX_SLOW_TRIES = 2
"""A page that takes all its time may do so twice and no more."""


@dataclass
class _Got:
    """What a thread brings back: an answer, a fault, or a host's robots.txt."""

    task: Task | None
    origin: str
    answer: Answer | None = None
    scripted: Scripted | None = None
    fault: IpregError | None = None
    robots: tuple[int, str] | None = None


def work_through(runtime: Runtime, run_id: int, *, clock: Clock, seconds: float = 10.0) -> bool:
    """Works at a crawl run for about ``seconds``; True when the run is over.

    Called again it goes on. One process at a time works at a run.
    """
    with runtime.sessions() as session:
        run = session.get_one(SourceRun, run_id)
        if run.state is not RunState.RUNNING:
            return True
        source = run.source
    crawl = _Crawl(runtime, source, run_id, clock, seconds)
    with ThreadPoolExecutor(max_workers=crawl.threads, thread_name_prefix="crawl") as pool:
        try:
            return crawl.work(pool)
        finally:
            crawl.close()


class _Crawl:
    def __init__(self, runtime: Runtime, source: Source, run_id: int, clock: Clock, seconds: float) -> None:
        self._runtime, self._source, self._run_id, self._clock = runtime, source, run_id, clock
        self._settings: CrawlSettings = crawl_settings(source)
        self._scope = hosts_of(self._settings)
        rules = load_rules(runtime.config.var / "sites")
        kept = source.memory.get("shapes", {})  # a run is worked at in many short turns
        shapes = Shapes.of(kept["of"] if kept.get("run") == run_id else {})
        self._harvest = Harvest(source, rules, self._scope, self._settings.depth, shapes)
        self._seconds, self._until = seconds, 0.0
        self._hosts: dict[str, Host] = {}
        self._asking: set[str] = set()
        self._window: list[Task] = []
        self._in_flight: set[int] = set()
        self._local = threading.local()
        self._fetchers: list[Fetcher] = []
        self._fetched = 0
        self._last_refill = self._last_look = float("-inf")
        self._written = False  # whether pages may have come since the last refill
        self._scripts = Scripts(runtime, clock) if self._settings.scripts else None
        self.threads = max(2, min(8, self._settings.at_once * max(1, len(self._scope))))

    def close(self) -> None:
        if self._scripts is not None:
            self._scripts.__exit__()
        for fetcher in self._fetchers:
            fetcher.__exit__()

    def work(self, pool: ThreadPoolExecutor) -> bool:
        self._begin()
        self._until = time.monotonic() + self._seconds  # what it takes to begin is nobody's turn
        futures: set[Future[_Got]] = set()
        came: list[_Got] = []
        while True:
            over = time.monotonic() > self._until or self._is_paused()
            futures |= self._turn(pool, came, over=over)
            came = []
            if futures:
                first, futures = wait(futures, timeout=1.0, return_when=FIRST_COMPLETED)
                more, futures = wait(futures, timeout=GATHER if first else 0.0)
                came = [one.result() for one in first | more]
            elif over or not self._wait_for_time():
                return self._end()

    def _begin(self) -> None:
        with transaction(self._runtime.sessions) as session:
            run = session.get_one(SourceRun, self._run_id)
            self._fetched = run.found
            if run.found == 0 and run.refused == 0:
                add_pages(session, source_id=self._source.id, depths=dict.fromkeys(seeds(self._settings), 0))
            if self._scripts is not None and self._scripts.missing:
                run.detail = NO_BROWSER

    def _end(self) -> bool:
        """Over when nothing is left to do in this run; pages that wait for their time keep it open."""
        with transaction(self._runtime.sessions) as session:
            run = session.get_one(SourceRun, self._run_id)
            shapes = {"run": run.id, "of": self._harvest.shapes.told()}
            run.source.memory = {**run.source.memory, "shapes": shapes}
            if run.source.state is SourceState.PAUSED:
                return False
            left = count_undone(session, source_id=self._source.id, run_id=self._run_id)
            if left and self._fetched < self._settings.pages:
                return False
            fault = self._fault_of_all(session) if run.refused and not self._anything_read(session) else None
            run.detail = self._detail(session, run, left)
            end_run(session, run=run, now=self._clock(), **(fault or {}))
            return True

    def _detail(self, session: Session, run: SourceRun, left: int) -> str:
        if run.detail == NO_BROWSER or (self._scripts is not None and self._scripts.missing):
            return NO_BROWSER
        return "budget" if left else "interrupted" if self._in_doubt(session) else ""

    def _in_doubt(self, session: Session) -> bool:
        """Whether pages were being asked for when the run was killed."""
        lost = select(CrawlPage.id).where(
            CrawlPage.source_id == self._source.id,
            CrawlPage.run_id == self._run_id,
            CrawlPage.state == PageState.WAITING,
        )
        return session.scalar(lost.limit(1)) is not None

    def _anything_read(self, session: Session) -> bool:
        """That links were refused takes nothing from the pages that were read."""
        read = select(CrawlPage.id).where(
            CrawlPage.source_id == self._source.id,
            CrawlPage.run_id == self._run_id,
            CrawlPage.state != PageState.REFUSED,
            CrawlPage.fetched_at.is_not(None),
        )
        return session.scalar(read.limit(1)) is not None

    def _fault_of_all(self, session: Session) -> dict[str, Any] | None:
        """Where nothing at all could be read, the run failed, for the reason of its first page."""
        first = select(CrawlPage).where(CrawlPage.source_id == self._source.id, CrawlPage.run_id == self._run_id)
        page = session.scalar(first.where(CrawlPage.fault.is_not(None)).order_by(CrawlPage.id).limit(1))
        return {"fault": page.fault, "values": page.fault_values} if page else None

    def _is_paused(self) -> bool:
        """Asked of the database once a second."""
        if time.monotonic() - self._last_look < 1.0:
            return False
        self._last_look = time.monotonic()
        with self._runtime.sessions() as session:
            return session.get_one(Source, self._source.id).state is SourceState.PAUSED

    # Sending

    def _turn(self, pool: ThreadPoolExecutor, came: list[_Got], *, over: bool) -> set[Future[_Got]]:
        """Writes what came in and claims what goes out, in one transaction; returns what is under way since.

        A claim is written before anything is asked: a page whose answer was lost by a kill is not asked again in
        this run. It was perhaps fetched; the next run begins with it.
        """
        asked: list[str] = []
        going: list[Task] = []
        if came or not (over or self._nothing_is_due()):
            with transaction(self._runtime.sessions) as session:
                self._write(session, came)
                if not over:
                    asked, going = self._choose(session)
                    self._claim(session, going)
        return {pool.submit(self._ask, origin) for origin in asked} | {
            pool.submit(self._fetch, one) for one in going
        }

    def _nothing_is_due(self) -> bool:
        """Whether there is no need to write: no refill is due, and nothing that waits may go."""
        if self._wants_refill():
            return False
        hosts = [self._hosts.get(task.origin) for task in self._window if task.origin not in self._asking]
        now = self._clock()
        return not any(host is None or self._is_free(host, now) for host in hosts)

    def _choose(self, session: Session) -> tuple[list[str], list[Task]]:
        """The hosts to ask for their robots.txt and the pages to fetch now; what may not be fetched is refused."""
        self._refill(session)
        asked: list[str] = []
        going: list[Task] = []
        kept: list[Task] = []
        refused: list[_Got] = []
        now = self._clock()
        for task in self._window:
            host = self._hosts.get(task.origin) or self._known(session, task.origin, now)
            if host is None:
                if task.origin not in self._asking:
                    self._asking.add(task.origin)
                    asked.append(task.origin)
                kept.append(task)
            elif fault := self._fault_before(task, host):
                refused.append(_Got(task, task.origin, fault=fault))
            elif self._is_free(host, now):
                host.take(now)
                self._in_flight.add(task.page_id)
                going.append(task)
            else:
                kept.append(task)
        self._window = kept
        self._write(session, refused)
        return asked, going

    def _is_free(self, host: Host, now: datetime) -> bool:
        """Whether one more page of the host may be asked for now, by the host and by what the run may do."""
        room = len(self._in_flight) < self.threads and self._budget_left() > 0
        return room and host.has_room(self._settings.at_once) and host.next_at <= now

    def _fault_before(self, task: Task, host: Host) -> IpregError | None:
        if not host.may_fetch(task.address):
            return CallerError(
                "robots_refused" if host.allowed else "robots_unreachable", address=task.address[:200]
            )
        if self._harvest.shapes.is_trap(task.shape):
            return CallerError("crawl_trap", shape=task.shape)
        return None

    def _claim(self, session: Session, tasks: list[Task]) -> None:
        if tasks:
            ids = [task.page_id for task in tasks]
            session.execute(update(CrawlPage).where(CrawlPage.id.in_(ids)).values(run_id=self._run_id))

    def _budget_left(self) -> int:
        return self._settings.pages - self._fetched - len(self._in_flight)

    def _wants_refill(self) -> bool:
        """When the window runs low; where there is little and nothing new, once a second is enough."""
        if len(self._window) > self.threads * 2 or self._budget_left() <= 0:
            return False
        return self._written or time.monotonic() - self._last_refill >= (
            0.0 if self._in_flight or not self._window else 1.0
        )

    def _refill(self, session: Session) -> None:
        if not self._wants_refill():
            return
        self._last_refill, self._written = time.monotonic(), False
        found = next_tasks(session, source_id=self._source.id, run_id=self._run_id, now=self._clock(), limit=WINDOW)
        held = {task.page_id for task in self._window} | self._in_flight
        self._window += [task for task in found if task.page_id not in held]

    def _wait_for_time(self) -> bool:
        """Waits until the next host or page is due; False where that is not within this call's time."""
        if self._budget_left() <= 0 or not self._window:
            return False
        hosts = (self._hosts[task.origin].next_at for task in self._window if task.origin in self._hosts)
        due = min(hosts, default=self._clock())
        left = (due - self._clock()).total_seconds()
        if time.monotonic() + left > self._until:
            return False
        time.sleep(max(0.005, min(left, 1.0)))
        return True

    def _known(self, session: Session, origin: str, now: datetime) -> Host | None:
        host = known_host(session, origin, delay=self._settings.delay, now=now)
        if host is not None:
            self._hosts[origin] = host
        return host

    # In the threads

    def _fetcher(self) -> Fetcher:
        found: Fetcher | None = getattr(self._local, "fetcher", None)
        if found is None:
            found = self._local.fetcher = Fetcher(allow_private=self._runtime.config.allow_private_addresses)
            self._fetchers.append(found)
        return found

    def _ask(self, origin: str) -> _Got:
        return _Got(None, origin, robots=ask_robots(self._fetcher(), origin))

    def _fetch(self, task: Task) -> _Got:
        headers = {}
        if task.etag:
            headers["If-None-Match"] = task.etag
        if task.last_modified:
            headers["If-Modified-Since"] = task.last_modified
        most = MAX_SITEMAP_BYTES if "sitemap" in task.address else MAX_PAGE_BYTES
        accept = "text/html,application/xhtml+xml,application/xml;q=0.9"
        try:
            answer = self._fetcher().get(task.address, max_bytes=most, accept=accept, headers=headers, redirects=0)
            return _Got(task, task.origin, answer=answer, scripted=self._script(answer))
        except Exception as error:
            return _Got(task, task.origin, fault=fault_of(error, f"fetching {task.address[:200]}"))

    def _script(self, answer: Answer) -> Scripted | None:
        if self._scripts is None or not needs_scripts(answer, rules_for(self._harvest.rules, answer.address)):
            return None
        return self._scripts.read(answer) if self._scripts.there else None

    # Writing

    def _write(self, session: Session, results: list[_Got]) -> None:
        """All that came in together; one bad page spoils only itself."""
        if not results:
            return
        self._written = True
        run, tally = session.get_one(SourceRun, self._run_id), Counter[str]()
        ids = [got.task.page_id for got in results if got.task is not None]
        pages = {page.id: page for page in session.scalars(select(CrawlPage).where(CrawlPage.id.in_(ids)))}
        for got in results:
            if got.robots is not None:
                self._learn(session, got)
            elif got.task is not None:
                tally[self._write_page(session, run, got, pages[got.task.page_id])] += 1
        for name in ("kept", "unchanged", "gone", "refused"):
            setattr(run, name, getattr(run, name) + tally[name])
        run.found = max(self._fetched, run.refused)
        for host in self._hosts.values():
            keep_host(session, host)

    def _learn(self, session: Session, got: _Got) -> None:
        assert got.robots is not None
        status, text = got.robots
        delay, now = self._settings.delay, self._clock()
        host = learn_host(session, got.origin, status=status, text=text, delay=delay, now=now)
        self._hosts[got.origin] = host
        self._asking.discard(got.origin)
        if host_of(got.origin) in self._scope and not self._settings.sitemaps and not self._settings.searches:
            named = [tidy_address(one) for one in list(host.robots.sitemaps)[:20] if whole_address(got.origin, one)]
            own = [one for one in named if host_of(one) in self._scope]
            add_pages(session, source_id=self._source.id, depths=dict.fromkeys(own, 1))

    def _write_page(self, session: Session, run: SourceRun, got: _Got, page: CrawlPage) -> str:
        """Under which of the run's figures the page counts; empty for none."""
        now = self._clock()
        if page.id in self._in_flight:
            self._in_flight.discard(page.id)
            self._hosts[page.origin].busy -= 1
            self._fetched += 1
        try:
            with session.begin_nested():
                if got.fault is not None:
                    raise got.fault
                assert got.answer is not None
                self._greet(page, got.answer, now)
                # What the page itself is told comes last: every question to the database would write it at once.
                counts = self._harvest.take(session, run, page, got.answer, scripted=got.scripted, now=now)
                page.status = got.answer.status
                _settle(page, run, PageState.GONE if page.status in (404, 410) else PageState.DONE, now)
                return counts
        except LaterError as later:
            _put_off(page, now, later.at)
            return ""
        except Exception as error:
            return self._refuse(run, got, page, fault_of(error, f"page {page.id} of source {self._source.id}"), now)

    def _refuse(self, run: SourceRun, got: _Got, page: CrawlPage, fault: IpregError, now: datetime) -> str:
        if got.answer is None:
            self._hosts[page.origin].failed(fault, now)
        if isinstance(fault, UpstreamError) and page.tries + 1 < _tries_of(fault):
            _put_off(page, now, now + timedelta(seconds=30 * 2 ** (page.tries + 1)))
            return ""
        _settle(page, run, PageState.REFUSED, now, fault)
        return "refused"

    def _greet(self, page: CrawlPage, answer: Answer, now: datetime) -> None:
        """Stays away from a host that says 429 or 503; raises ``LaterError``, and ``fetch_status`` in the end."""
        host = self._hosts[page.origin]
        if answer.status not in (429, 503):
            host.answered()
            return
        if page.tries + 1 >= MAX_TRIES:
            raise CallerError("fetch_status", address=page.address[:200], status=answer.status)
        raise LaterError(host.back_off(answer, now))


def _tries_of(fault: UpstreamError) -> int:
    return {"fetch_too_large": 1, "fetch_too_slow": MAX_SLOW_TRIES}.get(fault.code, MAX_TRIES)


def _put_off(page: CrawlPage, now: datetime, until: datetime) -> None:
    """It is this run's again, from ``until`` on."""
    page.fetched_at, page.tries, page.run_id, page.not_before = now, page.tries + 1, 0, until


def _settle(
    page: CrawlPage, run: SourceRun, state: PageState, now: datetime, fault: IpregError | None = None
) -> None:
    """The run has dealt with the page."""
    page.fetched_at, page.state, page.run_id, page.tries, page.not_before = now, state, run.id, 0, None
    page.fault, page.fault_values = (fault.code, dict(fault.values)) if fault else (None, {})
