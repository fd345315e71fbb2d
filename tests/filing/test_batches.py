from __future__ import annotations

import csv
import io
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from apps import create_app
from databases import Databases
from flask import Flask
from flask.testing import FlaskClient
from papers import open_prepared
from scenery import PASSWORD, HandClock, People, draw_picture
from sqlalchemy import func, select

from ipreg import batchtable
from ipreg.batchzip import MAX_TABLE, BatchZip
from ipreg.db import transaction
from ipreg.errors import CallerError, IpregError
from ipreg.models import Batch, Disclosure, Filing, FilingState
from ipreg.runtime import Runtime
from jobs import batches as job
from jobs import openings

PICTURES = {f"图/{n}.jpg": draw_picture(n, (60, 80)) for n in range(3)}
HEAD = "名称,行业,设计人,创作日期,主视图,首次公开,密封\n"
TABLE = (
    HEAD
    + "外套一,服装,林晓 60%、周宁 40%,2026-01-31,图/0.jpg,尚未公开,\n外套二,Clothing,林晓,2026/1/31,1.jpg,,是\n"
)


def packed(table: str | bytes = TABLE, *, name: str = "designs.csv", **more: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, table)
        for path, data in {**PICTURES, **more}.items():
            archive.writestr(path, data)
    return out.getvalue()


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
def client(runtime: Runtime) -> FlaskClient:
    app: Flask = create_app(runtime.config)
    app.config.update(WTF_CSRF_ENABLED=False, TESTING=True)
    client = app.test_client()
    client.post("/sign-in", data={"email": "designer@ipreg.example", "password": PASSWORD})
    return client


