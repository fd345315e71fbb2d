"""An owner complains of what he saw himself: without an alert, online or in the street."""

from __future__ import annotations

import io

import pytest
from apps import create_app
from flask import Flask
from flask.testing import FlaskClient
from scenery import PASSWORD, HandClock, People, design_form, draw_picture, edited_copy, one_picture
from sqlalchemy import func, select

from ipreg import registry
from ipreg.casework.complaints import OFFLINE
from ipreg.db import transaction
from ipreg.models import Alert, AlertState, Capture, Case, CaseState, Listing, Notice, Submission
from ipreg.runtime import Runtime
from jobs import alerts as alert_job
from jobs import evidence, fingerprints, matches

WHERE = {"place": "柯桥轻纺城三区", "text": "十一月二十四日在摊位看到，图案与我的外套一样。"}


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    made = create_app(runtime.config)
    made.config.update(WTF_CSRF_ENABLED=False, TESTING=True)
    return made


@pytest.fixture
def number(runtime: Runtime, clock: HandClock) -> str:
    with transaction(runtime.sessions) as session:
        people = People(session, clock())
        return registry.register_design(
            session,
            runtime.store,
            applicant=people.designer,
            form=design_form(),
            pictures=one_picture(1),
            request_key="r",
            now=clock(),
        ).number


def sign_in(app: Flask, name: str) -> FlaskClient:
    client = app.test_client()
    client.post("/sign-in", data={"email": f"{name}@ipreg.example", "password": PASSWORD})
    client.get("/language/en")
    return client


def sent(number: str, client: FlaskClient, picture: bytes, **form: object):  # type: ignore[no-untyped-def]
    data = {"title": "仿款外套", "seller": "老王布摊", "request_key": "k", **WHERE, **form}
    data["picture"] = (io.BytesIO(picture), "a.jpg")
    return client.post(f"/filings/{number}/complain", data=data, content_type="multipart/form-data")


def test_a_stall_becomes_a_flagged_case_with_its_evidence_once(runtime: Runtime, app: Flask, number: str) -> None:
    owner = sign_in(app, "enterprise")
    assert f"/filings/{number}/complain" in owner.get(f"/filings/{number}").text
    picture = edited_copy(draw_picture(1))
    for _ in range(2):
        done = sent(number, owner, picture, files=(io.BytesIO(draw_picture(9)), "receipt.jpg"))
        assert done.status_code == 302 and "/cases/" in done.location
    for job in (fingerprints, matches, alert_job, evidence):
        job.run(runtime)
    with runtime.sessions() as session:
        case = session.scalars(select(Case)).one()
        assert (case.state, case.platform, case.alert.state) == (CaseState.FLAGGED, OFFLINE, AlertState.CONFIRMED)
        listing = session.scalars(select(Listing)).one()
        assert (listing.seller, listing.region) == ("老王布摊", WHERE["place"])
        assert case.match.probability > 0.8, "the machine's likeness is told, whatever it is"
        received = session.scalars(select(Submission)).one()
        assert [file.name.endswith("jpg") for file in received.files][-1] and received.log_index is not None
        assert session.scalars(select(Capture)).one().log_index is not None, "the picture is in the log"
        assert session.scalar(select(func.count()).select_from(Alert)) == 1
        kinds = set(session.scalars(select(Notice.kind)))
        assert "alert" not in kinds, "nobody is warned of what he brought himself"
    page = sign_in(app, "regulator").get(f"/cases/{case.number}").text
    assert "仿款外套" in page and WHERE["text"] in page


def test_what_is_hardly_alike_is_a_case_too(runtime: Runtime, app: Flask, number: str) -> None:
    done = sent(
        number, sign_in(app, "enterprise"), draw_picture(77), address="https://shop.example/item/7", place=""
    )
    assert done.status_code == 302
    with runtime.sessions() as session:
        case = session.scalars(select(Case)).one()
        assert (case.platform, case.match.listing.external_id) == ("shop.example", "item/7")
        assert case.match.probability < 0.8


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": ""}, "title"),
        ({"seller": " "}, "seller"),
        ({"place": ""}, "place"),
        ({"address": "ftp://x"}, "address"),
        ({"text": "短"}, "text"),
        ({"picture": b"no picture"}, "picture"),
        ({"picture": b""}, "picture"),
    ],
)
def test_what_is_missing_is_told_at_its_field(
    runtime: Runtime, app: Flask, number: str, wrong: dict[str, object], field: str
) -> None:
    picture = wrong.pop("picture", draw_picture(1))
    refused = sent(number, sign_in(app, "enterprise"), picture, **wrong)  # type: ignore[arg-type]
    assert refused.status_code == 400 and f'id="fault-{field}"' in refused.text
    with runtime.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 0


def test_only_who_decides_for_a_design_complains_for_it(app: Flask, number: str) -> None:
    assert sent(number, sign_in(app, "designer"), draw_picture(1)).status_code == 404, "his enterprise decides"
    assert sent(number, sign_in(app, "rival"), draw_picture(1)).status_code == 404
