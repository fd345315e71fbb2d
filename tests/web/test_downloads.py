"""Files keep their names, whatever script these are written in, and a name never breaks the answer."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scenery import draw_picture
from site_of_tests import Site
from sqlalchemy import select
from werkzeug.datastructures import Headers
from werkzeug.http import parse_options_header
from werkzeug.wrappers import Response

from ipreg.models import Draft
from ipreg.web.downloads import name_file


def name_in(headers: Headers) -> str | None:
    """As a browser reads it: off the wire, where only Latin letters can go."""
    said = headers["Content-Disposition"].encode("latin-1").decode("latin-1")
    return parse_options_header(said)[1].get("filename")


@pytest.mark.parametrize("name", ["云纹 外套.jpg", "a.jpg", 'say "hi".png', "ö;x=1.pdf", "👗.svg"])
def test_a_name_comes_out_as_it_went_in(name: str) -> None:
    assert name_in(name_file(Response(), name).headers) == name


@given(some.text())
def test_no_name_breaks_the_header(name: str) -> None:
    said = name_file(Response(), name).headers["Content-Disposition"]
    assert said.isascii() and said.isprintable()


def test_the_template_and_a_draft_s_file_have_chinese_names(site: Site) -> None:
    client = site.sign_in("designer")
    client.get("/language/zh")
    template = client.get("/filings/batches/template.csv")
    assert name_in(template.headers) == "批量备案模板.csv"
    client.get("/filings/new")
    with site.runtime.sessions() as session:
        draft = session.scalars(select(Draft)).one()
    sent = {"files": (io.BytesIO(draw_picture(4)), "云纹.jpg")}
    client.post(f"/filings/drafts/{draft.id}/files", data=sent)
    with site.runtime.sessions() as session:
        file = session.get_one(Draft, draft.id).files[0]
    kept = client.get(f"/filings/drafts/{draft.id}/files/{file.id}")
    assert (name_in(kept.headers), kept.data) == ("云纹.jpg", draw_picture(4))
