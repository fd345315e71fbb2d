"""Packages for the offices, and the calendar file."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scenery import HandClock, People, draw_picture
from sqlalchemy.orm import Session

from ipreg import registry
from ipreg.errors import CallerError
from ipreg.models import Disclosure, Filing, Industry, ObtainedKind, RightKind, ViewKind
from ipreg.registry import DesignForm, Picture
from ipreg.rights import ics
from ipreg.rights.clocks import Facts, Right, clocks_of
from ipreg.rights.packages import texts
from ipreg.rights.packages.build import Source, build
from ipreg.rights.packages.pictures import CNIPA, HAGUE, prepare
from ipreg.rights.packages.texts import Omitted, PackageKind, Texts, lacks_of
from ipreg.runtime import Runtime

WRITTEN = Texts(
    product_name="外套",
    product_use="用于穿着",
    essentials="在于形状与图案的结合",
    colours_claimed=True,
    omitted={ViewKind.BOTTOM: Omitted.UNSEEN, ViewKind.LEFT: Omitted.MIRRORED},
)


@pytest.fixture
def filing(session: Session, runtime: Runtime, people: People, clock: HandClock) -> Filing:
    kinds = (ViewKind.RIGHT, ViewKind.FRONT, ViewKind.DETAIL, ViewKind.PERSPECTIVE, ViewKind.DETAIL)
    return registry.register_design(
        session,
        runtime.store,
        applicant=people.designer,
        form=DesignForm(
            title="=云纹外套",
            industry=Industry.CLOTHING,
            creator="林晓、周宁",
            created_on=date(2026, 2, 1),
            locarno_class="02-02",
            rights_wanted=(RightKind.DESIGN_PATENT,),
            disclosure=Disclosure.RECOGNISED_EXHIBITION,
            first_disclosed_on=date(2026, 2, 20),
        ),
        pictures=[Picture(kind, f"{n}.jpg", draw_picture(n + 30, (2700, 1800))) for n, kind in enumerate(kinds)],
        request_key="package",
        now=clock(),
    )


def unpack(runtime: Runtime, filing: Filing, kind: PackageKind, written: Texts) -> dict[str, bytes]:
    source = Source(filing, written, runtime.store.get, str, filing.filed_at)
    with zipfile.ZipFile(io.BytesIO(build(kind, source))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def said(data: bytes) -> str:
    document = Document(io.BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(one.text for one in document.paragraphs), *cells])


def test_the_patent_package_has_the_office_s_names_sizes_and_words(runtime: Runtime, filing: Filing) -> None:
    found = unpack(runtime, filing, PackageKind.PATENT, WRITTEN)
    pictures = [name for name in found if name.endswith(".jpg")]
    assert pictures == [
        f"图片/{name}.jpg" for name in ("01-主视图", "02-右视图", "03-立体图", "04-局部放大图1", "05-局部放大图2")
    ]
    with Image.open(io.BytesIO(found[pictures[0]])) as image:
        assert image.info["dpi"] == (300, 300) and image.mode == "RGB"
        width, height = (side / 300 * 25.4 for side in image.size)
        assert 140 < height <= 150 and 210 < width <= 220  # as large as it may be, lying
    brief = said(found["简要说明.docx"])
    for part in (
        "名称：外套。",
        "用途：用于穿着。",
        "设计要点：在于形状与图案的结合。",
        "图片或者照片：立体图。",
        "仰视图所示的面使用时不容易看到或者看不到，省略仰视图。",
        "左视图与右视图对称，省略左视图。",
        "包含有色彩",
    ):
        assert part in brief
    assert "02-02" in said(found["请求书信息.docx"]) and "第二十四条" in said(found["请求书信息.docx"])
    checks = found["核对清单.txt"].decode("utf-8-sig")
    assert "[Missing] 后视图、俯视图:" in checks and "左视图" not in checks and "主视图" not in checks


def test_a_spreadsheet_program_runs_nothing_from_a_title(runtime: Runtime, filing: Filing) -> None:
    found = unpack(runtime, filing, PackageKind.WORKS, WRITTEN)
    rows = dict(csv.reader(io.StringIO(found["作品登记申请表.csv"].decode("utf-8-sig"))))
    assert rows["作品名称"] == "'=云纹外套"
    assert (
        rows["作者"] == "林晓、周宁"
        and rows["首次发表日期"] == "2026-02-20"
        and rows["创作完成日期"] == "2026-02-01"
    )
    assert "创作目的" in said(found["作品说明书.docx"])


def test_hague_reproductions_are_numbered_and_small_enough(runtime: Runtime, filing: Filing) -> None:
    found = unpack(runtime, filing, PackageKind.HAGUE, WRITTEN)
    assert [name for name in found if name.endswith(".jpg")] == [f"reproductions/1.{n}.jpg" for n in range(1, 6)]
    with Image.open(io.BytesIO(found["reproductions/1.1.jpg"])) as image:
        assert max(image.size) <= 1889 and min(image.convert("L").crop((0, 0, 1, 99)).tobytes()) > 225
    legends = found["reproductions.csv"].decode("utf-8-sig")
    assert "1.1.jpg,front" in legends and "1.3.jpg,perspective" in legends
    assert "English" in found["checklist.txt"].decode("utf-8-sig")


def test_what_is_missing_is_named_and_goes_away(filing: Filing) -> None:
    before = lacks_of(filing, Texts(), PackageKind.PATENT)
    assert before[0].views == (ViewKind.BACK, ViewKind.LEFT, ViewKind.TOP, ViewKind.BOTTOM)
    omitted = dict.fromkeys(before[0].views, Omitted.UNSEEN)
    whole = Texts(product_name="外套", product_use="穿", essentials="形状", omitted=omitted)
    assert lacks_of(filing, whole, PackageKind.PATENT) == []
    flat = Texts(product_name="布", product_use="穿", essentials="图案", flat=True)
    assert lacks_of(filing, flat, PackageKind.PATENT)[0].views == (ViewKind.BACK,)


def test_what_was_written_is_there_the_next_time(session: Session, filing: Filing) -> None:
    texts.keep_texts(session, filing=filing, account=filing.applicant, texts=WRITTEN, now=filing.filed_at)
    session.expire_all()
    assert texts.texts_of(session, filing) == WRITTEN
    with pytest.raises(CallerError) as fault:
        texts.keep_texts(
            session, filing=filing, account=filing.applicant, texts=Texts(purpose="x" * 2001), now=filing.filed_at
        )
    assert fault.value.field == "purpose"


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 900), st.integers(1, 900))
def test_no_shape_of_picture_leaves_the_office_s_limits(width: int, height: int) -> None:
    out = io.BytesIO()
    Image.new("RGB", (width * 4, height * 4), "red").save(out, "PNG")
    for size in (CNIPA, HAGUE):
        made = prepare(out.getvalue(), size)
        short, long = sorted(made.millimetres)
        assert short <= size.most[0] + 0.1 and long <= size.most[1] + 0.1
        assert size.dpi[0] <= made.dpi <= size.dpi[1] and len(made.data) <= size.most_bytes


def test_a_small_picture_is_printed_coarser_and_not_blown_up() -> None:
    made = prepare(draw_picture(1, (480, 600)), CNIPA)
    assert (made.width, made.height, made.small) == (480, 600, False) and made.dpi < 300
    assert prepare(draw_picture(1, (100, 120)), CNIPA).small


def test_the_calendar_file_is_read_back() -> None:
    facts = Facts(date(2026, 3, 2), date(2026, 2, 1), rights=(Right(ObtainedKind.DESIGN_PATENT, date(2026, 4, 1)),))
    data = ics.calendar(
        clocks_of(facts, date(2026, 5, 1)),
        number="YB2026-0000001-K",
        title="云纹, 外套; 很长的名称" + "云" * 60 + "\r\nBEGIN:VEVENT",
        address="https://registry.example/filings/YB2026-0000001-K/rights",
        host="registry.example",
        say=str,
        now=datetime(2026, 5, 1, tzinfo=UTC),
    )
    lines = data.decode().split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines) and lines[-1] == ""
    whole = data.decode().replace("\r\n ", "").split("\r\n")
    assert whole.count("BEGIN:VEVENT") == whole.count("END:VEVENT") == 3
    assert "DTSTART;VALUE=DATE:20261008" in whole and "DTEND;VALUE=DATE:20261009" in whole
    assert whole.count("TRIGGER:-P7D") == 3
    assert any(line.startswith(r"SUMMARY:Priority in China · 云纹\, 外套\; ") for line in whole)
