"""Batches worked through row by row, one transaction each; a run that is killed goes on with the next row."""

from __future__ import annotations

from contextlib import ExitStack

from sqlalchemy.exc import NoResultFound

from ipreg import batches
from ipreg.batchzip import BatchZip
from ipreg.db import Clock, transaction, utc_now
from ipreg.errors import CallerError, IpregError, PermissionDeniedError
from ipreg.models import Batch, BatchRow, BatchState, RowState
from ipreg.runtime import Runtime


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many rows were checked or filed."""
    with runtime.sessions() as session:
        waiting = batches.pending(session)
    done, faults = 0, []
    for batch_id, state in waiting:
        try:
            done += _work_through(runtime, batch_id, state, clock)
        except NoResultFound:  # its owner forgot it meanwhile
            continue
        except IpregError as fault:  # a ZIP that can't be read any more keeps no other batch waiting
            faults.append(fault)
    if faults:
        raise faults[0]
    return done


def _work_through(runtime: Runtime, batch_id: int, state: BatchState, clock: Clock) -> int:
    with ExitStack() as held:
        with runtime.sessions() as session:
            wanted = RowState.WAITING if state is BatchState.CHECKING else RowState.GOOD
            rows = batches.rows_in(session, batch_id, wanted)
            batch = session.get_one(Batch, batch_id)
            archive = held.enter_context(batches.open_zip(runtime.store, runtime.config, batch))
        act = _check if state is BatchState.CHECKING else _file
        for row_id in rows:
            act(runtime, archive, row_id, clock)
    with transaction(runtime.sessions) as session:
        batches.settle(session, batch=session.get_one(Batch, batch_id), now=clock())
    return len(rows)


def _check(runtime: Runtime, archive: BatchZip, row_id: int, clock: Clock) -> None:
    with runtime.sessions() as session:
        values = session.get_one(BatchRow, row_id).values
    faults = batches.faults_of_row(runtime.config, archive, values, clock())
    with transaction(runtime.sessions) as session:
        batches.check_row(session, row=session.get_one(BatchRow, row_id), faults=faults)


def _file(runtime: Runtime, archive: BatchZip, row_id: int, clock: Clock) -> None:
    try:
        with runtime.sessions() as session:
            values = session.get_one(BatchRow, row_id).values
        sealed = batches.put_ahead(runtime.store, archive, values, clock())
        with transaction(runtime.sessions) as session:
            batches.file_row(
                session,
                runtime.store,
                runtime.config,
                archive=archive,
                row=session.get_one(BatchRow, row_id),
                sealed_ahead=sealed,
                now=clock(),
            )
    except (CallerError, PermissionDeniedError) as fault:  # good when it was checked, and no more
        told = fault if isinstance(fault, CallerError) else CallerError(fault.code)
        with transaction(runtime.sessions) as session:
            batches.check_row(session, row=session.get_one(BatchRow, row_id), faults=[told])
