"""The transparency log: appending and proving 1,000 filings, and one proof out of 10 million entries.

    python benchmarks/bench_log.py [ENTRIES]

Beside pymerkle's tree in SQLite, on the same machine in the same run. The log of ENTRIES (10,000,000 where none are
given; about 1.5 GB in the temporary folder, a minute or two to make) has random leaves but true hashes above
them; its proofs are verified against a signed checkpoint before they count.
"""

from __future__ import annotations

import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import rfc8785
from sqlalchemy.orm import Session

from ipreg import log, schema
from ipreg.config import Config
from ipreg.db import transaction
from ipreg.runtime import Runtime, open_runtime
from ipreg.tlog import merkle
from ipreg.tlog.note import TreeHead

FILINGS, PROOFS, PEER_ENTRIES = 1000, 200, 100_000
NOW = datetime(2026, 3, 2, tzinfo=UTC)
random.seed(4)


def main() -> None:
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    with tempfile.TemporaryDirectory() as folder:
        appending(Path(folder))
        proving(Path(folder), entries)


def appending(folder: Path) -> None:
    print(f"{FILINGS} filings appended (digests of the files are given), signed, each proved and verified:")
    first, second = runtime_in(folder / "one"), runtime_in(folder / "each")
    one = measure("ipreg, all in one transaction", lambda: append_and_prove(first, FILINGS))
    each = measure("ipreg, a transaction each", lambda: append_and_prove(second, 1))
    peer = measure(
        "pymerkle (SqliteTree), one transaction", lambda: peer_append_and_prove(folder / "peer.db", True)
    )
    peer_each = measure("pymerkle, a transaction each", lambda: peer_append_and_prove(folder / "peer2.db", False))
    print(f"  ratio to pymerkle: {one / peer:.2f} in one transaction, {each / peer_each:.2f} one by one")


def append_and_prove(runtime: Runtime, at_once: int) -> None:
    new = [log.NewEntry("filing", f"D2026-{number}", manifest(number)) for number in range(FILINGS)]
    for start in range(0, FILINGS, at_once):
        with transaction(runtime.sessions) as session:
            log.append_entries(session, entries=new[start : start + at_once], now=NOW)
    with transaction(runtime.sessions) as session:
        log.sign_checkpoint(session, signer=runtime.log_key, now=NOW)
    with runtime.sessions() as session:
        for index in range(FILINGS):
            log.prove_inclusion(session, index=index).verify(runtime.log_key.verifier)


def manifest(number: int) -> dict[str, object]:
    digest = {"sha256": f"{number:064x}", "sm3": f"{number:064x}"}
    files = [{"view": "front", "name": f"{at}.jpg", "size": 100_000 + at, **digest} for at in range(6)]
    return {"format": "ipreg-filing/1", "number": f"D2026-{number}", "title": "云纹外套", "files": files}


def peer_append_and_prove(place: Path, at_once: bool) -> None:
    from pymerkle import SqliteTree, verify_inclusion

    tree = SqliteTree(str(place), algorithm="sha256")
    data = [rfc8785.dumps(manifest(number)) for number in range(FILINGS)]  # type: ignore[arg-type]
    if at_once:
        tree.append_entries(data)
    else:
        for one in data:
            tree.append_entry(one)
    root = tree.get_root()
    for index in range(1, FILINGS + 1):
        verify_inclusion(tree.get_leaf(index), root, tree.prove_inclusion(index, FILINGS))


def proving(folder: Path, entries: int) -> None:
    small = ours(folder / "small", PEER_ENTRIES)
    theirs = peer_proof_time(folder / "peer-large.db")
    print(f"  pymerkle: a proof in {theirs * 1000:.2f} ms; ratio {small / theirs:.2f}")
    ours(folder / "large", entries)


def ours(var: Path, size: int) -> float:
    start = time.perf_counter()
    runtime, known = synthetic(var, size)
    print(f"a log of {size:,} entries, made in {time.perf_counter() - start:.0f} s:")
    median = proof_times(runtime, known)
    print(f"  ipreg: a proof in {median * 1000:.2f} ms (median of {PROOFS}, all of them verified)")
    return median


def peer_proof_time(place: Path) -> float:
    from pymerkle import SqliteTree

    tree = SqliteTree(str(place), algorithm="sha256")
    tree.append_entries([os.urandom(150) for _ in range(PEER_ENTRIES)])
    places = random.sample(range(1, PEER_ENTRIES + 1), PROOFS)
    return median_time(lambda index: tree.prove_inclusion(index, PEER_ENTRIES), places)


def proof_times(runtime: Runtime, known: dict[int, bytes]) -> float:
    with runtime.sessions() as session:
        for index in known:
            log.prove_inclusion(session, index=index).verify(runtime.log_key.verifier)
        return median_time(lambda index: fresh_proof(session, index), list(known))


def fresh_proof(session: Session, index: int) -> None:
    session.expunge_all()  # nothing is remembered from the proof before
    log.prove_inclusion(session, index=index)


def synthetic(var: Path, size: int) -> tuple[Runtime, dict[int, bytes]]:
    """A log of ``size`` entries of which the rows of some are there: all that a proof of theirs reads."""
    runtime = runtime_in(var)
    known = {index: os.urandom(150) for index in random.sample(range(size), PROOFS)}
    row = bytearray(os.urandom(size * 32))
    for index, leaf in known.items():
        row[index * 32 : index * 32 + 32] = merkle.hash_leaf(leaf)
    with closing(sqlite3.connect(var / "ipreg.sqlite3")) as database:
        database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-200000;")
        database.executemany(
            "insert into log_entries values (?, 'filing', 'D', '{}', x'00', ?, '2026-03-02 00:00:00.000000')",
            sorted(known.items()),
        )
        for level, hashes in levels(row):
            rows = ((level, at // 32, hashes[at : at + 32]) for at in range(0, len(hashes), 32))
            database.executemany("insert into log_nodes values (?, ?, ?)", rows)
        database.execute("insert into log_head values (1, ?, '2026-03-02 00:00:00.000000')", (size,))
        database.commit()
        database.execute("PRAGMA journal_mode=WAL")
    with transaction(runtime.sessions) as session:
        signed = log.sign_checkpoint(session, signer=runtime.log_key, now=NOW)
        assert signed is not None and TreeHead.parse(signed.note.partition("\n\n")[0] + "\n").size == size
    return runtime, known


def levels(row: bytearray) -> Iterator[tuple[int, bytes]]:
    """Level by level the hashes of all complete subtrees, one after the other."""
    level, hashes = 0, bytes(row)
    while hashes:
        yield level, hashes
        pairs = range(0, len(hashes) - 63, 64)
        hashes = b"".join(merkle.hash_children(hashes[at : at + 32], hashes[at + 32 : at + 64]) for at in pairs)
        level += 1


def runtime_in(var: Path) -> Runtime:
    var.mkdir()
    runtime = open_runtime(Config.from_env({"IPREG_VAR": str(var)}))
    schema.upgrade(runtime.sessions.kw["bind"])
    runtime.sessions.kw["bind"].dispose()
    return runtime


def median_time(work: Callable[[int], object], places: list[int]) -> float:
    """Seconds of processor time: other programs on the machine don't count."""
    times = []
    for index in places:
        start = time.process_time()
        work(index)
        times.append(time.process_time() - start)
    return statistics.median(times)


def measure(name: str, work: Callable[[], None]) -> float:
    wall, processor = time.perf_counter(), time.process_time()
    work()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(f"  {name:<40} {wall:6.2f} s, of processor time {processor:5.2f} s")
    return processor


if __name__ == "__main__":
    main()
