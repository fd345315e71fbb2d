"""What a reader of the pages would notice."""

from __future__ import annotations

import io
import sqlite3
from dataclasses import replace

import pytest
from apps import create_app
from kinds import svg_scene
from PIL import Image
from scenery import HandClock, draw_picture, edited_copy
from site_of_tests import Site
from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError
from wizard import file_by_wizard

from ipreg import amending
from ipreg.db import transaction
from ipreg.models import Account, Alert, Filing, LogNode, ObtainedKind
from ipreg.rights import records
from jobs import alerts as alert_job
from jobs import checkpoints, fingerprints, matches

GOOD = {
    "title": "新外套",
    "industry": "clothing",
    "creator": "林晓",
    "created_on": "2026-01-31",
    "request_key": "k9",
}


def upload(data: bytes, name: str = "a.jpg") -> tuple[io.BytesIO, str]:
    return io.BytesIO(data), name


def saved(image: Image.Image, kind: str, **more: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)  # type: ignore[arg-type]
    return out.getvalue()


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(Image.open(upload(draw_picture(4))[0]), "JPEG", exif=exif)


def test_chinese_is_the_default_and_english_a_choice_that_stays(site: Site) -> None:
    client = site.app.test_client()
    assert "登录" in client.get("/", headers={"Accept-Language": "en"}).text
    client.get("/language/en?next=/sign-in")
    assert "Sign in" in client.get("/").text
    assert client.get("/language/zh?next=//elsewhere.example/").headers["Location"] == "/"


def test_a_form_without_its_token_is_refused(site: Site) -> None:
    app = create_app(site.runtime.config)
    answer = app.test_client().post("/sign-in", data={"email": "a", "password": "b"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "data",
    [
        saved(Image.open(upload(draw_picture(5))[0]).convert("CMYK"), "JPEG"),
        saved(Image.open(upload(draw_picture(5))[0]).convert("I;16"), "PNG"),
        saved(Image.open(upload(draw_picture(5))[0]).convert("RGBA"), "PNG"),
        turned(),
        draw_picture(5, kind="WEBP"),
        draw_picture(5, (300, 360), "TIFF"),
    ],
    ids=["cmyk", "16 bit", "transparent", "turned", "webp", "tiff"],
)
def test_unusual_but_good_pictures_are_filed_and_shown(site: Site, data: bytes) -> None:
    client = site.sign_in("designer")
    answer = file_by_wizard(client, {"front.jpg": data})
    assert answer.status_code == 302
    page = client.get(answer.headers["Location"]).text
    assert "刚刚验证通过" in page
    number = answer.headers["Location"].split("/")[-1].split("?")[0]
    shown = client.get(f"/filings/{number}/views/0?size=320")
    assert Image.open(io.BytesIO(shown.data)).format == "JPEG"
    with client.get(f"/filings/{number}/views/0") as original:
        assert original.data == data


def test_ten_wrong_passwords_lock_the_account_for_a_while(site: Site) -> None:
    client = site.app.test_client()
    wrong = {"email": "designer@ipreg.example", "password": "not the password"}
    for _ in range(10):
        assert "账号或密码不对" in client.post("/sign-in", data=wrong).text
    assert "15 分钟" in client.post("/sign-in", data=wrong).text


def test_who_waited_in_vain_for_a_busy_database_is_told_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy() -> None:
        raise OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"))

    monkeypatch.setattr("ipreg.web.accounts._sign_up", busy)
    answer = site.app.test_client().post("/sign-up", data={"name": "王小满"})
    assert answer.status_code == 503 and "未作任何改动" in answer.text and "别人" not in answer.text


def test_two_officers_at_once_the_slower_is_told(site: Site) -> None:
    first, second = site.sign_in("regulator"), site.sign_in("second-regulator")
    page = second.get(f"/cases/{site.case}").text
    version = page.split('name="row_version" value="')[1].split('"')[0]
    assert first.post(f"/cases/{site.case}/assign", data={"row_version": version}).status_code == 302
    answer = second.post(f"/cases/{site.case}/assign", data={"row_version": version})
    assert answer.status_code == 409 and "刚刚有改动" in answer.text


def test_who_is_too_late_does_not_lose_what_he_wrote(site: Site) -> None:
    first, second = site.sign_in("regulator"), site.sign_in("second-regulator")
    version = second.get(f"/cases/{site.case}").text.split('name="row_version" value="')[1].split('"')[0]
    assert first.post(f"/cases/{site.case}/assign", data={"row_version": version}).status_code == 302
    given = {"row_version": version, "reason": "该案与备案设计明显不同，不予受理。"}
    answer = second.post(f"/cases/{site.case}/steps/not_accepted", data=given)
    assert answer.status_code == 409 and "刚刚有改动" in answer.text and given["reason"] in answer.text


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-01-01", "x"])
def test_a_moment_out_of_the_calendar_is_no_fault_of_ours(site: Site, moment: str) -> None:
    assert site.sign_in("regulator").get("/cases", query_string={"as_of": moment}).status_code == 200


def test_a_nul_is_refused_wherever_it_comes(site: Site) -> None:
    officer = site.sign_in("regulator")
    for path in ("/cases?search=a%00b", "/cases/AJ%00"):
        answer = officer.get(path)
        assert answer.status_code == 400 and "控制字符" in answer.text, path
    assert officer.post(f"/cases/{site.case}/notes", data={"note": "a\0b"}).status_code == 400


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "yesterday"])
def test_the_audit_page_says_which_day_is_none(site: Site, day: str) -> None:
    auditor = site.sign_in("auditor")
    assert auditor.get("/audit", query_string={"until": day}).status_code == 400
    assert auditor.get("/audit.csv", query_string={"until": day}).status_code == 400
    assert site.case in auditor.get("/audit", query_string={"subject": site.case.lower()}).text.upper()


