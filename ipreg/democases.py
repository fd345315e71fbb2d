"""Sample cases: some of the sample's alerts go to the regulator, and their cases stand at different points."""

from __future__ import annotations

import threading

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipreg import alerts
from ipreg.casework import machine
from ipreg.casework.machine import Given
from ipreg.db import Clock, transaction
from ipreg.models import Account, Alert, AlertState, Case, CaseOutcome
from ipreg.runtime import Runtime

REASON = "图案、廓形与备案设计一致，商品图仅作镜像和裁剪处理。"
NOTICE = "经核查，贵店商品涉嫌侵犯备案设计。请自收到本告知书之日起十五日内提交答辩意见及证据。"
REMEDY = "要求十五个工作日内下架全部涉案商品。"
GRAVE = "涉案商品销量大，社会影响较大。"
SERVED = "已于今日通过平台站内信送达店铺。"
ANSWER = "店铺来函：商品系从批发市场购入，愿意下架。"
STORIES: tuple[tuple[tuple[str, Given], ...], ...] = (
    (("notice_issued", Given(NOTICE)), ("served", Given(SERVED))),
    (
        ("notice_issued", Given(NOTICE)),
        ("served", Given(SERVED)),
        ("responded", Given(ANSWER)),
        ("decided", Given(REASON, CaseOutcome.INFRINGING)),
        ("remedies_ordered", Given(REMEDY)),
    ),
    (
        ("severity_set", Given(GRAVE, severity=3)),
        ("notice_issued", Given(NOTICE)),
        ("served", Given(SERVED)),
        ("responded", Given(ANSWER)),
        ("proposed", Given(REASON, CaseOutcome.INFRINGING)),
    ),
    (),
)
"""The steps of the first cases after they were taken on; those that follow wait for an officer."""
WAITING = 2
_LOOK_EVERY, _LOOKS = 3, 200  # seconds, times


def walk_when_alerted(runtime: Runtime, clock: Clock) -> None:
    """In the background: as soon as the sample's first alerts are there. Done once."""

    def look() -> None:
        pause = threading.Event()
        for _ in range(_LOOKS):
            pause.wait(_LOOK_EVERY)
            if walk(runtime, clock):
                return

    threading.Thread(target=look, daemon=True).start()


def walk(runtime: Runtime, clock: Clock) -> bool:
    """Whether there is nothing more to do."""
    with transaction(runtime.sessions) as session:
        if session.scalar(select(func.count()).select_from(Case)):
            return True
        open_alerts = select(Alert).where(Alert.state == AlertState.OPEN, Alert.organization_id.is_not(None))
        found = list(session.scalars(open_alerts.order_by(Alert.probability.desc(), Alert.id)))
        people = {one.email.split("@")[0]: one for one in session.scalars(select(Account))}
        if len(found) < len(STORIES) + WAITING or not {"enterprise", "regulator"} <= set(people):
            return False
        for number, alert in enumerate(found[: len(STORIES) + WAITING]):
            story = STORIES[number] if number < len(STORIES) else None
            _tell(session, alert, people, story, clock)
        return True


def _tell(
    session: Session,
    alert: Alert,
    people: dict[str, Account],
    story: tuple[tuple[str, Given], ...] | None,
    clock: Clock,
) -> None:
    officer = people["regulator"]
    case = alerts.confirm(session, alert=alert, account=people["enterprise"], note="是我们的款式。", now=clock())
    if story is None:
        return
    taken = Given(officer=officer)
    machine.transition(session, case=case, action="assigned", actor=officer, given=taken, now=clock())
    for action, given in story:
        machine.transition(session, case=case, action=action, actor=officer, given=given, now=clock())