def upload(client: FlaskClient, data: bytes) -> str:
    sent = {"batch": (io.BytesIO(data), "批次.zip")}
    answer = client.post("/filings/batches", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def titles(runtime: Runtime) -> list[str]:
    with runtime.sessions() as session:
        return list(session.scalars(select(Filing.title).order_by(Filing.id)))


def test_a_batch_is_checked_then_filed_and_twice_is_once(client: FlaskClient, runtime: Runtime) -> None:
    first = packed()
    page = upload(client, first)
    assert client.post(page).status_code == 409, "not before it is checked"
    assert job.run(runtime) == 2
    assert "全部备案（2 件）" in client.get(page).text and titles(runtime) == []
    assert client.post(page).status_code == client.post(page).status_code == 302
    assert client.get(f"{page}/progress").json == {"state": "running", "total": 2, "done": 0, "kept": 0}
    assert job.run(runtime) == 2
    assert "已备案 2 件设计" in client.get(page).text and titles(runtime) == ["外套一", "外套二"]
    assert upload(client, first) == page, "the same ZIP is the same batch"
    again = upload(client, packed(TABLE + "外套三,服装,林晓,2026-01-31,2.jpg,,\n"))
    assert again != page
    job.run(runtime)
    client.post(again)
    job.run(runtime)
    assert titles(runtime) == ["外套一", "外套二", "外套三"], "what was filed is not filed again"
    with runtime.sessions() as session:
        one, two, _ = session.scalars(select(Filing).order_by(Filing.id))
        assert (one.creator, one.disclosure) == ("林晓、周宁", Disclosure.NONE)
        assert (one.state, two.state) == (FilingState.OPEN, FilingState.SEALED)


def test_only_the_good_rows_are_filed_and_each_bad_one_says_why(client: FlaskClient, runtime: Runtime) -> None:
    rows = "无图,服装,林晓,2026-01-31,没有.jpg,,\n,服装,林晓,明天,0.jpg,,\n=1+1,汽车,林晓,2026-01-31,0.jpg,,\n"
    page = upload(client, packed(TABLE + rows))
    job.run(runtime)
    shown = client.get(page).text
    for words in ("备案其中合格的 2 件", "ZIP 中没有“没有.jpg”", "名称：请填写此项", "创作日期：", "行业："):
        assert words in shown, words
    report = list(csv.reader(io.StringIO(client.get(f"{page}/report.csv").data.decode("utf-8-sig"))))
    assert [row[0] for row in report[1:]] == ["2", "3", "4", "5", "6"] and report[5][1] == "'=1+1"
    client.post(page)
    job.run(runtime)
    assert titles(runtime) == ["外套一", "外套二"]


def test_what_was_meant_to_be_sealed_is_never_filed_open(client: FlaskClient, runtime: Runtime) -> None:
    head = HEAD.replace("密封", "Sealed (yes/no),Opens on,Rights wanted")
    said = [
        ("yes", "", "", ""), ("✓", "", "", ""), ("no", "", "", ""), ("sealed until 2027", "", "", "密封："),
        ("", "2099-01-01", "", "公开日期："), ("no", "", "Invention", "“Invention”"),
    ]  # fmt: skip
    lines = (
        f"外套{n},服装,林晓,2026-01-31,0.jpg,,{sealed},{opens},{right}\n"
        for n, (sealed, opens, right, _) in enumerate(said)
    )
    page = upload(client, packed(head + "".join(lines)))
    job.run(runtime)
    shown = client.get(page).text
    for *_, words in said:
        assert words in shown, words
    client.post(page)
    job.run(runtime)
    with runtime.sessions() as session:
        states = session.scalars(select(Filing.state).order_by(Filing.id)).all()
    assert states == [FilingState.SEALED, FilingState.SEALED, FilingState.OPEN]


def test_a_killed_run_goes_on_with_the_next_row(
    client: FlaskClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = upload(client, packed())
    job.run(runtime)
    client.post(page)
    original = job._file

    def once(*given: object) -> None:
        original(*given)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(job, "_file", once)
    with pytest.raises(KeyboardInterrupt):
        job.run(runtime)
    monkeypatch.undo()
    assert len(titles(runtime)) == 1
    job.run(runtime)
    assert len(titles(runtime)) == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "ZIP"),
        (b"PK\x03\x04 cut off", "ZIP"),
        (packed("名称,行业\n外套,服装\n"), "表格缺少以下列：设计人/Creators"),
        (packed(HEAD), "表格中没有数据行"),
        (packed(HEAD + '"外套,服装\n'), "引号没有闭合"),
        (packed(HEAD.replace("密封", "Seal it?") + "外套,服装,林晓,2026-01-31,0.jpg,,yes\n"), "Seal it?"),
        (packed(HEAD.replace("首次公开", "Sealed") + "外套,服装,林晓,2026-01-31,0.jpg,yes,\n"), "“密封”重复"),
        (packed(HEAD.replace(",密封", "") + "外套,服装,林晓,2026-01-31,0.jpg,,是\n"), "“是”上方没有列名"),
        (packed(HEAD + "外套,服装,林晓,2026-01-31,0.jpg,,是,x\n"), "第 2 行"),
        (packed(HEAD + "外套,服装,林晓,2026-01-31,0.jpg,,\n" * 501), "每批最多 500 件"),
        (packed(b"\x00\x01\x02\x00"), "表格不是文本"),
        (packed(**{"second.csv": b"x"}), "有且只有一个 CSV"),
    ],
)
def test_what_is_no_batch_is_told(client: FlaskClient, data: bytes, words: str) -> None:
    sent = {"batch": (io.BytesIO(data), "b.zip")}
    answer = client.post("/filings/batches", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 400 and words in answer.text and 'id="fault-batch"' in answer.text


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_template_filled_in_any_office_is_read(client: FlaskClient, locale: str, encoding: str) -> None:
    client.get(f"/language/{locale}")
    text = client.get("/filings/batches/template.csv").data.decode("utf-8-sig")
    ((line, values),) = batchtable.read_table(text.encode(encoding))
    assert (line, values["industry"], values["disclosure"]) == (2, "clothing", "none")
    assert values["creators"] == [["林晓", "60"], ["周宁", "40"]]
    assert values["rights_wanted"] == ["design_patent"]
    assert values["files"]["detail"] == ["001-a.jpg", "001-b.jpg"]


def test_hostile_zips_are_bounded_and_lead_nowhere() -> None:
    bomb = packed("x" * (MAX_TABLE + 1))
    with pytest.raises(CallerError, match="file_too_large"):
        BatchZip(io.BytesIO(bomb), most_bytes=1000).table()
    lying = bytearray(packed(**{"big.jpg": bytes(5000)}))
    at = lying.rindex(b"PK\x01\x02", 0, lying.rindex(b"big.jpg"))
    struct.pack_into("<I", lying, at + 24, 10)  # the list says ten bytes
    with pytest.raises(CallerError):
        BatchZip(io.BytesIO(lying), most_bytes=1000).read("big.jpg")
    archive = BatchZip(io.BytesIO(packed(**{"../../etc/passwd": b"x", "/abs/a.jpg": b"y"})), most_bytes=1000)
    with pytest.raises(CallerError, match="batch_file_missing"):
        archive.read("../../etc/passwd")
    assert archive.read("abs/a.jpg") == b"y"


def test_names_written_by_windows_in_china_are_found() -> None:
    data = packed(name="t.csv", **{"zz.jpg": b"gbk"}).replace(b"zz.jpg", "图.jpg".encode("gbk") + b"")
    assert len("图.jpg".encode("gbk")) == len(b"zz.jpg")
    assert BatchZip(io.BytesIO(data), most_bytes=1000).read("图.jpg") == b"gbk"


def test_no_count_of_filings_changes_by_looking(client: FlaskClient, runtime: Runtime, clock: HandClock) -> None:
    page = upload(client, packed())
    client.get(page)
    kept = [one.read_bytes() for one in runtime.config.var.rglob("*") if one.is_file()]
    assert not any(b"PK\x03\x04" in one for one in kept), "it lies encrypted"
    assert client.post(f"{page}/discard").status_code == 302
    assert client.get(page).status_code == 404
    with runtime.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Filing)) == 0
    openings.run(runtime, clock=clock)
    assert not list((runtime.config.var / "vault").glob("*"))


