"""What the load is measured on is a registry like any other: its log holds, and its pages show it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from apps import create_app
from site_of_tests import Site
from sqlalchemy import func, select

from ipreg import logcheck, logkeys
from ipreg.models import Alert, Case, CaseState, Filing, Listing
from ipreg.runtime import Runtime

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))


@pytest.fixture
def filled(runtime: Runtime) -> Runtime:
    from populate import Plan, populate

    populate(runtime, Plan(filings=40, listings=120, cases=30, pictures=5))
    return runtime


def test_a_populated_registry_holds_and_its_pages_show_it(filled: Runtime) -> None:
    with filled.sessions() as session:
        counts = [session.scalar(select(func.count(kind.id))) for kind in (Filing, Listing, Alert, Case)]
        keys = logkeys.verifiers(session, first=filled.log_key)
        found = logcheck.check_log(session, filled.store, verifiers=keys)
        waiting = session.scalars(select(Case.number).where(Case.state == CaseState.FLAGGED)).first()
        case = session.scalars(select(Case.number).where(Case.state == CaseState.DECIDED)).first()
    assert counts == [40, 120, 60, 30]
    assert not found.differences and found.size > 100
    app = create_app(filled.config)
    app.config.update(WTF_CSRF_ENABLED=False)
    for name, pages in (
        ("officer1", ("/cases", f"/cases/{case}", f"/cases/{waiting}", "/statistics")),
        ("enterprise1", ("/filings", "/alerts")),
    ):
        client = app.test_client()
        client.post("/sign-in", data={"email": f"{name}@load.example", "password": "correct horse battery"})
        assert [client.get(page).status_code for page in pages] == [200] * len(pages)


def test_the_load_walks_where_pages_lead(site: Site) -> None:
    """Every page of the walks is one of ours: a route that was renamed would be measured as a fault."""
    from bench_load import WALKS

    adapter = site.app.url_map.bind("127.0.0.1")
    for walk in WALKS.values():
        for page in walk:
            if page.startswith("/"):
                adapter.match(page.partition("?")[0].replace("*", "1"))
