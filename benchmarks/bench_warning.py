"""From a listing's arrival at the push API to the mail in a mail server: seconds, with the default schedule.

    python benchmarks/bench_warning.py [--rate 10] [--minutes 3] [--copies 0.05] [--repeated 0.6] [--patience 240]

Real processes: `ipreg serve`, `ipreg scheduler`, and a mail server that notes when each mail is taken. ``--copies``
of the listings show a copy of one of the owners' designs, each from a seller of its own; of the others
``--repeated`` show a picture that was seen before, as resellers do, and the rest a new one. Bar: p95 at most 60 s.

The machine's load is printed because the figures hang on it; the peer in the same run is how long one picture's
look takes this machine at that moment: ``capacity`` is how many looks a second its cores can do. Where the
processors' time went is printed by process and by job, in ms a listing: two cores have 200 at 10 a second.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from pathlib import Path
from urllib.request import Request, urlopen

TOP = Path(__file__).parent.parent
sys.path[:0] = [str(TOP), str(TOP / "tests")]

import numpy as np  # noqa: E402
from aiosmtpd.controller import Controller  # noqa: E402
from scenery import PASSWORD, design_form, draw_picture, edited_copy, one_picture  # noqa: E402

from ipreg import accounts, registry, schema  # noqa: E402
from ipreg.config import Config  # noqa: E402
from ipreg.db import transaction, utc_now  # noqa: E402
from ipreg.models import Role, SourceKind  # noqa: E402
from ipreg.runtime import open_runtime  # noqa: E402
from ipreg.sightings import sources  # noqa: E402
from similarity import fingerprint  # noqa: E402

OWNERS = 20


class Mailbox:
    """When the mail about each seller was taken, and who is written of in more than one."""

    def __init__(self) -> None:
        self.taken: dict[str, float] = {}
        self.doubled: set[str] = set()

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:  # noqa: N802
        now = time.monotonic()
        mail = message_from_bytes(envelope.content, policy=policy.default)  # type: ignore[attr-defined]
        text = mail.get_body(("plain",)).get_content()
        for one in set(re.findall(r"KEY\d+END", text)):
            if one in self.taken:
                self.doubled.add(one)
            self.taken.setdefault(one, now)
        return "250 taken"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--copies", type=float, default=0.05)
    parser.add_argument("--repeated", type=float, default=0.6)
    parser.add_argument("--patience", type=float, default=240, help="seconds to wait for the last mail")
    args = parser.parse_args()
    box = Mailbox()
    mail_server = Controller(box, hostname="127.0.0.1", port=free_port())
    mail_server.start()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        environ = {**os.environ, "IPREG_VAR": folder, "IPREG_SMTP_URL": f"smtp://127.0.0.1:{mail_server.port}"}
        token, port = settle(environ), free_port()
        program = [sys.executable, "-m", "ipreg"]
        running = [
            subprocess.Popen([*program, *words], env=environ, cwd=TOP, stderr=subprocess.DEVNULL)
            for words in (["serve", "--port", str(port)], ["scheduler"])
        ]
        try:
            wait_for(port)
            busy = [seconds_of(one.pid) for one in running]
            sent = push(port, token, args)
            begun = time.monotonic()
            while time.monotonic() < begun + args.patience and len(box.taken) < len(sent):
                time.sleep(1)
            report(sent, box)
            count = int(args.rate * args.minutes * 60)
            print_times(
                Path(folder), [seconds_of(p.pid) - was for p, was in zip(running, busy, strict=True)], count
            )
        finally:
            for one in running:
                one.terminate()
            for one in running:
                end(one)
            mail_server.stop()


def end(process: subprocess.Popen[bytes]) -> None:
    """The scheduler lets what is under way end, which is not what is measured here."""
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def settle(environ: dict[str, str]) -> str:
    """Owners with a design each, all compared; the token of a source."""
    runtime = open_runtime(Config.from_env(environ))
    schema.upgrade(runtime.sessions.kw["bind"])
    with transaction(runtime.sessions) as session:
        shop = accounts.create_account(
            session, email="shop@ipreg.example", password=PASSWORD, name="shop", role=Role.ENTERPRISE,
            organization_name="平台", now=utc_now(),
        )  # fmt: skip
        for number in range(OWNERS):
            owner = accounts.create_account(
                session, email=f"owner{number}@ipreg.example", password=PASSWORD, name=f"owner {number}",
                role=Role.DESIGNER, now=utc_now(),
            )  # fmt: skip
            registry.register_design(
                session, runtime.store, applicant=owner, form=design_form(f"外套{number}"),
                pictures=one_picture(number), request_key=f"r{number}", now=utc_now(),
            )  # fmt: skip
        made = sources.create_source(session, account=shop, kind=SourceKind.PUSH, name="push", now=utc_now())
        token = sources.new_token(session, source=made)
    subprocess.run([sys.executable, "-m", "ipreg", "jobs", "run"], env=environ, cwd=TOP, check=True)
    return token


def push(port: int, token: str, args: argparse.Namespace) -> dict[str, float]:
    """Pushes at the rate, by as many shops at a time as it takes; when each listing with a copy was sent."""
    draw, sent, begun = random.Random(7), {}, time.monotonic()
    copies = [edited_copy(draw_picture(one)) for one in range(OWNERS)]
    known = [draw_picture(10_000 + one) for one in range(20)]
    count, late = int(args.rate * args.minutes * 60), 0.0
    with ThreadPoolExecutor(16) as shops:
        answers = []
        for number in range(count):
            time.sleep(max(0.0, begun + number / args.rate - time.monotonic()))
            late = max(late, time.monotonic() - begun - number / args.rate)
            if draw.random() < args.copies:
                sent[f"KEY{number}END"] = time.monotonic()
                picture = draw.choice(copies)
            else:
                picture = draw.choice(known) if draw.random() < args.repeated else draw_picture(20_000 + number)
            answers.append(shops.submit(push_one, port, token, number, picture))
        took = time.monotonic() - begun
        waits = sorted(one.result() for one in answers)
    print(
        f"{count} listings, {count / took:.1f} a second, at most {late:.1f} s behind; "
        f"answered in {waits[len(waits) // 2]:.2f} s, at most {waits[-1]:.2f} s",
        flush=True,
    )
    return sent


def push_one(port: int, token: str, number: int, picture: bytes) -> float:
    """Seconds until the answer."""
    row = {
        "platform": "淘淘", "listing_id": str(number), "title": "外套", "seller": f"KEY{number}END",
        "pictures": ["data:image/jpeg;base64," + base64.b64encode(picture).decode()],
    }  # fmt: skip
    asked = Request(
        f"http://127.0.0.1:{port}/api/v1/listings", json.dumps({"listings": [row]}).encode(),
        {"Authorization": f"Bearer {token}"},
    )  # fmt: skip
    begun = time.monotonic()
    with urlopen(asked, timeout=120) as answer:
        assert answer.status == 202
    return time.monotonic() - begun


def seconds_of(pid: int) -> float:
    """Of the processor, by the process and by all that it started."""
    found, family = 0.0, [pid]
    for one in family:
        try:
            parts = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            for task in Path(f"/proc/{one}/task").iterdir():
                family += [int(n) for n in (task / "children").read_text().split() if int(n) not in family]
        except OSError:
            continue
        found += sum(map(int, parts[11:15])) / os.sysconf("SC_CLK_TCK")
    return found


def print_times(var: Path, seconds: list[float], count: int) -> None:
    """Milliseconds of the processor for each listing: by process, then by job within the scheduler's."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(var / "metrics"))
    jobs = {
        one.labels["job"]: one.value
        for metric in registry.collect()
        for one in metric.samples
        if one.name == "ipreg_job_processor_seconds_total"
    }
    told = sorted(jobs.items(), key=lambda one: -one[1])[:9]
    server, scheduler = (one / count * 1000 for one in seconds)
    print(f"processor, ms a listing: server {server:.0f}, scheduler with those who look {scheduler:.0f}")
    print("of which jobs: " + ", ".join(f"{name} {value / count * 1000:.1f}" for name, value in told))


