"""A key takes over from another: old proofs stay valid, and the old key vouches for the new one."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest
from apps import create_app
from click.testing import CliRunner
from databases import Databases
from log_server import append, serve_log
from scenery import HandClock
from sqlalchemy import text

from ipreg import log, logkeys
from ipreg.cli import main
from ipreg.db import transaction
from ipreg.errors import ConflictError, MissingError, ProofError
from ipreg.runtime import Runtime
from ipreg.tlog.note import Verifier, open_checkpoint, split_note
from jobs import checkpoints


def rotate(runtime: Runtime, clock: HandClock) -> Verifier:
    with transaction(runtime.sessions) as session:
        made = logkeys.rotate(session, first=runtime.log_key, folder=runtime.secrets, now=clock())
    checkpoints.run(runtime, clock=clock)
    return made


def retire(runtime: Runtime, clock: HandClock, key: Verifier) -> None:
    with transaction(runtime.sessions) as session:
        logkeys.retire(session, key_id=key.key_id.hex(), now=clock())
    checkpoints.run(runtime, clock=clock)


def newest(runtime: Runtime) -> str:
    with runtime.sessions() as session:
        found = log.latest_checkpoint(session)
        assert found is not None
        return found.note


def test_a_rotation_from_end_to_end(runtime: Runtime, clock: HandClock) -> None:
    old = runtime.log_key.verifier
    append(runtime, clock, 3)
    with runtime.sessions() as session:
        before = log.prove_inclusion(session, index=1)
    clock.move(days=365)
    new = rotate(runtime, clock)
    assert new.name == old.name and new != old
    # Both sign: who knows either of them can follow.
    both = newest(runtime)
    assert len(split_note(both)[1]) == 2
    assert open_checkpoint(both, old) == open_checkpoint(both, new)
    clock.move(days=30)
    append(runtime, clock, 2)
    retire(runtime, clock, old)
    append(runtime, clock, 2)
    after = newest(runtime)
    assert open_checkpoint(after, new).size == 3 + 1 + 2 + 1 + 2
    with pytest.raises(ProofError, match="note_not_signed"):
        open_checkpoint(after, old)
    # Proofs made before stay valid under the key of their time.
    before.verify(old)
    with runtime.sessions() as session:
        again = log.prove_inclusion(session, index=1, size=before.head.size)
        again.verify(*logkeys.verifiers(session, first=runtime.log_key))
        assert again == before
        log.prove_inclusion(session, index=1).verify(new)
        assert log.verify_log(session, verifier=logkeys.verifiers(session, first=runtime.log_key)) == 9


def test_the_keys_are_published_with_their_spans_and_the_old_key_vouches_for_the_new(
    runtime: Runtime, clock: HandClock
) -> None:
    client = create_app(runtime.config).test_client()
    append(runtime, clock, 3)
    (only,) = client.get("/log/keys").get_json()["keys"]
    assert (only["key"], only["signs_from"], only["signs_until"]) == (str(runtime.log_key.verifier), None, None)
    new = rotate(runtime, clock)
    assert client.get("/log/key").text == f"{new}\n"
    added_at = clock()
    retire(runtime, clock, runtime.log_key.verifier)
    first, second = client.get("/log/keys").get_json()["keys"]
    assert (first["signs_until"], second["signs_from"], second["signs_until"]) == (
        added_at.isoformat(), added_at.isoformat(), None,
    )  # fmt: skip
    said = second["added"]
    with runtime.sessions() as session:
        proof = log.prove_inclusion(session, index=said["index"], size=said["index"] + 1)
    proof.verify(Verifier.parse(first["key"]))
    leaf = log.leaf_data(kind="log_key", statement=said["statement"], salt=bytes.fromhex(said["salt"]))
    assert hashlib.sha256(b"\0" + leaf).digest() == proof.leaf_hash
    assert str(new) in said["statement"]


def test_keys_are_readable_by_their_owner_only(runtime: Runtime, clock: HandClock) -> None:
    made = rotate(runtime, clock)
    files = list(runtime.secrets.glob("log-key*"))
    assert {one.name for one in files} == {"log-key", f"log-key-{made.key_id.hex()}"}
    assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}


def test_a_rotation_that_was_cut_off_changes_nothing(runtime: Runtime, clock: HandClock) -> None:
    append(runtime, clock)
    with pytest.raises(KeyboardInterrupt), transaction(runtime.sessions) as session:
        logkeys.rotate(session, first=runtime.log_key, folder=runtime.secrets, now=clock())
        raise KeyboardInterrupt
    append(runtime, clock)
    assert len(split_note(newest(runtime))[1]) == 1
    rotate(runtime, clock)
    assert len(split_note(newest(runtime))[1]) == 2


def test_one_rotation_after_another_and_never_without_a_key(runtime: Runtime, clock: HandClock) -> None:
    keys = [runtime.log_key.verifier]
    with pytest.raises(MissingError), transaction(runtime.sessions) as session:
        logkeys.retire(session, key_id=keys[0].key_id.hex(), now=clock())
    for _ in range(3):
        clock.move(days=1)
        keys.append(rotate(runtime, clock))
        with pytest.raises(ConflictError, match="log_key_rotating"):
            rotate(runtime, clock)
        with pytest.raises(ConflictError, match="log_key_needed"):
            retire(runtime, clock, keys[-1])
        retire(runtime, clock, keys[-2])
        with pytest.raises(MissingError):
            retire(runtime, clock, keys[-2])
    with runtime.sessions() as session:
        assert logkeys.verifiers(session, first=runtime.log_key) == keys
        assert log.verify_log(session, verifier=keys) == 6
        with pytest.raises(ProofError):
            log.verify_log(session, verifier=keys[:-1])


def test_a_key_that_does_not_sign_now_signs_no_checkpoint(runtime: Runtime, clock: HandClock) -> None:
    rotate(runtime, clock)
    for both_sign in (True, False):  # and then the first one is retired
        with transaction(runtime.sessions) as session:
            log.append_entry(session, kind="test", subject="s", statement={}, now=clock())
        with pytest.raises(ProofError, match="log_keys_not_current"), transaction(runtime.sessions) as session:
            log.sign_checkpoint(session, signer=runtime.log_key, now=clock())
        checkpoints.run(runtime, clock=clock)
        if both_sign:
            retire(runtime, clock, runtime.log_key.verifier)


def test_a_key_file_that_was_exchanged_signs_nothing(runtime: Runtime, clock: HandClock) -> None:
    made = rotate(runtime, clock)
    (runtime.secrets / f"log-key-{made.key_id.hex()}").write_bytes(bytes(32))
    with pytest.raises(ValueError, match="another key"):
        append(runtime, clock)


@pytest.mark.network
def test_from_the_command_line_and_a_monitor_follows(
    runtime: Runtime, databases: Databases, clock: HandClock, tmp_path: Path
) -> None:
    env = {**databases.environ(runtime.config.var), "LANG": "C"}

    def ipreg(*words: str) -> str:
        done = CliRunner().invoke(main, list(words), env=env)
        assert done.exit_code == 0, done.output
        return done.output.strip()

    old = str(runtime.log_key.verifier)
    append(runtime, clock, 3)
    with serve_log(create_app(runtime.config)) as url:
        look = ["log", "monitor", url, "--state", str(tmp_path / "s")]
        ipreg(*look, "--key", old)
        new = ipreg("log", "rotate-key")
        ipreg(*look, "--key", old)
        ipreg("log", "retire-key", old.split("+")[1])
        ipreg(*look, "--key", old, "--key", new)
        ipreg(*look, "--key", new)
        assert CliRunner().invoke(main, [*look, "--key", old], env=env).exit_code == 1
    assert ipreg("log", "check") == "5 entries hold"


@pytest.mark.parametrize(
    "tamper",
    [
        "update log_keys set retired_at = null, retired_index = null where retired_index is not null",
        "update log_keys set added_at = '2020-01-01 00:00:00.000000' where added_index is not null",
        "delete from log_keys where added_index is not null",
    ],
)
def test_a_changed_span_is_found_by_the_check(runtime: Runtime, clock: HandClock, tamper: str) -> None:
    from ipreg.logcheck import check_log

    rotate(runtime, clock)
    retire(runtime, clock, runtime.log_key.verifier)
    with runtime.sessions() as session:
        keys = logkeys.verifiers(session, first=runtime.log_key)
        assert check_log(session, runtime.store, verifiers=keys).differences == ()
    with transaction(runtime.sessions) as session:
        session.execute(text(tamper))
    with runtime.sessions() as session:
        found = check_log(session, runtime.store, verifiers=keys)
    assert {one.code for one in found.differences} <= {"check_row_missing", "check_fields_changed"}
    assert found.differences
