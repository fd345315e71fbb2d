"""The wizard as its users meet it: nothing that was entered is lost, and nothing is filed twice."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from apps import create_app
from databases import Databases
from flask import Flask
from flask.testing import FlaskClient
from kinds import pdf_scene, psd, svg_scene
from papers import open_prepared
from scenery import PASSWORD, HandClock, People, design_form, draw_picture, one_picture
from sqlalchemy import func, select
from test_filekinds import PE
from wizard import ABOUT, MAKERS, add_pictures, enter, file_by_wizard, fill, new_draft

from ipreg import registry
from ipreg.db import transaction
from ipreg.models import Account, Draft, Filing
from ipreg.runtime import Runtime
from jobs import matches, novelty, openings

FRONT = {"front.jpg": draw_picture(8, (120, 160))}


@pytest.fixture
def runtime(tmp_path: Path, databases: Databases, seal_file: Path, clock: HandClock) -> Iterator[Runtime]:
    (tmp_path / "var").mkdir()
    opened = open_prepared(tmp_path / "var", databases, seal_file)
    with transaction(opened.sessions) as session:
        People(session, clock())
    yield opened
    opened.sessions.kw["bind"].dispose()
    databases.drop(tmp_path / "var")


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    app = create_app(runtime.config)
    app.config.update(WTF_CSRF_ENABLED=False, TESTING=True)
    return app


def sign_in(app: Flask, name: str = "designer") -> FlaskClient:
    client = app.test_client()
    client.post("/sign-in", data={"email": f"{name}@ipreg.example", "password": PASSWORD})
    return client


def zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("notes.txt", data)
    return out.getvalue()


def shelves(runtime: Runtime) -> list[Path]:
    """Folders of encrypted files that lie on disk."""
    return list((runtime.config.var / "vault").glob("*"))


def filings(runtime: Runtime) -> int:
    with runtime.sessions() as session:
        return session.scalar(select(func.count()).select_from(Filing)) or 0


def test_filed_twice_in_two_tabs_is_one_filing(app: Flask, runtime: Runtime, clock: HandClock) -> None:
    client = sign_in(app)
    draft = fill(client, FRONT, title="新外套")
    first, second = client.post(f"{draft}/check"), client.post(f"{draft}/check")
    assert first.status_code == second.status_code == 302 and filings(runtime) == 1
    assert first.headers["Location"].split("?")[0] == second.headers["Location"].split("?")[0]
    assert client.get(f"{draft}/about").headers["Location"] in first.headers["Location"]
    assert "新外套" in client.get(first.headers["Location"]).text
    openings.run(runtime, clock=clock)
    assert shelves(runtime) == [], "its files were deleted"


def test_no_file_of_a_draft_lies_on_disk_in_the_clear(app: Flask, runtime: Runtime) -> None:
    client = sign_in(app)
    draft = fill(client, FRONT)
    ((_, data),) = FRONT.items()
    assert client.get(f"{draft}/files/1").data == data
    assert client.get(f"{draft}/files/1?size=320").data[:2] == b"\xff\xd8"
    kept = [one.read_bytes() for one in runtime.config.var.rglob("*") if one.is_file()]
    assert len(shelves(runtime)) == 1 and not any(data[100:200] in one or one[:2] == b"\xff\xd8" for one in kept)


def test_looking_at_the_wizard_leaves_one_empty_draft(app: Flask, runtime: Runtime) -> None:
    client = sign_in(app)
    assert new_draft(client) == new_draft(client)
    assert "草稿" not in client.get("/filings").text


@pytest.mark.parametrize(
    ("step", "change", "field"),
    [
        ("about", {"title": "  "}, "title"),
        ("about", {"title": "长" * 201}, "title"),
        ("about", {"industry": "cars"}, "industry"),
        ("about", {"locarno_class": "外星人"}, "locarno_class"),
        ("about", {"locarno_class": "家具"}, "locarno_class"),
        ("about", {"keywords": "，".join(f"词{n}" for n in range(30))}, "keywords"),
        ("makers", {"creator": ""}, "creator"),
        ("makers", {"creator": ["林晓", "周宁"], "share": ["60", "30"]}, "creator"),
        ("makers", {"creator": "林晓", "share": "viel"}, "creator"),
        ("makers", {"created_on": "yesterday"}, "created_on"),
        ("makers", {"disclosure": ""}, "disclosure"),
        ("makers", {"disclosure": "marketplace"}, "first_disclosed_on"),
        ("makers", {"sealed": "yes", "opens_on": "2020-01-01"}, "opens_on"),
    ],
)
def test_a_wrong_value_is_named_beside_its_field_and_kept(
    app: Flask, step: str, change: dict[str, object], field: str
) -> None:
    client = sign_in(app)
    draft = new_draft(client)
    values = {**(ABOUT if step == "about" else MAKERS), **change}
    answer = enter(client, draft, step, **values)
    assert answer.status_code == 400 and f'id="fault-{field}"' in answer.text
    for value in change.values():
        for one in value if isinstance(value, list) else [value]:
            assert not str(one).strip() or str(one) in client.get(f"{draft}/{step}").text or field == "industry"


def test_days_are_those_of_china(app: Flask, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """At five in the afternoon of New Year's Eve in Greenwich it is the new year in Shenzhen."""
    eve = datetime(2026, 12, 31, 17, tzinfo=UTC)
    monkeypatch.setattr("ipreg.web.drafts.utc_now", lambda: eve)
    client = sign_in(app)
    draft = fill(client, FRONT, created_on="2027-01-01")
    page = client.get(f"{draft}/makers").text
    assert 'max="2027-01-01"' in page and 'min="2027-01-02"' in page
    assert "/filings/YB2027-" in client.post(f"{draft}/check").headers["Location"]


