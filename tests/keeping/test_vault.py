"""The encrypted files, their keys, and every way in which they can be damaged."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenery import HandClock
from sqlalchemy.orm import Session

from ipreg.config import Config
from ipreg.db import transaction
from ipreg.errors import ConfigError, ConflictError, MissingError, ProofError
from ipreg.models import VaultKey
from ipreg.runtime import Runtime, open_runtime
from ipreg.sealing import drop_wrapping_key, rewrap_all, sweep
from ipreg.vault.cipher import HEAD, PIECE, decrypt, encrypt
from ipreg.vault.keyring import Keyring
from ipreg.vault.seekable import seekable

KEY, OTHER = bytes(range(32)), bytes(32)
NAME = b"shelf/file"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TAG = 16


def sealed(data: bytes, key: bytes = KEY, context: bytes = NAME) -> bytes:
    return b"".join(encrypt([data], key=key, context=context))


def opened(data: bytes, key: bytes = KEY, context: bytes = NAME) -> bytes:
    return b"".join(decrypt(io.BytesIO(data), key=key, context=context))


@settings(max_examples=40, deadline=None)
@given(
    pieces=st.lists(st.binary(max_size=300), max_size=6), filler=st.sampled_from([0, PIECE - 1, PIECE, PIECE + 1])
)
def test_what_went_in_comes_out_however_it_is_cut(pieces: list[bytes], filler: int) -> None:
    whole = [bytes(filler), *pieces]
    data = b"".join(encrypt(whole, key=KEY, context=NAME))
    assert opened(data) == b"".join(whole)
    assert sealed(b"".join(whole)) != data  # another salt, another nonce: equal files don't look equal


@settings(max_examples=40, deadline=None)
@given(
    size=st.sampled_from([0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE]),
    reads=st.lists(st.tuples(st.integers(0, 4 * PIECE), st.integers(-1, 2 * PIECE)), max_size=5),
)
def test_a_file_is_read_from_any_place(size: int, reads: list[tuple[int, int]]) -> None:
    plain = random.Random(size).randbytes(size)
    known = io.BytesIO(plain)
    with seekable(io.BytesIO(sealed(plain)), key=KEY, context=NAME) as file:
        assert file.seek(0, io.SEEK_END) == size
        for at, count in reads:
            assert file.seek(at) == known.seek(at) and file.read(count) == known.read(count)


LONG = sealed(bytes(range(256)) * 700)  # three pieces
FAULTS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "nothing": (lambda _: b"", "vault_file_damaged"),
    "cut in the head": (lambda data: data[: HEAD - 1], "vault_file_damaged"),
    "only the head": (lambda data: data[:HEAD], "vault_file_damaged"),
    "last byte gone": (lambda data: data[:-1], "vault_file_damaged"),
    "last piece gone": (lambda data: data[: HEAD + 2 * (PIECE + TAG)], "vault_file_damaged"),
    "first piece gone": (lambda data: data[:HEAD] + data[HEAD + PIECE + TAG :], "vault_file_damaged"),
    "two pieces exchanged": (
        lambda data: data[:HEAD] + data[HEAD + PIECE + TAG :][: PIECE + TAG] + data[HEAD:][: PIECE + TAG]
        + data[HEAD + 2 * (PIECE + TAG) :],
        "vault_file_damaged",
    ),
    "a piece twice": (lambda data: data[: HEAD + PIECE + TAG] + data[HEAD:], "vault_file_damaged"),
    "a byte more": (lambda data: data + b"\0", "vault_file_damaged"),
    "a bit in the content": (lambda data: flipped(data, HEAD + 5), "vault_file_damaged"),
    "a bit in the last piece": (lambda data: flipped(data, len(data) - 1), "vault_file_damaged"),
    "a bit in the magic": (lambda data: flipped(data, 0), "vault_file_damaged"),
    "a bit in the salt": (lambda data: flipped(data, 20), "vault_key_wrong"),
    "a bit in the name": (lambda data: flipped(data, HEAD - 1), "vault_file_swapped"),
    "another file's head": (lambda data: sealed(b"x")[:HEAD] + data[HEAD:], "vault_file_damaged"),
    "another file": (lambda _: sealed(b"x", context=b"shelf/other"), "vault_file_swapped"),
    "another key": (lambda _: sealed(b"x", key=OTHER), "vault_key_wrong"),
}  # fmt: skip


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize("name", FAULTS)
def test_every_damage_is_named_and_no_wrong_byte_is_given_out(name: str) -> None:
    damage, code = FAULTS[name]
    given_out = b""
    with pytest.raises(ProofError) as fault:
        for piece in decrypt(io.BytesIO(damage(LONG)), key=KEY, context=NAME):
            given_out += piece
    assert fault.value.code == code
    assert (bytes(range(256)) * 700).startswith(given_out)


def test_a_large_file_takes_little_memory(runtime: Runtime, clock: HandClock) -> None:
    import hashlib
    import tracemalloc

    block, times = bytes(1 << 20), 40
    digest = hashlib.sha256()
    for _ in range(times):
        digest.update(block)
    with transaction(runtime.sessions) as session:
        shelf = runtime.store.sealed_shelf(runtime.store.new_key(session, now=clock()))
    tracemalloc.start()
    shelf.take(digest.hexdigest(), (block for _ in range(times)))
    assert sum(len(piece) for piece in shelf.pieces(digest.hexdigest())) == times << 20
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_a_file_that_is_not_what_it_was_said_to_be_is_not_kept(session: Session, runtime: Runtime) -> None:
    shelf = runtime.store.sealed_shelf(runtime.store.new_key(session, now=NOW))
    with pytest.raises(ProofError):
        shelf.take("0" * 64, [b"something else"])
    assert not shelf.holds("0" * 64)
    with pytest.raises(MissingError):
        shelf.get("0" * 64)
    with pytest.raises(MissingError):
        shelf.get("../../secrets/vault-keys")


def test_the_keyring_is_for_its_owner_only(tmp_path: Path) -> None:
    ring = Keyring(tmp_path / "vault-keys")
    assert len(ring.ready(NOW)) == 1
    assert ring.path.stat().st_mode & 0o777 == 0o600
    wrapped, key_id = ring.wrap(KEY, context=b"a", now=NOW)
    assert ring.unwrap(wrapped, key_id=key_id, context=b"a") == KEY
    with pytest.raises(ProofError, match="vault_key_wrong"):  # one row's key in another row
        ring.unwrap(wrapped, key_id=key_id, context=b"b")
    with pytest.raises(ProofError, match="vault_key_missing"):
        ring.unwrap(wrapped, key_id="00000000", context=b"a")
    ring.path.chmod(0o640)
    with pytest.raises(ConfigError, match="0640"):
        ring.all_keys()


@pytest.mark.parametrize("text", ["", "x\n", "00000000 AAAA 2026-03-02\n", "ab cd\n"])
def test_a_damaged_keyring_is_told_at_the_start(tmp_path: Path, text: str) -> None:
    place = tmp_path / "keys"
    place.write_text(text)
    place.chmod(0o600)
    with pytest.raises(ConfigError, match="keys"):
        open_runtime(Config.from_env({"IPREG_VAR": str(tmp_path / "var"), "IPREG_VAULT_KEYS": str(place)}))


def test_a_configured_keyring_is_never_made_by_itself(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="vault-key-file"):
        open_runtime(Config.from_env({"IPREG_VAR": str(tmp_path), "IPREG_VAULT_KEYS": str(tmp_path / "none")}))


def test_the_wrapping_key_is_changed_and_the_files_stay(runtime: Runtime, clock: HandClock) -> None:
    ring = runtime.store.keyring
    with transaction(runtime.sessions) as session:
        row = runtime.store.new_key(session, now=clock())
        digest = runtime.store.sealed_shelf(row).put(b"a design")
    old = row.wrapped_by
    new = ring.add(clock())
    with runtime.sessions() as session, pytest.raises(ConflictError, match="vault_key_in_use"):
        drop_wrapping_key(session, runtime.store, key_id=old, now=clock() + timedelta(days=1))
    assert (rewrap_all(runtime, clock=clock), rewrap_all(runtime, clock=clock)) == (1, 0)
    with runtime.sessions() as session:
        with pytest.raises(ConflictError):  # somebody may just now be wrapping with it
            drop_wrapping_key(session, runtime.store, key_id=old, now=clock())
        drop_wrapping_key(session, runtime.store, key_id=old, now=clock.move(hours=2))
        found = session.get_one(VaultKey, row.id)
        assert found.wrapped_by == new.id
        assert runtime.store.sealed_shelf(found).get(digest) == b"a design"
        with pytest.raises(MissingError):
            drop_wrapping_key(session, runtime.store, key_id=old, now=clock())


def test_without_its_key_a_shelf_is_only_noise(runtime: Runtime, clock: HandClock) -> None:
    with transaction(runtime.sessions) as session:
        row = runtime.store.new_key(session, now=clock())
        digest = runtime.store.sealed_shelf(row).put(b"a design that nobody may see")
        place = next(runtime.config.var.glob(f"vault/*/{digest}"))
        assert b"nobody" not in place.read_bytes()
        row.ended_at = clock()
    assert (sweep(runtime, clock=clock), sweep(runtime, clock=clock)) == (1, 0)
    with runtime.sessions() as session:
        found = session.get_one(VaultKey, row.id)
        assert (found.wrapped, place.exists()) == (None, False)
        with pytest.raises(MissingError, match="vault_key_destroyed"):
            runtime.store.sealed_shelf(found)
