"""What Prometheus reads: how long requests and jobs took, and what waits.

Counted by prometheus-client in files under ``IPREG_VAR``, so that all processes of one machine, the scheduler too,
are one target. It decides how it counts when it is first imported: so ``share`` comes before that.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache, wraps
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from prometheus_client import Counter, Histogram
    from prometheus_client.metrics_core import Metric

    from ipreg.stock import Stock

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_AROUND_A_KEY = 4 + 8 + 16
"""What stands in such a file beside a key: its length, what fills it up, the value and its time."""
_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10)
_JOB_SECONDS = (0.1, 1, 10, 60, 600)
Figure = TypeVar("Figure")


def share(var: Path) -> None:
    """From now on this process counts together with the others of ``var``; what dead ones counted is forgotten."""
    folder = var / "metrics"
    folder.mkdir(parents=True, exist_ok=True)
    for place in folder.glob("*_*.db"):
        pid = place.stem.rpartition("_")[2]
        if pid.isdecimal() and not Path("/proc", pid).exists() and Path("/proc/self").exists():
            place.unlink(missing_ok=True)
    os.environ[_FOLDER] = str(folder)
    _take_room_first()


def _take_room_first() -> None:
    """The library writes into files with holes that lie in memory: on a full disk the system ends such a process.

    So the room is taken first, which on a full disk is an ``OSError`` and no more.
    """
    from prometheus_client import mmap_dict, values

    class RoomFirst(mmap_dict.MmapedDict):
        def __init__(self, filename: str, read_mode: bool = False) -> None:
            if not read_mode:
                with Path(filename).open("ab") as file:
                    os.posix_fallocate(file.fileno(), 0, mmap_dict._INITIAL_MMAP_SIZE)
            super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]

        def _init_value(self, key: str) -> None:
            if self._used + len(key.encode()) + _AROUND_A_KEY > self._capacity:
                os.posix_fallocate(self._f.fileno(), 0, 2 * self._capacity)
            super()._init_value(key)  # type: ignore[no-untyped-call]

    values.MmapedDict = RoomFirst  # type: ignore[attr-defined]


def count(figure: Histogram | Counter, amount: float, *labels: str) -> None:
    """Adds to a figure. What finds no room is not counted; the work that was to be counted goes on."""
    with suppress(OSError):
        one = figure.labels(*labels)
        one.observe(amount) if hasattr(one, "observe") else one.inc(amount)


def _once(make: Callable[[], Figure]) -> Callable[[], Figure]:
    """``cache`` for threads: two that come first together would register a figure twice, which is refused."""
    known, alone = cache(make), Lock()

    @wraps(make)
    def made() -> Figure:
        with alone:
            return known()

    return made


@_once
def requests() -> Histogram:
    """Seconds of a request, by endpoint, method and status."""
    from prometheus_client import Histogram

    return Histogram("ipreg_request_seconds", "Time to answer", ["endpoint", "method", "status"], buckets=_SECONDS)


@_once
def jobs() -> Histogram:
    """Seconds of a job's run, by its name and whether it failed."""
    from prometheus_client import Histogram

    return Histogram("ipreg_job_seconds", "Time of a job's run", ["job", "result"], buckets=_JOB_SECONDS)


@_once
def processor() -> Counter:
    """Seconds that jobs kept a processor busy, without the processes in which pictures are looked at."""
    from prometheus_client import Counter

    return Counter("ipreg_job_processor_seconds", "Processor time of a job's runs", ["job"])


class _Level:
    """Figures that are read from the database at the moment somebody asks."""

    def __init__(self, stock: Stock) -> None:
        self._stock = stock

    def collect(self) -> Iterable[Metric]:
        from prometheus_client.core import GaugeMetricFamily as Gauge

        stock = self._stock
        yield Gauge("ipreg_filings", "Filings", stock.filings)
        yield Gauge("ipreg_fingerprints", "Pictures in the index", stock.fingerprints)
        yield Gauge("ipreg_log_entries", "Entries of the transparency log", stock.log_entries)
        yield Gauge("ipreg_log_uncovered_entries", "Entries that no checkpoint covers", stock.log_uncovered)
        if stock.checkpoint_age is not None:
            yield Gauge("ipreg_log_checkpoint_age_seconds", "Age of the newest checkpoint", stock.checkpoint_age)
        yield Gauge("ipreg_audit_rows", "Rows of the audit trail", stock.audit_rows)
        for name, label, values in (
            ("ipreg_waiting", "queue", stock.waiting),
            ("ipreg_deliveries", "state", stock.deliveries),
        ):
            family = Gauge(name, f"By {label}", labels=[label])
            for value, count in values.items():
                family.add_metric([value], count)
            yield family


def exposition(stock: Stock) -> bytes:
    """Everything in Prometheus's text form."""
    from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    levels = CollectorRegistry()
    levels.register(_Level(stock))
    counted = REGISTRY
    if folder := os.environ.get(_FOLDER):
        counted = CollectorRegistry()
        with suppress(ValueError):  # the folder is gone: nothing was counted
            MultiProcessCollector(counted, folder)  # type: ignore[no-untyped-call]
    return generate_latest(counted) + generate_latest(levels)
