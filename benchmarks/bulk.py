"""Many rows into a table, past the ORM: ``COPY`` on PostgreSQL, prepared inserts on SQLite. Defaults are filled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Integer, Table, text

from ipreg.db import UtcDateTime

Row = dict[str, Any]
_AT_ONCE = 20_000


class Bulk:
    """Writes into ``connection``'s transaction; rows of a table name the same columns each."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._raw = connection.connection.cursor()
        self.rows = 0

    def put(self, model: Any, rows: Iterable[Row]) -> None:
        table: Table = model.__table__
        rows = iter(rows)
        first = next(rows, None)
        if first is None:
            return
        columns = [one for one in table.columns if one.name in first or _has_default(one)]
        names = ", ".join(f'"{one.name}"' for one in columns)
        values = self._values([first], columns), self._values(rows, columns)
        if self._connection.dialect.name == "postgresql":
            with self._raw.copy(f"COPY {table.name} ({names}) FROM STDIN") as copying:
                for part in values:
                    for row in part:
                        copying.write_row(row)
                        self.rows += 1
        else:
            holes = ", ".join("?" * len(columns))
            statement = f"INSERT INTO {table.name} ({names}) VALUES ({holes})"
            for part in values:
                while piece := list(islice(part, _AT_ONCE)):
                    self._raw.executemany(statement, piece)
                    self.rows += len(piece)

    def _values(self, rows: Iterable[Row], columns: list[Any]) -> Iterator[tuple[Any, ...]]:
        plain = [(one.name, _default(one)) for one in columns]
        ways = [(at, way) for at, one in enumerate(columns) if (way := _way(one, self._connection)) is not None]
        for row in rows:
            values = [row.get(name, default) for name, default in plain]
            for at, way in ways:
                values[at] = way(values[at])
            yield tuple(values)


@contextmanager
def filling(engine: Engine) -> Iterator[Bulk]:
    """One transaction without the checks that a database which is new each time does not need."""
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if sqlite:
            raw = connection.connection.cursor()
            # Six million rows with random digests: without room the indexes are read from the disk again and again.
            for pragma in ("foreign_keys=OFF", "synchronous=OFF", "cache_size=-600000", "journal_mode=OFF"):
                raw.execute(f"PRAGMA {pragma}").fetchall()
        with connection.begin():
            if not sqlite:
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
                connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            yield Bulk(connection)
            if not sqlite:
                _set_sequences(connection)
        if sqlite:
            broken = raw.execute("PRAGMA foreign_key_check").fetchmany(5)
            assert not broken, f"rows refer to nothing: {broken}"
            raw.execute("PRAGMA journal_mode=WAL").fetchall()
    engine.dispose()
    with engine.connect() as connection, connection.begin():
        connection.execute(text("ANALYZE"))


def _set_sequences(connection: Connection) -> None:
    from ipreg.models import Base

    for table in Base.metadata.sorted_tables:
        key = table.autoincrement_column
        if key is not None and isinstance(key.type, Integer):
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', '{key.name}'), "
                f"(SELECT max({key.name}) FROM {table.name}))"
            )


def _has_default(column: Any) -> bool:
    return column.default is not None


def _default(column: Any) -> Any:
    if column.default is None:
        return None
    return column.default.arg(None) if column.default.is_callable else column.default.arg


def _way(column: Any, connection: Connection) -> Callable[[Any], Any] | None:
    """From Python's value to the driver's, as the column's type does it; None where it is sent as it is."""
    dialect = connection.dialect
    if isinstance(column.type, UtcDateTime):  # half of all that is to be turned, so by the shortest way
        return _sqlite_time if dialect.name == "sqlite" else None
    found: Callable[[Any], Any] | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    return found


def _sqlite_time(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat(" ", "microseconds")[:26]
