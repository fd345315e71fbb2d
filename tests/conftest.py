"""What many tests stand on: a runtime of its own in an empty folder, and a clock that is set by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_socket
from papers import open_prepared
from scenery import HandClock, People
from site_of_tests import Site, build_site
from sqlalchemy import Engine
from sqlalchemy.orm import Session

import similarity
from ipreg import accounts, db, schema
from ipreg.config import Config
from ipreg.db import transaction
from ipreg.runtime import Runtime, open_runtime
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


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file, made once and copied by every test."""
    folder = tmp_path_factory.mktemp("schema")
    runtime = open_runtime(Config.from_env({"IPREG_VAR": str(folder)}))
    engine = runtime.sessions.kw["bind"]
    schema.upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return folder / "ipreg.sqlite3"


@pytest.fixture(scope="session")
def seal_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The registry's seal, made once: two RSA keys for every test would cost minutes."""
    folder = tmp_path_factory.mktemp("seal")
    open_seal(folder, owner="127.0.0.1/log", now=HandClock()())
    return folder / "seal.pem"


@pytest.fixture
def runtime(tmp_path: Path, empty_database: Path, seal_file: Path) -> Iterator[Runtime]:
    var = tmp_path / "var"
    var.mkdir()
    opened = open_prepared(var, empty_database, seal_file)
    yield opened
    opened.sessions.kw["bind"].dispose()


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
    original, first = db.create_engine, []

    def create_engine(url: str, **settings: Any) -> Engine:
        engine = original(url, **settings)
        if url.startswith("sqlite"):
            first.append(engine)
            engine.dialect, engine._compiled_cache = first[0].dialect, first[0]._compiled_cache
            first[1:] = []
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


@pytest.fixture
def site(runtime: Runtime, clock: HandClock) -> Site:
    return build_site(runtime, clock)
