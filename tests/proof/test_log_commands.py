"""The log's commands."""

from __future__ import annotations

import base64

from click.testing import CliRunner
from databases import Databases
from log_server import append
from scenery import HandClock
from sqlalchemy import select

from ipreg.cli import main
from ipreg.models import LogEntry
from ipreg.runtime import Runtime
from ipreg.tlog import merkle
from ipreg.tlog.proof import LogProof
from jobs import timestamps


def test_proofs_and_time_stamps_from_the_command_line(
    runtime: Runtime, databases: Databases, clock: HandClock
) -> None:
    env = {**databases.environ(runtime.config.var), "LANG": "C"}

    def ipreg(*words: str) -> str:
        done = CliRunner().invoke(main, ["log", *words], env=env)
        assert done.exit_code == 0, done.output
        return done.stdout

    append(runtime, clock, 3)
    append(runtime, clock, 4)
    timestamps.run(runtime, clock=clock)
    with runtime.sessions() as session:
        leaf = session.scalars(select(LogEntry.leaf).where(LogEntry.index == 2)).one()
    for words, size in (([], 7), (["--size", "3"], 3)):
        proof = LogProof.parse(ipreg("prove", "2", *words))
        assert proof.verify(leaf, runtime.log_key.verifier).size == size
    first, second, *path = ipreg("prove-growth", "3", "7").splitlines()
    merkle.verify_consistency(
        old=3,
        new=7,
        old_root=base64.b64decode(first.split()[1]),
        new_root=base64.b64decode(second.split()[1]),
        path=[base64.b64decode(one) for one in path],
    )
    assert ipreg("stamps").split("\t")[:3] == ["7", "embedded", "stamped"]
    for words in (
        ["prove", "7"],
        ["prove", "2", "--size", "4"],
        ["prove-growth", "3", "8"],
        ["prove-growth", "4", "3"],
    ):
        done = CliRunner().invoke(main, ["log", *words], env=env)
        assert done.exit_code == 1 and done.stderr.startswith("Error: ")
        assert "went wrong on our side" not in done.stderr
