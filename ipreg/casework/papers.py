"""The papers of a case: acceptance, refusal, notice, hearings and decision, in both languages, sealed and stamped.

A job makes the paper of each step that has one, once; its digest goes into the history of the case, and so into the
log. A party that opens a paper for the first time has been served; that too goes into the history.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ipreg import audit, certificate, stamping
from ipreg.casework import appeals, hearings, links, machine, rulings, submissions, telling
from ipreg.casework.machine import Document, Given
from ipreg.casework.owners import owners_of
from ipreg.casework.submissions import Party
from ipreg.casework.table import Part
from ipreg.casework.words import OUTCOMES
from ipreg.config import Config
from ipreg.db import Clock, transaction
from ipreg.digests import digests
from ipreg.errors import MissingError
from ipreg.i18n import translator
from ipreg.models import (
    Account,
    Capture,
    Case,
    CaseEvent,
    CaseKind,
    CaseOutcome,
    CasePaper,
    Filing,
    PaperKind,
    PaperService,
    Submission,
)
from ipreg.runtime import Runtime
from ipreg.seal import open_seal
from ipreg.typesetting import set_paper, showable

TITLES = {
    PaperKind.ACCEPTANCE: ("受理通知书", "Notice of Acceptance"),
    PaperKind.NON_ACCEPTANCE: ("不予受理通知书", "Notice of Non-acceptance"),
    PaperKind.NOTICE: ("涉嫌侵权告知书", "Notice of Alleged Infringement"),
    PaperKind.HEARING: ("听证通知书", "Notice of Hearing"),
    PaperKind.CANCELLATION: ("听证取消通知书", "Notice of Cancellation of the Hearing"),
    PaperKind.DECISION: ("处理决定书", "Decision"),
}
_MOVED = ("听证改期通知书", "Notice of a New Day for the Hearing")
FOR_THE_OWNER = frozenset({PaperKind.ACCEPTANCE, PaperKind.NON_ACCEPTANCE})
"""Papers that only the right holder gets."""
_NOTES = {
    PaperKind.NOTICE: ("告知事项", "What is alleged"),
    PaperKind.HEARING: ("听证事项", "What the hearing is about"),
    PaperKind.CANCELLATION: ("取消理由", "Why it does not take place"),
}
"""What the words of the step are on its paper, where they are not its reasons."""
_WHY_MOVED = ("改期理由", "Why it is moved")
_KINDS = {
    "accepted": PaperKind.ACCEPTANCE,
    "not_accepted": PaperKind.NON_ACCEPTANCE,
    "notice_issued": PaperKind.NOTICE,
    **dict.fromkeys(hearings.CALLS, PaperKind.HEARING),
    "hearing_cancelled": PaperKind.CANCELLATION,
    **{f"decided_{one.value}": PaperKind.DECISION for one in CaseOutcome},
}
_LOOK_BACK, _AT_ONCE = 1000, 20
_BEIJING = timezone(timedelta(hours=8))
# The ways and the times have to stand on a decision (Administrative Penalty Law, art. 59 no. 5).
_RIGHTS_ZH = (
    "不服本决定的，可自收到之日起六十日内，向{organ}申请行政复议"
    "（《行政复议法》第二十条、第二十四条；国务院部门作出的决定，见第二十五条），"
    "也可向人民法院起诉：对专利侵权纠纷的处理决定，自收到之日起十五日内（《专利法》第六十五条）；"
    "其他决定，自收到之日起六个月内（《行政诉讼法》第四十六条）。",
    "另可通过本案页面请本机关内部复核一次。内部复核不是行政复议，也不是诉讼，不影响上述期限的计算。",
)
_RIGHTS_EN = (
    "Who does not accept this decision may apply for administrative reconsideration within 60 days of receiving "
    "it, to {organ} (Administrative Reconsideration "
    "Law, arts. 20 and 24; for departments of the State Council art. 25), or sue: within 15 days of receiving it "
    "where it decides a dispute on the infringement of a patent (Patent Law, art. 65), within six months otherwise "
    "(Administrative Litigation Law, art. 46).",
    "Besides, this authority reviews its decision once if asked to on the page of the case. That review is neither "
    "reconsideration nor a suit, and the times above run on meanwhile.",
)
_ORGAN = "本机关所属的本级人民政府", "the people's government of the level that this authority belongs to"
_ONLINE = "行政复议可在网上申请：{address}", "Reconsideration can be applied for online: {address}"
_AUTHORITY = "市场监督管理部门 · Market Regulator"
_ANSWER_ZH = (
    "请自送达之日起十五日内提交说明、不侵权声明及证据；逾期未提交的，将依现有证据处理。"
    "您有权陈述和申辩（《行政处罚法》第四十五条）；拟作出第六十三条所列处罚的，"
    "可在告知后五个工作日内要求听证（第六十四条、第八十五条）。"
)
_ANSWER_EN = (
    "Hand in a statement, a declaration of non-infringement and evidence within 15 days of service; after that the "
    "case is decided on the evidence there is. You may state your case and defend yourself (Administrative Penalty "
    "Law, art. 45); where a penalty named in art. 63 is intended you may ask for a hearing within five working "
    "days of being told (arts. 64 and 85)."
)

_HEARING_ZH = (
    "可以亲自参加，也可以委托一至二人代理；认为主持人与本案有直接利害关系的，有权申请回避。"
    "无正当理由拒不出席或者未经许可中途退出的，视为放弃听证权利。（《行政处罚法》第六十四条）"
)
_HEARING_EN = (
    "Come yourself, or send one or two representatives; you may object to who presides if he has a stake in it. "
    "Who stays away or leaves without a good reason gives up the hearing (Administrative Penalty Law, art. 64)."
)

_CANCELLED_ZH = (
    "上述听证不再举行，请勿到场。本案继续办理；需要另行听证的，将另行通知。已提交的陈述、申辩和证据仍然有效。"
)
_CANCELLED_EN = (
    "That hearing does not take place; please do not come. The case goes on, and if there is to be another hearing "
    "you will get a notice of it. What you have stated and handed in still counts."
)

_BY_PAPER = "被投诉方已打开告知书。The other side opened the notice."


@dataclass(frozen=True)
class Draft:
    """All that a paper shows, read in one transaction."""

    kind: PaperKind
    number: str
    facts: dict[str, Any]
    at: datetime


def waiting(session: Session) -> list[int]:
    """Ids of the newest events that should have a paper and have none."""
    seen = session.scalar(select(func.max(CasePaper.event_id))) or 0
    wanted = (
        select(CaseEvent.id)
        .outerjoin(CasePaper, CasePaper.event_id == CaseEvent.id)
        .where(CaseEvent.id > seen - _LOOK_BACK, CaseEvent.action.in_(_KINDS), CasePaper.id.is_(None))
    )
    return list(session.scalars(wanted.order_by(CaseEvent.id).limit(_AT_ONCE)))


def issue(runtime: Runtime, event_id: int, *, clock: Clock) -> bool:
    """Makes the paper of the event; False where another process was faster. Call it with no transaction open."""
    with runtime.sessions() as session:
        draft = draft_of(session, runtime, session.get_one(CaseEvent, event_id))
    unsigned = set_paper("case.typ", draft.facts, {}, at=draft.at)
    pdf = certificate.sign(
        unsigned,
        seal=open_seal(runtime.secrets, owner=runtime.config.origin, now=clock()),
        authorities=stamping.authorities_of(runtime, clock=clock),
        host=_host(runtime),
        reason=f"{draft.facts['title_zh']} {draft.facts['title_en']}",
    )
    runtime.store.put(pdf)  # before the transaction: a slow store makes nobody wait
    acting = audit.acting("job:papers", "papers.issue", subject=draft.number)
    try:
        with acting, transaction(runtime.sessions) as session:
            _keep(session, runtime, event_id, draft, pdf, clock())
    except IntegrityError:
        return False
    return True


def _keep(session: Session, runtime: Runtime, event_id: int, draft: Draft, pdf: bytes, now: datetime) -> CasePaper:
    event = session.get_one(CaseEvent, event_id)
    case = session.get_one(Case, event.case_id)
    both = digests(pdf)
    made = CasePaper(
        case=case,
        event_id=event_id,
        kind=draft.kind,
        sha256=both.sha256,
        sm3=both.sm3,
        size=len(pdf),
        issued_at=now,
        services=[],
    )
    session.add(made)
    session.flush()
    given = Given(documents=(Document(draft.kind.value, file_name(made), made.sha256),))
    machine.record(
        session, case=case, actor=machine.SYSTEM, part=Part.SYSTEM, action="paper_issued", given=given, now=now
    )
    for filing in (case.match.filing, case.match.later_filing):
        if filing is not None:
            telling.paper_issued(session, case=case, paper=made, owners=owners_of(session, filing), now=now)
    return made


def papers_of(session: Session, case: Case, reader: Party) -> list[CasePaper]:
    """What the reader may read: all for officials and the right holder, not the first ones for the other side."""
    found = session.scalars(select(CasePaper).where(CasePaper.case_id == case.id).order_by(CasePaper.id)).unique()
    part = submissions.side_of(case, reader)
    return [one for one in found if part is not Part.RESPONDENT or one.kind not in FOR_THE_OWNER]


def find(session: Session, *, case: Case, paper_id: int, reader: Party) -> CasePaper:
    """One of those; raises ``MissingError``."""
    for one in papers_of(session, case, reader):
        if one.id == paper_id:
            return one
    raise MissingError("paper_missing")


def serve(session: Session, *, paper: CasePaper, reader: Party, now: datetime) -> bool:
    """Records that a party has it, the first time; officials are no parties.

    By a notice that the other side opens it is told, and its time to answer begins; by the decision the time in
    which that side may appeal.
    """
    part = submissions.side_of(paper.case, reader)
    label = f"account:{reader.id}" if isinstance(reader, Account) else f"respondent:{reader.id}"
    if part is None or any(one.reader == label for one in paper.services):
        return False
    waiting = appeals.unserved(paper.case)
    paper.services.append(PaperService(reader=label, part=part.value, served_at=now))
    actor = reader if isinstance(reader, Account) else links.actor_of(reader)
    given = Given(documents=(Document(paper.kind.value, file_name(paper), paper.sha256),))
    machine.record(session, case=paper.case, actor=actor, part=part, action="paper_served", given=given, now=now)
    if part in waiting and part not in appeals.unserved(paper.case):
        appeals.begin_time(paper.case, now)
    if part is Part.RESPONDENT and _is_last_notice(paper):
        links.notice_served(session, case=paper.case, how=_BY_PAPER, now=now)
    return True


def _is_last_notice(paper: CasePaper) -> bool:
    issued = [event.id for event in paper.case.events if event.action == "notice_issued"]
    return bool(issued) and paper.event_id == issued[-1]


def file_name(paper: CasePaper) -> str:
    """For instance ``AJ2026-0000001-1-decision-7.pdf``."""
    return f"{paper.case.number}-{paper.kind.value}-{paper.event_id}.pdf"


# --- What stands on them


def _host(runtime: Runtime) -> str:
    return urlsplit(runtime.config.public_url).hostname or runtime.config.origin


def draft_of(session: Session, runtime: Runtime, event: CaseEvent) -> Draft:
    """What the paper of the event is going to show."""
    case = session.get_one(Case, event.case_id)
    kind = _KINDS[event.action]
    zh, en = _MOVED if event.action == "hearing_moved" else TITLES[kind]
    facts = {
        "issuer": f"{runtime.config.authority or _AUTHORITY} · {_host(runtime)}",
        "title_zh": zh,
        "title_en": en,
        "document_title": f"{zh} {en} {case.number}",
        "document_description": f"{case.number} {_named(case, case.match.filing)}",
        "number": case.number,
        "facts": _facts(case, event),
        "parts": _parts(runtime.config, case, event, kind),
        "evidence": _evidence(session, case) if kind in (PaperKind.NOTICE, PaperKind.DECISION) else [],
        "notes": _notes(event),
    }
    return Draft(kind, case.number, facts, event.at)


def _fact(zh: str, en: str, value: str) -> dict[str, str]:
    return {"zh": zh, "en": en, "value": showable(value) or "—"}


def _facts(case: Case, event: CaseEvent) -> list[dict[str, str]]:
    filing, listing, later = case.match.filing, case.match.listing, case.match.later_filing
    holder = filing.organization.name if filing.organization else filing.applicant.name
    found = [
        _fact("权利主张方", "Right holder", holder),
        _fact("备案", "Filing", _named(case, filing)),
        _fact("备案时间", "Filed", _moment(filing.filed_at)),
    ]
    if listing is not None:
        found.append(_fact("被投诉方", "Respondent", f"{listing.platform} · {listing.seller or '—'}"))
        found.append(_fact("涉案商品", "Listing", f"{listing.title} · {listing.external_id}"))
    elif later is not None:
        found.append(_fact("在后备案", "Later filing", _named(case, later)))
    return [*found, _fact("出具时间", "Issued", _moment(event.at)), _fact("承办人", "Officer", event.name)]


def _named(case: Case, filing: Filing) -> str:
    """Number and title; a paper goes to both sides and to officials, who don't see what is sealed or destroyed. In
    a conflict neither owner learns how the other's design is called."""
    if filing.vault_key_id is not None:
        return f"{filing.number} · 密封备案 (sealed filing)"
    untold = filing.files_destroyed_at is not None or case.kind is CaseKind.CONFLICT
    return filing.number if untold else f"{filing.number} · {showable(filing.title)}"