def test_a_damaged_log_is_said_to_be_damaged(site: Site) -> None:
    checkpoints.run(site.runtime)
    assert "刚刚验证通过" in site.sign_in("designer").get(f"/filings/{site.filing}").text
    with transaction(site.runtime.sessions) as session:
        for node in session.scalars(select(LogNode)):
            node.hash = bytes(32)
    assert "该条目的日志证明不成立" in site.sign_in("designer").get(f"/filings/{site.filing}").text
    with transaction(site.runtime.sessions) as session:
        session.execute(delete(LogNode))
    assert "该条目的日志证明不成立" in site.sign_in("designer").get(f"/filings/{site.filing}").text


def test_an_alert_opens_while_a_job_writes(site: Site) -> None:
    client = site.sign_in("designer")
    assert client.get("/alerts/1").status_code == 200
    with site.runtime.sessions() as session:
        alert = session.get_one(Alert, 1)
        assert [one.account.name for one in alert.recipients if one.read_at] == ["designer"]


@pytest.mark.parametrize("path", [f"/alerts/{10**30}", f"/listings/{10**30}/pictures/0", f"/imports/{10**30}"])
def test_a_number_that_no_row_can_have_is_not_found(site: Site, path: str) -> None:
    assert site.sign_in("enterprise").get(path).status_code == 404


def test_mail_follows_the_chosen_language(site: Site) -> None:
    site.sign_in("enterprise").get("/language/en")
    with site.runtime.sessions() as session:
        enterprise = session.scalars(select(Account).where(Account.email == "enterprise@ipreg.example")).one()
        assert enterprise.locale == "en"


def test_a_case_shows_the_rights_obtained_and_what_was_amended(site: Site, clock: HandClock) -> None:
    officer = site.sign_in("regulator")
    assert "尚无记录" in officer.get(f"/cases/{site.case}").text
    with transaction(site.runtime.sessions) as session:
        filing = session.scalars(select(Filing).where(Filing.number == site.filing)).one()
        records.record_right(
            session,
            site.runtime.store,
            filing=filing,
            account=filing.applicant,
            form=records.RightForm(ObtainedKind.TRADE_MARK, "12345678", clock().date()),
            paper=None,
            request_key="right",
            now=clock(),
        )
        present = frozenset(view.sha256 for view in filing.views)
        changed = amending.Amendment(replace(amending.form_of(filing), title="新名"), present)
        amending.amend(
            session, site.runtime.store, filing=filing, account=filing.applicant, amendment=changed, seen_version=1,
            request_key="v2", now=clock.move(days=1),
        )  # fmt: skip
    page = officer.get(f"/cases/{site.case}").text
    assert "12345678" in page and "比较" in page


def test_whoever_is_warned_of_a_design_sees_it_and_gets_none_of_its_working_files(
    site: Site, clock: HandClock
) -> None:
    rival, designer = site.sign_in("rival"), site.sign_in("designer")
    copied = {"front.jpg": edited_copy(draw_picture(1)), "草图.svg": svg_scene()}
    later = file_by_wizard(rival, copied).headers["Location"].split("?")[0]
    for job in (fingerprints, matches, alert_job):
        job.run(site.runtime, clock=clock)
    assert designer.get(later).status_code == 200 and designer.get(f"{later}/views/0").status_code == 200
    kept = [f"{later}/{place}" for place in ("files/0", "files/0?size=320", "evidence.zip")]
    assert [designer.get(place).status_code for place in kept] == [404] * 3
    assert [rival.get(place).status_code for place in kept] == [200] * 3
    assert "/files/0" not in designer.get(later).text
    seen = designer.get(f"/filings/{site.filing}").text
    assert "再次出现" in seen or "/alerts/2" in seen
