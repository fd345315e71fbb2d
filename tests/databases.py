"""The databases that tests run on: each test has one of its own, made from one that was migrated once.

``pytest --database postgresql`` runs everything that touches a database on PostgreSQL, and leaves the rest out.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from postgres import running_postgres
from sqlalchemy import Connection, Engine, create_engine, event, make_url

from ipreg import schema
from ipreg.db import make_engine
from ipreg.runtime import Runtime

SERVER = "IPREG_TEST_POSTGRES"
_serial = itertools.count()


class Databases(Protocol):
    """Where the databases of the tests come from."""

    def make(self, var: Path) -> None:
        """An empty, migrated database for what lies in ``var``."""

    def copy(self, var: Path, new: Path) -> None:
        """The folder with all that is in it, and its database."""

    def drop(self, var: Path) -> None:
        """Nobody needs the database of ``var`` any more."""

    def environ(self, var: Path) -> dict[str, str]:
        """The settings by which a process of ours finds it."""


class SqliteFiles:
    """Files under ``var``."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "ipreg.sqlite3"
        engine = make_engine(f"sqlite:///{self._template}")
        schema.upgrade(engine)
        _whole(engine.connect())
        engine.dispose()

    def make(self, var: Path) -> None:
        (var / "ipreg.sqlite3").write_bytes(self._template.read_bytes())

    def copy(self, var: Path, new: Path) -> None:
        engine = make_engine(f"sqlite:///{var / 'ipreg.sqlite3'}")
        _whole(engine.connect())
        engine.dispose()
        shutil.copytree(var, new)

    def drop(self, var: Path) -> None:
        """It goes with its folder."""

    def environ(self, var: Path) -> dict[str, str]:
        return {"IPREG_VAR": str(var)}


def _whole(connection: Connection) -> None:
    """Everything is in the one file, and nothing in the log beside it."""
    with connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


class PostgresDatabases:
    """Databases of one server, copied by the server itself."""

    def __init__(self, server: str) -> None:
        self._server = make_url(server).set(drivername="postgresql+psycopg")
        self._engine = create_engine(self._server, isolation_level="AUTOCOMMIT")
        self._names: dict[Path, str] = {}
        self._users: dict[str, set[Engine]] = {}
        event.listen(Engine, "engine_connect", self._note)
        self._template = self._new_name()
        self._run(f"CREATE DATABASE {self._template}")
        engine = make_engine(self._url(self._template))
        schema.upgrade(engine)
        engine.dispose()

    def make(self, var: Path) -> None:
        self._copy(self._template, var)

    def copy(self, var: Path, new: Path) -> None:
        shutil.copytree(var, new)
        source = self._names[var]
        self._let_go(source)  # a database that somebody uses is not copied
        self._copy(source, new)

    def drop(self, var: Path) -> None:
        if var in self._names:
            name = self._names.pop(var)
            self._let_go(name)
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def environ(self, var: Path) -> dict[str, str]:
        named = self._names.get(var)
        return {"IPREG_VAR": str(var), **({"IPREG_DATABASE_URL": self._url(named)} if named else {})}

    def empty(self) -> str:
        """The address of a new database without any table."""
        name = self._names[Path(f"/{next(_serial)}")] = self._new_name()
        self._run(f"CREATE DATABASE {name} STRATEGY FILE_COPY")
        return self._url(name)

    def close(self) -> None:
        for var in list(self._names):
            self.drop(var)
        event.remove(Engine, "engine_connect", self._note)
        self._engine.dispose()

    def _copy(self, source: str, var: Path) -> None:
        name = self._names[var] = self._new_name()
        # By copying files: half as long as by the write-ahead log for a database as small as this.
        self._run(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY")

    def _note(self, connection: Connection) -> None:
        name = connection.engine.url.database
        if connection.dialect.name == "postgresql" and name:
            self._users.setdefault(name, set()).add(connection.engine)

    def _let_go(self, name: str) -> None:
        """Closes the connections that applications of ours left in their pools."""
        for engine in self._users.pop(name, ()):
            engine.dispose()

    def _new_name(self) -> str:
        return f"t{os.getpid()}_{next(_serial)}"

    def _url(self, name: str) -> str:
        return self._server.set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.exec_driver_sql(statement)


@contextmanager
def postgres_databases() -> Iterator[PostgresDatabases]:
    """On the server that the whole run shares, or on one of this process's own."""
    if shared := os.environ.get(SERVER):
        databases = PostgresDatabases(shared)
        yield databases
        databases.close()
        return
    with running_postgres() as url:
        yield (databases := PostgresDatabases(url))
        databases.close()


@contextmanager
def without_foreign_keys(runtime: Runtime) -> Iterator[Connection]:
    """A transaction in which rows may refer to nothing: for those who forge, and those who fill tables fast."""
    with runtime.sessions.kw["bind"].connect() as connection:
        if connection.dialect.name == "sqlite":
            raw = connection.connection.cursor()
            raw.execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            yield connection
        if connection.dialect.name == "sqlite":
            raw.execute("PRAGMA foreign_keys=ON")
            raw.close()
