"""Looks at many pictures: the costly step, done in processes of their own where there are enough of them, or by the
workers of a Dask cluster.

Looking is a pure function, so whoever is lost over it costs time and nothing else: what was seen is written by the
job, in its own transaction.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any, TypeVar

from ipreg.errors import UpstreamError
from ipreg.fingerprints import LOST, Seen, see

_log = logging.getLogger(__name__)
WORTH_PROCESSES = 16
"""For fewer pictures it takes longer to start the processes."""
_AHEAD = 3
_FAR_SECONDS = 10
_LONGEST_LOOK = 180.0
"""Seconds that a picture may take in a process, those before it included: many times what any of them needs."""
Thing = TypeVar("Thing")
_pool: Executor | None = None
_far: tuple[str, Any] | None = None


def looks(
    things: list[Thing], read: Callable[[Thing], bytes | None], model: Path, *, cluster: str = ""
) -> Iterator[tuple[Thing, Seen]]:
    """What is seen of each picture, in order; ``read`` gives None for one whose file can't be read.

    A process that is killed, or that dies of a picture, takes at most its own picture with it. ``cluster`` is the
    address of a Dask scheduler, whose workers have this release and the model at the same place.
    """
    if cluster and things:
        yield from _looks_far(cluster, things, read, model)
        return
    cores = len(os.sched_getaffinity(0))
    pictures = ((one, read(one)) for one in things)
    if len(things) < WORTH_PROCESSES or cores < 2:
        yield from ((one, LOST if data is None else see(data, model)) for one, data in pictures)
        return
    waiting: deque[tuple[Thing, bytes, Future[Seen]]] = deque()
    for one, data in pictures:
        waiting.append((one, data or b"", _lost() if data is None else _submit(cores, data, model)))
        if len(waiting) >= cores * _AHEAD:
            yield _result(cores, *waiting.popleft(), model)
    while waiting:
        yield _result(cores, *waiting.popleft(), model)


def rest() -> None:
    """Ends the processes, as long as there is nothing to look at."""
    global _pool, _far
    if _pool is not None:
        _pool.shutdown(wait=False, cancel_futures=True)
        _pool = None
    if _far is not None:
        _far[1].close()
        _far = None


def _looks_far(
    cluster: str, things: list[Thing], read: Callable[[Thing], bytes | None], model: Path
) -> Iterator[tuple[Thing, Seen]]:
    """By the cluster's executor; so many ahead that no worker waits for the job's transactions."""
    client = _client(cluster)
    executor: Executor = client.get_executor(pure=False)
    ahead = _AHEAD * max(1, sum(client.ncores().values()))
    waiting: deque[tuple[Thing, bytes, Future[Seen]]] = deque()
    for one in things:
        data = read(one)
        waiting.append((one, data or b"", _lost() if data is None else executor.submit(see, data, model)))
        if len(waiting) >= ahead:
            yield _far_result(*waiting.popleft(), model)
    while waiting:
        yield _far_result(*waiting.popleft(), model)


def _far_result(one: Thing, data: bytes, seen: Future[Seen], model: Path) -> tuple[Thing, Seen]:
    """A worker's picture goes to another one when it dies; one that several died of is looked at no more."""
    from distributed import KilledWorker

    try:
        return one, seen.result()
    except KilledWorker:
        _log.error("workers died of a picture of %d bytes; it has no fingerprint", len(data))
        return one, Seen(None, "picture_broken")
    except (CancelledError, OSError):
        _log.warning("the cluster was lost while it looked; the picture is looked at here", exc_info=True)
        return one, _look_alone(data, model)


def _client(cluster: str) -> Any:
    global _far
    if _far is None or _far[0] != cluster or _far[1].status != "running":
        import distributed  # an optional part, and slow to import

        connect: Any = distributed.Client
        try:
            _far = (cluster, connect(cluster, timeout=_FAR_SECONDS, set_as_default=False))
        except OSError as fault:
            raise UpstreamError("cluster_unreachable", cluster=cluster) from fault
    return _far[1]


def _submit(cores: int, data: bytes, model: Path) -> Future[Seen]:
    global _pool
    try:
        _pool = _pool or _processes(cores)
        return _pool.submit(see, data, model)
    except BrokenExecutor:
        rest()
        _pool = _processes(cores)
        return _pool.submit(see, data, model)


def _lost() -> Future[Seen]:
    known: Future[Seen] = Future()
    known.set_result(LOST)
    return known


def _result(cores: int, one: Thing, data: bytes, seen: Future[Seen], model: Path) -> tuple[Thing, Seen]:
    found = _answer(lambda: seen) or _answer(lambda: _submit(cores, data, model))
    return one, found or _look_alone(data, model)


def _answer(asked: Callable[[], Future[Seen]]) -> Seen | None:
    """None where it was lost: all that are under way lose their process with the one that dies."""
    try:
        return asked().result(_LONGEST_LOOK)
    except (BrokenExecutor, CancelledError):
        return None
    except TimeoutError:
        _give_up()
        return None


def _give_up() -> None:
    """A process that is killed while it hands its result over leaves half of it behind, and the pool waits for the
    other half for ever."""
    global _pool
    _log.warning("the processes have not answered for %.0f seconds and are ended", _LONGEST_LOOK)
    if _pool is not None:
        _end(_pool)
        _pool = None


def _end(pool: Any) -> None:
    """At once, whatever they are at: ``shutdown`` alone waits for what will not come."""
    for process in list((pool._processes or {}).values()):
        process.kill()
    pool._result_queue._writer.close()  # the last writing end: who waits for the other half learns that it is lost
    pool.shutdown(wait=False, cancel_futures=True)


def _look_alone(data: bytes, model: Path) -> Seen:
    """Processes died, of this picture or of another: now it is known of which."""
    single = _processes(1)
    try:
        return single.submit(see, data, model).result(_LONGEST_LOOK)
    except (BrokenExecutor, TimeoutError):
        _log.error("a process died of a picture of %d bytes; it has no fingerprint", len(data))
        return Seen(None, "picture_broken")
    finally:
        _end(single)


def _processes(count: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, get_context("spawn"), initializer=_start)


def _start() -> None:
    """One process a core: threads of their own would only wait for each other."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import cv2
    from threadpoolctl import threadpool_limits

    cv2.setNumThreads(1)
    threadpool_limits(1)


def _end_with_parent() -> None:
    """Who waits for work from a killed process would wait for ever: he holds both ends of the queue."""
    parent = parent_process()
    assert parent is not None, "only processes of a pool are started"
    parent.join()
    os._exit(1)