def test_what_lacks_is_listed_before_it_can_be_filed(app: Flask, runtime: Runtime) -> None:
    client = sign_in(app)
    draft = new_draft(client)
    page = client.get(f"{draft}/check").text
    assert "添加一张" in page or "图片" in page
    assert "立即备案" not in page and f"{draft}/makers" in page
    assert client.post(f"{draft}/check").status_code == 400 and filings(runtime) == 0


def test_a_bad_file_is_named_and_the_good_ones_are_kept(app: Flask) -> None:
    client = sign_in(app)
    draft = new_draft(client)
    files = {"a.jpg": FRONT["front.jpg"], "b.jpg": PE, "c.png": draw_picture(3)[:2000], "d.doc": b"words"}
    answer = add_pictures(client, draft, files)
    assert answer.status_code == 400
    for words in ("b.jpg: 该文件是程序或脚本", "c.png: 图片已损坏", "d.doc: 此类文件不能单独提交", "a.jpg"):
        assert words in answer.text
    assert answer.text.count('class="draft-file"') == 1


def test_without_scripts_the_field_that_was_left_empty_is_no_fault(app: Flask) -> None:
    """A browser sends both fields, that for files and that for the camera."""
    client = sign_in(app)
    draft = new_draft(client)
    sent = [(io.BytesIO(draw_picture(1, (60, 80))), "a.jpg"), (io.BytesIO(b""), "")]
    answer = client.post(f"{draft}/files", data={"files": sent}, content_type="multipart/form-data")
    assert answer.status_code == 302 and "a.jpg" in client.get(f"{draft}/pictures").text
    nothing = [(io.BytesIO(b""), ""), (io.BytesIO(b""), "")]
    answer = client.post(f"{draft}/files", data={"files": nothing}, content_type="multipart/form-data")
    assert answer.status_code == 302


