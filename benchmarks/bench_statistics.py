"""The figures of 100,000 cases: CPU time of the page's queries, beside one plain count of the same tables.

python benchmarks/bench_statistics.py [CASES]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from statistics_rows import fill

from ipreg import schema
from ipreg.config import Config
from ipreg.models import Alert, Case, CaseEvent, Filing
from ipreg.runtime import open_runtime
from ipreg.statistics import Asked, figures


def main() -> None:
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        runtime = open_runtime(Config.from_env({"IPREG_VAR": name}))
        schema.upgrade(runtime.sessions.kw["bind"])
        fill(runtime, cases)
        with runtime.sessions() as session:
            figures(session, asked=Asked(2025))
            whole = best(lambda: figures(session, asked=Asked(2026)))
            tables = (Filing, Alert, Case, CaseEvent)
            plain = best(lambda: [session.scalar(select(func.count(one.id))) for one in tables])
        print(f"{cases} cases: all figures in {whole:.2f} s of CPU; plain counts {plain:.3f} s; ", end="")
        print(f"ratio {whole / plain:.0f}")
        runtime.sessions.kw["bind"].dispose()


def best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


if __name__ == "__main__":
    main()
