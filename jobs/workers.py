"""Who does the costly steps: processes of this machine, or the workers of a Dask cluster.

A step is a pure function, so whoever is lost over it costs time and nothing else: its answer is written by the
job, in the job's own transaction.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context, parent_process
from typing import Any, Protocol, TypeAlias, TypeVar

from ipreg.errors import UpstreamError

_log = logging.getLogger(__name__)
WORTH_PROCESSES = 16
"""For fewer calls it takes longer to start the processes."""
_AHEAD = 3
_FAR_SECONDS = 10
_LONGEST = 180.0
"""Seconds that a call may take in a process, those before it included: many times what any of them needs."""
Thing = TypeVar("Thing")
Answer = TypeVar("Answer")
Call: TypeAlias = partial[Answer]
"""A pure function of a module and what it is given, so that any process can do it."""
_pool: Executor | None = None
_far: tuple[str, Any] | None = None


def answers(
    calls: Iterable[tuple[Thing, Call[Answer] | None]], *, none: Answer, died: Answer, few: bool, cluster: str
) -> Iterator[tuple[Thing, Answer]]:
    """Each thing with the answer to its call, in order; so many calls ahead that nobody waits for who writes.

    ``none`` is the answer where there is nothing to call, ``died`` that of a call that processes died of: such a
    one takes no other with it. ``few``: too few calls for processes of their own. ``cluster``: a Dask scheduler's
    address, else "".
    """
    hands: _Hands | None = None
    waiting: deque[tuple[Thing, Callable[[], Answer]]] = deque()
    for thing, call in calls:
        if call is None:
            waiting.append((thing, lambda: none))
        else:
            hands = hands or _hands(few, cluster)
            waiting.append((thing, partial(hands.answer, call, hands.submit(call), died)))
        while len(waiting) > (hands.ahead if hands else 0):
            thing, answer = waiting.popleft()
            yield thing, answer()
    yield from ((thing, answer()) for thing, answer in waiting)


def _hands(few: bool, cluster: str) -> _Hands:
    if cluster:
        return _Cluster(cluster)
    cores = len(os.sched_getaffinity(0))
    return _Here() if few or cores < 2 else _Processes(cores)


class _Hands(Protocol):
    """Who does the calls."""

    ahead: int

    def submit(self, call: Call[Answer]) -> Future[Answer]: ...

    def answer(self, call: Call[Answer], future: Future[Answer], died: Answer) -> Answer: ...


class _Here:
    """This process."""

    ahead = 0

    def submit(self, call: Call[Answer]) -> Future[Answer]:
        done: Future[Answer] = Future()
        done.set_result(call())
        return done

    def answer(self, call: Call[Answer], future: Future[Answer], died: Answer) -> Answer:
        return future.result()


class _Processes:
    """Processes of this machine, one a core, kept until ``rest``."""

    def __init__(self, cores: int) -> None:
        self._cores, self.ahead = cores, cores * _AHEAD

    def submit(self, call: Call[Answer]) -> Future[Answer]:
        global _pool
        try:
            _pool = _pool or _processes(self._cores)
            return _pool.submit(call)
        except BrokenExecutor:
            rest()
            _pool = _processes(self._cores)
            return _pool.submit(call)

    def answer(self, call: Call[Answer], future: Future[Answer], died: Answer) -> Answer:
        found = _answer(lambda: future) or _answer(lambda: self.submit(call))
        return found[0] if found else _alone(call, died)


class _Cluster:
    """The workers of a Dask cluster: pure calls go to them as bytes and answers come back."""

    def __init__(self, address: str) -> None:
        client = _client(address)
        self._executor: Executor = client.get_executor(pure=False)
        self.ahead = _AHEAD * max(1, sum(client.ncores().values()))

    def submit(self, call: Call[Answer]) -> Future[Answer]:
        return self._executor.submit(_one_threaded, call)

    def answer(self, call: Call[Answer], future: Future[Answer], died: Answer) -> Answer:
        """What a worker had in hand goes to another one when it dies; what several died of is tried no more."""
        from distributed import KilledWorker

        try:
            return future.result()
        except KilledWorker:
            _log.error("workers died of %s", _name(call))
            return died
        except (CancelledError, OSError):
            _log.warning("the cluster was lost meanwhile; %s is done here", _name(call), exc_info=True)
            return _alone(call, died)


def _one_threaded(call: Call[Answer]) -> Answer:
    """In a worker that somebody else started: with one thread, as a machine has a worker a core."""
    _one_thread()
    return call()


def rest() -> None:
    """Ends the processes, as long as there is nothing to do."""
    global _pool, _far
    if _pool is not None:
        _pool.shutdown(wait=False, cancel_futures=True)
        _pool = None
    if _far is not None:
        _far[1].close()
        _far = None


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


def _answer(asked: Callable[[], Future[Answer]]) -> tuple[Answer] | None:
    """None where it was lost: all that are under way lose their process with the one that dies."""
    try:
        return (asked().result(_LONGEST),)
    except (BrokenExecutor, CancelledError):
        return None
    except TimeoutError:
        _give_up()
        return None


def _give_up() -> None:
    """A process that is killed while it hands its result over leaves half of it behind, and the pool waits for the
    other half for ever."""
    global _pool
    _log.warning("the processes have not answered for %.0f seconds and are ended", _LONGEST)
    if _pool is not None:
        _end(_pool)
        _pool = None


def _end(pool: Any) -> None:
    """At once, whatever they are at: ``shutdown`` alone waits for what will not come."""
    for process in list((pool._processes or {}).values()):
        process.kill()
    pool._result_queue._writer.close()  # the last writing end: who waits for the other half learns that it is lost
    pool.shutdown(wait=False, cancel_futures=True)


def _alone(call: Call[Answer], died: Answer) -> Answer:
    """Processes died, of this call or of another: now it is known of which."""
    single = _processes(1)
    try:
        return single.submit(call).result(_LONGEST)
    except (BrokenExecutor, TimeoutError):
        _log.error("a process died of %s", _name(call))
        return died
    finally:
        _end(single)


def _name(call: Call[Answer]) -> str:
    return f"{call.func.__name__} of {sum(len(given) for given in call.args if isinstance(given, bytes))} bytes"


def _processes(count: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, get_context("spawn"), initializer=_start)


def _start() -> None:
    """One process a core: threads of its own would only wait for each other."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _one_thread()


@cache
def _one_thread() -> None:
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