def test_views_are_guessed_moved_changed_and_taken_out(app: Flask, runtime: Runtime) -> None:
    client = sign_in(app)
    draft = new_draft(client)
    add_pictures(client, draft, {"背面.jpg": draw_picture(1, (60, 80)), "x.jpg": draw_picture(2, (60, 80))})
    add_pictures(client, draft, {"云纹.svg": svg_scene()})

    def kinds() -> list[tuple[int, str | None]]:
        with runtime.sessions() as session:
            return [(one.id, one.kind and one.kind.value) for one in session.scalars(select(Draft)).one().files]

    assert [kind for _, kind in kinds()] == ["back", "front", None]
    (back, _), (front, _), (drawing, _) = kinds()
    client.post(f"{draft}/pictures", data={"up": front})
    assert [file_id for file_id, _ in kinds()] == [front, back, drawing]
    client.post(f"{draft}/pictures", data={"order": [drawing, front, back], f"kind-{drawing}": "detail"})
    assert kinds() == [(drawing, "detail"), (front, "front"), (back, "back")]
    nonsense = {"kind-abc": "front", "kind-": "back", f"kind-{'9' * 5000}": "top", "order": ["x", "9" * 5000]}
    assert client.post(f"{draft}/pictures", data=nonsense).status_code == 302 and kinds()[0] == (drawing, "detail")
    client.post(f"{draft}/pictures", data={"remove": drawing})
    assert [file_id for file_id, _ in kinds()] == [front, back]
    assert client.get(f"{draft}/files/{front}?size=160").mimetype == "image/jpeg"


@pytest.mark.parametrize("sealed", ["", "yes"])
def test_design_files_are_filed_as_they_are_and_shown(app: Flask, sealed: str) -> None:
    """Where a library can; each can be had again as it was."""
    work = {"云纹.svg": svg_scene(), "线稿.pdf": pdf_scene(), "层.psd": psd(), "源.zip": zipped(b"notes")}
    client = sign_in(app)
    filed = file_by_wizard(client, {**FRONT, **work}, sealed=sealed).headers["Location"].split("?")[0]
    page = client.get(filed).text
    assert all(f"设计文件 · {name}" in page for name in work)
    for place, data in enumerate(work.values()):
        whole, shown = (client.get(f"{filed}/files/{place}{asked}") for asked in ("", "?size=320"))
        assert whole.data == data and whole.headers["Content-Disposition"].startswith("attachment")
        assert (shown.status_code, shown.mimetype) == ((200, "image/jpeg") if place < 3 else (404, "text/html"))
        assert page.count(f"/files/{place}?size=320") == (place < 3)
    assert sign_in(app, "rival").get(f"{filed}/files/0").status_code == 404


def test_another_tab_is_not_overwritten_unseen(app: Flask) -> None:
    client = sign_in(app)
    draft = new_draft(client)
    assert client.post(f"{draft}/about", data={**ABOUT, "revision": 0, "title": "甲"}).status_code == 302
    late = client.post(f"{draft}/about", data={**ABOUT, "revision": 0, "title": "乙"})
    assert late.status_code == 409 and 'value="乙"' in late.text, "what the second tab entered is still there"
    assert 'value="甲"' in client.get(f"{draft}/about").text
    revision = late.text.split('name="revision" value="')[1].split('"')[0]
    assert client.post(f"{draft}/about", data={**ABOUT, "revision": revision, "title": "乙"}).status_code == 302


def test_typing_is_saved_by_itself_and_told_where_it_cannot_be(app: Flask) -> None:
    client = sign_in(app)
    draft = new_draft(client)
    headers = {"X-Autosave": "1"}
    saved = client.post(f"{draft}/about", data={"title": "半", "revision": 0}, headers=headers)
    assert saved.json == {"revision": 1}
    stale = client.post(f"{draft}/about", data={"title": "完", "revision": 0}, headers=headers)
    assert (stale.status_code == 409 and "别人" not in stale.json["fault"]) or stale.json["fault"]
    assert "半" in client.get("/filings").text, "the draft stands in the list"


