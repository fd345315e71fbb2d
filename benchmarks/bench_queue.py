"""The regulator's queue and a case on one page, with 100,000 cases in the database: time on the server a page.

    python benchmarks/bench_queue.py [--cases 100000]

The limit is 150 ms a page. The peer of each page is the answer of ``/healthz`` in the same run: how many times as
long as a request that only asks the database for a 1.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, select

from ipreg import schema
from ipreg.app import create_app
from ipreg.config import Config
from ipreg.db import transaction
from ipreg.models import (
    Case,
    CaseClock,
    CaseEvent,
    CaseState,
    ClockKind,
    Industry,
    Listing,
    ListingPicture,
    Match,
    Seller,
)
from ipreg.runtime import Runtime, open_runtime

_TOP = Path(__file__).parent.parent
LIMIT = 0.150
OPEN = [CaseState.FLAGGED, CaseState.ACCEPTED, CaseState.UNDER_REVIEW, CaseState.AWAITING_RESPONSE]
ENDED = [CaseState.DECIDED, CaseState.CLOSED, CaseState.NOT_ACCEPTED]


def fill(runtime: Runtime, count: int) -> str:
    """So many cases of a few designs and 2,000 sellers, a tenth of them open; the number of one."""
    # The desk of the tests' stories makes the people and the first case.
    sys.path[:0] = [str(_TOP / one) for one in ("", "tests", "tests/casework")]
    from desk import Desk
    from scenery import HandClock, People

    chance, clock = random.Random(1), HandClock()
    clock.now = datetime.now(UTC) - timedelta(days=3)
    now = clock()
    with transaction(runtime.sessions) as session:
        desk = Desk(session, runtime, clock, People(session, now))
        filings = [desk.filing(seed) for seed in range(20)]
        officers = [desk.officer.id, desk.second.id, desk.supervisor.id]
        number = desk.taken().number
        sellers = [
            {
                "id": n,
                "platform": "淘淘",
                "key": f"s{n}",
                "name": f"店{n}",
                "shop_id": "",
                "address": "",
                "first_seen_at": now,
                "last_seen_at": now,
            }
            for n in range(10, 2010)
        ]
        session.execute(insert(Seller), sellers)
        rows: dict[type, list[dict[str, object]]] = {
            one: [] for one in (Listing, ListingPicture, Match, Case, CaseEvent, CaseClock)
        }
        for n in range(10, count + 10):
            filing, seller = chance.choice(filings), chance.randrange(10, 2010)
            opened = now - timedelta(minutes=chance.randrange(500_000))
            state = chance.choice(OPEN if chance.random() < 0.1 else ENDED)
            rank = opened + timedelta(days=chance.choice((10, 90)))
            ended = state in ENDED
            decided = ended and state is not CaseState.NOT_ACCEPTED
            rows[Listing].append(
                {
                    "id": n,
                    "platform": f"平台{n % 12}",
                    "external_id": str(n),
                    "title": f"外套 {n}",
                    "seller": f"店{seller}",
                    "seller_id": seller,
                    "first_seen_at": opened,
                    "last_seen_at": opened,
                }
            )
            rows[ListingPicture].append({"id": n, "listing_id": n, "position": 0, "sha256": filing.views[0].sha256})
            rows[Match].append(
                {
                    "id": n,
                    "filing_id": filing.id,
                    "view_id": filing.views[0].id,
                    "listing_id": n,
                    "picture_id": n,
                    "probability": chance.uniform(0.5, 1),
                    "reason": {},
                    "algorithm": "x/1",
                    "found_at": opened,
                }
            )
            rows[Case].append(
                {
                    "id": n,
                    "number": f"AJ{n:07d}",
                    "kind": "listing",
                    "match_id": n,
                    "state": state,
                    "officer_id": None if state is CaseState.FLAGGED else chance.choice(officers),
                    "outcome": chance.choice(("infringing", "not_infringing")) if decided else None,
                    "decision_reason": "",
                    "opened_at": opened,
                    "changed_at": opened,
                    "severity": chance.choice((1, 1, 1, 2, 3)),
                    "industry": chance.choice(list(Industry)),
                    "platform": f"平台{n % 12}",
                    "district": f"区{n % 11}",
                    "right_kind": chance.choice(("design_patent", "copyright", "")),
                    "seller_id": seller,
                    "due_at": None if ended else rank,
                    "rank_at": rank + timedelta(days=300_000 * ended),
                }
            )
            rows[CaseEvent].append({"case_id": n, "position": 0, "at": opened, "actor_id": 1, "action": "opened"})
            rows[CaseClock].append(
                {
                    "case_id": n,
                    "kind": ClockKind.HANDLING,
                    "rule": "ordinary",
                    "started_at": opened,
                    "counted_from": opened.date(),
                    "days_left": 90,
                    "stopped_at": opened if ended else None,
                }
            )
        for table, values in rows.items():
            session.execute(insert(table), values)
    return number


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=100_000)
    count = parser.parse_args().cases
    with tempfile.TemporaryDirectory() as folder:
        runtime = open_runtime(Config.from_env({"IPREG_VAR": folder}))
        schema.upgrade(runtime.sessions.kw["bind"])
        number = fill(runtime, count)
        with runtime.sessions() as session:
            place = session.scalars(select(Case.rank_at).order_by(Case.rank_at).offset(count // 20).limit(1)).one()
        app = create_app(runtime.config)
        app.config.update(WTF_CSRF_ENABLED=False)
        client = app.test_client()
        from scenery import PASSWORD

        client.post("/sign-in", data={"email": "regulator@ipreg.example", "password": PASSWORD})
        pages = {
            "queue": "/cases",
            "deep in the queue": f"/cases?after={place.isoformat().replace('+', '%2B')}~1",
            "mine": "/cases?tab=mine",
            "overdue": "/cases?tab=overdue",
            "ended": "/cases?tab=ended",
            "four filters": "/cases?platform=平台3&district=区4&industry=watches&severity=3",
            "a seller": "/cases?search=店77",
            "nothing found": "/cases?platform=nowhere",
            "a case": f"/cases/{number}",
        }
        peer = _time(client, "/healthz")
        print(f"{count:,} cases; peer /healthz {peer * 1000:.1f} ms")
        slow = []
        for name, path in pages.items():
            took = _time(client, path)
            print(f"{name:20} {took * 1000:7.1f} ms  x{took / peer:.0f}")
            slow += [name] if took > LIMIT else []
        runtime.sessions.kw["bind"].dispose()
    print("over the limit: " + ", ".join(slow) if slow else "all within 150 ms")
    return bool(slow)


def _time(client: object, path: str, rounds: int = 9) -> float:
    """The median of CPU seconds of a request: other work on the machine does not count."""
    took = []
    for _ in range(rounds):
        start = time.process_time()
        answer = client.get(path)  # type: ignore[attr-defined]
        took.append(time.process_time() - start)
        assert answer.status_code == 200, (path, answer.status_code)
    return statistics.median(took)


if __name__ == "__main__":
    sys.exit(main())
