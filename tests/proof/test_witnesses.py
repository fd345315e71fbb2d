"""Witnesses, over a real socket: what they cosign is kept and published, what they make up is not."""

from __future__ import annotations

import functools
import itertools
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from apps import create_app
from authorities import serve
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from log_server import append, serve_log
from scenery import HandClock
from sqlalchemy import select, text
from witness import SIZE_TYPE, Answer, TestWitness

from ipreg.cli import main
from ipreg.config import Config
from ipreg.db import transaction
from ipreg.errors import ConfigError
from ipreg.models import LogCosignature, LogWitness
from ipreg.runtime import Runtime
from ipreg.tlog.cosignature import Cosigner, cosign, cosignatures
from ipreg.tlog.note import open_checkpoint
from ipreg.witnesses import Cosigned, Witness, ask_over_http, submit_newest

pytestmark = pytest.mark.network


@pytest.fixture
def honest(runtime: Runtime, clock: HandClock) -> TestWitness:
    return TestWitness(runtime.log_key.verifier, clock)


def speaking(cosigner: Cosigner, address: str, timeout: float = 2.0) -> Witness:
    return Witness(cosigner, functools.partial(ask_over_http, address.rstrip("/"), timeout=timeout))


def fault(runtime: Runtime, name: str = "witness.example/w1") -> str:
    with runtime.sessions() as session:
        return session.get_one(LogWitness, name).last_fault.split(" ")[0]


def test_each_checkpoint_is_cosigned_once_and_published_with_it(
    runtime: Runtime, clock: HandClock, honest: TestWitness
) -> None:
    client = create_app(runtime.config).test_client()
    with serve(honest.answer) as address:
        witness = speaking(honest.cosigner, address)
        assert submit_newest(runtime, [witness], clock=clock) == Cosigned()  # nothing to cosign yet
        for count in (3, 1, 300):
            append(runtime, clock, count)
            assert submit_newest(runtime, [witness], clock=clock) == Cosigned(cosigned=1)
            assert submit_newest(runtime, [witness], clock=clock) == Cosigned()
            published = client.get("/log/checkpoint").text
            assert cosignatures(published, [honest.cosigner]) == {honest.name: int(clock().timestamp())}
            assert open_checkpoint(published, runtime.log_key.verifier).size == honest.size
            clock.move(minutes=1)
    assert [body.split(b"\n")[0] for body in honest.asked] == [b"old 0", b"old 3", b"old 4"]
    # What is time-stamped stays the note as the log signed it.
    assert client.get("/log/checkpoints/304").text == published[: published.index("— witness")]
    assert client.get("/log/proofs/7.tlog-proof").text.endswith(published)


def test_a_witness_that_knows_another_size_is_asked_from_there(
    runtime: Runtime, clock: HandClock, honest: TestWitness
) -> None:
    append(runtime, clock, 5)
    with serve(honest.answer) as address:
        witness = speaking(honest.cosigner, address)
        submit_newest(runtime, [witness], clock=clock)
        append(runtime, clock, 5)
        with transaction(runtime.sessions) as session:  # as after a restore from an older backup
            session.get_one(LogWitness, honest.name).last_size = 2
        assert submit_newest(runtime, [witness], clock=clock) == Cosigned(cosigned=1)
    assert honest.size == 10


def test_a_log_that_was_set_back_or_rewritten_learns_it_from_its_witness(
    runtime: Runtime, clock: HandClock, honest: TestWitness
) -> None:
    append(runtime, clock, 5)
    with serve(honest.answer) as address:
        witness = speaking(honest.cosigner, address)
        honest.size, honest.root = 9, bytes(32)
        assert submit_newest(runtime, [witness], clock=clock) == Cosigned(waiting=1)
        assert fault(runtime) == "witness_ahead"
        clock.move(hours=1)
        honest.size = 5
        assert submit_newest(runtime, [witness], clock=clock) == Cosigned(waiting=1)
        # It answers "5" to "old 0", and then "5" to "old 5".
        assert fault(runtime) == "witness_refused"
        with transaction(runtime.sessions) as session:
            session.get_one(LogWitness, honest.name).last_size = 5
        clock.move(hours=1)
        submit_newest(runtime, [witness], clock=clock)
        assert fault(runtime) == "witness_other_root"


