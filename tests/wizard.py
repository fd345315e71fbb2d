"""A design filed by the wizard, step by step, as a browser without JavaScript does it."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any, Protocol

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

ABOUT = {"title": "云纹外套", "industry": "clothing"}
MAKERS = {"creator": "林晓", "share": "", "created_on": "2026-01-31", "disclosure": "none", "sealed": ""}


class Visitor(Protocol):
    client: Any

    def see(self, path: str) -> str: ...
    def send(self, path: str, page: str, files: object = None, **values: str) -> Any: ...


def new_draft(client: FlaskClient) -> str:
    """The address of a new draft, without a step."""
    return client.get("/filings/new").headers["Location"].removesuffix("/pictures")


def add_pictures(client: FlaskClient, draft: str, pictures: Mapping[str, bytes]) -> TestResponse:
    files = [(io.BytesIO(data), name) for name, data in pictures.items()]
    return client.post(f"{draft}/files", data={"files": files}, content_type="multipart/form-data")


def enter(client: FlaskClient, draft: str, step: str, **values: object) -> TestResponse:
    """What is entered on a step, and "go on"."""
    page = client.get(f"{draft}/{step}").text
    found = re.search(r'name="revision" value="(\d+)"', page)
    assert found is not None
    return client.post(f"{draft}/{step}", data={"revision": found[1], "go": "next", **values})


def fill(client: FlaskClient, pictures: Mapping[str, bytes], **values: str) -> str:
    """A draft that can be filed; its address."""
    draft = new_draft(client)
    assert add_pictures(client, draft, pictures).status_code == 302
    about = {**ABOUT, **{name: value for name, value in values.items() if name not in MAKERS}}
    makers = {**MAKERS, **{name: value for name, value in values.items() if name in MAKERS}}
    assert enter(client, draft, "about", **about).status_code == 302
    assert enter(client, draft, "makers", **makers).status_code == 302
    return draft


def file_by_wizard(client: FlaskClient, pictures: Mapping[str, bytes], **values: str) -> TestResponse:
    return client.post(f"{fill(client, pictures, **values)}/check")


def walk_wizard(visitor: Visitor, pictures: Mapping[str, bytes]) -> tuple[str, str]:
    """The same over HTTP with tokens, up to the last step: its path and page."""
    answer = visitor.client.get("/filings/new")
    draft = answer.url.path.removesuffix("/pictures")
    files = [("files", (name, data)) for name, data in pictures.items()]
    page = visitor.send(f"{draft}/files", answer.text, files=files).text
    for step, values in (("pictures", {}), ("about", ABOUT), ("makers", MAKERS)):
        page = visitor.see(f"{draft}/{step}")
        revision = re.search(r'name="revision" value="(\d+)"', page)
        assert revision is not None
        page = visitor.send(f"{draft}/{step}", page, revision=revision[1], go="next", **values).text
    return f"{draft}/check", page
