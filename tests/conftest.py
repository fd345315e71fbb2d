"""What many tests stand on: a runtime of its own in an empty folder, and a clock that is set by hand."""

from __future__ import annotations

import gc
import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_socket
from databases import SERVER, Databases, PostgresDatabases, SqliteFiles, postgres_databases
from papers import open_copy, open_prepared
from postgres import in_memory, running_postgres
from scenery import HandClock, People
from site_of_tests import Site, app_on, build_site
from sqlalchemy import URL, Engine, event
from sqlalchemy.orm import Session

import similarity
from ipreg import accounts, db
from ipreg.db import transaction
from ipreg.runtime import Runtime
from ipreg.seal import open_seal
from similarity.embedding import Model


def pytest_runtest_setup(item: pytest.Item) -> None:
    """No test opens a socket but those that say so, and they only to this machine."""
    if item.get_closest_marker("network"):
        pytest_socket.enable_socket()
        pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)
    else:
        pytest_socket.disable_socket(allow_unix_socket=True)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite", help="what the tests run on")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what touches a database; pages in a browser look the same on both."""
    if config.getoption("--database") == "sqlite":
        return
    left_out = [one for one in items if not _touches_a_database(one) or one.get_closest_marker("browser")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [one for one in items if one not in left_out]


def _touches_a_database(item: pytest.Item) -> bool:
    return "databases" in getattr(item, "fixturenames", ())


def pytest_configure(config: pytest.Config) -> None:
    """The processes of one run share one PostgreSQL."""
    if config.getoption("--database") == "postgresql" and SERVER not in os.environ:
        server = running_postgres(under=in_memory())
        os.environ[SERVER] = server.__enter__()
        config.add_cleanup(lambda: server.__exit__(None, None, None))


@pytest.fixture(scope="session")
def databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, compiled_once: None
) -> Iterator[Databases]:
    """Migrated databases, made once and copied by every test."""
    if request.config.getoption("--database") == "sqlite":
        yield SqliteFiles(tmp_path_factory.mktemp("schema"))
        return
    with postgres_databases() as found:
        yield found


@pytest.fixture(scope="session")
def other_databases(compiled_once: None) -> Iterator[PostgresDatabases]:
    """On PostgreSQL, whatever the tests run on: for what goes from one database to the other."""
    with postgres_databases() as found:
        yield found


@pytest.fixture(scope="session")
def seal_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The registry's seal, made once: two RSA keys for every test would cost minutes."""
    folder = tmp_path_factory.mktemp("seal")
    open_seal(folder, owner="127.0.0.1/log", now=HandClock()())
    return folder / "seal.pem"


@pytest.fixture
def runtime(
    request: pytest.FixtureRequest, tmp_path: Path, databases: Databases, seal_file: Path
) -> Iterator[Runtime]:
    var = tmp_path / "var"
    if "built_site" in request.fixturenames:
        opened = open_copy(request.getfixturevalue("built_site").runtime.config.var, databases, var)
    else:
        var.mkdir()
        opened = open_prepared(var, databases, seal_file)
    yield opened
    opened.sessions.kw["bind"].dispose()
    databases.drop(var)


@pytest.fixture
def session(runtime: Runtime) -> Iterator[Session]:
    with transaction(runtime.sessions) as opened:
        yield opened


@pytest.fixture(scope="session", autouse=True)
def quick_argon2() -> Iterator[None]:
    """Passwords are hashed at the library's lowest cost: thousands of tests sign in."""
    from argon2 import PasswordHasher

    accounts._hasher.cache_clear()
    original = accounts.PasswordHasher
    accounts.PasswordHasher = lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # type: ignore[misc,assignment]
    yield
    accounts.PasswordHasher = original  # type: ignore[misc]
    accounts._hasher.cache_clear()


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Every test has an engine of its own; they share their compiled statements, which take seconds to make."""
    original, first = db.create_engine, dict[str, Engine]()

    def create_engine(url: str | URL, **settings: Any) -> Engine:
        engine = original(url, **settings)
        if one := first.get(engine.dialect.name):
            engine.dialect, engine._compiled_cache = one.dialect, one._compiled_cache
        else:  # only one that has connected knows what its server can do
            event.listen(engine, "connect", lambda *_: first.setdefault(engine.dialect.name, engine))
        return engine

    db.create_engine = create_engine
    yield
    db.create_engine = original


@pytest.fixture(scope="session", autouse=True)
def looked_at_once() -> Iterator[None]:
    """The same few drawn pictures go through hundreds of tests: each is looked at once."""
    known: dict[tuple[str, str], similarity.Fingerprint] = {}
    original = similarity.fingerprint

    def fingerprint(data: bytes, model: Model | None = None) -> similarity.Fingerprint:
        asked = (hashlib.sha256(data).hexdigest(), similarity.algorithm(model))
        if asked not in known:
            known[asked] = original(data, model)
        return known[asked]

    similarity.fingerprint = fingerprint
    yield
    similarity.fingerprint = original


@pytest.fixture
def people(session: Session, clock: HandClock) -> People:
    return People(session, clock())


@pytest.fixture(scope="session")
def built_site(databases: Databases, seal_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Made once; each test that asks for ``site`` has a copy of it under its runtime."""
    var = tmp_path_factory.mktemp("site") / "var"
    var.mkdir()
    runtime = open_prepared(var, databases, seal_file)
    yield build_site(runtime, HandClock())
    databases.drop(var)


@pytest.fixture
def site(runtime: Runtime, built_site: Site) -> Site:
    return replace(built_site, app=app_on(runtime), runtime=runtime)


@pytest.fixture(scope="session", autouse=True)
def imports_are_no_garbage() -> None:
    """A quarter of a million objects of modules are not looked through again by every collection."""
    gc.collect()
    gc.freeze()
