"""The base of all tables, times that are always UTC and aware, and sessions."""

from __future__ import annotations

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
    engine = create_engine(url, connect_args={"timeout": 30})
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
    # that waits longer than this for another waits for one that hangs.
    with connection.cursor() as cursor:
        for setting in ("TIME ZONE 'UTC'", "lock_timeout = '30s'", "idle_in_transaction_session_timeout = '10min'"):
            cursor.execute(f"SET {setting}")
    connection.commit()


_CONTENDED = {"40001", "40P01", "55P03"}  # serialization_failure, deadlock_detected, lock_not_available


def was_contended(fault: OperationalError) -> bool:
    """Whether the database gave up because of another transaction: the same again may well succeed."""
    return getattr(fault.orig, "sqlstate", None) in _CONTENDED or "is locked" in str(fault.orig)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own BEGIN is switched off: it comes too late, and readers that turn writers would deadlock.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    # A transaction that reads first and writes later fails in SQLite when another wrote in between: those that
    # are going to write say so at once and wait for their turn.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def make_sessions(url: str) -> sessionmaker[Session]:
    """A factory of sessions on ``url``; the caller owns each transaction."""
    return sessionmaker(make_engine(url), expire_on_commit=False)


@contextmanager
def transaction(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """A session whose transaction is going to write; committed at the end, rolled back by an exception."""
    with sessions() as session, session.begin():
        session.connection(execution_options={"writes": True})
        yield session
