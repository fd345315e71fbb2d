"""From filing to decision by programs alone: nobody but the other side, who has no account, ever opens a page."""

from __future__ import annotations

import base64
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from io import BytesIO

import pytest
from apps import create_app
from asking import token_for
from scenery import People, draw_picture, edited_copy
from serving import serving

from ipreg.client import ApiError, Client, FilingForm, NewCreator, NewNotice, NewSource, NewSubmission
from ipreg.db import transaction, utc_now
from ipreg.runtime import Runtime
from jobs import alerts, checkpoints, fingerprints, imports, matches, papers

pytestmark = pytest.mark.network
PICTURE = draw_picture(31)
REASON = "图案、廓形与备案一致，仅作镜像处理。"
FORM = FilingForm(
    title="折枝外套", industry="clothing", creators=[NewCreator(name="林晓")], created_on=date(2026, 2, 1),
    views=["front"], disclosure="none",
)  # fmt: skip


@dataclass(frozen=True)
class Programs:
    """One for each kind of account, and one without a token."""

    runtime: Runtime
    designer: Client
    enterprise: Client
    rival: Client
    regulator: Client
    auditor: Client
    administrator: Client
    anybody: Client

    def time_goes_by(self) -> None:
        for job in (imports, checkpoints, fingerprints, matches, alerts, papers):
            job.run(self.runtime, clock=utc_now)


@pytest.fixture
def programs(runtime: Runtime) -> Iterator[Programs]:
    with transaction(runtime.sessions) as session:
        People(session, utc_now())
    names = ("designer", "enterprise", "rival", "regulator", "auditor", "administrator")
    with serving(create_app(runtime.config)) as address, ExitStack() as stack:
        made = {name: stack.enter_context(Client(address, token_for(runtime, name))) for name in names}
        yield Programs(runtime, **made, anybody=stack.enter_context(Client(address)))


def test_from_filing_to_decision_without_a_page(programs: Programs) -> None:
    number = files_a_design(programs)
    sells_a_copy(programs)
    programs.time_goes_by()
    case = goes_to_the_regulator(programs, number)
    hears_the_other_side(programs, case)
    decides(programs, case)
    is_told_and_served(programs, case)
    looks_over_it(programs, case)


def files_a_design(programs: Programs) -> str:
    draft = programs.designer.new_draft(FORM, [("front.jpg", PICTURE)])
    filed = programs.designer.file_draft(draft.id)
    programs.time_goes_by()
    assert programs.designer.certificate(filed.number)[:4] == b"%PDF"
    record = programs.anybody.find_file(("front.jpg", PICTURE))
    assert record is not None and record.number == filed.number
    return filed.number


def sells_a_copy(programs: Programs) -> None:
    shop = programs.enterprise.new_source(NewSource(kind="push", name="ERP", platform="淘淘"))
    copy = "data:image/jpeg;base64," + base64.b64encode(edited_copy(PICTURE)).decode()
    row = {"platform": "淘淘", "listing_id": "1", "title": "外套", "seller": "快手小铺", "pictures": [copy]}
    (pushed,) = programs.enterprise.push([row], source=shop.id)
    programs.time_goes_by()
    assert programs.enterprise.import_state(pushed.import_id).kept == 1


def goes_to_the_regulator(programs: Programs, number: str) -> str:
    owner = programs.enterprise
    assert "alert" in {one.kind for one in owner.notices(unread=True)}
    (brief,) = owner.alerts(state="open")
    alert = owner.alert(brief.id)
    assert (alert.filing.number, alert.matches[0].listing.seller) == (number, "快手小铺")  # type: ignore[union-attr]
    assert list(programs.rival.alerts()) == []
    confirmed = owner.confirm(alert, note="抄袭我方设计")
    assert confirmed.case is not None
    return confirmed.case


def hears_the_other_side(programs: Programs, number: str) -> None:
    officer, owner = programs.regulator, programs.enterprise
    (queued,) = officer.cases(tab="waiting")
    assert officer.case(number).match.filing.number == queued.filing.number
    case = officer.take_step(officer.case(number), "accepted", reason="材料齐全，予以受理。")
    case = officer.take_step(case, "assigned", officer=officer.whoami().id)
    receipt = owner.hand_in(
        number, NewSubmission(kind="evidence", text="附上我方首次展出的照片。"), [("a.jpg", PICTURE)]
    )
    assert officer.submission_file(number, receipt.serial, 1) == PICTURE
    officer.add_note(number, "核对首次公开日期", side="owner")
    assert [one.text for one in owner.notes(number)] == ["核对首次公开日期"]
    notice = NewNotice(
        row_version=officer.case(number).row_version, name="快手小铺", contact="shop@shop.example", reason=REASON
    )
    assert "/respond/" in officer.issue_notice(number, notice).address
    case = officer.take_step(officer.case(number), "served", reason="电子送达，对方已确认收到。")
    case = officer.take_step(case, "responded", reason="对方口头承认，无书面答辩。")
    assert case.state == "response_received"


def decides(programs: Programs, number: str) -> None:
    officer = programs.regulator
    drafted = officer.draft_reasons(number, "infringing", "zh")
    assert drafted
    decided = officer.take_step(officer.case(number), "decided", outcome="infringing", reason=REASON)
    assert (decided.state, decided.outcome) == ("decided", "infringing")
    assert officer.statistics().tables and programs.anybody.public_figures().tables is not None


def is_told_and_served(programs: Programs, number: str) -> None:
    owner = programs.enterprise
    programs.time_goes_by()
    seen = owner.case(number)
    assert (seen.outcome, seen.decision_reason) == ("infringing", REASON)
    decision = next(one for one in owner.papers(number) if one.kind == "decision")
    assert owner.paper(number, decision.id)[:4] == b"%PDF"
    assert "owner" in next(one for one in owner.papers(number) if one.id == decision.id).served_at
    bundle = zipfile.ZipFile(BytesIO(owner.case_bundle(number)))
    assert bundle.testzip() is None
    with pytest.raises(ApiError) as refused:
        programs.rival.case(number)
    assert refused.value.status == 404


def looks_over_it(programs: Programs, number: str) -> None:
    assert programs.auditor.case(number).outcome == "infringing"
    acts = {one.action for one in programs.auditor.audit_trail(who="regulator@ipreg.example")}
    assert {"api_cases.take_step", "api_parties.issue_notice"} <= acts
    assert programs.administrator.whoami().role == "administrator"
    with pytest.raises(ApiError) as refused:
        programs.administrator.case(number)
    assert refused.value.status == 403
