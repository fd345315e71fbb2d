"""The index of vectors in PostgreSQL, by pgvector: the same questions and answers as ``similarity.vectors``.

Each space (what is held, by which model) is a partition of its own with its own graph: no search walks through
vectors that it may not find, and an embedding that serves no more is dropped as a table. Vectors are unit vectors
of 16 bits a number, so that the inner product is the cosine. The tables lie in a schema of their own, made when
they are first needed: they hold nothing that the fingerprints do not say, and are in no backup. A few vectors are
all compared; the graph is made in one go at the first question after there are more, which costs a fraction of one
that grows by each of them.
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
EXACT_BELOW = 10_000
"""So many vectors are all compared, without a graph."""
_SPREAD = 4
"""For one wanted key so many vectors are asked for: several of them may be of one key."""


class PgVectorIndex:
    """Unit vectors of ``dim`` numbers under ``space``; several processes may share one.

    Keys are remembered by the process that added them, as an index in memory does: what others hold is found, and
    adding it once more costs a question.
    """

    def __init__(self, engine: Engine, dim: int, *, space: str, exact_below: int = EXACT_BELOW) -> None:
        if dim < 1:
            raise ValueError("a vector has at least one number")
        self.dim = dim
        self.space = space
        self._engine = engine
        self._keys: dict[str, int] = {}
        self._table = f"{SCHEMA}.v_{hashlib.sha256(space.encode()).hexdigest()[:16]}"
        self._shape = f"halfvec({dim})"
        self._exact_below = exact_below
        self._has_graph = False
        with engine.begin() as connection:
            _prepare(connection, self._table, space)

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
            held, same = self._held(connection, key, written)
            if not held == same == len(written):
                if held:
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
        self._want_graph()
        best: dict[str, VectorHit] = {}
        for number, key, view, score in self._nearest([_written(row) for row in asked], limit * _SPREAD):
            if key not in best or best[key].score < score:
                best[key] = VectorHit(key, score, number, view)
        return sorted(best.values(), key=lambda hit: -hit.score)[:limit]

    def _want_graph(self) -> None:
        """Makes the graph where it is worth one. While one process makes it, the others' questions do without, and
        whoever adds waits."""
        if self._has_graph:
            return
        with self._engine.begin() as connection:
            many = text(f"SELECT count(*) FROM (SELECT 1 FROM {self._table} LIMIT :most) AS first")
            if (connection.scalar(many, {"most": self._exact_below}) or 0) < self._exact_below:
                return
            alone = text("SELECT pg_try_advisory_xact_lock(hashtext(:what))")
            if not connection.scalar(alone, {"what": self._table}):
                return
            connection.exec_driver_sql(
                f"CREATE INDEX IF NOT EXISTS {self._table.removeprefix(f'{SCHEMA}.')}_graph ON {self._table} "
                f"USING hnsw ((vector::{self._shape}) halfvec_ip_ops) "
                f"WITH (m = {M}, ef_construction = {EF_CONSTRUCTION})"
            )
        self._has_graph = True

    def _nearest(self, asked: Sequence[str], many: int) -> list[tuple[int, str, int, float]]:
        # Asked vectors are read once, and not anew for each that they are compared with: hence materialized.
        found = text(
            f"WITH asked AS MATERIALIZED (SELECT number, CAST(written AS {self._shape}) AS vector "
            "FROM unnest(CAST(:asked AS text[])) WITH ORDINALITY AS told (written, number)) "
            "SELECT asked.number - 1, near.key, near.view, -near.distance FROM asked, LATERAL ("
            f"SELECT key, view, (vector::{self._shape}) <#> asked.vector AS distance FROM {self._table} "
            f"ORDER BY (vector::{self._shape}) <#> asked.vector LIMIT :many) AS near"
        )
        with self._engine.connect() as connection:
            wide = min(1000, max(EF_SEARCH, many))
            connection.exec_driver_sql(f"SET LOCAL hnsw.ef_search = {wide}")
            # Where the graph was pruned of removed vectors it goes on until there are enough.
            connection.exec_driver_sql("SET LOCAL hnsw.iterative_scan = relaxed_order")
            rows = connection.execute(found, {"asked": list(asked), "many": many})
            return [(int(number), key, view, float(score)) for number, key, view, score in rows]

    def _held(self, connection: Connection, key: str, written: list[str]) -> tuple[int, int]:
        """How many vectors are there, and how many of them are the same: all, after a restart."""
        held = text(
            f"SELECT count(*), count(*) FILTER (WHERE vector = CAST((CAST(:rows AS text[]))[view + 1] AS halfvec)) "
            f"FROM {self._table} WHERE space = :space AND key = :key"
        )
        count, same = connection.execute(held, {"rows": written, "space": self.space, "key": key}).one()
        return int(count), int(same)

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


def _prepare(connection: Connection, table: str, space: str) -> None:
    """Schema, table and partition, made once; processes that come at the same time wait for each other."""
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
    ):
        connection.exec_driver_sql(statement)


def _written(row: NDArray[np.float32]) -> str:
    """As pgvector reads it; the nearest number of 16 bits stands in few digits."""
    return "[" + ",".join([f"{one:.5g}" for one in row.tolist()]) + "]"
