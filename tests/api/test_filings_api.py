from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
from asking import FORM, Program, picture, program
from site_of_tests import Site

from ipreg.objects import LocalFiles


def test_a_design_is_filed_by_a_program_and_anybody_can_verify_it(site: Site) -> None:
    designer, data = program(site, "designer"), picture(50)
    made = designer.file(
        {**FORM, "creators": [{"name": "林晓", "share": "60"}, {"name": "周宁", "share": "40"}]}, data
    )
    assert made.status_code == 201, made.text
    number = made.json["number"]
    assert made.headers["Location"].endswith(f"/api/v1/filings/{number}")
    assert made.json["views"][0]["sha256"] == hashlib.sha256(data).hexdigest()
    anybody = site.app.test_client()
    record = anybody.get(f"/api/v1/verify?digest={hashlib.sha256(data).hexdigest()}").json
    assert (record["number"], record["matches"], record["proof"]["held"]) == (number, True, True)
    assert "title" not in record and "林晓" not in str(record)
    other = anybody.get(f"/api/v1/verify/{number}?digest={'0' * 64}").json
    assert other["matches"] is False
    assert anybody.get(f"/api/v1/verify?digest={'0' * 64}").json["code"] == "digest_unknown"
    assert anybody.get("/api/v1/log").json["size"] > record["proof"]["index"]


