"""The index of vectors in PostgreSQL beside the one in memory: the same answers, and the product runs on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from databases import PostgresDatabases
from numpy.typing import NDArray
from scenery import HandClock
from site_of_tests import Site
from sqlalchemy import Engine, select, text

from ipreg import matching
from ipreg.config import Config
from ipreg.db import make_engine, transaction
from ipreg.errors import ConfigError
from ipreg.models import FilingView, ListingPicture, Match
from ipreg.pgindex import SCHEMA, PgVectorIndex
from jobs import matches
from similarity.vectors import VectorIndex

Rows = NDArray[np.float32]


@pytest.fixture(scope="module")
def engine(other_databases: PostgresDatabases) -> Iterator[Engine]:
    found = make_engine(other_databases.empty())
    yield found
    found.dispose()


def _clustered(count: int, dim: int, seed: int) -> Rows:
    """Like embeddings: around centres, none alone."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((50, dim))
    rows = centres[random.integers(0, 50, count)] + 0.7 * random.standard_normal((count, dim))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@pytest.mark.parametrize("exact_below", [1000, 5000], ids=["by the graph", "one by one"])
def test_both_indexes_find_the_same(other_databases: PostgresDatabases, exact_below: int) -> None:
    engine = make_engine(other_databases.empty())
    rows = _clustered(3000, 64, 1).reshape(1000, 3, 64)
    memory, database = (
        VectorIndex(64, model="m/1"),
        PgVectorIndex(engine, 64, space="filings/parts/m/1", exact_below=exact_below),
    )
    for number, views in enumerate(rows):
        memory.add(f"k{number}", views)
        database.add(f"k{number}", views)
    found = wanted = 0
    for asked in _clustered(150, 64, 2).reshape(50, 3, 64):
        right = {hit.key: hit for hit in memory.query(asked, 20)}
        hits = {hit.key: hit for hit in database.query(asked, 20)}
        wanted += len(right)
        found += len(right.keys() & hits.keys())
        for key in right.keys() & hits.keys():
            assert hits[key].score == pytest.approx(right[key].score, abs=2e-3)
            assert hits[key].view in range(3) and hits[key].query_view in range(3)
    assert found / wanted >= (0.99 if exact_below < 3000 else 0.999)
    assert (len(database), database.vector_count) == (1000, 3000)
    with engine.connect() as connection:
        made = connection.scalar(text("SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%hnsw%'"))
    assert made == (exact_below < 3000)
    engine.dispose()


def test_what_comes_after_the_graph_was_made_is_found_and_it_is_made_once(engine: Engine) -> None:
    rows = _clustered(300, 16, 3)
    index = PgVectorIndex(engine, 16, space="filings/parts/late", exact_below=100)
    for number in range(200):
        index.add(f"k{number}", rows[number : number + 1])
    assert index.query(rows[7:8], 1)[0].key == "k7"
    for number in range(200, 300):
        index.add(f"k{number}", rows[number : number + 1])
    again = PgVectorIndex(engine, 16, space="filings/parts/late", exact_below=100)
    assert [index.query(rows[at : at + 1], 1)[0].key for at in (3, 250, 299)] == ["k3", "k250", "k299"]
    assert again.query(rows[299:], 1)[0].key == "k299"


def test_while_another_makes_the_graph_questions_are_answered_without(engine: Engine) -> None:
    index = PgVectorIndex(engine, 4, space="filings/parts/busy", exact_below=2)
    index.add("a", np.eye(4)[:2])
    with engine.begin() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(hashtext(:what))"), {"what": index._table})
        assert [hit.key for hit in index.query(np.eye(4)[:1])] == ["a"]
    assert [hit.key for hit in index.query(np.eye(4)[:1])] == ["a"]


def test_what_is_replaced_or_removed_is_found_no_more_and_a_restart_writes_nothing(engine: Engine) -> None:
    index = PgVectorIndex(engine, 8, space="filings/wholes/m/1")
    east, north = np.eye(8)[:1], np.eye(8)[1:2]
    index.add("a", east)
    index.add("b", np.concatenate([north, east]))
    index.add("none", np.zeros((0, 8)))
    index.add("b", north)
    assert [(hit.key, round(hit.score, 3), hit.view) for hit in index.query(east, 5)] == [("a", 1, 0), ("b", 0, 0)]
    again = PgVectorIndex(engine, 8, space="filings/wholes/m/1")
    assert "a" not in again and [hit.key for hit in again.query(north, 1)] == ["b"]
    with engine.connect() as connection:
        before = connection.scalar(text(f"SELECT max(xmin::text::bigint) FROM {SCHEMA}.vectors"))
        again.add("a", east)
        assert connection.scalar(text(f"SELECT max(xmin::text::bigint) FROM {SCHEMA}.vectors")) == before
    again.remove("a")
    assert [hit.key for hit in index.query(east, 5)] == ["b"] and "a" not in again
    with pytest.raises(KeyError):
        again.remove("a")
    with pytest.raises(ValueError, match="zero"):
        index.add("c", np.zeros((1, 8)))


def test_spaces_do_not_see_each_other(engine: Engine) -> None:
    one, other = (PgVectorIndex(engine, 4, space=f"filings/parts/{name}") for name in ("it's/1", "x/2"))
    one.add("a", np.eye(4)[:1])
    assert other.query(np.eye(4)[:1]) == [] and len(one.query(np.eye(4)[:1])) == 1


def test_the_job_compares_by_it(site: Site, clock: HandClock, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--database") != "postgresql":
        pytest.skip("the product's database is SQLite in this run")
    runtime = replace(site.runtime, config=replace(site.runtime.config, vector_index="pgvector"))
    matching._held.clear()
    with transaction(runtime.sessions) as session:
        before = {(one.filing_id, one.listing_id) for one in session.scalars(select(Match))}
        for kind in (FilingView, ListingPicture):
            for row in session.scalars(select(kind)):
                row.compared_by = None
    assert before and matches.run(runtime, clock=clock) >= 2
    with runtime.sessions() as session:
        assert {(one.filing_id, one.listing_id) for one in session.scalars(select(Match))} == before
        assert session.scalar(text(f"SELECT count(*) FROM {SCHEMA}.vectors")) > 2
    matching._held.clear()


def test_it_needs_postgresql() -> None:
    with pytest.raises(ConfigError, match="IPREG_VECTOR_INDEX"):
        Config.from_env({"IPREG_VECTOR_INDEX": "pgvector"})
