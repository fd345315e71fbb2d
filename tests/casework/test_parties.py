"""The parties of a case: links, what is handed in, signed papers, and the bundle that strangers check."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from respondent import ANSWER, REASON, decide, issue_link, respond, state
from scenery import HandClock, design_form, draw_picture, one_picture
from site_of_tests import Site, hidden
from sqlalchemy import func, select, update

from ipreg import registry, verifier
from ipreg.casework import casebundle, conflicts, links, machine, retention
from ipreg.db import transaction, utc_now
from ipreg.errors import IpregError
from ipreg.log import verify_log
from ipreg.models import (
    Account,
    AuditRow,
    Case,
    CaseEvent,
    CasePaper,
    CaseState,
    Filing,
    Match,
    Notice,
    RespondentLink,
    Submission,
)
from ipreg.runtime import Runtime
from ipreg.tlog.note import sign_note
from jobs import checkpoints, papers
from jobs import retention as retention_job


@pytest.fixture
def opened(site: Site) -> FlaskClient:
    """A respondent's browser that has opened its link."""
    path = issue_link(site)
    papers.run(site.runtime)
    client = site.app.test_client()
    assert "打开案件" in client.get(path).text
    assert client.post(path).status_code == 302
    return client


def test_a_respondent_opens_the_link_answers_and_gets_a_receipt_that_is_in_the_log(
    site: Site, opened: FlaskClient
) -> None:
    assert state(site) is CaseState.AWAITING_RESPONSE
    page = opened.get("/respond").text
    assert "答复期限" in page and "张三" not in page and "designer@" not in page
    for side in ("filed", "seen"):
        assert opened.get(f"/respond/pictures/{side}?size=320").status_code == 200
        assert opened.get(f"/respond/pictures/{side}").status_code == 404
    receipt = respond(opened, ANSWER, (draw_picture(5), "设计稿.jpg")).text  # type: ignore[attr-defined]
    assert f"{site.case}/1" in receipt and "设计稿.jpg" in receipt
    again = respond(opened, ANSWER, (draw_picture(5), "设计稿.jpg")).text  # type: ignore[attr-defined]
    assert f"{site.case}/1" in again
    checkpoints.run(site.runtime)
    assert "刚刚验证通过" in opened.get("/respond/receipts/1").text
    with site.runtime.sessions() as session:
        one = session.scalars(select(Submission)).unique().one()
        event = session.scalars(select(CaseEvent).where(CaseEvent.action == "responded")).one()
        assert one.digest in json.dumps(event.details) and one.files[1].sha256 in json.dumps(event.details)
        assert ANSWER not in event.note and "张三" not in event.who
        acted = session.scalars(select(AuditRow).where(AuditRow.actor.like("respondent:%"))).all()
        assert {row.action for row in acted} >= {"respond.open_link", "respond.submit"}
        secret = opened.get_cookie("respondent", path="/respond")
        assert secret is not None and not [row for row in acted if secret.value in row.details]
    assert state(site) is CaseState.RESPONSE_RECEIVED
    owner = site.sign_in("designer")
    assert ANSWER in owner.get(f"/cases/{site.case}/submissions/1").text
    assert "张三" not in owner.get(f"/cases/{site.case}/parties").text


def test_a_link_opens_once_and_only_in_one_browser(site: Site) -> None:
    path = issue_link(site)
    one, other = site.app.test_client(), site.app.test_client()
    assert other.get(path).status_code == 200  # looking spends nothing
    assert one.post(path).status_code == 302
    for answer in (one.get(path), one.post(path)):
        assert (answer.status_code, answer.headers["Location"]) == (302, "/respond")
    for answer in (other.get(path), other.post(path)):
        assert answer.status_code == 403 and "只能使用一次" in answer.text
    assert other.get("/respond").status_code == 403
    assert one.get("/respond").status_code == 200


