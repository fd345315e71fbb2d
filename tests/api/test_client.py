"""The typed client against a real server; what docs/api.md shows runs here as it stands there."""

from __future__ import annotations

import base64
import doctest
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from asking import picture, small_batch, token_for
from flask import Flask, Response, request
from scenery import HandClock
from serving import serving
from site_of_tests import Site, build_site

from ipreg.api import shapes
from ipreg.client import ApiError, ApiUnreachableError, Client
from ipreg.runtime import Runtime

pytestmark = pytest.mark.network
PAGE = Path(__file__).parents[2] / "docs/api.md"


@pytest.fixture
def site(runtime: Runtime, clock: HandClock) -> Site:
    """With an alert that nobody has decided on."""
    return build_site(runtime, clock, confirmed=False)


def test_the_examples_of_the_documentation_hold(site: Site) -> None:
    with serving(site.app) as address:
        known: dict[str, Any] = {
            "address": address,
            "token": token_for(site.runtime, "designer"),
            "enterprise_token": token_for(site.runtime, "enterprise"),
            "freelancer_token": token_for(site.runtime, "freelancer"),
            "picture": picture(80),
            "other_picture": picture(82),
            "zip_of_designs": small_batch(),
            "inline_picture": "data:image/jpeg;base64," + base64.b64encode(picture(81)).decode(),
        }
        examples = doctest.DocTestParser().get_doctest(PAGE.read_text("utf-8"), known, "api.md", str(PAGE), 0)
        assert len(examples.examples) > 15
        told: list[str] = []
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(examples, out=told.append, clear_globs=False)
        for name in ("client", "anybody", "owner", "licensee"):
            examples.globs[name].close()
    assert "".join(told) == ""


def test_a_list_is_gone_through_page_by_page(site: Site) -> None:
    form = shapes.FilingForm.model_validate(
        {"title": "戒指", "industry": "jewellery", "creators": [{"name": "林晓"}], "created_on": "2026-02-01",
         "views": ["front"], "disclosure": "none"}
    )  # fmt: skip
    with serving(site.app) as address, Client(address, token_for(site.runtime, "designer")) as client:
        numbers = [client.file_design(form, [("a.jpg", picture(100 + one))]).number for one in range(3)]
        pages = client._at.pages("/filings", shapes.FilingBrief, {"limit": 1, "q": "戒指"})
        assert [one.number for one in pages] == numbers[::-1]
        assert client.versions(numbers[0])[0].version == 1
        assert client.bundle(numbers[0])[:2] == b"PK" and client.picture(numbers[0], 0) == picture(100)
        assert client.verify(numbers[0], ("a.jpg", picture(100))).matches is True
        assert client.log().size > 0
        stated = form.model_dump(exclude={"views", "sealed", "opens_on"}) | {"title": "戒指 二", "seen_version": 1}
        second = client.amend(numbers[0], shapes.Amendment.model_validate(stated))
        assert (second.version, second.title, len(second.views)) == (2, "戒指 二", 1)


def test_cases_alerts_and_figures_by_the_client(site: Site) -> None:
    with (
        serving(site.app) as address,
        Client(address, token_for(site.runtime, "enterprise")) as owner,
        Client(address, token_for(site.runtime, "regulator")) as officer,
    ):
        alert = owner.alert(next(owner.alerts()).id)
        assert next(owner.matches(least=0.1)).id == alert.matches[0].id
        assert owner.listing(alert.matches[0].listing.id).seller == "快手小铺"  # type: ignore[union-attr]
        alert = owner.comment(owner.assign(alert, owner.colleagues()[0].id), "看过了")
        confirmed = owner.confirm(alert, note="抄袭")
        (case,) = officer.cases(tab="open")
        assert case.number == confirmed.case
        taken = officer.take_step(case, "assigned", officer=officer.whoami().id)
        assert taken.state == "under_review"
        assert officer.statistics(2026).tables and owner.public_figures(2026).year == 2026


@contextmanager
def stubborn(*answers: tuple[int, dict[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """A server that first gives these answers, and then a good one; and the idempotency keys that came."""
    app, left, keys = Flask("stubborn"), list(answers), list[str]()

    @app.route("/api/v1/<path:rest>", methods=["GET", "POST"])
    def answer(rest: str) -> Response:
        keys.append(request.headers.get("Idempotency-Key", ""))
        if left:
            status, headers = left.pop(0)
            return Response("<html>busy</html>", status, headers)
        return Response('{"done": 0, "rows": []}', mimetype="application/json")

    with serving(app) as address:
        yield address, keys


BULK = shapes.Bulk(action="reopen", alerts=[shapes.BulkItem(id=1)])


def test_a_busy_server_is_left_alone_as_long_as_it_asks_and_the_write_stays_one() -> None:
    waits: list[float] = []
    busy = (429, {"Retry-After": "7"}), (503, {}), (503, {"Retry-After": "Mon, 02 Jan 2006 15:04:05 GMT"})
    with stubborn(*busy) as (address, keys), Client(address, "x", sleep=waits.append) as client:
        assert client.bulk(BULK).done == 0
    assert waits[0] == 7 and 0 < waits[1] <= 4 and waits[2] == 0
    assert len(keys) == 4 and len(set(keys)) == 1 and keys[0]


def test_another_write_has_another_key_and_patience_ends() -> None:
    with stubborn() as (address, keys), Client(address, "x") as client:
        client.bulk(BULK)
        client.bulk(BULK)
    assert len(set(keys)) == 2
    waits: list[float] = []
    with (
        stubborn(*[(503, {})] * 9) as (address, _),
        Client(address, "x", tries=3, sleep=waits.append) as client,
        pytest.raises(ApiUnreachableError, match="503"),
    ):
        client.bulk(BULK)
    assert len(waits) == 2


def test_a_server_that_is_not_there_is_told_as_such() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with Client(address, "x", tries=2, sleep=lambda _: None) as client, pytest.raises(ApiUnreachableError):
        client.whoami()


def test_a_refusal_names_code_and_field_and_is_not_tried_again(site: Site) -> None:
    with (
        serving(site.app) as address,
        Client(address, "ipreg-pat-wrong", sleep=lambda _: pytest.fail()) as client,
        pytest.raises(ApiError) as fault,
    ):
        client.whoami()
    assert (fault.value.status, fault.value.code) == (401, "token_wrong")


def test_the_client_brings_neither_database_nor_web_framework_with_it() -> None:
    heavy = "{'sqlalchemy', 'flask', 'numpy', 'cv2', 'werkzeug'}"
    code = f"import sys, ipreg.client; print(sorted({heavy} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
