"""A Dask cluster of real processes on this machine: a scheduler, and workers that can be killed."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from ipreg.models import Listing, ListingPicture
from ipreg.runtime import Runtime
from ipreg.storage import keep_picture


@dataclass
class Cluster:
    address: str
    workers: list[subprocess.Popen[bytes]]


@contextmanager
def running_cluster(workers: int, folder: Path) -> Iterator[Cluster]:
    """``workers`` processes of one thread, without anybody who would start a killed one again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    plain = ["--no-dashboard"]
    scheduler = _start("scheduler", ["--host", "127.0.0.1", "--port", str(port), *plain], folder)
    _wait_for(port, scheduler)
    one = [
        address,
        "--no-nanny",
        "--nthreads",
        "1",
        "--host",
        "127.0.0.1",
        "--local-directory",
        str(folder),
        *plain,
    ]
    started = [_start("worker", one, folder) for _ in range(workers)]
    try:
        yield Cluster(address, started)
    finally:
        for process in (*started, scheduler):
            process.kill()
            process.wait()


def _start(what: str, words: list[str], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / f"{what}.log").open("ab") as told:
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *words]
        return subprocess.Popen(command, stdout=told, stderr=told)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the scheduler of the cluster did not start")


def keep_pictures(session: Session, runtime: Runtime, pictures: list[bytes], now: object) -> None:
    """Each the one picture of a listing of its own."""
    for number, data in enumerate(pictures):
        file = keep_picture(session, runtime.store, data=data, now=now)  # type: ignore[arg-type]
        listing = Listing(
            platform="淘淘", external_id=f"far-{number}", title="外套", first_seen_at=now, last_seen_at=now
        )
        listing.pictures.append(ListingPicture(position=0, file=file))
        session.add(listing)