def test_the_same_key_files_once_and_another_request_with_it_is_refused(site: Site) -> None:
    designer = program(site, "designer")
    first = designer.file(FORM, picture(51), Idempotency_Key="order-7")
    again = designer.file(FORM, picture(51), Idempotency_Key="order-7")
    assert (again.status_code, again.data) == (201, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    other = designer.file({**FORM, "title": "另一件"}, picture(51), Idempotency_Key="order-7")
    assert (other.status_code, other.json["code"]) == (422, "key_reused")
    same_but_for_the_picture = designer.file(FORM, picture(52), Idempotency_Key="order-7")
    assert same_but_for_the_picture.status_code == 422
    assert len(designer.get("/filings").json["items"]) == 2, "the one of the site, and this one"


def test_a_refused_filing_leaves_its_key_free(site: Site) -> None:
    designer = program(site, "designer")
    wrong = designer.file({**FORM, "created_on": "2999-01-01"}, picture(53), Idempotency_Key="k")
    assert (wrong.status_code, wrong.json["field"]) == (400, "created_on")
    assert designer.file(FORM, picture(53), Idempotency_Key="k").status_code == 201


def test_every_fault_of_a_form_is_told_at_once_in_the_language_of_the_program(site: Site) -> None:
    designer = program(site, "designer")
    form = {**FORM, "industry": "food", "titel": "x", "created_on": "yesterday"}
    english = designer.file(form, picture(54))
    assert english.mimetype == "application/problem+json"
    assert english.json["code"] == "request_invalid"
    assert {(one["field"], one["code"]) for one in english.json["errors"]} == {
        ("industry", "choice_wrong"),
        ("titel", "field_unknown"),
        ("created_on", "date_wrong"),
    }
    chinese = designer.file(form, picture(54), Accept_Language="zh-CN,zh;q=0.9")
    assert chinese.headers["Content-Language"] == "zh"
    assert chinese.json["code"] == "request_invalid" and chinese.json["title"] == "请求有误"
    assert designer.file({**FORM, "views": ["front", "back"]}, picture(54)).json["code"] == "views_count"
    assert designer.file(FORM, b"no picture").json["field"] == "pictures-0"


def test_lists_are_paged_by_cursor_and_filtered(site: Site) -> None:
    designer = program(site, "designer")
    for serial in range(3):
        assert designer.file({**FORM, "title": f"戒指{serial}", "industry": "jewellery"}, picture(60 + serial))
    seen, path = [], "/filings?industry=jewellery&limit=2"
    first = designer.get(path)
    seen += [one["title"] for one in first.json["items"]]
    assert f"cursor={first.json['next']}" in first.headers["Link"]
    second = designer.get(f"{path}&cursor={first.json['next']}")
    seen += [one["title"] for one in second.json["items"]]
    assert (seen, second.json["next"]) == (["戒指2", "戒指1", "戒指0"], None)
    assert [one["title"] for one in designer.get("/filings?q=戒指1").json["items"]] == ["戒指1"]
    for wrong, code in (
        ("cursor=!!", "cursor_wrong"),
        ("limit=0", "request_invalid"),
        ("page=2", "request_invalid"),
    ):
        answer = designer.get(f"/filings?{wrong}")
        assert (answer.status_code, answer.json["code"]) == (400, code)


def test_what_did_not_change_is_not_sent_again(site: Site) -> None:
    designer = program(site, "designer")
    first = designer.get(f"/filings/{site.filing}")
    again = designer.get(f"/filings/{site.filing}", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert designer.get(f"/filings/{site.filing}", If_None_Match='"other"').status_code == 200


def test_certificate_bundle_versions_and_originals_are_handed_out(site: Site) -> None:
    designer = program(site, "designer")
    assert designer.get(f"/filings/{site.filing}/certificate").data.startswith(b"%PDF")
    with zipfile.ZipFile(io.BytesIO(designer.get(f"/filings/{site.filing}/bundle").data)) as bundle:
        assert "verifier.py" in " ".join(bundle.namelist())
    versions = designer.get(f"/filings/{site.filing}/versions").json["items"]
    assert [one["version"] for one in versions] == [1] and versions[0]["manifest"]["title"] == "云纹外套"
    view = designer.get(f"/filings/{site.filing}").json["views"][0]
    original = designer.get(f"/filings/{site.filing}/views/{view['position']}")
    assert hashlib.sha256(original.data).hexdigest() == view["sha256"]
    assert designer.get(f"/filings/{site.filing}/certificate?version=9").status_code == 404


def test_a_sealed_filing_stays_sealed_for_others(site: Site) -> None:
    number = program(site, "freelancer").file({**FORM, "sealed": True}, picture(70)).json["number"]
    for name in ("designer", "enterprise", "regulator", "administrator", "auditor"):
        assert program(site, name).get(f"/filings/{number}").status_code == 404
    mine: Program = program(site, "freelancer")
    assert mine.get(f"/filings/{number}").json["state"] == "sealed"


def test_the_next_version_is_chained_and_the_slower_of_two_is_told_so(site: Site) -> None:
    designer = program(site, "designer")
    seen = designer.get(f"/filings/{site.filing}").json
    stated = {**FORM, "title": "云纹外套 改", "views": ["back"], "seen_version": 1}
    made = designer.file(stated, picture(55), to=f"/filings/{site.filing}/versions")
    assert made.status_code == 201, made.text
    assert (made.json["version"], made.json["title"]) == (2, "云纹外套 改")
    assert [one["view"] for one in made.json["views"]] == ["front", "back"]
    assert made.json["log_index"] > seen["log_index"]
    first, second = designer.get(f"/filings/{site.filing}/versions").json["items"]
    assert (
        first["manifest"]["title"] == "云纹外套" and second["manifest"]["amends"]["log_index"] == first["log_index"]
    )
    late = designer.file(stated, picture(56), to=f"/filings/{site.filing}/versions")
    assert (late.status_code, late.json["code"]) == (409, "changed_meanwhile")
    words = {**FORM, "title": "又改", "views": [], "seen_version": 2, "keep": [seen["views"][0]["sha256"]]}
    fewer = designer.file(words, to=f"/filings/{site.filing}/versions").json
    assert (fewer["version"], len(fewer["views"])) == (3, 1)
    wrong = {**words, "seen_version": 3, "keep": ["0" * 64]}
    assert designer.file(wrong, to=f"/filings/{site.filing}/versions").json["field"] == "keep"
    for name, status in (("regulator", 403), ("rival", 404)):
        assert program(site, name).file(stated, to=f"/filings/{site.filing}/versions").status_code == status


@pytest.mark.parametrize("key", ["the same", ""])
def test_the_same_request_at_once_is_done_once_where_it_has_a_key(site: Site, key: str) -> None:
    asks, data = program(site, "designer"), picture(57)
    header = {"Idempotency_Key": key} if key else {}
    with ThreadPoolExecutor(4) as together:
        answers = list(together.map(lambda _: asks.file(FORM, data, **header), range(4)))
    assert {one.status_code for one in answers} == {201}, [one.text for one in answers]
    assert len({one.json["number"] for one in answers}) == (1 if key else 4)


def test_no_transaction_waits_for_the_store(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, engine = program(site, "designer"), site.app.extensions["ipreg"].sessions.kw["bind"]
    draft = owner.file(FORM, picture(94), to="/drafts").json["id"]
    held, write = dict[str, int](), LocalFiles.write

    def watched(files: LocalFiles, name: str, pieces: Iterable[bytes]) -> None:
        held[name] = engine.pool.checkedout()
        write(files, name, pieces)

    monkeypatch.setattr(LocalFiles, "write", watched)
    made = owner.file(FORM, picture(93))
    assert made.status_code == 201, made.text
    changed = {**FORM, "views": ["back"], "seen_version": 1}
    more = owner.file(changed, picture(95), to=f"/filings/{made.json['number']}/versions")
    assert more.status_code == 201, more.text
    assert owner.post(f"/drafts/{draft}/file").status_code == 201
    assert len(held) == 3 and set(held.values()) == {0}
