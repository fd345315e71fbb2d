"""What every answer tells the browser, whatever it carries."""

from __future__ import annotations

from dataclasses import replace

import pytest
from apps import create_app
from flask.testing import FlaskClient
from scenery import PASSWORD
from site_of_tests import Site
from sqlalchemy import select

from ipreg.models import SignIn

PLACES = ("/", "/verify", "/sign-in", "/nowhere", "/static/ipreg.css", "/healthz", "/filings")


def opened(site: Site, address: str, proxies: int = 0) -> FlaskClient:
    app = create_app(replace(site.runtime.config, public_url=address, proxies=proxies))
    app.config.update(WTF_CSRF_ENABLED=False, TESTING=True)
    return app.test_client()


@pytest.mark.parametrize("place", PLACES)
def test_nothing_foreign_runs_and_nobody_frames_us(site: Site, place: str) -> None:
    with opened(site, "https://ipreg.example").get(place) as answer:
        headers = answer.headers
    policy = dict(one.strip().partition(" ")[::2] for one in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"] == "max-age=31536000"


def test_where_there_is_no_https_none_is_demanded(site: Site) -> None:
    assert "Strict-Transport-Security" not in opened(site, "http://127.0.0.1:8000").get("/").headers


def test_scripts_and_other_sites_do_not_get_the_session_s_cookie(site: Site) -> None:
    client = opened(site, "https://ipreg.example")
    answer = client.post("/sign-in", data={"email": "designer@ipreg.example", "password": PASSWORD})
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith("session="))
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= {one.strip() for one in cookie.split(";")}


@pytest.mark.parametrize(
    ("proxies", "said", "kept"),
    [
        (0, "203.0.113.9", "127.0.0.0"),
        (1, "203.0.113.9", "203.0.113.0"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.0"),
        (2, "203.0.113.9, 10.0.0.2", "203.0.113.0"),
    ],
    ids=["nobody is believed", "one", "what the caller wrote himself is not", "two"],
)
def test_the_caller_s_address_is_what_our_own_proxy_says(site: Site, proxies: int, said: str, kept: str) -> None:
    client = opened(site, "http://127.0.0.1:8000", proxies)
    form = {"email": "designer@ipreg.example", "password": PASSWORD}
    client.post("/sign-in", data=form, headers={"X-Forwarded-For": said})
    with site.runtime.sessions() as session:
        made = session.scalars(select(SignIn).order_by(SignIn.id.desc())).first()
    assert made is not None and made.address.partition("/")[0] == kept
