"""Many at once, on a database that lets several write."""

from __future__ import annotations

import contextlib
import threading

import pytest
from scenery import HandClock, People, design_form, draw_picture
from site_of_tests import Site
from sqlalchemy import select, update

from ipreg import numbers, registry
from ipreg.db import transaction
from ipreg.models import Account, Filing, Lease, ViewKind
from ipreg.runtime import Runtime


class Lost(Exception):
    """Something failed after the filing was written and before it was kept."""


def test_filings_are_numbered_without_a_gap_whoever_fails(runtime: Runtime, clock: HandClock) -> None:
    with transaction(runtime.sessions) as session:
        People(session, clock())
    pictures = [registry.Picture(ViewKind.FRONT, "a.png", draw_picture(1, (96, 96), "PNG"))]

    def work(thread: int) -> None:
        for turn in range(4):
            with contextlib.suppress(Lost), transaction(runtime.sessions) as session:
                designer = session.scalars(select(Account).where(Account.email == "designer@ipreg.example")).one()
                registry.register_design(
                    session, runtime.store, applicant=designer, form=design_form(), pictures=pictures,
                    request_key=f"{thread}-{turn}", now=clock(),
                )  # fmt: skip
                if turn % 2:
                    raise Lost

    threads = [threading.Thread(target=work, args=(one,)) for one in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with runtime.sessions() as session:
        found = session.scalars(select(Filing.number).order_by(Filing.number)).all()
    assert found == [numbers.make_number(numbers.FILING, year=2026, serial=one) for one in range(1, 9)]


def test_whoever_waits_to_write_is_not_overtaken_for_long(runtime: Runtime, clock: HandClock) -> None:
    with transaction(runtime.sessions) as session:
        session.add(Lease(name="row", holder="", beat=0, seen_at=clock()))
    over, begun = threading.Event(), threading.Barrier(5)

    def write() -> int:
        with transaction(runtime.sessions) as session:
            session.execute(update(Lease).values(beat=Lease.beat + 1))
            return session.scalar(select(Lease.beat)) or 0

    def keep_writing() -> None:
        write()
        begun.wait(20)
        while not over.is_set():
            write()

    threads = [threading.Thread(target=keep_writing) for _ in range(4)]
    for one in threads:
        one.start()
    begun.wait(20)
    turns = []
    for _ in range(20):
        with runtime.sessions() as session:
            before = session.scalar(select(Lease.beat)) or 0
        turns.append(write() - before)
    over.set()
    for one in threads:
        one.join()
    assert max(turns) <= 30, "four others had dozens of turns each before the one who waited"


@pytest.mark.parametrize("number", ["3000000000", "9" * 30])
def test_the_page_after_a_number_out_of_range_is_whole(site: Site, number: str) -> None:
    """The database gives up the transaction; the error's own page still says who is signed in."""
    client = site.sign_in("enterprise")
    answer = client.get(f"/alerts/{number}")
    assert answer.status_code == 404 and "锦绣" in client.get("/account").text
