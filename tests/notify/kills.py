"""Real processes that carry listings all the way to a warning, each killed by SIGKILL at a random moment.

    python tests/notify/kills.py 200

Each takes one listing in, by a seller of its own, and runs the import, the comparison, the alerts and the mail;
what those before it left lying is its work as well. A real SMTP server writes down what it took. At the end the
jobs run undisturbed, and the figures are printed as JSON.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from select import select as select_of_files

TOP = Path(__file__).parent.parent.parent
sys.path[:0] = [str(TOP), str(TOP / "tests")]

from scenery import People, design_form, draw_picture, edited_copy, one_picture  # noqa: E402
from sqlalchemy import func, select  # noqa: E402

from ipreg import registry, schema  # noqa: E402
from ipreg.config import Config  # noqa: E402
from ipreg.db import transaction, utc_now  # noqa: E402
from ipreg.models import Account, Alert, AlertMatch, Delivery, DeliveryState, FeedImport, Match  # noqa: E402
from ipreg.runtime import open_runtime  # noqa: E402
from ipreg.sightings import feeds  # noqa: E402
from jobs import alerts, deliveries, imports, matches  # noqa: E402

SERVER = """
import email, email.policy, re, sys, time
from aiosmtpd.controller import Controller
class Keep:
    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        text = mail.get_body(("plain",)).get_content()
        sellers = sorted(set(re.findall(r"KEY\\d+END", text)))
        more = re.search(r"另有 (\\d+) 条", text)
        with open(sys.argv[2], "a") as file:
            file.write(" ".join([mail["Message-ID"], ",".join(sellers), more[1] if more else "0"]) + "\\n")
        return "250 kept"
Controller(Keep(), hostname="127.0.0.1", port=int(sys.argv[1])).start()
print("up", flush=True)
time.sleep(36000)
"""
TURN = timedelta(minutes=11)
"""Each process lives so much later: what a killed one had claimed is free again."""


class Scene:
    """A registry with one filing, and a mail server."""

    def __init__(self, folder: Path) -> None:
        self.got = folder / "got.txt"
        self.got.touch()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.server = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(port), str(self.got)], stdout=subprocess.PIPE
        )
        assert self.server.stdout is not None and self.server.stdout.readline() == b"up\n"
        self.config = Config.from_env({"IPREG_VAR": str(folder), "IPREG_SMTP_URL": f"smtp://127.0.0.1:{port}"})
        self.copy = edited_copy(draw_picture(1))

    def settle(self) -> None:
        runtime = open_runtime(self.config)
        schema.upgrade(runtime.sessions.kw["bind"])
        with transaction(runtime.sessions) as session:
            people = People(session, utc_now())
            registry.register_design(
                session, runtime.store, applicant=people.freelancer, form=design_form(), pictures=one_picture(1),
                request_key="r", now=utc_now(),
            )  # fmt: skip
        self.work(runtime_later=0)

    def arrive(self, number: int) -> None:
        runtime = open_runtime(self.config)
        with transaction(runtime.sessions) as session:
            account = session.scalars(select(Account).where(Account.email == "enterprise@ipreg.example")).one()
            feeds.accept_feed(
                session, runtime.config, account=account, filename="feed.csv",
                data="platform,listing_id,title,seller,pictures\n"
                f"淘淘,{number},外套,KEY{number}END,copy.jpg\n".encode(),
                pictures={"copy.jpg": self.copy}, now=utc_now(),
            )  # fmt: skip

    def work(self, runtime_later: int) -> None:
        runtime = open_runtime(self.config)
        for job in (imports, matches, alerts, deliveries):
            job.run(runtime, clock=lambda: utc_now() + TURN * runtime_later)


def select_ready(end: int, seconds: float) -> bool:
    """Whether something can be read from ``end`` before so many seconds are over."""
    return bool(select_of_files([end], [], [], seconds)[0])


def in_a_process(work: Callable[[], object]) -> int:
    """Forks, so that each start costs little; the child never comes back."""
    pid = os.fork()
    if pid == 0:
        done = 1
        try:
            work()
            done = 0
        finally:
            os._exit(done)
    return pid


def kill_many(folder: Path, times: int, seed: int = 7) -> dict[str, int]:
    """What became of ``times`` listings and processes."""
    draw, cut = random.Random(seed), 0
    scene = Scene(folder)
    try:
        assert os.waitpid(in_a_process(scene.settle), 0)[1] == 0

        heard, say = os.pipe()

        def live(number: int) -> None:
            scene.arrive(number)
            os.write(say, b"in")
            scene.work(number + 1)

        span = 0.0
        for number in range(times + 1):
            if select_ready(heard, 0):
                os.read(heard, 1000)  # of one that was killed before anybody listened
            pid = in_a_process(lambda number=number: live(number))
            if number == 0:  # undisturbed, to know how long it takes
                os.read(heard, 2)
                begun = time.monotonic()
                assert os.waitpid(pid, 0)[1] == 0
                span = time.monotonic() - begun
                continue
            # One in four is killed while it takes its listing in, the others anywhere on the way from there.
            if number % 4 and select_ready(heard, 60):
                os.read(heard, 2)
            time.sleep(draw.uniform(0.0, span * 1.1))
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            cut += os.WIFSIGNALED(os.waitpid(pid, 0)[1])
            if number % 20 == 0:
                print(f"{number} processes, {cut} killed", file=sys.stderr, flush=True)
        for turn in range(8):
            assert os.waitpid(in_a_process(lambda turn=turn: scene.work(times + 2 + turn)), 0)[1] == 0
        return {"processes": times, "killed": cut, **count(scene)}
    finally:
        scene.server.kill()
        scene.server.wait()


def count(scene: Scene) -> dict[str, int]:
    runtime = open_runtime(scene.config)
    lines = [line.split(" ") for line in scene.got.read_text().splitlines()]
    mails: dict[str, set[str]] = defaultdict(set)
    for message_id, sellers, _ in lines:
        for one in filter(None, sellers.split(",")):
            mails[one].add(message_id)
    counted = {message_id: int(more) for message_id, _, more in lines}
    with runtime.sessions() as session:
        taken = session.scalar(select(func.count()).select_from(FeedImport)) or 0
        alerts_made = session.scalar(select(func.count()).select_from(Alert)) or 0
        matched = session.scalar(select(func.count()).select_from(Match)) or 0
        grouped = session.scalar(select(func.count(AlertMatch.match_id.distinct()))) or 0
        waiting = session.scalar(select(func.count()).where(Delivery.state != DeliveryState.SENT)) or 0
    return {
        "listings": taken,
        "matches": matched,
        "matches in alerts": grouped,
        "alerts": alerts_made,
        # A storm's message names the first twenty, and says how many more there are.
        "sellers warned of": len(mails) + sum(counted.values()),
        "warned of under two ids": sum(len(ids) > 1 for ids in mails.values()),
        "mails": len(lines),
        "same mail again": len(lines) - len(counted),
        "not sent": waiting,
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(json.dumps(kill_many(Path(place), int(re.sub(r"\D", "", sys.argv[1])))))
