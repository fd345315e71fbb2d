"""The index of vectors in PostgreSQL, by pgvector: the same questions and answers as ``similarity.vectors``.

Each space (what is held, by which model) is a partition of its own with its own graph: no search walks through
vectors that it may not find, and an embedding that serves no more is dropped as a table. Vectors are unit vectors
of 16 bits a number, so that the inner product is the cosine. The tables lie in a schema of their own, made when
they are first needed: they hold nothing that the fingerprints do not say, and are in no backup.
"""

# ruff: noqa: S608 - what is put into statements are names and shapes that are made here

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, text

from similarity.vectors import MAX_VIEWS, VectorHit, unit_vectors

SCHEMA = "ipreg_index"
M, EF_CONSTRUCTION, EF_SEARCH = 16, 128, 200
"""Of the graph: neighbours a vector; how widely is looked when one is added, and when one is asked for.
docs/scaling.md has what they cost and bring."""
_SPREAD = 4
"""For one wanted key so many vectors are asked for: several of them may be of one key."""


class PgVectorIndex:
    """Unit vectors of ``dim`` numbers under ``space``; several processes may share one.

    Keys are remembered by the process that added them, as an index in memory does: what others hold is found, and
    adding it once more costs a question.
    """

    def __init__(self, engine: Engine, dim: int, *, space: str) -> None:
        if dim < 1:
            raise ValueError("a vector has at least one number")
        self.dim = dim
        self.space = space
        self._engine = engine
        self._keys: dict[str, int] = {}
        self._table = f"{SCHEMA}.v_{hashlib.sha256(space.encode()).hexdigest()[:16]}"
        self._shape = f"halfvec({dim})"
        with engine.begin() as connection:
            _prepare(connection, self._table, space, self._shape)

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._keys))

    @property
    def vector_count(self) -> int:
        return sum(self._keys.values())

    def add(self, key: str, vectors: NDArray[Any]) -> None:
        """Holds ``vectors`` (n x dim) in place of what was there; raises ``ValueError`` as the one in memory."""
        rows = unit_vectors(vectors, self.dim)
        if len(rows) > MAX_VIEWS:
            raise ValueError(f"more than {MAX_VIEWS} vectors")
        written = [_written(row) for row in rows]
        with self._engine.begin() as connection:
            if not self._same(connection, key, written):
                self._delete(connection, key)
                self._insert(connection, key, written)
        self._keys[key] = len(rows)

    def remove(self, key: str) -> None:
        """Forgets ``key``; raises ``KeyError`` where it is not held."""
        del self._keys[key]
        with self._engine.begin() as connection:
            self._delete(connection, key)

    def query(self, vectors: NDArray[Any], limit: int = 20) -> list[VectorHit]:
        """The ``limit`` keys with the highest scores, best first; give all views of one picture in one call."""
        asked = unit_vectors(vectors, self.dim)
        if limit < 1 or not len(asked):
            return []
        best: dict[str, VectorHit] = {}
        for number, key, view, score in self._nearest([_written(row) for row in asked], limit * _SPREAD):
            if key not in best or best[key].score < score:
                best[key] = VectorHit(key, score, number, view)
        return sorted(best.values(), key=lambda hit: -hit.score)[:limit]

    def _nearest(self, asked: Sequence[str], many: int) -> list[tuple[int, str, int, float]]:
        found = text(
            "SELECT asked.number - 1, near.key, near.view, -near.distance "
            f"FROM unnest(CAST(:asked AS text[])) WITH ORDINALITY AS asked (vector, number), LATERAL ("
            f"SELECT key, view, (vector::{self._shape}) <#> CAST(asked.vector AS {self._shape}) AS distance "
            f"FROM {self._table} ORDER BY (vector::{self._shape}) <#> CAST(asked.vector AS {self._shape}) "
            "LIMIT :many) AS near"
        )
        with self._engine.connect() as connection:
            wide = min(1000, max(EF_SEARCH, many))
            connection.exec_driver_sql(f"SET LOCAL hnsw.ef_search = {wide}")
            # Where the graph was pruned of removed vectors it goes on until there are enough.
            connection.exec_driver_sql("SET LOCAL hnsw.iterative_scan = relaxed_order")
            rows = connection.execute(found, {"asked": list(asked), "many": many})
            return [(int(number), key, view, float(score)) for number, key, view, score in rows]

    def _same(self, connection: Connection, key: str, written: list[str]) -> bool:
        """Whether exactly that is there, as it is after a restart: nothing is written then."""
        held = text(
            f"SELECT count(*), count(*) FILTER (WHERE vector = CAST((CAST(:rows AS text[]))[view + 1] AS halfvec)) "
            f"FROM {self._table} WHERE space = :space AND key = :key"
        )
        count, same = connection.execute(held, {"rows": written, "space": self.space, "key": key}).one()
        return bool(count == same == len(written))

    def _delete(self, connection: Connection, key: str) -> None:
        connection.execute(
            text(f"DELETE FROM {self._table} WHERE space = :space AND key = :key"),
            {"space": self.space, "key": key},
        )

    def _insert(self, connection: Connection, key: str, written: list[str]) -> None:
        rows = [{"space": self.space, "key": key, "view": view, "row": row} for view, row in enumerate(written)]
        if rows:
            insert = f"INSERT INTO {self._table} (space, key, view, vector) VALUES (:space, :key, :view, "
            # Two who add the same at once add the same: fingerprints of one picture by one model do not differ.
            connection.execute(text(f"{insert}CAST(:row AS halfvec)) ON CONFLICT DO NOTHING"), rows)


def _prepare(connection: Connection, table: str, space: str, shape: str) -> None:
    """Schema, table, partition and graph, made once; processes that come at the same time wait for each other."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:what))"), {"what": SCHEMA})
    if connection.scalar(text("SELECT to_regclass(:table)"), {"table": table}) is not None:
        return
    quoted = space.replace("'", "''")
    for statement in (
        "CREATE EXTENSION IF NOT EXISTS vector",
        f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}",
        f"CREATE TABLE IF NOT EXISTS {SCHEMA}.vectors (space text NOT NULL, key text NOT NULL, "
        "view smallint NOT NULL, vector halfvec NOT NULL, PRIMARY KEY (space, key, view)) "
        "PARTITION BY LIST (space)",
        f"CREATE TABLE {table} PARTITION OF {SCHEMA}.vectors FOR VALUES IN ('{quoted}')",
        f"CREATE INDEX ON {table} USING hnsw ((vector::{shape}) halfvec_ip_ops) "
        f"WITH (m = {M}, ef_construction = {EF_CONSTRUCTION})",
    ):
        connection.exec_driver_sql(statement)


def _written(row: NDArray[np.float32]) -> str:
    """As pgvector reads it; the nearest number of 16 bits stands in few digits."""
    return "[" + ",".join([f"{one:.5g}" for one in row.tolist()]) + "]"
