"""What the audit trail costs: a write with its row beside the same write without, and the check of a long chain.

    python benchmarks/bench_audit.py [ROWS]

CPU seconds of this process, the best of several rounds, so that a busy machine tells nearly the same.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime

from ipreg import audit, auditcheck, logkeys, schema
from ipreg.config import Config
from ipreg.db import transaction
from ipreg.models import AuditKind, Organization
from ipreg.runtime import Runtime, open_runtime

ROUNDS, WRITES = 5, 200


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        runtime = open_runtime(Config.from_env({"IPREG_VAR": name}))
        schema.upgrade(runtime.sessions.kw["bind"])
        bare = min(cpu(lambda: write(runtime)) for _ in range(ROUNDS)) / WRITES
        audited = min(cpu(lambda: write_audited(runtime)) for _ in range(ROUNDS)) / WRITES
        print(f"one write: {bare * 1000:.2f} ms; with its row {audited * 1000:.2f} ms; ratio {audited / bare:.2f}")
        took = cpu(lambda: fill(runtime, rows))
        print(f"{rows} rows appended in pieces of 1000: {took / rows * 1e6:.0f} us each")
        with runtime.sessions() as session:
            keys = logkeys.verifiers(session, first=runtime.log_key)
            print(f"all checked in {cpu(lambda: auditcheck.check(session, verifiers=keys)):.1f} s, ", end="")
            print(f"the newest 2000 in {cpu(lambda: auditcheck.check_newest(session, verifiers=keys)):.3f} s")
        runtime.sessions.kw["bind"].dispose()


def write(runtime: Runtime) -> None:
    for number in range(WRITES):
        with transaction(runtime.sessions) as session:
            code = f"{time.monotonic_ns()}-{number}"
            session.add(Organization(name="x", join_code=code, created_at=datetime.now(UTC)))


def write_audited(runtime: Runtime) -> None:
    with audit.acting("account:1", "bench", request="0123456789abcdef", address="203.0.113.0/24"):
        write(runtime)


def fill(runtime: Runtime, rows: int) -> None:
    at = datetime.now(UTC)
    for start in range(0, rows, 1000):
        with transaction(runtime.sessions) as session:
            for number in range(start, start + 1000):
                audit.record(
                    session,
                    actor="account:1",
                    action="cases.decide",
                    subject=f"AJ{number}",
                    now=at,
                    details={"method": "POST", "address": "203.0.113.0/24"},
                    kind=AuditKind.WRITE,
                )


def cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