def _parts(config: Config, case: Case, event: CaseEvent, kind: PaperKind) -> list[dict[str, object]]:
    parts: list[dict[str, object]] = []
    if kind is PaperKind.DECISION:
        parts.append(_part("决定", "Decision", _ruling(case, event)))
    parts += _hearing_parts(case, event)
    if event.note:
        heading = _WHY_MOVED if event.action == "hearing_moved" else _NOTES.get(kind, ("理由", "Reasons"))
        parts.append(_part(*heading, event.note.splitlines()))
    if event.details.get("unheard"):
        parts.append(_part("未事先告知的理由", "Why the other side was not heard", [event.details["unheard"]]))
    if kind is PaperKind.NOTICE:
        parts.append(_part("答复", "Your answer", [_ANSWER_ZH, _ANSWER_EN]))
    if kind is PaperKind.HEARING:
        parts.append(_part("权利", "Your rights", [_HEARING_ZH, _HEARING_EN]))
    if kind is PaperKind.CANCELLATION:
        parts.append(_part("后续", "What follows", [_CANCELLED_ZH, _CANCELLED_EN]))
    if kind is PaperKind.DECISION:
        parts.append(_part("救济途径", "What you may do against it", _rights(config)))
    if kind is PaperKind.ACCEPTANCE:
        parts.append(_part("受理", "Acceptance", ["经审查，本案予以受理。", "The case has been accepted."]))
    return parts


