"""Checking a bundle, and making its papers: CPU time, beside openssl and sha256sum in the same run.

    python benchmarks/bench_verify.py

The goal is 0.3 s to verify a bundle. CPU seconds of this process, and of child processes where there are any, so
that a busy machine tells nearly the same.
"""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from PIL import Image

from ipreg import accounts, bundle, certificate, registry, schema, verifier
from ipreg.config import Config
from ipreg.db import transaction
from ipreg.models import Industry, Role, ViewKind
from ipreg.runtime import Runtime, open_runtime
from jobs import checkpoints, timestamps

GOAL = 0.3
ROUNDS = 15


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runtime = open_runtime(Config.from_env({"IPREG_VAR": name}))
        schema.upgrade(runtime.sessions.kw["bind"])
        filing_id = file_designs(runtime, 200)
        first = cpu(lambda: certificate.obtain(runtime, filing_id, clock=now))
        print(f"certificate: first of an installation {first:.2f} s (the seal's two RSA keys are made with it),")
        print(f"  another one {cpu(lambda: certificate.obtain(runtime, filing_id + 1, clock=now)):.2f} s, ", end="")
        again = cpu(lambda: certificate.obtain(runtime, filing_id, clock=now))
        print(f"the same again {again * 1000:.1f} ms")
        data = bundle.build(runtime, filing_id, with_applicant=True, clock=now)
        made = best(lambda: bundle.build(runtime, filing_id, with_applicant=True, clock=now))
        place = folder / "b.zip"
        place.write_bytes(data)
        print(f"bundle: {len(data) / 1e6:.1f} MB, 12 pictures, made in {made:.3f} s")
        measure(place, folder / "evidence")
        runtime.sessions.kw["bind"].dispose()


def measure(place: Path, unpacked: Path) -> None:
    inside = best(lambda: verifier.verify_bundle(place))
    program = [sys.executable, str(verifier.__file__), str(place)]
    whole = best(lambda: run(program), children=True)
    with zipfile.ZipFile(place) as archive:
        archive.extractall(unpacked)
    stem = "stamps/01-embedded"
    peer = best(lambda: by_others(unpacked, stem), children=True)
    print(f"verify: {inside:.4f} s CPU inside the process, {whole:.3f} s CPU with Python's start (goal {GOAL} s)")
    print(f"  sha256sum of the files and openssl ts -verify, each a process: {peer:.3f} s CPU")
    print(f"  ratio to them: {inside / peer:.2f} inside, {whole / peer:.2f} with Python's start")


def by_others(folder: Path, stem: str) -> None:
    run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], folder)
    words = ["openssl", "ts", "-verify", "-in", f"{stem}.tsr", "-data", f"{stem}.checkpoint"]
    run([*words, "-CAfile", f"{stem}.root.pem", "-untrusted", f"{stem}.chain.pem"], folder)


def run(words: list[str], folder: Path | None = None) -> None:
    subprocess.run(words, cwd=folder, check=True, capture_output=True)


def cpu(act: Callable[[], object], *, children: bool = False) -> float:
    """CPU seconds of this process, or of the children that it waited for."""

    def spent() -> float:
        if not children:
            return time.process_time()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    start = spent()
    act()
    return spent() - start


def best(act: Callable[[], object], *, children: bool = False) -> float:
    return min(cpu(act, children=children) for _ in range(ROUNDS))


def now() -> datetime:
    return datetime.now(UTC)


def file_designs(runtime: Runtime, count: int) -> int:
    """``count`` filings in the log; the first has twelve pictures of a phone's size. Returns its id."""
    with transaction(runtime.sessions) as session:
        applicant = accounts.create_account(
            session, email="a@ipreg.example", password="x" * 20, name="林晓", role=Role.DESIGNER, now=now()
        )
        ids = []
        for serial in range(count):
            views = range(12) if serial == 0 else range(1)
            ids.append(
                registry.register_design(
                    session,
                    runtime.store,
                    applicant=applicant,
                    form=registry.DesignForm("云纹外套", Industry.CLOTHING, "林晓", date(2026, 1, 1)),
                    pictures=[
                        registry.Picture(ViewKind.DETAIL, "a.jpg", picture(serial * 20 + view, serial == 0))
                        for view in views
                    ],
                    request_key=f"r{serial}",
                    now=now(),
                ).id
            )
    checkpoints.run(runtime)
    timestamps.run(runtime)
    return ids[0]


def picture(seed: int, large: bool) -> bytes:
    """Noise, as a photograph's bytes are: about 0.8 MB each where large."""
    side = (750, 1000) if large else (30, 40)
    out = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (*side, 3), np.uint8)
    Image.fromarray(pixels).save(out, "JPEG", quality=75)
    return out.getvalue()


if __name__ == "__main__":
    main()
