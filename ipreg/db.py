"""The base of all tables, times that are always UTC and aware, and sessions."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import URL, DateTime, Dialect, Engine, MetaData, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Clock = Callable[[], datetime]
PATIENCE = 30
"""Seconds that one waits for another to write."""


def utc_now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored as UTC; a naive value is refused rather than guessed at."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone can't be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime()}  # noqa: RUF012


def make_engine(url: str) -> Engine:
    """An engine for ``url``, SQLite or PostgreSQL; both speak UTC and are patient with other writers."""
    if not url.startswith("sqlite"):
        engine = create_engine(_with_our_driver(url), pool_pre_ping=True)
        event.listen(engine, "connect", _prepare_postgres)
        return engine
    # Write-ahead logging and foreign keys are off in SQLite until somebody asks for them.
    engine = create_engine(url, connect_args={"timeout": PATIENCE})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _with_our_driver(url: str) -> URL:
    """``postgresql://`` and ``postgres://``, as everybody writes them, mean the driver that we ship."""
    parsed = make_url(url)
    plain = parsed.drivername in ("postgresql", "postgres")
    return parsed.set(drivername="postgresql+psycopg") if plain else parsed


def _prepare_postgres(connection: Any, _record: object) -> None:
    # Said on the connection and not as a start-up option, which poolers such as PgBouncer do not hand on. A writer
    # that waits longer than this for another waits for one that hangs. To compile a page's queries takes longer
    # than to answer them.
    waits = "lock_timeout = '30s'", "idle_in_transaction_session_timeout = '10min'"
    with connection.cursor() as cursor:
        for setting in ("TIME ZONE 'UTC'", *waits, "jit = off"):
            cursor.execute(f"SET {setting}")
    connection.commit()


_CONTENDED = {"40001", "40P01", "55P03"}  # serialization_failure, deadlock_detected, lock_not_available
_WAITED = "55P03"
_GONE = ("08", "53", "57P")  # connection_exception, insufficient_resources, operator_intervention
_GONE_SQLITE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)


def was_contended(fault: OperationalError) -> bool:
    """Whether the database gave up because of another transaction: the same again may well succeed."""
    return getattr(fault.orig, "sqlstate", None) in _CONTENDED or "is locked" in str(fault.orig)


def waited_in_vain(fault: OperationalError) -> bool:
    """Whether others wrote for so long that the turn never came: nobody changed what this one was to change."""
    return getattr(fault.orig, "sqlstate", None) == _WAITED or "is locked" in str(fault.orig)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own BEGIN is switched off: it comes too late, and readers that turn writers would deadlock.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={PATIENCE * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    # A transaction that reads first and writes later fails in SQLite when another wrote in between: those that
    # are going to write say so at once and wait for their turn.
    if connection.get_execution_options().get("writes", False):
        try:
            _take_turn(connection.connection.dbapi_connection, connection.engine.url.database)
        except (sqlite3.Error, OSError) as fault:
            raise OperationalError("BEGIN IMMEDIATE", None, fault) from fault
    else:
        connection.exec_driver_sql("BEGIN")


def _take_turn(raw: sqlite3.Connection, database: str) -> None:
    """Begins to write to the file ``database`` as soon as nobody else does; ``sqlite3.Error`` after ``PATIENCE``.

    SQLite's own waiting asks ever more seldom, so whoever has waited longest is the likeliest to be overtaken, for
    half a minute and more where many write. Here all stand in a queue, which the system keeps in order, across
    processes too; only the first of it asks, and often.
    """
    until = time.monotonic() + PATIENCE
    raw.execute("PRAGMA busy_timeout=0")
    handle = os.open(f"{database}-queue", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        until = max(until, time.monotonic() + 1)
        while not _begin_immediate(raw, last=time.monotonic() > until):
            time.sleep(0.001)
    finally:
        os.close(handle)
        raw.execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")


def _begin_immediate(raw: sqlite3.Connection, *, last: bool) -> bool:
    try:
        raw.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as fault:
        if last or fault.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def is_gone(fault: OperationalError) -> bool:
    """Whether the database does not answer, or has no room to write in: the same again may succeed later."""
    if isinstance(fault.orig, sqlite3.Error):
        return fault.orig.sqlite_errorcode & 0xFF in _GONE_SQLITE
    state = getattr(fault.orig, "sqlstate", None)
    return state is None or state.startswith(_GONE)


def make_sessions(url: str) -> sessionmaker[Session]:
    """A factory of sessions on ``url``; the caller owns each transaction."""
    return sessionmaker(make_engine(url), expire_on_commit=False)


@contextmanager
def transaction(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """A session whose transaction is going to write; committed at the end, rolled back by an exception."""
    with sessions() as session, session.begin():
        session.connection(execution_options={"writes": True})
        yield session
