"""The inbox of one enterprise with 200,000 alerts, in a database with 1,000,000 listings.

The peer is the least that any list of pictures needs: the same thirty alerts read by primary key.
Prints the CPU time of a page on the server, and its ratio to the peer.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session, joinedload

from ipreg import accounts, schema
from ipreg.config import Config
from ipreg.db import transaction
from ipreg.models import Account, Alert, Filing, Listing, ListingPicture, Match, Role, Seller, StoredFile
from ipreg.runtime import Runtime, open_runtime
from ipreg.warning import aheadfigures, figures, search
from ipreg.warning.search import Filter

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LISTINGS, ALERTS, SELLERS = 1_000_000, 200_000, 20_000


def main() -> None:
    listings = int(sys.argv[1]) if len(sys.argv) > 1 else LISTINGS
    alerts = listings * ALERTS // LISTINGS
    with tempfile.TemporaryDirectory() as folder:
        runtime = open_runtime(Config.from_env({"IPREG_VAR": folder}))
        schema.upgrade(runtime.sessions.kw["bind"])
        with transaction(runtime.sessions) as session:
            person_id = fill(runtime, session, listings, alerts)
        with runtime.sessions() as session:
            session.execute(text("ANALYZE"))
            person = session.get_one(Account, person_id)
            print(f"{listings:,} listings, {alerts:,} alerts; milliseconds of CPU, best of five")
            measure(session, person)


def fill(runtime: Runtime, session: Session, listings: int, alerts: int) -> int:
    """One enterprise owns all; its design is copied from every third shop on."""
    person = accounts.create_account(
        session, email="b@ipreg.example", password="correct horse battery", name="b",
        role=Role.ENTERPRISE, organization_name="企业", now=NOW,
    )  # fmt: skip
    filing, view = file_designs(runtime, session, person)
    session.execute(
        insert(Seller),
        [
            {"id": n, "platform": f"平台{n % 5}", "key": f"id:{n}", "name": f"店{n}", "first_seen_at": NOW,
             "last_seen_at": NOW} for n in range(1, SELLERS + 1)
        ],
    )  # fmt: skip
    for start in range(1, listings + 1, 50_000):
        numbers = range(start, min(start + 50_000, listings + 1))
        session.execute(insert(Listing), [_listing(n) for n in numbers])
        copies = [n for n in numbers if n <= alerts]
        if copies:
            session.execute(insert(ListingPicture), [_picture(n) for n in copies])
            session.execute(insert(Match), [_match(n, filing, view) for n in copies])
            session.execute(insert(Alert), [_alert(n, filing, person) for n in copies])
    return person.id


def file_designs(runtime: Runtime, session: Session, person: Account) -> tuple[list[int], dict[int, int]]:
    """100 designs, each with the one view."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    from scenery import design_form, one_picture

    from ipreg import registry

    made: list[Filing] = [
        registry.register_design(
            session, runtime.store, applicant=person, form=design_form(f"款 {n}"), pictures=one_picture(7),
            request_key=f"r{n}", now=NOW,
        )
        for n in range(100)
    ]  # fmt: skip
    known = session.get_one(StoredFile, made[0].views[0].sha256)
    values = {one.name: getattr(known, one.name) for one in StoredFile.__table__.columns}
    session.execute(insert(StoredFile), [{**values, "sha256": "a" * 64}])
    return [one.id for one in made], {one.id: one.views[0].id for one in made}


def _listing(n: int) -> dict[str, object]:
    return {
        "id": n, "platform": f"平台{n % 5}", "external_id": str(n), "title": f"外套 {n}",
        "seller": f"店{n % SELLERS}", "seller_id": n % SELLERS + 1, "price": str(n % 900), "currency": "CNY",
        "first_seen_at": NOW, "last_seen_at": NOW,
    }  # fmt: skip


def _picture(n: int) -> dict[str, object]:
    return {"id": n, "listing_id": n, "position": 0, "sha256": "a" * 64, "source": ""}


def _match(n: int, filings: list[int], views: dict[int, int]) -> dict[str, object]:
    filing = filings[n % len(filings)]
    return {
        "id": n, "filing_id": filing, "view_id": views[filing], "listing_id": n, "picture_id": n,
        "probability": 0.9,
        "reason": {"likeness": 0.9}, "algorithm": "bench/1", "found_at": NOW, "considered": True,
    }  # fmt: skip


def _alert(n: int, filings: list[int], person: Account) -> dict[str, object]:
    return {
        "id": n, "filing_id": filings[n % len(filings)], "counterpart": f"listing:{n}", "round": 1, "match_id": n,
        "applicant_id": person.id, "organization_id": person.organization_id, "seller_id": n % SELLERS + 1,
        "platform": f"平台{n % 5}", "price": n % 900, "currency": "CNY", "listing_count": 1, "probability": 0.9,
        "severity": n * 7919 % 101, "severity_reasons": [], "evidence": 1, "note": "", "row_version": 1,
        "state": ("open", "open", "confirmed", "dismissed")[n % 4], "raised_at": NOW, "changed_at": NOW,
    }  # fmt: skip


def measure(session: Session, person: Account) -> None:
    def page(**asked: str) -> Callable[[], object]:
        wanted = Filter.read(asked)
        place = search.Place.read({"after": asked.get("after", "")})

        def read() -> object:
            found = search.page(session, account=person, asked=wanted, place=place, limit=30, now=NOW)
            return found, search.count(session, account=person, asked=wanted, now=NOW)

        return read

    aheadfigures.keep(
        session, account=person, found=figures.figures(session, account=person, now=NOW), looked=True, now=NOW
    )
    ids = [one.id for one in search.page(session, account=person, asked=Filter(), limit=30, now=NOW).alerts]
    least = best(session, lambda: by_key(session, ids))
    print(f"peer: thirty by primary key            {least:8.1f}")
    for name, read in (
        ("inbox, page and count", page()),
        ("inbox, from the middle", page(after="50.100000")),
        ("all states", page(state="all")),
        ("one severity", page(severity="medium")),
        ("one platform", page(source="平台3")),
        ("one design", page(design=session.scalars(select(Filing.number).limit(1)).one())),
        ("one seller", page(seller="77")),
        ("price and day", page(least="880", since="2026-11-01")),
        ("not looked at", page(news="1")),
        ("count for every page", lambda: search.count(session, account=person, asked=Filter(), now=NOW, most=1000)),
        ("dashboard, counted anew by the job", lambda: figures.figures(session, account=person, now=NOW)),
        ("dashboard, as it opens", lambda: aheadfigures.kept(session, account=person, now=NOW)),
    ):
        spent = best(session, read)
        print(f"{name:38} {spent:8.1f}   x {spent / least:.1f}")


def by_key(session: Session, ids: list[int]) -> object:
    wanted = select(Alert).where(Alert.id.in_(ids)).options(joinedload(Alert.match).joinedload(Match.filing))
    return session.scalars(wanted).unique().all()


def best(session: Session, read: Callable[[], object]) -> float:
    spent = []
    for _ in range(5):
        session.expunge_all()
        start = time.process_time()
        read()
        spent.append((time.process_time() - start) * 1000)
    return min(spent)


if __name__ == "__main__":
    main()