def test_a_link_that_is_replaced_revoked_or_expired_opens_nothing(site: Site, opened: FlaskClient) -> None:
    newer = issue_link(site)
    assert opened.get("/respond").status_code == 403  # the session of the link before has ended
    with transaction(site.runtime.sessions) as session:
        session.execute(update(RespondentLink).values(expires_at=utc_now()))
    assert "已过期" in site.app.test_client().get(newer).text
    newest = issue_link(site)
    site.sign_in("regulator").post(f"/cases/{site.case}/parties/revoke")
    assert "已被撤回" in site.app.test_client().post(newest).text


def test_guessing_is_slowed_down_and_kept_off_the_log_of_addresses(site: Site) -> None:
    client = site.app.test_client()
    statuses = [client.get(f"/respond/{number:043d}").status_code for number in range(links.MOST_GUESSES + 2)]
    assert statuses[:-2] == [404] * links.MOST_GUESSES and statuses[-2:] == [400, 400]
    path = issue_link(site)
    assert client.get(path).status_code == 400
    assert client.get(path, environ_base={"REMOTE_ADDR": "198.51.100.7"}).status_code == 200
    client.post(path)
    with site.runtime.sessions() as session:
        token = path.rpartition("/")[2]
        assert not [row for row in session.scalars(select(AuditRow)) if token in row.details + row.subject]
        assert not [one for one in session.scalars(select(RespondentLink)).unique() if token in one.token_hash]


@pytest.mark.parametrize("ended", [CaseState.CLOSED, CaseState.WITHDRAWN, CaseState.MERGED])
def test_after_the_case_has_ended_neither_link_nor_session_opens_it(site: Site, ended: CaseState) -> None:
    path = issue_link(site)
    client = site.app.test_client()
    client.post(path)
    later = issue_link(site)
    other = site.app.test_client()
    other.get(later)
    with transaction(site.runtime.sessions) as session:
        session.execute(update(Case).values(state=ended))
    assert "案件已结" in other.post(later).text
    assert client.get("/respond").status_code == 403


def test_a_session_knows_its_own_case_and_nothing_else_of_the_site(site: Site, opened: FlaskClient) -> None:
    for path in ("/cases", f"/cases/{site.case}", f"/filings/{site.filing}", "/listings/1/pictures/0"):
        assert "/sign-in" in opened.get(path).headers["Location"]
    assert opened.get("/respond/receipts/7").status_code == 404
    assert opened.get("/respond/papers/7").status_code == 404
    forged = site.app.test_client()
    forged.set_cookie("respondent", "x" * 43, path="/respond")
    assert forged.get("/respond").status_code == 403


