"""Goods in new pictures are recognised: each is looked at by the design model, then compared with what is known.

What lacks a print, of whatever age, gets one here, so many at a time; meanwhile copies are found as before, and the
matches that another design model found stay. Copies are warned of by mail and goods wait in the inbox: so while
pictures wait to be compared, this job takes a few only and leaves the processors to that.
"""

from __future__ import annotations

import logging

from ipreg import goods
from ipreg.db import Clock, transaction, utc_now
from ipreg.errors import MissingError, ProofError
from ipreg.fingerprints import keep_print, serving_model
from ipreg.matching import Pending, pending, shelf_of
from ipreg.runtime import Runtime
from jobs import progress
from jobs.alone import alone
from similarity import PictureError, design_print

_log = logging.getLogger(__name__)
_AT_ONCE, _BESIDE = 200, 20
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
    for one in waiting:
        _look(runtime, one, clock)
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


def _look(runtime: Runtime, one: Pending, clock: Clock) -> None:
    with runtime.sessions() as session:
        if goods.print_of(session, runtime.store, one.sha256) is not None:
            return
    try:
        with runtime.sessions() as session:
            shelf = shelf_of(session, runtime.store, one)
        data = shelf.get(one.sha256)
        try:
            seen, fault = design_print(data).to_bytes(), None
        except PictureError as unread:
            seen, fault = None, unread.code
        with transaction(runtime.sessions) as session:
            keep_print(session, runtime.store, digest=one.sha256, data=seen, fault=fault, now=clock())
    except (ProofError, MissingError):
        _log.exception("the goods in %s %s are not compared", one.kind.__tablename__, one.id)
