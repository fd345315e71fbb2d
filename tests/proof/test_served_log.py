"""What strangers get under /log/: names, contents, headers."""

from __future__ import annotations

import gzip
import json

import pytest
from apps import create_app
from flask.testing import FlaskClient
from log_server import append
from scenery import HandClock

from ipreg.runtime import Runtime
from ipreg.tlog import merkle
from ipreg.tlog.note import Verifier, open_checkpoint
from ipreg.tlog.proof import LogProof
from ipreg.tlog.tiles import TileReader, split_entries, tiles_of

SIZE = 700


@pytest.fixture
def client(runtime: Runtime, clock: HandClock) -> FlaskClient:
    append(runtime, clock, SIZE)
    return create_app(runtime.config).test_client()


def test_the_checkpoint_is_signed_and_not_cached(client: FlaskClient) -> None:
    answer = client.get("/log/checkpoint")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    head = open_checkpoint(answer.text, Verifier.parse(client.get("/log/key").text))
    assert (head.origin, head.size) == ("127.0.0.1/log", SIZE)


def test_an_empty_log_has_no_checkpoint(runtime: Runtime) -> None:
    client = create_app(runtime.config).test_client()
    assert {client.get(f"/log/{path}").status_code for path in ("checkpoint", "tile/0/000.p/1")} == {404}


def test_every_tile_is_served_to_be_kept_and_adds_up_to_the_signed_root(client: FlaskClient) -> None:
    head = open_checkpoint(client.get("/log/checkpoint").text, Verifier.parse(client.get("/log/key").text))
    for tile in tiles_of(SIZE):
        answer = client.get(f"/log/{tile.path}")
        assert (answer.status_code, len(answer.data)) == (200, tile.width * 32)
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert (
            "immutable" in answer.headers["Cache-Control"] and "max-age=31536000" in answer.headers["Cache-Control"]
        )
        assert "Set-Cookie" not in answer.headers
    reader = TileReader(SIZE, lambda tile: client.get(f"/log/{tile.path}").data)
    assert merkle.root_hash(SIZE, reader) == head.root


def test_bundles_hold_the_leaves_of_their_tiles_and_are_compressed_for_who_asks(client: FlaskClient) -> None:
    for path, width in (("000", 256), ("002.p/188", 188), ("002.p/7", 7)):
        plain = client.get(f"/log/tile/entries/{path}")
        small = client.get(f"/log/tile/entries/{path}", headers={"Accept-Encoding": "gzip"})
        assert small.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
        assert plain.headers["Vary"] == small.headers["Vary"] == "Accept-Encoding"
        assert gzip.decompress(small.data) == plain.data and len(small.data) < len(plain.data)
        hashes = client.get(f"/log/tile/0/{path}").data
        assert b"".join(merkle.hash_leaf(leaf) for leaf in split_entries(plain.data, width)) == hashes
        assert all(
            set(json.loads(leaf)) == {"format", "kind", "commitment"} for leaf in split_entries(plain.data, width)
        )


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/002", "tile/0/002.p/189", "tile/0/003.p/1", "tile/1/000", "tile/1/000.p/3", "tile/2/000.p/1",
        "tile/entries/002", "tile/entries/002.p/189", "tile/entries/003.p/1", "tile/0/2", "tile/0/002.p/0",
        "tile/0/x000/002", "tile/0/x999/x999/x999/x999/x999/x999/999", "tile/64/000", "tile/00/000", "tile/",
        "tile/0", "tile/0/000/", "tile/entries/../0/000", "tile/0/000.p/256", "consistency/3/701",
        "consistency/3/2",
        "consistency/3/99999999999999999999999", "proofs/700", "proofs/700.tlog-proof", "proofs/-1",
        "checkpoints/99999999999999999999999",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found_and_not_kept(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/log/{path}")
    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_nothing_beyond_the_signed_checkpoint_is_served(runtime: Runtime, clock: HandClock) -> None:
    from ipreg import log
    from ipreg.db import transaction

    append(runtime, clock, 3)
    with transaction(runtime.sessions) as session:
        log.append_entry(session, kind="test", subject="s", statement={}, now=clock())
    client = create_app(runtime.config).test_client()
    assert client.get("/log/tile/entries/000.p/3").status_code == 200
    assert client.get("/log/tile/entries/000.p/4").status_code == 404
    assert client.get("/log/tile/0/000.p/4").status_code == 404


def test_an_entrys_proof_and_the_logs_growth_can_be_fetched(client: FlaskClient) -> None:
    verifier = Verifier.parse(client.get("/log/key").text)
    leaf = split_entries(client.get("/log/tile/entries/001").data, 256)[1]
    text = client.get("/log/proofs/257.tlog-proof").text
    assert LogProof.parse(text).verify(leaf, verifier).size == SIZE
    growth = client.get(f"/log/consistency/300/{SIZE}").get_json()
    merkle.verify_consistency(
        old=300,
        new=SIZE,
        old_root=bytes.fromhex(growth["old_root"]),
        new_root=bytes.fromhex(growth["new_root"]),
        path=[bytes.fromhex(one) for one in growth["path"]],
    )