def test_a_long_report_comes_in_pages_and_the_bad_rows_alone(client: FlaskClient, runtime: Runtime) -> None:
    lines = (f"外套 {n},服装,林晓,2026-01-31,{'0.jpg' if n == 7 else f'没有{n}.jpg'},," for n in range(230))
    page = upload(client, packed(HEAD + "\n".join(lines)))
    assert job.run(runtime) == 230
    first, last = client.get(page).text, client.get(f"{page}?page=3").text
    assert "外套 7<" in first and "外套 100<" not in first and len(first.encode()) < 200_000
    assert "外套 229<" in last and "外套 199<" not in last and "page=2" in last and "page=4" not in last
    assert "外套 7<" not in client.get(f"{page}?state=bad").text
    assert client.get(f"{page}?state=x&page=99").text.count("<tr>") == 1 + 30
    assert len(list(csv.reader(io.StringIO(client.get(f"{page}/report.csv").text)))) == 231


def test_what_a_zip_may_hold_is_named_before_it_is_sent(client: FlaskClient) -> None:
    assert "最多 8000 个文件，每个不超过 20 MB，整个 ZIP 不超过 260 MB" in client.get("/filings/batches").text


def test_a_batch_that_cannot_be_read_keeps_no_other_waiting(client: FlaskClient, runtime: Runtime) -> None:
    """Nor one that is forgotten while it is being checked."""
    lost, forgotten, good = (upload(client, packed(TABLE, note=bytes([n]))) for n in range(3))
    with transaction(runtime.sessions) as session:
        held = session.get_one(Batch, int(lost.rpartition("/")[2])).vault_key
        assert held is not None
        runtime.store.sweep(held)
    client.post(f"{forgotten}/discard")
    with pytest.raises(IpregError):
        job.run(runtime)
    assert "全部备案（2 件）" in client.get(good).text
