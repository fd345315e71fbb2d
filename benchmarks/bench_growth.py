"""How the index of vectors grows: time, memory and disk a vector, and what a query costs, at sizes of one's choice.

    python benchmarks/bench_growth.py [--memory 10000,100000,1000000] [--pgvector 10000]

Pictures of six vectors of 256 numbers, drawn around 10,000 centres; a query is a picture of ten views. Each size
runs in a process of its own. Seconds are of CPU; for pgvector by the clock, the server's work included.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

DIM, VIEWS, ASKED = 256, 6, 10
TOP = Path(__file__).parent.parent
Rows = NDArray[np.float32]


def drawn(random: np.random.Generator, count: int) -> Rows:
    """Unit vectors around centres that are the same in every process."""
    centres = np.random.default_rng(7).standard_normal((10_000, DIM)).astype(np.float32)
    rows = centres[random.integers(0, len(centres), count)]
    rows = rows + 0.8 * random.standard_normal((count, DIM), np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def resident() -> int:
    """Bytes of memory that only this process has; not the file's pages, which the system takes back at need."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))


def fill(index: Any, count: int, random: np.random.Generator) -> float:
    """CPU seconds of adding so many vectors, six a key; those of drawing them are left out."""
    spent = 0.0
    for start in range(0, count // VIEWS, 10_000):
        many = min(10_000, count // VIEWS - start)
        rows = drawn(random, many * VIEWS).reshape(many, VIEWS, DIM)
        begun = time.process_time()
        for number in range(many):
            index.add(f"{start + number:064x}", rows[number])
        spent += time.process_time() - begun
    return spent


def memory(count: int) -> None:
    from threadpoolctl import threadpool_limits

    from similarity.vectors import VectorIndex

    threadpool_limits(1)
    random = np.random.default_rng(1)
    drawn(random, 60_000)  # what drawing needs is no part of the index
    before = resident()
    index = VectorIndex(DIM, model="bench/1", folder=Path(tempfile.gettempdir()))
    spent = fill(index, count, random)
    took = []
    for _ in range(20):
        asked = drawn(random, ASKED)
        begun = time.process_time()
        index.query(asked, 32)
        took.append(time.process_time() - begun)
    held = (resident() - before) / (count / VIEWS)
    print(
        f"| memory | {count:,} | {spent:.1f} | {spent / count * 1e6:.0f} | | {held:,.0f} | {2 * DIM * VIEWS:,} | "
        f"{statistics.median(took) * 1000:.1f} | |",
        flush=True,
    )


def pgvector(count: int) -> None:
    sys.path.insert(0, str(TOP / "tests"))
    from postgres import running_postgres
    from sqlalchemy import text

    from ipreg.db import make_engine
    from ipreg.pgindex import SCHEMA, PgVectorIndex
    from similarity.vectors import VectorIndex

    with running_postgres("shared_buffers=1GB maintenance_work_mem=2GB fsync=off max_wal_size=4GB") as url:
        engine, random = make_engine(url), np.random.default_rng(1)
        index, exact = (
            PgVectorIndex(engine, DIM, space="bench/1"),
            VectorIndex(DIM, model="m", exact_below=count + 1),
        )
        begun = time.perf_counter()
        fill(index, count, random)
        spent = time.perf_counter() - begun
        begun = time.perf_counter()
        index.query(drawn(np.random.default_rng(2), ASKED), 20)
        graph = time.perf_counter() - begun
        fill(exact, count, np.random.default_rng(1))
        took, found = [], 0
        for _ in range(20):
            asked = drawn(random, ASKED)
            begun = time.perf_counter()
            hits = {hit.key for hit in index.query(asked, 20)}
            took.append(time.perf_counter() - begun)
            found += len(hits & {hit.key for hit in exact.query(asked, 20)})
        with engine.connect() as connection:
            wanted = (
                "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c "
                f"WHERE relnamespace = '{SCHEMA}'::regnamespace AND relkind = 'r'"
            )
            disk = int(connection.scalar(text(wanted))) / (count / VIEWS)
        print(
            f"| pgvector | {count:,} | {spent:.1f} | {spent / count * 1e6:.0f} | {graph:.1f} | | {disk:,.0f} | "
            f"{statistics.median(took) * 1000:.1f} | {found / 400:.3f} |",
            flush=True,
        )
        engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--memory", default="10000,100000,1000000")
    parser.add_argument("--pgvector", default="10000")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        {"memory": memory, "pgvector": pgvector}[given.one[0]](int(given.one[1]))
        return
    heads = (
        "index",
        "vectors",
        "s to add",
        "us each",
        "s for the graph",
        "memory a picture",
        "disk",
        "ms a query",
        "recall@20",
    )
    print("| " + " | ".join(heads) + " |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    for kind in ("memory", "pgvector"):
        for count in filter(None, getattr(given, kind).split(",")):
            subprocess.run([sys.executable, __file__, "--one", kind, count], check=True)


if __name__ == "__main__":
    main()
