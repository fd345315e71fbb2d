"""A program that asks the API: a test client with a token, and the answers as values."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from scenery import draw_picture
from site_of_tests import Site
from sqlalchemy import select
from werkzeug.test import TestResponse

from ipreg import batchtable, tokens
from ipreg.db import transaction, utc_now
from ipreg.models import Account, Scope
from ipreg.runtime import Runtime

EVERY_SCOPE = tuple(one.value for one in Scope)
FORM: dict[str, Any] = {
    "title": "云纹外套",
    "industry": "clothing",
    "creators": [{"name": "林晓"}],
    "created_on": "2026-02-01",
    "views": ["front"],
    "disclosure": "none",
}
HOOK = {"kind": "webhook", "name": "ERP", "address": "https://erp.example/hook"}
OFFER = {"kind": "licence", "taker_email": "freelancer@ipreg.example", "licence_kind": "ordinary"}
LETTER = {
    "kind": "warning", "truth": True, "holder_address": "上海市长宁路 1 号", "phone": "021-5555 0000",
    "addressee": "快手小铺",
}  # fmt: skip
RIGHT = {"kind": "design_patent", "number": "202630123456.0", "applied_on": "2026-03-02"}
DAYS_AWAY = {"from_on": "2030-05-01", "until_on": "2030-05-05"}
ZIP = "application/zip"


def small_batch() -> bytes:
    """One design in a ZIP, by the template of the table."""
    heads, out = batchtable.template("en").decode("utf-8-sig").splitlines()[0], io.BytesIO()
    given = {"title": "戒指", "industry": "jewellery", "creators": "林晓", "created_on": "2026-02-01",
             "disclosure": "none", "front": "ring.jpg"}  # fmt: skip
    columns = {batchtable.COLUMNS[name]: value for name, value in given.items()}
    row = ",".join(columns.get(head, "") for head in heads.split(","))
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("designs.csv", f"{heads}\n{row}\n")
        archive.writestr("ring.jpg", picture(96))
    return out.getvalue()


@dataclass
class Program:
    """With the token of ``name``'s account."""

    app: Flask
    token: str
    headers: dict[str, str] = field(default_factory=lambda: {"Accept-Language": "en"})

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(f"/api/v1{path}", headers=self._headers(headers))

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.client.post(f"/api/v1{path}", json={} if body is None else body, headers=self._headers(headers))

    def put(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.client.put(f"/api/v1{path}", json={} if body is None else body, headers=self._headers(headers))

    def delete(self, path: str, **headers: str) -> TestResponse:
        return self.client.delete(f"/api/v1{path}", headers=self._headers(headers))

    def write(self, method: str, path: str) -> TestResponse:
        """With an empty body, whatever it needs."""
        return self.client.open(f"/api/v1{path}", method=method, json={}, headers=self._headers({}))

    def file(self, form: dict[str, Any], *pictures: bytes, to: str = "/filings", **headers: str) -> TestResponse:
        """Files a design, or a version of one."""
        return self._post_form(
            {
                "filing": json.dumps(form),
                "pictures": [(io.BytesIO(one), f"{place}.jpg") for place, one in enumerate(pictures)],
            },
            to,
            headers,
        )

    def send(
        self, part: str, said: dict[str, Any], files: dict[str, bytes], to: str, **headers: str
    ) -> TestResponse:
        """A form of several parts: the JSON, and one file under each name."""
        named = {name: (io.BytesIO(data), f"{name}.jpg") for name, data in files.items()}
        return self._post_form({part: json.dumps(said), **named}, to, headers)

    def _post_form(self, parts: dict[str, Any], to: str, headers: dict[str, str]) -> TestResponse:
        return self.client.post(
            f"/api/v1{to}", data=parts, headers=self._headers(headers), content_type="multipart/form-data"
        )

    def bearing(self, kind: str) -> dict[str, str]:
        """Headers for a body of that kind."""
        return self._headers({"Content-Type": kind})

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Authorization": f"Bearer {self.token}", **self.headers, **named}


def token_for(runtime: Runtime, name: str, scopes: tuple[str, ...] = EVERY_SCOPE, days: int = 30) -> str:
    """A token of that account, made as the page makes it."""
    with transaction(runtime.sessions) as session:
        account = session.scalars(select(Account).where(Account.email == f"{name}@ipreg.example")).one()
        return tokens.make(session, account=account, name="test", scopes=scopes, days=days, now=utc_now())[1]


def program(site: Site, name: str, *scopes: str) -> Program:
    return Program(site.app, token_for(site.runtime, name, scopes or EVERY_SCOPE))


def picture(seed: int) -> bytes:
    return draw_picture(seed, (120, 160))
