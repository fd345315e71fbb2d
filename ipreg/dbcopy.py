"""One database into another, without loss: SQLite to PostgreSQL when an installation outgrows it, or back.

All of the source is read as it was at one moment, all of the target is written in one transaction, and both are
compared table by table before that is committed: how many rows there are, and a digest over what stands in them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import Connection, Engine, Integer, Table, func, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from ipreg import schema
from ipreg.errors import ConfigError
from ipreg.models import Base

_AT_ONCE = 1000
_UNFINISHED = "ipreg_copy_unfinished"
_MODULUS = 1 << 256
Row = dict[str, Any]
Tell = Callable[["TableSum"], None]


@dataclass(frozen=True)
class TableSum:
    """What stands in a table: ``digest`` is the sum of its rows' SHA-256, in hex, whatever their order."""

    name: str
    rows: int
    digest: str


def copy(source: Engine, target: Engine, *, tell: Tell = lambda _one: None) -> list[TableSum]:
    """Copies everything into the empty database ``target``; what was compared is told table by table.

    Raises ``ConfigError`` where the source is not at this release's schema, where the target holds anything, and
    where the two differ afterwards. Then the target is as empty as it was. What a copy that was killed left there
    is taken away first.
    """
    require_current(source)
    if _UNFINISHED in inspect(target).get_table_names():
        _take_back(target)
    require_empty(target)
    _mark(target)
    try:
        schema.upgrade(target)
        with snapshot(source) as reading, target.begin() as writing:
            copied = [_copy_table(reading, writing, table, tell) for table in _emptied(writing)]
            writing.execute(text(f"DROP TABLE {_UNFINISHED}"))
        return copied
    except BaseException:
        _take_back(target)
        raise


def _mark(target: Engine) -> None:
    """Who meets this table knows that nothing else in the database is anybody's."""
    with target.begin() as connection:
        connection.execute(text(f"CREATE TABLE {_UNFINISHED} (mark INTEGER)"))


def sums(connection: Connection, *, tell: Tell = lambda _one: None) -> list[TableSum]:
    """What stands in every table, in the order in which they refer to each other."""
    found = []
    for table in Base.metadata.sorted_tables:
        found.append(_sum(table, _rows(connection, table)))
        tell(found[-1])
    return found


def require_current(engine: Engine) -> None:
    """Raises ``ConfigError`` where the database is not at the schema of this release."""
    found, wanted = schema.revision(engine), schema.newest()
    if found != wanted:
        raise ConfigError([f"the database is at schema {found or 'none'} and not {wanted}: run `ipreg init` on it"])


def require_empty(engine: Engine) -> None:
    """Raises ``ConfigError`` where the database has a table: it may be somebody's."""
    if tables := inspect(engine).get_table_names():
        raise ConfigError(
            [
                f"the target is not empty, it has {len(tables)} tables ({', '.join(sorted(tables)[:3])}); "
                "nothing is written over: give an empty database"
            ]
        )


def snapshot(engine: Engine) -> Connection:
    """A connection that sees the database as it is now, whoever writes meanwhile, and writes nothing itself."""
    connection = engine.connect()
    if engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        connection = connection.execution_options(**options)
    return connection


def _emptied(writing: Connection) -> Sequence[Table]:
    """All tables, without the few rows that the migrations themselves put there."""
    tables = Base.metadata.sorted_tables
    for table in reversed(tables):
        writing.execute(table.delete())
    return tables


def _copy_table(reading: Connection, writing: Connection, table: Table, tell: Tell) -> TableSum:
    read = _Summing(table)
    for rows in _pieces(read.through(_rows(reading, table))):
        _insert(writing, table, rows)
    _link(reading, writing, table)
    _set_sequence(writing, table)
    written = _sum(table, _rows(writing, table))
    if written != read.result():
        raise ConfigError([f"{table.name}: read {read.result()}, found {written} in the target"])
    tell(written)
    return written


def _rows(connection: Connection, table: Table) -> Iterator[Row]:
    """Every row, read piece by piece; ordered by the key, so that a row comes after those that it may refer to."""
    asked = select(table).order_by(*table.primary_key.columns)
    with connection.execute(asked.execution_options(yield_per=_AT_ONCE)) as found:
        for row in found:
            yield dict(row._mapping)


def _pieces(rows: Iterator[Row]) -> Iterator[list[Row]]:
    piece: list[Row] = []
    for row in rows:
        piece.append(row)
        if len(piece) == _AT_ONCE:
            yield piece
            piece = []
    if piece:
        yield piece


def _insert(writing: Connection, table: Table, rows: list[Row]) -> None:
    for name in _links(table):
        rows = [{**row, name: None} for row in rows]
    try:
        writing.execute(insert(table), rows)
    except DBAPIError as fault:
        keys = [row[next(iter(table.primary_key.columns)).name] for row in (rows[0], rows[-1])]
        raise ConfigError([f"{table.name}, one of the rows {keys[0]} to {keys[1]}: {fault.orig}"]) from fault


def _links(table: Table) -> list[str]:
    """The columns by which a row refers to another of its own table, which may be a later one."""
    return [one.name for one in table.columns if any(key.column.table is table for key in one.foreign_keys)]


def _link(reading: Connection, writing: Connection, table: Table) -> None:
    (key,) = [*table.primary_key.columns][:1]
    for name in _links(table):
        column = table.columns[name]
        for row in reading.execute(select(key, column).where(column.is_not(None))):
            writing.execute(table.update().where(key == row[0]).values({name: row[1]}))


class _Summing:
    """Counts and digests rows as they pass."""

    def __init__(self, table: Table) -> None:
        self._name = table.name
        self._count = 0
        self._sum = 0

    def through(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            self._count += 1
            self._sum = (self._sum + int.from_bytes(hashlib.sha256(_canonical(row)).digest())) % _MODULUS
            yield row

    def result(self) -> TableSum:
        return TableSum(self._name, self._count, f"{self._sum:064x}")


def _sum(table: Table, rows: Iterator[Row]) -> TableSum:
    summing = _Summing(table)
    for _ in summing.through(rows):
        pass
    return summing.result()


def _canonical(row: Row) -> bytes:
    """The same bytes for the same values, whichever database they come from."""
    return json.dumps(row, sort_keys=True, ensure_ascii=False, default=_plain).encode()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, Decimal):
        return str(value.normalize())
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"a value of {type(value).__name__} has no canonical form")


def _set_sequence(writing: Connection, table: Table) -> None:
    """PostgreSQL numbers rows by a sequence of its own, which knows nothing of rows that brought their numbers."""
    key = table.autoincrement_column
    if writing.dialect.name != "postgresql" or key is None or not isinstance(key.type, Integer):
        return
    sequence = writing.scalar(select(func.pg_get_serial_sequence(f'"{table.name}"', key.name)))
    newest = writing.scalar(select(func.max(key)))
    if sequence is not None and newest is not None:
        writing.execute(select(func.setval(sequence, newest)))


def _take_back(target: Engine) -> None:
    """What the migrations made goes too: the target can be tried again as it is."""
    with target.begin() as connection:
        Base.metadata.drop_all(connection)
        for name in ("alembic_version", _UNFINISHED):
            connection.execute(text(f"DROP TABLE IF EXISTS {name}"))
        if target.dialect.name == "postgresql":
            connection.execute(text("DROP FUNCTION IF EXISTS audit_rows_refuse()"))
