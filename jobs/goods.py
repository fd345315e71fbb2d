"""Goods in new pictures are recognised: each is looked at by the design model, then compared with what is known.

What lacks a print, of whatever age, gets one here, so many at a time; meanwhile copies are found as before, and the
matches that another design model found stay. Copies are warned of by mail and goods wait in the inbox: so while
pictures wait to be compared, this job takes a few only and leaves the processors to that.
"""

from __future__ import annotations

from functools import partial

from ipreg import goods
from ipreg.db import Clock, transaction, utc_now
from ipreg.fingerprints import Printed, keep_print, see_goods, serving_model
from ipreg.matching import Pending, pending
from ipreg.runtime import Runtime
from jobs import progress
from jobs.alone import alone
from jobs.looks import picture_of
from jobs.workers import WORTH_PROCESSES, answers
from similarity import designs

_AT_ONCE, _BESIDE = 200, 20
_LOST = Printed(None, "picture_unreadable")
_held: dict[tuple[str, str], goods.Goods] = {}


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many pictures' goods were compared."""
    with alone(runtime.config.var / "goods.lock") as mine:
        return _run(runtime, clock) if mine else 0


def _run(runtime: Runtime, clock: Clock) -> int:
    with runtime.sessions() as session:
        waiting = goods.pending(session, limit=_AT_ONCE)
        if not waiting:
            return 0
        busy = pending(session, serving_model(session, runtime.embeddings), limit=_BESIDE)
    at_once = _BESIDE if len(busy) == _BESIDE else _AT_ONCE
    waiting = waiting[:at_once]
    _look(runtime, waiting, clock)
    known = _known(runtime)
    with runtime.sessions() as session:
        known.refresh(session)
    for done, one in enumerate(waiting, start=1):
        with runtime.sessions() as session:
            found = goods.find(session, known, runtime.store, one)
        with transaction(runtime.sessions) as session:
            goods.keep(session, one=one, found=found, now=clock())
        progress.note(done, len(waiting))
    if len(waiting) < at_once:
        with transaction(runtime.sessions) as session:
            goods.forget_old(session)
    return len(waiting)


def _known(runtime: Runtime) -> goods.Goods:
    """What this process holds, of one database and model: filling it takes a while."""
    place = (str(runtime.sessions.kw["bind"].url), goods.comparison())
    if place not in _held:
        _held.clear()
        _held[place] = goods.Goods(runtime.store)
    return _held[place]


def _look(runtime: Runtime, waiting: list[Pending], clock: Clock) -> None:
    """What cannot be read is looked at the next time."""
    with runtime.sessions() as session:
        fresh = [one for one in waiting if goods.print_of(session, runtime.store, one.sha256) is None]
    once = list({one.sha256: one for one in fresh}.values())
    model = designs.model().path
    pictures = ((one, picture_of(runtime, one)) for one in once)
    calls = ((one, None if data is None else partial(see_goods, data, model)) for one, data in pictures)
    few, far = len(once) < WORTH_PROCESSES, runtime.config.dask_address
    for one, seen in answers(calls, none=_LOST, died=Printed(None, "picture_broken"), few=few, cluster=far):
        if seen is not _LOST:
            with transaction(runtime.sessions) as session:
                keep_print(session, runtime.store, digest=one.sha256, seen=seen, now=clock())
