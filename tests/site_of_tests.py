"""A site with one filing, one copy in a listing, one alert, one case."""

from __future__ import annotations

import re
from dataclasses import dataclass

from apps import create_app
from flask import Flask
from flask.testing import FlaskClient
from scenery import PASSWORD, HandClock, People, design_form, draw_picture, edited_copy, one_picture
from sqlalchemy import select

from ipreg import alerts, registry
from ipreg.db import transaction
from ipreg.models import Account, Alert, SourceKind
from ipreg.runtime import Runtime
from ipreg.sightings import feeds, reports, sources
from jobs import alerts as alert_job
from jobs import checkpoints, fingerprints, imports, matches


@dataclass(frozen=True)
class Site:
    app: Flask
    runtime: Runtime
    filing: str
    case: str

    def sign_in(self, name: str) -> FlaskClient:
        client = self.app.test_client()
        answer = client.post("/sign-in", data={"email": f"{name}@ipreg.example", "password": PASSWORD})
        assert answer.status_code == 302
        return client


def build_site(runtime: Runtime, clock: HandClock, *, confirmed: bool = True) -> Site:
    """Where the alert is not ``confirmed`` there is no case."""
    with transaction(runtime.sessions) as session:
        people = People(session, clock())
        filing = registry.register_design(
            session,
            runtime.store,
            applicant=people.designer,
            form=design_form(),
            pictures=one_picture(1),
            request_key="r1",
            now=clock(),
        ).number
        feeds.accept_feed(
            session,
            runtime.config,
            account=people.enterprise,
            filename="feed.csv",
            data="platform,listing_id,title,seller,pictures\n淘淘,1,外套,快手小铺,copy.jpg\n".encode(),
            pictures={"copy.jpg": edited_copy(draw_picture(1))},
            now=clock(),
        )
        sources.create_source(
            session,
            account=people.enterprise,
            kind=SourceKind.PUSH,
            name="推送",
            now=clock(),
        )
        reports.report_address(session, account=people.designer, address="https://shop.example/1", now=clock())
    for job in (imports, checkpoints, fingerprints, matches, alert_job):
        job.run(runtime, clock=clock)
    case = open_case(runtime, clock) if confirmed else ""
    return Site(app_on(runtime), runtime, filing, case)


def app_on(runtime: Runtime) -> Flask:
    app = create_app(runtime.config)
    app.config.update(WTF_CSRF_ENABLED=False, TESTING=True)
    return app


def open_case(runtime: Runtime, clock: HandClock) -> str:
    """The enterprise hands its alert over; the number of the case."""
    with transaction(runtime.sessions) as session:
        alert = session.scalars(select(Alert)).one()
        enterprise = session.scalars(select(Account).where(Account.email == "enterprise@ipreg.example")).one()
        return alerts.confirm(session, alert=alert, account=enterprise, now=clock()).number


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found.group(1)
