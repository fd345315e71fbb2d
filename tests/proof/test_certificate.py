"""The certificate: one page that other people's tools call valid, whatever was filed."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from papers import file_some
from scenery import HandClock, People, Picture, design_form, draw_picture

from ipreg import certificate, lookup, registry, typesetting
from ipreg.amending import version_of
from ipreg.authority import open_authority
from ipreg.bundle import to_pem
from ipreg.db import transaction
from ipreg.digests import digests
from ipreg.errors import ConflictError, UpstreamError
from ipreg.models import Certificate, Filing, ObtainedKind, ViewKind
from ipreg.registry import DesignForm
from ipreg.rights import records
from ipreg.rights.records import RightForm
from ipreg.runtime import Runtime
from ipreg.seal import open_seal
from ipreg.stamping import Authority
from ipreg.timestamps import Anchors

needs_poppler = pytest.mark.skipif(
    not shutil.which("pdfsig"), reason="NO PDFSIG HERE: install Debian's package poppler-utils"
)


def run(*words: str | Path) -> str:
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def issued(runtime: Runtime, clock: HandClock, tmp_path: Path) -> Path:
    filing_id, _ = file_some(runtime, clock)
    place = tmp_path / "certificate.pdf"
    place.write_bytes(certificate.obtain(runtime, filing_id, clock=clock))
    return place


@needs_poppler
def test_pdfsig_calls_it_valid_and_after_import_trusted(issued: Path, runtime: Runtime, tmp_path: Path) -> None:
    told = run("pdfsig", issued)
    assert "Signature is Valid" in told and "Total document signed" in told and "ETSI.CAdES.detached" in told
    if not shutil.which("certutil"):
        pytest.skip("no certutil: Debian's package libnss3-tools")
    database = f"sql:{tmp_path / 'nss'}"
    (tmp_path / "nss").mkdir()
    (tmp_path / "ca.pem").write_bytes(to_pem([open_seal(runtime.secrets, owner="", now=HandClock()()).ca]))
    run("certutil", "-N", "-d", database, "--empty-password")
    run("certutil", "-A", "-d", database, "-n", "registry", "-t", "C,C,C", "-i", tmp_path / "ca.pem")
    assert "Certificate is Trusted" in run("pdfsig", "-nssdir", database, issued)


@needs_poppler
def test_a_changed_certificate_is_not_valid(issued: Path) -> None:
    data = issued.read_bytes()
    spot = data.index(b"/MediaBox")
    issued.write_bytes(data[:spot] + b"/MediaBux" + data[spot + 9 :])
    assert "Signature is Valid" not in run("pdfsig", issued)


@needs_poppler
def test_the_page_states_the_facts_in_fonts_of_its_own(issued: Path, runtime: Runtime) -> None:
    text = run("pdftotext", "-layout", issued, "-")
    assert "设计预备案证书" in text and "云纹外套 2" in text and "林晓" in text and "锦绣服饰有限公司" in text
    assert "2026-03-02 09:00:00 UTC" in text and "第 2 条" in text and "5 条" in text and "非独立第三方" in text
    assert "是证据，不是权利" in text and "evidence, not a right" in text
    with runtime.sessions() as session:
        for view in session.get_one(Filing, 3).views:
            assert view.sha256 in text and view.file.sm3 in text
    fonts = run("pdffonts", issued).splitlines()[2:]
    assert all(line.split()[-5:-2] == ["yes", "yes", "yes"] for line in fonts), "embedded, subset, with Unicode"
    assert re.search(r"Pages:\s+1\n", run("pdfinfo", issued)) and "Tagged:          yes" in run("pdfinfo", issued)


@needs_poppler
def test_its_code_leads_to_the_public_page(issued: Path, tmp_path: Path) -> None:
    from ipreg.lookup import read_code

    run("pdftoppm", "-r", "200", "-png", "-singlefile", issued, tmp_path / "page")
    found = read_code((tmp_path / "page.png").read_bytes(), max_bytes=1 << 26, max_pixels=1 << 26)
    assert found == "YB2026-0000003-R"


def test_it_is_issued_once_and_stays_the_same(runtime: Runtime, clock: HandClock) -> None:
    filing_id, _ = file_some(runtime, clock)
    first = certificate.obtain(runtime, filing_id, clock=clock)
    clock.move(days=400)
    assert certificate.obtain(runtime, filing_id, clock=clock) == first
    with runtime.sessions() as session:
        kept = session.query(Certificate).one()
        assert (kept.size, kept.issued_at) == (len(first), HandClock()())


@needs_poppler
def test_it_names_the_rights_that_the_owner_shows_from_then_on(
    runtime: Runtime, clock: HandClock, tmp_path: Path
) -> None:
    filing_id, _ = file_some(runtime, clock, 1)
    first = certificate.obtain(runtime, filing_id, clock=clock)

    def record(number: str, *, public: bool, granted: bool = True) -> None:
        with transaction(runtime.sessions) as session:
            filing, day = session.get_one(Filing, filing_id), clock().date()
            form = RightForm(ObtainedKind.TRADE_MARK, number, day, day if granted else None, public=public)
            records.record_right(
                session, runtime.store, filing=filing, account=filing.owner, form=form, request_key=number,
                now=clock.move(days=1),
            )  # fmt: skip

    record("11111111", public=False)
    record("22222222", public=True, granted=False)
    assert certificate.obtain(runtime, filing_id, clock=clock) == first, "nothing of it is for everybody"
    record("33333333", public=True)
    second = certificate.obtain(runtime, filing_id, clock=clock)
    assert second != first and certificate.obtain(runtime, filing_id, clock=clock) == second
    (tmp_path / "second.pdf").write_bytes(second)
    text = run("pdftotext", "-layout", tmp_path / "second.pdf", "-")
    assert "Trade mark (China) 33333333 · 2026-03-0" in text and "11111111" not in text and "22222222" not in text
    assert "Signature is Valid" in run("pdfsig", tmp_path / "second.pdf")
    with transaction(runtime.sessions) as session:
        for one in (first, second):
            found = lookup.by_digest(session, digests(one).sha256)
            assert found is not None and found.certificate
        (shown,) = records.public_records(session, session.get_one(Filing, filing_id))
        records.retract(session, record=shown, account=shown.account, now=clock())
    assert certificate.obtain(runtime, filing_id, clock=clock) == first


def test_of_two_issued_at_once_one_stays(runtime: Runtime, clock: HandClock) -> None:
    filing_id, _ = file_some(runtime, clock, 1)
    with ThreadPoolExecutor(3) as pool:
        made = set(pool.map(lambda _: certificate.obtain(runtime, filing_id, clock=clock), range(3)))
    assert len(made) == 1


def test_the_unsigned_page_comes_out_the_same_each_time(runtime: Runtime, clock: HandClock) -> None:
    filing_id, _ = file_some(runtime, clock, 1)
    with runtime.sessions() as session:
        filing = session.get_one(Filing, filing_id)
        draft = certificate.prepare(session, runtime, filing, version_of(session, filing, 1))
    pages = {typesetting.set_page(draft.facts, draft.picture, at=draft.at) for _ in range(2)}
    assert len(pages) == 1


LONG = "锦绣云纹刺绣羊毛呢大衣，"


@needs_poppler
@pytest.mark.parametrize(
    ("title", "creator", "views"),
    [
        (LONG * 16 + "八字收尾之标题字", "阿" * 200, 12),
        ("W" * 200, "Maximiliane-Alexandra von und zu " * 6, 4),
        ("𠮷野家的龘䶮㛃", "𬻫喆犇", 1),
        ("قميص صيفي · เสื้อ · рубашка · ブラウス · 블라우스 👗", "Zoë Ångström", 1),
        ("#set page(width: 1mm) $x$ \\ [a](b) *c* `d` evil", "<b>&amp;", 1),
    ],
)
def test_whatever_was_filed_stays_on_one_page(
    runtime: Runtime, clock: HandClock, tmp_path: Path, title: str, creator: str, views: int
) -> None:
    with transaction(runtime.sessions) as session:
        people = People(session, clock())
        form = DesignForm(title, design_form().industry, creator.strip(), design_form().created_on)
        pictures = [Picture(ViewKind.DETAIL, "f" * 250 + ".jpg", draw_picture(n, (200, 160))) for n in range(views)]
        filing_id = registry.register_design(
            session, runtime.store, applicant=people.freelancer, form=form, pictures=pictures, request_key="k",
            now=clock(),
        ).id  # fmt: skip
    place = tmp_path / "c.pdf"
    place.write_bytes(certificate.obtain(runtime, filing_id, clock=clock))
    text = "".join(run("pdftotext", place, "-").split())
    assert "".join(typesetting.showable(title).split())[:12] in text or title.startswith("ق")
    assert re.search(r"Pages:\s+1\n", run("pdfinfo", place)) and "\u202e" not in text
    with runtime.sessions() as session:
        digests = [view.file.sm3 for view in session.get_one(Filing, filing_id).views]
    assert [digest for digest in digests if digest not in text] == [], "twelve pictures have all their digests"


def test_what_no_font_has_is_shown_by_its_code_point() -> None:
    assert typesetting.showable("甲\U00031fff乙") == "甲乙", "not assigned"
    assert typesetting.showable("a\u0000b\u200bc\n d") == "abc d"
    assert typesetting.showable("\U00013000") == "〔U+13000〕"


def test_the_seal_is_for_the_registry_alone(issued: Path, runtime: Runtime) -> None:
    assert issued.is_file()
    assert stat.S_IMODE((runtime.secrets / "seal.pem").stat().st_mode) == 0o600


def test_before_a_time_stamp_there_is_no_certificate(
    runtime: Runtime, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificate.stamping, "authorities_of", lambda *_, **__: [])
    with transaction(runtime.sessions) as session:
        people = People(session, clock())
        pictures = [Picture(ViewKind.FRONT, "a.jpg", draw_picture(1))]
        filing_id = registry.register_design(
            session, runtime.store, applicant=people.designer, form=design_form(), pictures=pictures,
            request_key="k", now=clock(),
        ).id  # fmt: skip
    with pytest.raises(ConflictError, match="certificate_not_yet"):
        certificate.obtain(runtime, filing_id, clock=clock)


def test_an_independent_authority_is_asked_before_ours(runtime: Runtime, clock: HandClock, tmp_path: Path) -> None:
    """One that is away and one that lies are passed over; what stands in the signature is the good one's."""
    asked: list[str] = []
    ours, other = (open_authority(tmp_path / name, owner=name, now=clock()) for name in ("ours", "other"))

    def authority(name: str, embedded: bool, made: object, answer: object) -> Authority:
        def ask(request: bytes) -> bytes:
            asked.append(name)
            return answer(request)  # type: ignore[operator,no-any-return]

        return Authority(name, embedded, Anchors((made.ca,)), None, ask)  # type: ignore[attr-defined]

    def away(_request: bytes) -> bytes:
        raise UpstreamError("authority_unreachable", reason="away")

    good = authority("good", False, other, lambda request: other.answer(request, now=clock()))
    liar = authority("liar", False, ours, lambda request: other.answer(request, now=clock()))
    embedded = authority("embedded", True, ours, lambda request: ours.answer(request, now=clock()))
    seal = open_seal(runtime.secrets, owner="x", now=clock())
    page = typesetting.set_page(_facts(runtime, clock), draw_picture(1), at=clock())
    certificate.sign(
        page, seal=seal, authorities=[embedded, authority("away", False, ours, away), liar, good], host="h"
    )
    assert asked == ["away", "liar", "good"]
    with pytest.raises(UpstreamError, match="certificate_no_authority"):
        certificate.sign(page, seal=seal, authorities=[liar], host="h")


def _facts(runtime: Runtime, clock: HandClock) -> dict[str, object]:
    filing_id, _ = file_some(runtime, clock, 1)
    with runtime.sessions() as session:
        filing = session.get_one(Filing, filing_id)
        return certificate.prepare(session, runtime, filing, version_of(session, filing, 1)).facts
