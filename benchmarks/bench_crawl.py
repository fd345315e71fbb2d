"""Pages a second over loopback against a local shop of 10,000 products, without pictures; memory over the run.

    python benchmarks/bench_crawl.py [PRODUCTS]

The figure is of CPU time of the crawling process: one core's worth, whoever else uses the machine. The peer in the
same run is the bare fetching of the same pages by the same client, one after the other: the ratio says what the
reading, deciding and writing cost.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpcore

from ipreg import accounts, schema
from ipreg.config import Config
from ipreg.db import transaction, utc_now
from ipreg.models import Role, Source, SourceKind, SourceRun
from ipreg.runtime import Runtime, open_runtime
from ipreg.sightings import sources
from ipreg.sightings.crawl import work_through
from ipreg.sightings.sources import CrawlSettings

SHOP = Path(__file__).parent.parent / "tests" / "sightings" / "shop.py"
GOAL = 60


def main() -> None:
    products = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    shop = subprocess.Popen([sys.executable, str(SHOP), "0", str(products)], stdout=subprocess.PIPE, text=True)
    assert shop.stdout is not None
    try:
        measure(shop.stdout.readline().strip(), products)
    finally:
        shop.terminate()
        shop.wait()


def measure(address: str, products: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        runtime = open_runtime(Config.from_env({"IPREG_VAR": folder, "IPREG_ALLOW_PRIVATE_ADDRESSES": "yes"}))
        schema.upgrade(runtime.sessions.kw["bind"])
        run_id = begin(runtime, address)
        begun, cpu, early = time.perf_counter(), time.process_time(), 0.0
        while not work_through(runtime, run_id, clock=utc_now, seconds=5.0):
            done = found(runtime, run_id)
            if not early and done > products / 10:
                early = memory()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - begun
        pages = found(runtime, run_id)
        print(f"pages read             {pages} in {wall:.0f} s ({pages / wall:.0f} a second by the clock)")
        print(f"pages a CPU second     {pages / cpu:.0f} (goal {GOAL})")
        print(f"memory                 {early:.0f} MB after a tenth, {memory():.0f} MB at the end")
        bare = fetch_only(address, min(products, 1000))
        print(f"bare fetching          {bare:.0f} pages a CPU second; ratio {pages / cpu / bare:.2f}")


def begin(runtime: Runtime, address: str) -> int:
    with transaction(runtime.sessions) as session:
        owner = accounts.create_account(
            session,
            email="bench@ipreg.example",
            password="correct horse battery",
            name="bench",
            role=Role.ADMINISTRATOR,
            now=utc_now(),
        )
        settings = CrawlSettings(starts=(f"{address}/",), delay=0.0, at_once=4, pages=200_000, depth=30)
        source = sources.create_source(
            session, account=owner, kind=SourceKind.CRAWL, name="bench", settings=settings, now=utc_now()
        )
        return sources.begin_run(session, source=session.get_one(Source, source.id), now=utc_now()).id


def found(runtime: Runtime, run_id: int) -> int:
    with runtime.sessions() as session:
        return session.get_one(SourceRun, run_id).found


def fetch_only(address: str, pages: int) -> float:
    cpu = time.process_time()
    with httpcore.ConnectionPool() as pool:
        for number in range(pages):
            assert pool.request("GET", f"{address}/item/{number}").status == 200
    return pages / (time.process_time() - cpu)


def memory() -> float:
    """Resident memory in MB."""
    found = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    main()