def forged(honest: TestWitness, edit: Callable[[str, int], str]) -> Callable[[bytes], Answer]:
    """Answers 200 with lines of its own making, from the checkpoint's text and the time."""

    def answer(body: bytes) -> Answer:
        note = body.decode().partition("\n\n")[2]
        return 200, edit(note.rpartition("\n\n")[0] + "\n", int(honest.clock().timestamp())).encode(), "text/plain"

    return answer


LIES: list[tuple[str, str, Callable[[TestWitness], Callable[[bytes], Answer]]]] = [
    ("another key under its name", "cosignature_missing", lambda it: forged(
        it, lambda text, at: str(cosign(text, name=it.name, key=Ed25519PrivateKey.generate(), timestamp=at)))),
    ("another checkpoint", "cosignature_wrong", lambda it: forged(
        it, lambda text, at: str(cosign(text.replace("\n5\n", "\n6\n"), name=it.name, key=it.key, timestamp=at)))),
    ("a time long ago", "cosignature_time_off", lambda it: forged(
        it, lambda text, at: str(cosign(text, name=it.name, key=it.key, timestamp=at - 3600)))),
    ("a time to come", "cosignature_time_off", lambda it: forged(
        it, lambda text, at: str(cosign(text, name=it.name, key=it.key, timestamp=at + 3600)))),
    ("no time", "cosignature_wrong", lambda it: forged(
        it, lambda text, at: str(cosign(text, name=it.name, key=it.key, timestamp=0)))),
    ("no line of its own", "cosignature_missing", lambda it: forged(
        it, lambda text, at: str(cosign(text, name="x.example", key=it.key, timestamp=at)))),
    ("an unfinished line", "witness_malformed", lambda it: forged(
        it, lambda text, at: str(cosign(text, name=it.name, key=it.key, timestamp=at))[:-1])),
    ("nothing", "witness_malformed", lambda it: lambda _: (200, b"", "text/plain")),
    ("a web page", "note_malformed", lambda it: lambda _: (200, b"<html>\n", "text/html")),
    ("no text", "witness_unreachable", lambda it: lambda _: (200, b"\xff\xfe\n", "text/plain")),
    ("too much", "witness_too_much", lambda it: lambda _: (200, bytes(10**6), "text/plain")),
    ("a size of no type", "witness_malformed", lambda it: lambda _: (409, b"3\n", "text/plain")),
    ("a size that is none", "witness_malformed", lambda it: lambda _: (409, b"three\n", SIZE_TYPE)),
    ("a size again and again", "witness_refused", lambda it: lambda _: (409, b"3\n", SIZE_TYPE)),
    ("unknown log", "witness_refused", lambda it: lambda _: (404, b"", "text/plain")),
    ("an error", "witness_refused", lambda it: lambda _: (500, b"", "text/plain")),
]  # fmt: skip


@pytest.mark.parametrize(("lie", "code", "make"), LIES, ids=[one[0] for one in LIES])
def test_a_lying_witness_adds_nothing_and_is_asked_again(
    runtime: Runtime,
    clock: HandClock,
    honest: TestWitness,
    lie: str,
    code: str,
    make: Callable[[TestWitness], Callable[[bytes], Answer]],
) -> None:
    append(runtime, clock, 5)
    with serve(make(honest)) as address:
        assert submit_newest(runtime, [speaking(honest.cosigner, address)], clock=clock) == Cosigned(waiting=1)
    assert fault(runtime) == code
    with runtime.sessions() as session:
        assert session.scalars(select(LogCosignature)).all() == []
    assert create_app(runtime.config).test_client().get("/log/checkpoint").text.count("—") == 1
    with serve(honest.answer) as address:
        witness = speaking(honest.cosigner, address)
        assert submit_newest(runtime, [witness], clock=clock) == Cosigned()  # not its turn yet
        clock.move(seconds=30)
        assert submit_newest(runtime, [witness], clock=clock) == Cosigned(cosigned=1)