def report(sent: dict[str, float], box: Mailbox) -> None:
    taken = box.taken
    waits = [taken[one] - at for one, at in sent.items() if one in taken]
    begun, wall = time.process_time(), time.perf_counter()
    for number in range(4):
        fingerprint(draw_picture(90_000 + number))
    look, real = (time.process_time() - begun) / 4, (time.perf_counter() - wall) / 4
    cores = len(os.sched_getaffinity(0))
    lost = len(sent) - len(waits)
    print(f"copies {len(sent)}, warned of {len(waits)}, lost {lost}, doubled {len(box.doubled)}")
    print(f"load {os.getloadavg()}, {cores} cores")
    print(f"a look: {look * 1000:.0f} ms CPU, {real * 1000:.0f} ms by the clock: capacity {cores / real:.1f}/s")
    if waits:
        p50, p95, worst = np.percentile(waits, (50, 95, 100))
        verdict = "DOES NOT HOLD" if lost or box.doubled or p95 > 60 else "holds"
        print(
            f"arrival to mail: p50 {p50:.1f} s, p95 {p95:.1f} s, longest {worst:.1f} s: the bar of 60 s {verdict}"
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    deadline = threading.Event()
    for _ in range(600):
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except OSError:
            deadline.wait(0.2)
    raise SystemExit("the server did not start")


if __name__ == "__main__":
    main()
