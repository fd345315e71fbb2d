"""A hearing on the site: called, moved, cancelled with a paper each; held with minutes that go into the bundle."""

from __future__ import annotations

import io
from datetime import timedelta

import pypdfium2
import pytest
from flask.testing import FlaskClient
from respondent import hearing_has_begun, issue_link, respond
from site_of_tests import Site
from sqlalchemy import select
from test_parties import build, refusal, sealed

from ipreg import verifier, workdays
from ipreg.casework import casebundle
from ipreg.db import utc_now
from ipreg.models import Case, CaseEvent, CasePaper, CaseState, Notice
from jobs import papers

DAY = workdays.shanghai_day(utc_now()) + timedelta(days=40)
LATER = DAY + timedelta(days=7)
ABOUT, FLOOD, SICK = "核对双方设计底稿与形成时间。", "听证室漏水，另行安排时间和地点。", "申请人书面撤回听证申请。"


@pytest.fixture
def answered(site: Site) -> FlaskClient:
    """The browser of a respondent who has answered."""
    path = issue_link(site)
    papers.run(site.runtime)
    client = site.app.test_client()
    client.post(path)
    respond(client)
    return client


def take(site: Site, action: str, *documents: tuple[bytes, str], **form: str) -> None:
    with site.runtime.sessions() as session:
        version = session.scalars(select(Case.row_version)).one()
    data: dict[str, object] = {"row_version": str(version), **form}
    data["document"] = [(io.BytesIO(content), name) for content, name in documents]
    answer = site.sign_in("regulator").post(f"/cases/{site.case}/steps/{action}", data=data)
    assert answer.status_code == 302, answer.text


def call(site: Site, action: str = "hearing_called", day: object = DAY, place: str = "三楼听证室") -> None:
    reason = ABOUT if action == "hearing_called" else FLOOD
    take(site, action, reason=reason, time=f"{day}T09:30", place=place)


def text_of(data: bytes) -> str:
    read = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(data))
    return "".join(read.split())


def test_a_hearing_that_is_moved_or_cancelled_has_a_paper_that_both_sides_get(
    site: Site, answered: FlaskClient
) -> None:
    call(site)
    call(site, "hearing_moved", LATER, "四楼会议室")
    take(site, "hearing_cancelled", reason=SICK)
    papers.run(site.runtime)
    with site.runtime.sessions() as session:
        made = session.scalars(select(CasePaper).order_by(CasePaper.id)).unique().all()[-3:]
        told = session.scalars(select(Notice).where(Notice.key == f"case-paper-{made[-1].id}")).unique().all()
    assert [one.kind.value for one in made] == ["hearing", "hearing", "cancellation"]
    assert {one.account.email.split("@")[0] for one in told} == {"designer", "enterprise"}
    called, moved, cancelled = (text_of(site.runtime.store.get(one.sha256)) for one in made)
    assert "听证通知书" in called and str(DAY) in called
    for words in ("听证改期通知书", "NewDayfortheHearing", f"{DAY}", f"{LATER}", "四楼会议室", "原定时间", "漏水"):
        assert words.casefold() in moved.casefold()
    for words in ("听证取消通知书", "CancellationoftheHearing", f"{LATER}", "四楼会议室", "请勿到场", "书面撤回",
                  "doesnottakeplace"):  # fmt: skip
        assert words.casefold() in cancelled.casefold()
    assert str(DAY) not in cancelled
    is_served_by_opening(site, answered, made[-1])


def is_served_by_opening(site: Site, respondent: FlaskClient, paper: CasePaper) -> None:
    owner = site.sign_in("designer")
    for client, path in ((owner, f"/cases/{site.case}/papers"), (respondent, "/respond/papers")):
        assert "听证取消通知书" in client.get(path.removesuffix("/papers")).text or client is owner
        for _ in range(2):
            answer = client.get(f"{path}/{paper.id}")
            assert answer.data == site.runtime.store.get(paper.sha256)
            answer.close()
    with site.runtime.sessions() as session:
        served = session.scalars(select(CaseEvent).where(CaseEvent.action == "paper_served")).all()
    of_it = [one.part for one in served if one.details["documents"][0]["sha256"] == paper.sha256]
    assert of_it == ["owner", "respondent"] and all(one.log_index for one in served)


def test_what_was_attached_to_steps_is_in_the_bundle_of_who_may_have_it(
    site: Site, answered: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(site)
    hearing_has_begun(site)
    take(site, "hearing_held", (b"what was said", "听证笔录.txt"), (b"%PDF who came", "签到.PDF"), reason=ABOUT)
    files = build(site.runtime)
    attached = {name: data for name, data in files.items() if name.startswith("documents/")}
    assert sorted(attached.values()) == [b"%PDF who came", b"what was said"]
    assert [name[-6:] for name in attached] == ["-1.txt", "-2.pdf"]
    key = verifier.Key.parse(str(site.runtime.log_key.verifier))
    report = verifier.verify_files(files, keys=[key], ordered=True)
    assert not [line for line in report.warnings if "not in this bundle" in line[1]]
    minutes = next(iter(attached))
    assert any(minutes in english for _, english in report.lines)
    changed = {**files, minutes: b"what was not said"}
    assert refusal(site.runtime, changed) == "file_changed"
    assert refusal(site.runtime, sealed(site.runtime, changed, site.case)) == "case_file_unlisted"
    owners = build(site.runtime, "designer")
    assert not [name for name in owners if name.startswith("documents/")]
    warned = verifier.verify_files(owners, keys=[key], ordered=True).warnings
    assert any("2 papers of the record are not in this bundle" in english for _, english in warned)
    monkeypatch.setattr(casebundle, "MOST_ATTACHED", 10)
    assert len([name for name in build(site.runtime) if name.startswith("documents/")]) == 1


def test_a_step_that_is_refused_keeps_no_file_and_none_is_left_out_silently(site: Site) -> None:
    officer, owner = site.sign_in("regulator"), site.sign_in("enterprise")
    place = site.runtime.config.var

    def kept() -> int:
        return sum(one.is_file() for one in (place / "files").rglob("*"))

    before = kept()
    for client, action, status in (
        (owner, "hearing_held", 409),
        (owner, "accepted", 403),
        (officer, "closed", 409),
    ):
        data = {"row_version": "2", "document": (io.BytesIO(b"anything at all"), "a.txt")}
        assert client.post(f"/cases/{site.case}/steps/{action}", data=data).status_code == status
    many = [(io.BytesIO(b"%d" % number), f"{number}.txt") for number in range(21)]
    answer = officer.post(f"/cases/{site.case}/steps/accepted", data={"row_version": "2", "document": many})
    assert answer.status_code == 400 and "20" in answer.text
    assert kept() == before
    with site.runtime.sessions() as session:
        assert session.scalars(select(Case.state)).one() is CaseState.FLAGGED
