"""What people and programs are told while a part of the installation is broken; nothing half done stays."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import pytest
from asking import FORM, Program, picture, program
from site_of_tests import Site
from sqlalchemy import func, select

from ipreg.db import make_sessions
from ipreg.errors import UpstreamError
from ipreg.models import Filing
from ipreg.objects import LocalFiles


@pytest.fixture(params=["sqlite", "postgresql"])
def without_database(request: pytest.FixtureRequest, site: Site, tmp_path: Path) -> Site:
    """The site, whose database has gone: a file that can't be opened, a server that does not answer."""
    place = {"sqlite": f"sqlite:///{tmp_path}/gone/ipreg.sqlite3", "postgresql": "postgresql://ipreg@/ipreg?host="}
    url = place[request.param] + (str(tmp_path) if request.param == "postgresql" else "")
    site.app.extensions["ipreg"] = replace(site.runtime, sessions=make_sessions(url))
    site.app.config["PROPAGATE_EXCEPTIONS"] = False
    return site


def test_without_the_database_everybody_is_told_to_come_back(without_database: Site) -> None:
    browser, site = without_database.app.test_client(), without_database
    with browser.session_transaction() as cookie:  # somebody who is signed in
        cookie["_user_id"] = "x" * 43
    for answer in (
        browser.get("/"),
        browser.get("/filings?lang=en"),
        browser.post("/sign-in", data={"email": "a"}),
    ):
        assert answer.status_code == 503, answer.text
        assert "数据库" in answer.text or "database" in answer.text
        assert answer.headers["X-Request-Id"] in answer.text
    asks = Program(site.app, "ipreg-pat-x")
    for answer in (asks.get("/filings"), asks.post("/alerts/1/reopen"), asks.get("/log")):
        assert (answer.status_code, answer.json["code"]) == (503, "database_gone")
        assert int(answer.headers["Retry-After"]) > 0
    assert browser.get("/healthz").status_code == 503
    ready = site.app.test_client().get("/readyz")
    assert ready.status_code == 503 and "database" in ready.json["faults"]  # type: ignore[index]


def filings(site: Site) -> int:
    with site.runtime.sessions() as session:
        return session.scalar(select(func.count()).select_from(Filing)) or 0


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (OSError(errno.ENOSPC, "No space left"), "disk_full"),
        (UpstreamError("files_unreachable"), "files_unreachable"),
        (OSError(errno.EROFS, "Read-only file system"), "files_unreachable"),
    ],
)
def test_without_room_or_store_for_files_nothing_is_filed_and_the_same_goes_through_later(
    site: Site, monkeypatch: pytest.MonkeyPatch, fault: Exception, code: str
) -> None:
    site.app.config["PROPAGATE_EXCEPTIONS"] = False
    asks, before = program(site, "designer"), filings(site)

    def refuse(*_: object, **_more: object) -> None:
        raise fault

    with monkeypatch.context() as broken:
        broken.setattr(LocalFiles, "write", refuse)
        answer = asks.file(FORM, picture(60), Idempotency_Key="one")
        assert (answer.status_code, answer.json["code"]) == (503, code), answer.text
        assert filings(site) == before
    assert asks.file(FORM, picture(60), Idempotency_Key="one").status_code == 201
    assert filings(site) == before + 1