def test_signing_in_again_leads_back_to_the_step(app: Flask) -> None:
    draft = new_draft(sign_in(app))
    visitor = app.test_client()
    for answer in (visitor.get(f"{draft}/about"), visitor.post(f"{draft}/about", data={"title": "x"})):
        assert answer.status_code == 302
        assert f"next={draft}/about" in answer.headers["Location"].replace("%2F", "/")


def test_a_draft_is_its_account_s_alone(app: Flask) -> None:
    client = sign_in(app)
    draft = new_draft(client)
    add_pictures(client, draft, FRONT)
    for name in ("enterprise", "rival"):
        other = sign_in(app, name)
        for path in ("about", "files/1", "alike"):
            assert other.get(f"{draft}/{path}").status_code == 404
        assert other.post(f"{draft}/discard").status_code == 404


def test_a_discarded_draft_is_gone_with_its_files(app: Flask, runtime: Runtime, clock: HandClock) -> None:
    client = sign_in(app)
    draft = fill(client, FRONT)
    assert client.post(f"{draft}/discard").status_code == 302
    assert client.get(f"{draft}/about").status_code == 404
    openings.run(runtime, clock=clock)
    assert shelves(runtime) == []


def test_the_configured_limits_hold(app: Flask, runtime: Runtime) -> None:
    app.extensions["ipreg"] = replace(runtime, config=replace(runtime.config, max_file_bytes=1000, max_views=1))
    client = sign_in(app)
    draft = new_draft(client)
    assert "文件超过" in add_pictures(client, draft, FRONT).text
    app.extensions["ipreg"] = replace(runtime, config=replace(runtime.config, max_views=1))
    two = {"a.jpg": draw_picture(1, (60, 80)), "b.jpg": draw_picture(2, (60, 80))}
    assert "一次最多提交 1 张图片" in add_pictures(client, draft, two).text
    app.config["MAX_CONTENT_LENGTH"] = 1000
    assert client.post(f"{draft}/files", data={"files": (io.BytesIO(bytes(5000)), "a")}).status_code == 413


def test_what_is_alike_of_others_is_shown_where_it_is_open_and_told_where_it_is_sealed(
    app: Flask, runtime: Runtime, clock: HandClock
) -> None:
    """Its own is shown beside; nobody waits for the comparing."""
    with transaction(runtime.sessions) as session:

        def account(name: str) -> Account:
            return session.scalars(select(Account).where(Account.email == f"{name}@ipreg.example")).one()

        for name, sealed in (("rival", True), ("designer", False), ("freelancer", False)):
            registry.register_design(
                session, runtime.store, applicant=account(name), form=design_form(f"{name}的外套"),
                pictures=one_picture(1), request_key="r", sealed=sealed, now=clock(),
            )  # fmt: skip
    matches.run(runtime)
    client = sign_in(app)
    draft = fill(client, {"front.jpg": one_picture(1)[0].data})
    waiting = client.get(f"{draft}/check").text
    assert "正在与全部备案" in waiting and "立即备案" in waiting
    assert novelty.run(runtime) == 1
    page = client.get(f"{draft}/alike").text
    assert "他人的密封设计，备案时间 <time" in page and "您自己的备案" in page and "他人的备案" in page
    assert "rival" not in page and "freelancer" not in page and "几乎可以肯定" in page
    shown = [part.split('"')[0] for part in page.split("/alike/")[1:]]
    assert [client.get(f"{draft}/alike/{one}").status_code for one in shown] == [200, 200]
    (hidden,) = {"1", "2", "3"} - set(shown)
    assert client.get(f"{draft}/alike/{hidden}").status_code == 404
    led = re.findall(r'class="number" href="([^"]*)"', page)
    assert sorted(one.split("/")[1] for one in led) == ["filings", "verify"]
    assert all(client.get(one).status_code == 200 for one in led)