def _rights(config: Config) -> list[str]:
    """With the organ and the way to apply online that the settings name (Reconsideration Law, arts. 20 and 22)."""
    found: list[str] = []
    for texts, organ, online in zip((_RIGHTS_ZH, _RIGHTS_EN), _ORGAN, _ONLINE, strict=True):
        law, *rest = texts
        found.append(law.format(organ=showable(config.reconsideration) or organ))
        if config.reconsideration_address:
            found.append(online.format(address=config.reconsideration_address))
        found += rest
    return found


def _hearing_parts(case: Case, event: CaseEvent) -> Iterator[dict[str, object]]:
    """When and where it is; of one that was moved or cancelled, when and where it was to be before."""
    if (hearing := hearings.of_event(event)) is not None:
        yield _part("时间和地点", "Time and place", [_moment(hearing.at), hearing.place])
    before = hearings.before(case, event) if event.action in ("hearing_moved", "hearing_cancelled") else None
    if before is not None:
        yield _part("原定时间和地点", "It was to be", [_moment(before.at), before.place])


def _ruling(case: Case, event: CaseEvent) -> list[str]:
    """The outcome, and what follows from it, in both languages."""
    outcome = CaseOutcome(event.action.removeprefix("decided_"))
    word = OUTCOMES[outcome]
    return [f"{translator('zh')(word)} · {word}", *rulings.of(case, outcome)]


