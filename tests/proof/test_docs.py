"""docs/proof.md: what it tells a stranger to type is typed, against the real pages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from apps import create_app
from log_server import append, serve_log
from scenery import HandClock

from ipreg.db import transaction
from ipreg.logkeys import rotate
from ipreg.runtime import Runtime
from jobs import checkpoints, timestamps

PAGE = Path(__file__).parent.parent.parent / "docs" / "proof.md"
TOOLS = ("curl", "openssl", "sh")


@pytest.mark.network
@pytest.mark.skipif(any(shutil.which(one) is None for one in TOOLS), reason=f"NOT ALL OF {TOOLS} ARE HERE")
@pytest.mark.parametrize(("entries", "index"), [(1, 0), (7, 6), (300, 255), (300, 299), (257, 256)])
def test_a_stranger_with_openssl_gets_through(
    runtime: Runtime, clock: HandClock, tmp_path: Path, entries: int, index: int
) -> None:
    append(runtime, clock, entries)
    if entries == 7:  # two keys sign
        with transaction(runtime.sessions) as session:
            rotate(session, first=runtime.log_key, folder=runtime.secrets, now=clock())
        checkpoints.run(runtime, clock=clock)
    timestamps.run(runtime, clock=clock)
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 3
    work = tmp_path / "stranger"
    work.mkdir()
    with serve_log(create_app(runtime.config)) as url:
        done = subprocess.run(
            ["sh", "-euc", "\n".join(blocks)],
            cwd=work,
            env={**os.environ, "SITE": url, "INDEX": str(index), "no_proxy": "*"},
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    for said in ("Verification: OK", "Signature Verified Successfully", f"entry {index} is in the signed tree"):
        assert said in done.stdout