def test_witnesses_that_are_down_or_hang_never_hold_up_the_others(
    runtime: Runtime, clock: HandClock, honest: TestWitness
) -> None:
    release = threading.Event()

    def hang(_body: bytes) -> Answer:
        release.wait()
        return 200, b"", "text/plain"

    append(runtime, clock, 5)
    others = [TestWitness(honest.log, clock, f"other.example/{number}") for number in range(2)]
    with serve(honest.answer) as good, serve(hang) as hanging:
        addresses = (good, hanging, "http://127.0.0.1:1")
        witnesses = [
            speaking(one.cosigner, address, 0.3) for one, address in zip([honest, *others], addresses, strict=True)
        ]
        assert submit_newest(runtime, witnesses, clock=clock) == Cosigned(cosigned=1, waiting=2)
        release.set()
    assert {fault(runtime, one.name) for one in others} == {"witness_unreachable"}


def test_waits_grow_and_start_anew_after_an_answer(runtime: Runtime, clock: HandClock, honest: TestWitness) -> None:
    append(runtime, clock, 5)
    down = speaking(honest.cosigner, "http://127.0.0.1:1")
    asked = []
    for _ in range(240):
        if submit_newest(runtime, [down], clock=clock).waiting:
            asked.append(clock())
        clock.move(seconds=30)
    waits = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert waits == [timedelta(seconds=30 * 2**number) for number in range(len(waits))] and len(waits) >= 6
    clock.move(hours=1)
    with serve(honest.answer) as address:
        up = speaking(honest.cosigner, address)
        assert submit_newest(runtime, [up], clock=clock) == Cosigned(cosigned=1)
        append(runtime, clock)
        assert submit_newest(runtime, [up], clock=clock) == Cosigned(cosigned=1)


def test_the_monitor_can_insist_on_witnesses(
    runtime: Runtime, clock: HandClock, honest: TestWitness, tmp_path: Path
) -> None:
    append(runtime, clock, 5)
    words = ["--key", str(runtime.log_key.verifier), "--state", str(tmp_path / "s"), "--need", "1"]
    words += ["--witness", str(honest.cosigner)]
    with serve(honest.answer) as address, serve_log(create_app(runtime.config)) as url:
        look = functools.partial(CliRunner().invoke, main, ["log", "monitor", url, *words], env={"LANG": "C"})
        found = look()
        assert found.exit_code == 1 and "TOO FEW WITNESSES: 0 of the 1 needed" in found.stderr
        submit_newest(runtime, [speaking(honest.cosigner, address)], clock=clock)
        assert look().exit_code == 0
        with transaction(runtime.sessions) as session:
            session.execute(text("update log_cosignatures set line = replace(line, 'A', 'B')"))
        assert look().exit_code == 1


def test_witnesses_are_read_from_the_settings(honest: TestWitness) -> None:
    good = {"IPREG_WITNESS_A_ADDRESS": "https://w.example/", "IPREG_WITNESS_A_KEY": str(honest.cosigner)}
    (found,) = Config.from_env(good).witnesses
    assert (found.address, found.cosigner) == ("https://w.example", honest.cosigner)
    with pytest.raises(ConfigError) as caught:
        Config.from_env(
            {"IPREG_WITNESS_A_ADDRESS": "w.example", "IPREG_WITNESS_B_KEY": str(honest.log), "IPREG_WITNESS_C": "x"}
        )
    assert sorted(one.split(":")[0] for one in caught.value.faults) == [
        "IPREG_WITNESS_A_ADDRESS",
        "IPREG_WITNESS_A_KEY",
        "IPREG_WITNESS_B_ADDRESS",
        "IPREG_WITNESS_B_KEY",
        "IPREG_WITNESS_C",
    ]
