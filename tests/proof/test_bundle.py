"""The bundle as its reader has it: the commands of VERIFY.md, word for word, and the single-file verifier alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from papers import file_some
from scenery import HandClock

from ipreg import bundle, logkeys, verifier
from ipreg.config import WitnessConfig
from ipreg.db import transaction
from ipreg.models import LogCheckpoint, LogCosignature
from ipreg.runtime import Runtime
from ipreg.tlog.cosignature import Cosigner, cosign
from ipreg.tlog.note import split_note
from jobs import checkpoints, timestamps


def unpacked(data: bytes, folder: Path) -> Path:
    (folder / "bundle.zip").write_bytes(data)
    with zipfile.ZipFile(folder / "bundle.zip") as archive:
        assert archive.testzip() is None
        archive.extractall(folder / "bundle")
    return folder / "bundle"


def commands(folder: Path) -> str:
    """What stands in VERIFY.md to be typed, all of it, in order."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", (folder / "VERIFY.md").read_text(), re.M | re.S)
    assert len(blocks) >= 8
    return "\n".join(blocks)


def follow(folder: Path) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(
        ["sh", "-eu"], input=commands(folder), cwd=folder, env=environ, capture_output=True, text=True
    )


needs_tools = pytest.mark.skipif(
    not shutil.which("pdfsig") or not shutil.which("openssl"),
    reason="NO PDFSIG OR OPENSSL HERE: install Debian's packages poppler-utils and openssl",
)


@needs_tools
def test_the_commands_of_verify_md_hold_as_they_stand(runtime: Runtime, clock: HandClock, tmp_path: Path) -> None:
    filing_id, _ = file_some(runtime, clock, 7)
    done = follow(unpacked(bundle.build(runtime, filing_id, with_applicant=True, clock=clock), tmp_path))
    assert done.returncode == 0, done.stderr
    for words in ("VERIFIED.", "Verification: OK", "Time stamp: Mar  2 09:00:00 2026 GMT", "Signature is Valid"):
        assert words in done.stdout + done.stderr
    assert done.stdout.count("signed by 127.0.0.1/log+") == 3


@needs_tools
@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("originals/01-front.jpg", b"JFIF"),
        ("proof/salt.bin", b""),
        ("proof/inclusion.tlog-proof", b"index 1\n"),
        ("stamps/01-embedded.tsr", b"20260302"),
    ],
)
def test_the_commands_find_what_was_changed(
    runtime: Runtime, clock: HandClock, tmp_path: Path, name: str, after: bytes
) -> None:
    """Also where the forger mended the plain list and the reader skips our own verifier."""
    filing_id, _ = file_some(runtime, clock, 3)
    folder = unpacked(bundle.build(runtime, filing_id, with_applicant=False, clock=clock), tmp_path)
    data = bytearray((folder / name).read_bytes())
    data[data.index(after) + len(after)] ^= 1
    (folder / name).write_bytes(bytes(data))
    assert follow(folder).returncode != 0
    by_hand = commands(folder).split("\n", 1)[1]
    mended = re.sub(r"sha256sum --check.*|grep -q \"\^SHA256SUMS.*", "", by_hand)
    text = folder / "VERIFY.md"
    text.write_text("```sh\n" + mended + "\n```\n" + "```sh\ntrue\n```\n" * 8)
    assert follow(folder).returncode != 0


def test_the_single_file_runs_alone_on_another_machine(runtime: Runtime, clock: HandClock, tmp_path: Path) -> None:
    """Isolated: no project on the path, no environment; only the standard library and cryptography."""
    filing_id, _ = file_some(runtime, clock)
    (tmp_path / "b.zip").write_bytes(bundle.build(runtime, filing_id, with_applicant=True, clock=clock))
    (tmp_path / "verifier.py").write_bytes(bundle.verifier_source())
    words = [sys.executable, "-I", "verifier.py", "b.zip", "--key", str(runtime.log_key.verifier)]
    done = subprocess.run(words, cwd=tmp_path, env={"LC_ALL": "C"}, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    imported = set(re.findall(r"^(?:from|import) ([a-z_0-9]+)", bundle.verifier_source().decode(), re.M))
    assert imported - set(sys.stdlib_module_names) == {"cryptography"}


def test_the_same_state_gives_the_same_bytes(runtime: Runtime, clock: HandClock) -> None:
    filing_id, _ = file_some(runtime, clock)
    assert len({bundle.build(runtime, filing_id, with_applicant=True, clock=clock) for _ in range(2)}) == 1


def test_cosignatures_of_known_witnesses_come_with_it(runtime: Runtime, clock: HandClock) -> None:
    filing_id, _ = file_some(runtime, clock)
    key = Ed25519PrivateKey.generate()
    with transaction(runtime.sessions) as session:
        head = session.get_one(LogCheckpoint, 5)
        text = split_note(head.note)[0]
        for name in ("witness.example", "unknown.example"):
            line = str(cosign(text, name=name, key=key, timestamp=int(clock().timestamp())))
            session.add(LogCosignature(size=5, witness=name, line=line, cosigned_at=clock()))
    cosigner = Cosigner("witness.example", key.public_key().public_bytes_raw())
    config = replace(runtime.config, witnesses=(WitnessConfig("http://127.0.0.1:1", cosigner),))
    data = bundle.build(replace(runtime, config=config), filing_id, with_applicant=False, clock=clock)
    report = verifier.verify_files(verifier.read_zip(data))
    assert report.witnesses == ["witness.example 2026-03-02 09:00:00 UTC"]


@needs_tools
def test_after_a_rotation_the_new_key_vouches_for_the_old_proof(
    runtime: Runtime, clock: HandClock, tmp_path: Path
) -> None:
    """The time stamp's checkpoint bears the old key alone; the reader knows only the new one."""
    filing_id, _ = file_some(runtime, clock)
    old = runtime.log_key.verifier
    with transaction(runtime.sessions) as session:
        new = logkeys.rotate(session, first=runtime.log_key, folder=runtime.secrets, now=clock())
    checkpoints.run(runtime, clock=clock)
    both = bundle.build(runtime, filing_id, with_applicant=False, clock=clock)
    for key in (old, new):
        verifier.verify_files(verifier.read_zip(both), keys=[verifier.Key.parse(str(key))])
    with transaction(runtime.sessions) as session:
        logkeys.retire(session, key_id=old.key_id.hex(), now=clock())
    checkpoints.run(runtime, clock=clock)
    timestamps.run(runtime, clock=clock)
    later = bundle.build(runtime, filing_id, with_applicant=False, clock=clock)
    report = verifier.verify_files(verifier.read_zip(later), keys=[verifier.Key.parse(str(new))])
    assert (report.size, len(report.stamps)) == (7, 1)
    done = follow(unpacked(later, tmp_path))
    assert done.returncode == 0, done.stderr