@pytest.mark.parametrize(
    ("form", "files", "told"),
    [
        ({"text": "短"}, [], "fault-text"),
        ({"text": ANSWER, "kind": "bribe"}, [], "fault-kind"),
        ({"text": ANSWER}, [(b"MZ\x90\x00 not a picture", "合同.pdf")], "fault-files"),
        ({"text": ANSWER}, [(draw_picture(5)[:400], "a.jpg")], "fault-files"),
        ({"text": ANSWER}, [(draw_picture(5), "a.jpg"), (draw_picture(5), "b.jpg")], "fault-files"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_kept(
    site: Site, opened: FlaskClient, form: dict[str, str], files: list[tuple[bytes, str]], told: str
) -> None:
    data: dict[str, object] = {"kind": "statement", "request_key": "k", **form}
    data["files"] = [(io.BytesIO(content), name) for content, name in files]
    answer = opened.post("/respond", data=data, content_type="multipart/form-data")
    assert answer.status_code == 400 and f'id="{told}"' in answer.text
    assert form["text"] in answer.text
    with site.runtime.sessions() as session:
        assert session.scalar(select(Submission.id)) is None


def test_what_is_confidential_is_read_by_the_authority_and_by_who_handed_it_in(
    site: Site, opened: FlaskClient
) -> None:
    respond(opened, ANSWER, confidential="1")
    assert opened.get("/respond/receipts/1").status_code == 200
    assert site.sign_in("regulator").get(f"/cases/{site.case}/submissions/1").status_code == 200
    for name in ("designer", "freelancer"):
        client = site.sign_in(name)
        assert client.get(f"/cases/{site.case}/submissions/1").status_code == 404
        assert client.get(f"/cases/{site.case}/submissions/1/files/0").status_code == 404


def test_every_way_to_read_what_is_confidential_stands_in_the_audit_trail(site: Site, opened: FlaskClient) -> None:
    respond(opened, ANSWER, (draw_picture(5), "设计稿.jpg"), confidential="1")
    with site.runtime.sessions() as session:
        event = session.scalars(select(CaseEvent).where(CaseEvent.action == "responded")).one()
    officer = site.sign_in("regulator")
    documents = f"documents/{event.position}"
    ways = ("submissions/1", "submissions/1/files/1", f"{documents}/1", f"{documents}/2", "bundle.zip")
    for count, path in enumerate(ways, 1):
        answer = officer.get(f"/cases/{site.case}/{path}")
        assert answer.status_code == 200
        answer.close()
        with site.runtime.sessions() as session:
            read = session.scalars(select(AuditRow).where(AuditRow.action == "case.confidential")).all()
            assert [row.subject for row in read] == [f"{site.case}/1"] * count
    respond(opened, ANSWER + "另附公开的说明。", request_key="k2")
    assert officer.get(f"/cases/{site.case}/submissions/2").status_code == 200
    with site.runtime.sessions() as session:
        read = session.scalars(select(AuditRow).where(AuditRow.action == "case.confidential")).all()
    assert len(read) == len(ways)


# --- Papers and bundle


def build(runtime: Runtime, name: str = "regulator") -> dict[str, bytes]:
    with runtime.sessions() as session:
        reader = session.scalars(select(Account).where(Account.email == f"{name}@ipreg.example")).one()
        case_id = session.scalars(select(Case.id)).one()
    return verifier.read_zip(casebundle.build(runtime, case_id, reader=reader, clock=utc_now))


def sealed(
    runtime: Runtime, files: dict[str, bytes], number: str, form: str = verifier.CASE_BUNDLE_FORMAT
) -> dict[str, bytes]:
    """As somebody with the log's own key would sign the changed files again."""
    members = [(name, data) for name, data in files.items() if name not in (verifier.SUMS, verifier.CONTENTS)]
    sums = verifier.sums_of(members)
    note = sign_note(verifier.contents_text(number, sums, form), [runtime.log_key])
    return {verifier.SUMS: sums, verifier.CONTENTS: note.encode(), **dict(members)}


def refusal(runtime: Runtime, files: dict[str, bytes]) -> str:
    with pytest.raises(verifier.Refused) as fault:
        verifier.verify_files(files, keys=[verifier.Key.parse(str(runtime.log_key.verifier))])
    return fault.value.code


def test_a_decision_is_signed_served_and_proved_by_a_bundle_that_refuses_every_change(
    site: Site, opened: FlaskClient, tmp_path: Path
) -> None:
    respond(opened, ANSWER, (draw_picture(5), "设计稿.jpg"))
    decide(site)
    runtime = site.runtime
    with runtime.sessions() as session:
        found = session.scalars(select(CasePaper).order_by(CasePaper.id)).unique().all()
    assert [one.kind.value for one in found] == ["acceptance", "notice", "decision"]
    decision = found[-1]
    assert papers.run(runtime) == 0
    with runtime.sessions() as session:
        told = session.scalars(select(Notice).where(Notice.kind == "case_paper")).unique().all()
    assert {one.account.email.split("@")[0] for one in told} == {"designer", "enterprise"} and len(told) == 6
    page = opened.get("/respond").text
    assert "处理决定书" in page or "决定" in page
    given = opened.get(f"/respond/papers/{decision.id}")
    assert given.data == runtime.store.get(decision.sha256)
    place = tmp_path / "decision.pdf"
    place.write_bytes(given.data)
    given.close()
    if shutil.which("pdfsig"):
        told = subprocess.run(["pdfsig", place], capture_output=True, text=True, check=False).stdout
        assert "Signature is Valid" in told and "Total document signed" in told
    with runtime.sessions() as session:
        served = session.scalars(select(CaseEvent).where(CaseEvent.action == "paper_served")).all()
        assert [(one.part, one.details["documents"][0]["sha256"]) for one in served] == [
            ("respondent", decision.sha256)
        ]
    check_the_bundle(site, decision)


def check_the_bundle(site: Site, decision: CasePaper) -> None:
    runtime = site.runtime
    files = build(runtime)
    key = verifier.Key.parse(str(runtime.log_key.verifier))
    report = verifier.verify_files(files, keys=[key], ordered=True)
    told = " ".join(english for _, english in report.lines)
    assert report.number == site.case and decision.sha256 in told and "decided_infringing" in told
    assert not [line for line in report.warnings if "not in this bundle" in line[1]]
    steps = [name for name in files if re.fullmatch(r"case/\d{3}\.json", name)]
    middle, last = steps[2], steps[-1]

    def changed(name: str, change: object) -> dict[str, bytes]:
        return sealed(runtime, {**files, name: change(files[name])}, site.case)  # type: ignore[operator]

    pdf = next(name for name in files if "decision" in name)
    answer = next(name for name in files if name.endswith("statement.txt"))
    evidence = next(name for name in files if "evidence-01" in name)
    outcome = next(name for name in steps if b"decided_infringing" in files[name])
    assert refusal(runtime, {**files, pdf: files[pdf] + b"x"}) == "file_changed"
    assert refusal(runtime, changed(pdf, lambda data: data + b"x")) == "case_file_unlisted"
    assert refusal(runtime, changed(answer, lambda _: "换了说法。".encode())) == "case_file_unlisted"
    assert refusal(runtime, changed(evidence, lambda _: draw_picture(6))) == "case_file_unlisted"
    forged = changed(outcome, lambda data: data.replace(b"decided_infringing", b"decided_not_infring"))
    assert refusal(runtime, forged) == "step_commitment_wrong"
    proof = middle.replace(".json", ".tlog-proof")
    swapped = sealed(runtime, {**files, proof: files[last.replace(".json", ".tlog-proof")]}, site.case)
    assert refusal(runtime, swapped) == "step_commitment_wrong"
    without = {name: data for name, data in files.items() if not name.startswith(middle.removesuffix(".json"))}
    assert refusal(runtime, sealed(runtime, without, site.case)) == "file_extra"
    shorter = {name: data for name, data in files.items() if not name.startswith(last.removesuffix(".json"))}
    assert refusal(runtime, sealed(runtime, shorter, site.case)) == "proof_wrong"
    assert refusal(runtime, sealed(runtime, files, "AJ2026-0000009-9")) == "step_wrong"
    owners = build(runtime, "designer")
    assert not [name for name in owners if "张三".encode() in owners[name] or b"a@b.cn" in owners[name]]


INTERNAL = "两位同事意见不一，先按严重程度三处理。"
PROPOSED = "拟认定侵权：图案、廓形与备案一致。"
SENT_BACK = "说理不足，请补充比对意见后再报。"


def grave(site: Site) -> None:
    """An officer makes the case grave and proposes a decision, another sends it back; he proposes anew."""
    officer, second = site.sign_in("regulator"), site.sign_in("second-regulator")
    for client, action, form in (
        (officer, "severity_set", {"severity": "3", "reason": INTERNAL}),
        (officer, "proposed", {"outcome": "infringing", "reason": PROPOSED, "unheard": PROPOSED}),
        (second, "sent_back", {"reason": SENT_BACK}),
        (officer, "proposed", {"outcome": "not_infringing", "reason": "主要视图不同，不构成近似，不予认定。"}),
    ):
        with site.runtime.sessions() as session:
            form["row_version"] = str(session.scalars(select(Case.row_version)).one())
        answer = client.post(f"/cases/{site.case}/steps/{action}", data=form)
        assert answer.status_code == 302, answer.text


def test_parties_read_nothing_that_is_the_authoritys_own(site: Site, opened: FlaskClient) -> None:
    respond(opened)
    grave(site)
    papers.run(site.runtime)
    officials = site.sign_in("regulator").get(f"/cases/{site.case}").text
    assert all(words in officials for words in (INTERNAL, PROPOSED, SENT_BACK))
    secrets = (INTERNAL, PROPOSED, SENT_BACK, "主要视图不同", "regulator@")
    for name in ("enterprise", "designer"):
        client = site.sign_in(name)
        page = client.get(f"/cases/{site.case}").text
        assert REASON in page and not [one for one in secrets if one in page]
        files = verifier.read_zip(client.get(f"/cases/{site.case}/bundle.zip").data)
        told = b"".join(data for name, data in files.items() if name != "verifier.py")
        assert REASON.encode() in told
        assert not [one for one in (*secrets, '"proposed"', "severity") if one.encode() in told]
        assert_holds(site, files)


def assert_holds(site: Site, files: dict[str, bytes]) -> None:
    """What is told is proved, and that the withheld steps stand between; no change of them passes."""
    runtime = site.runtime
    report = verifier.verify_files(files, keys=[verifier.Key.parse(str(runtime.log_key.verifier))], ordered=True)
    kept = [name for name in files if re.fullmatch(r"case/\d{3}\.leaf", name)]
    with runtime.sessions() as session:
        steps = session.scalar(select(func.count()).select_from(CaseEvent))
    assert len(kept) == 5  # who has the case, the severity, two proposals, one sent back
    told = [english for _, english in report.lines if english.startswith("Step ")]
    assert len(told) == steps and sum("withheld" in line for line in told) == len(kept)
    assert any(f"words of {len(kept)} steps are withheld" in english for _, english in report.warnings)
    one, other = (name.removesuffix(".leaf") for name in kept[1:3])
    swapped = {**files, f"{one}.leaf": files[f"{other}.leaf"], f"{other}.leaf": files[f"{one}.leaf"]}
    assert refusal(runtime, sealed(runtime, swapped, site.case)) == "step_commitment_wrong"
    for this, that in ((one, other), (other, one)):
        swapped[f"{this}.tlog-proof"] = files[f"{that}.tlog-proof"]
    assert refusal(runtime, sealed(runtime, swapped, site.case)) == "step_wrong"
    without = {name: data for name, data in files.items() if not name.startswith(one)}
    assert refusal(runtime, sealed(runtime, without, site.case)) == "file_extra"
    forged = {**files, f"{one}.leaf": files[f"{one}.leaf"].replace(b"case_event", b"filing")}
    assert refusal(runtime, sealed(runtime, forged, site.case)) == "step_wrong"
    assert refusal(runtime, sealed(runtime, files, site.case, "ipreg-case-bundle/1")) == "file_extra"


def test_the_authoritys_bundle_withholds_nothing_and_its_first_form_still_holds(
    site: Site, opened: FlaskClient
) -> None:
    respond(opened)
    grave(site)
    runtime = site.runtime
    keys = [verifier.Key.parse(str(runtime.log_key.verifier))]
    files = build(runtime, "regulator")
    assert not [one for one in files if one.endswith(".leaf")]
    assert SENT_BACK.encode() in b"".join(files.values())
    first = sealed(runtime, files, site.case, "ipreg-case-bundle/1")
    assert verifier.verify_files(first, keys=keys).number == site.case


def test_who_may_not_see_the_filing_gets_the_case_without_it(site: Site, opened: FlaskClient) -> None:
    respond(opened, ANSWER, (draw_picture(5), "设计稿.jpg"))
    runtime = site.runtime
    papers.run(runtime)
    whole = build(runtime)
    original = next(one for one in whole if one.startswith("originals/"))
    with transaction(runtime.sessions) as session:
        session.execute(update(Filing).values(files_destroyed_at=utc_now()))
    keys = [verifier.Key.parse(str(runtime.log_key.verifier))]
    for name in ("regulator", "designer"):
        files = build(runtime, name)
        assert not [one for one in files if one.startswith(("originals/", "stamps/", "proof/manifest"))]
        report = verifier.verify_files(files, keys=keys, ordered=True)
        assert report.number == site.case and report.stamps and report.title == ""
        assert any("not in this bundle: its pictures" in english for _, english in report.warnings)
        assert [one for one in files if one.startswith("papers/")] and len(files) > 20
        slipped_in = sealed(runtime, {**files, original: whole[original]}, site.case)
        assert refusal(runtime, slipped_in) == "file_extra"


def test_both_owners_of_a_conflict_get_a_bundle_each_without_the_design_of_the_other(
    site: Site, clock: HandClock
) -> None:
    runtime = site.runtime
    number = conflict(site, clock)
    later, earlier, officer = (site.sign_in(name) for name in ("freelancer", "designer", "regulator"))
    data = {
        "kind": "statement",
        "text": ANSWER,
        "request_key": "k",
        "files": (io.BytesIO(draw_picture(5)), "a.jpg"),
    }
    assert later.post(f"/cases/{number}/submissions", data=data).status_code == 302
    secret = {
        "kind": "statement",
        "text": "底价与客户名单，仅供主管部门。",
        "request_key": "s",
        "confidential": "1",
    }
    assert earlier.post(f"/cases/{number}/submissions", data=secret).status_code == 302
    with runtime.sessions() as session:
        version = session.scalars(select(Case.row_version).where(Case.number == number)).one()
    officer.post(f"/cases/{number}/assign", data={"row_version": str(version)})
    page = officer.get(f"/cases/{number}/parties").text
    notice = {"row_version": hidden(page, "row_version"), "name": "在后备案人", "reason": REASON}
    assert officer.post(f"/cases/{number}/parties/notice", data=notice).status_code == 302
    papers.run(runtime)
    assert f"/cases/{number}/bundle.zip" in later.get(f"/cases/{number}/parties").text
    keys = [verifier.Key.parse(str(runtime.log_key.verifier))]
    for client, originals, foreign in (
        (later, False, (b"designer@", "云纹外套".encode())),
        (earlier, True, (b"freelancer@", "镜像外套".encode())),
    ):
        answer = client.get(f"/cases/{number}/bundle.zip")
        assert answer.status_code == 200
        files = verifier.read_zip(answer.data)
        assert verifier.verify_files(files, keys=keys, ordered=True).number == number
        assert any(name.startswith("originals/") for name in files) is originals
        assert any(name.endswith("evidence-01.jpg") for name in files)
        told = b"".join(content for name, content in files.items() if name != "verifier.py")
        assert not [one for one in (*foreign, b"regulator@") if one in told]
        assert any("notice" in name for name in files), "its description is plain text, and names no title"
        assert ("客户名单".encode() in told) is originals


def conflict(site: Site, clock: HandClock) -> str:
    """A later filing of the freelancer against the design of the site; number of the case."""
    with transaction(site.runtime.sessions) as session:
        earlier = session.scalars(select(Filing)).one()
        freelancer = session.scalars(select(Account).where(Account.email == "freelancer@ipreg.example")).one()
        later = registry.register_design(
            session, site.runtime.store, applicant=freelancer, form=design_form("镜像外套"),
            pictures=one_picture(7), request_key="later", now=clock(),
        )  # fmt: skip
        match = Match(
            filing=earlier, view=earlier.views[0], later_filing=later, later_view=later.views[0], found_at=clock(),
            probability=0.99, reason={}, algorithm="x/1",
        )  # fmt: skip
        session.add(match)
        session.flush()
        return conflicts.open_and_tell(session, match=match, now=clock()).number


def test_steps_of_the_first_formats_keep_addresses_from_the_other_side(site: Site, opened: FlaskClient) -> None:
    """They named people by the address that they sign in with, and their log entries stay as they are."""
    respond(opened)
    with transaction(site.runtime.sessions) as session:
        session.execute(update(CaseEvent).values(form=2))
    with site.runtime.sessions() as session:
        case = session.scalars(select(Case)).one()
        designer, officer = (
            session.scalars(select(Account).where(Account.email == f"{name}@ipreg.example")).one()
            for name in ("designer", "regulator")
        )
        said = machine.event_statement(case, case.events[1])
        assert (said["format"], said["actor"]) == ("ipreg-case-event/2", "regulator@ipreg.example")
        shown = [one.action for one in case.events if casebundle.shown(case, one, designer)]
        assert [one for one in shown if one != "paper_issued"] == ["opened", "served", "responded"]
        assert all(casebundle.shown(case, one, officer) for one in case.events)


def test_a_form_that_is_sent_again_with_other_words_does_not_pass_for_the_first(
    site: Site, opened: FlaskClient
) -> None:
    respond(opened, ANSWER, (draw_picture(5), "设计稿.jpg"))
    for other in ({"text": "更正：来源为供应商，附采购合同。"}, {"kind": "statement"}, {"confidential": "1"}, {}):
        text = other.pop("text", ANSWER)
        page = respond(opened, text, **other)  # the last one without its file
        assert page.status_code == 400 and "尚未提交" in page.text and f"{site.case}/1" in page.text  # type: ignore[attr-defined]
    again = respond(opened, ANSWER, (draw_picture(5), "设计稿.jpg"))
    assert again.request.path == "/respond/receipts/1"  # type: ignore[attr-defined]
    for serial in (2, 3):  # without a key each is its own
        made = respond(opened, "更正：来源为供应商，附采购合同。", request_key="")
        assert made.request.path == f"/respond/receipts/{serial}"  # type: ignore[attr-defined]
    made = [respond(opened, ANSWER, request_key="k" * 200).request.path for _ in range(2)]  # type: ignore[attr-defined]
    assert made == ["/respond/receipts/4"] * 2


def test_when_the_time_to_keep_it_is_over_words_names_and_files_are_erased_and_the_log_still_holds(
    site: Site, opened: FlaskClient, clock: HandClock
) -> None:
    respond(opened, ANSWER, (draw_picture(5), "设计稿.jpg"))
    runtime = site.runtime
    officer = site.sign_in("regulator")
    with runtime.sessions() as session:
        case = session.scalars(select(Case)).one()
        version, who = str(case.row_version), str(case.officer_id)
    pause = {"row_version": version, "reason": REASON, "clock": "handling"}
    pause["document"] = (io.BytesIO(b"proof"), "回执.txt")  # type: ignore[assignment]
    assert officer.post(f"/cases/{site.case}/steps/clock_paused", data=pause).status_code == 302
    officer.post(f"/cases/{site.case}/notes", data={"note": "张三住在某处", "shared": "1"})
    officer.post(f"/cases/{site.case}/tasks", data={"task": "给张三打电话", "assignee": who})
    site.sign_in("second-regulator").post(f"/cases/{site.case}/tasks", data={"task": "张三来电", "assignee": who})
    with runtime.sessions() as session:
        assert [one for one in session.scalars(select(Notice)).unique() if "张三" in repr(one.values)]
    with transaction(runtime.sessions) as session:
        session.execute(update(Case).values(state=CaseState.CLOSED))
        (kept,) = [each for event in session.scalars(select(CaseEvent)) for each in retention.documents_of(event)]
        one = session.scalars(select(Submission)).unique().one()
        digest = one.files[1].sha256
    assert retention_job.run(runtime, clock=utc_now) == 0
    later = utc_now() + retention.KEEP_FOR * 1.01
    assert retention_job.run(runtime, clock=lambda: later) == 1
    assert retention_job.run(runtime, clock=lambda: later) == 0
    with runtime.sessions() as session:
        one = session.scalars(select(Submission)).unique().one()
        assert (one.text, one.files[1].given_name, one.link and one.link.name) == ("", "", retention.ERASED)
        verify_log(session, verifier=runtime.log_key.verifier)
        erasing = session.scalars(select(AuditRow).where(AuditRow.actor == "job:retention")).all()
        assert [(row.action, row.subject) for row in erasing] == [("retention.erase", site.case)]
        told = [repr(one.values) for one in session.scalars(select(Notice)).unique()]
        assert told and not [one for one in told if "张三" in one]
    with pytest.raises(IpregError):
        runtime.store.get(digest)
    assert "张三" not in officer.get(f"/cases/{site.case}").text
    assert runtime.store.get(kept["sha256"]) == b"proof"
    end = utc_now() + retention.DOCUMENTS_FOR * 1.01
    assert [retention_job.run(runtime, clock=lambda: end) for _ in range(2)] == [1, 0]
    with pytest.raises(IpregError):
        runtime.store.get(kept["sha256"])
    page = site.sign_in("regulator").get(f"/cases/{site.case}/submissions/1").text
    assert ANSWER not in page and "保存期满" in page and digest in page