def _part(zh: str, en: str, lines: list[str]) -> dict[str, object]:
    return {"zh": zh, "en": en, "lines": [showable(line) for line in lines if line.strip()]}


def _evidence(session: Session, case: Case) -> list[dict[str, object]]:
    """Everything that speaks for or against, with its digests."""
    match = case.match
    found = [_shown(f"备案图片 Filed picture · {match.filing.number}", match.view.sha256, match.view.file.sm3)]
    if match.picture is not None:
        found.append(_shown("商品图片 Picture of the listing", match.picture.sha256, match.picture.file.sm3))
    elif match.later_view is not None:
        found.append(_shown("在后备案图片 Later filing", match.later_view.sha256, match.later_view.file.sm3))
    if case.alert_id is not None:
        captured = session.scalars(select(Capture).where(Capture.alert_id == case.alert_id))
        for file in (file for capture in captured for file in capture.files):
            found.append(_shown(f"页面取证 Captured page · {file.name}", file.sha256, file.sm3))
    handed_in = select(Submission).where(Submission.case_id == case.id).order_by(Submission.serial)
    for one in session.scalars(handed_in).unique():
        what = f"收到的材料 Received · {one.receipt} · {_moment(one.received_at)}"
        lines = [f"{file.name} SHA-256 {file.sha256}" for file in one.files]
        found.append({"what": what, "digests": [f"SHA-256 {one.digest}", *lines]})
    return found


def _shown(what: str, sha256: str, sm3: str) -> dict[str, object]:
    return {"what": showable(what), "digests": [f"SHA-256 {sha256}", f"SM3     {sm3}"]}


def _notes(event: CaseEvent) -> list[str]:
    return [
        f"本文书依据案件记录第 {event.position + 1} 步（透明日志第 {event.log_index} 条）出具，有签名和时间戳。",
        f"Issued on step {event.position + 1} of the case (log entry {event.log_index}); signed and time-stamped.",
    ]


def _moment(at: datetime) -> str:
    local = at.astimezone(_BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    return f"北京时间 Beijing time {local} · {at.astimezone(UTC).strftime('%Y-%m-%d %H:%M:%S')} UTC"
