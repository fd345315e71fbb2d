"""A case's parties at work on the site: the officer issues a link, the other side answers, papers are made."""

from __future__ import annotations

import io
import re

from flask.testing import FlaskClient
from site_of_tests import Site, hidden
from sqlalchemy import select

from ipreg.casework import hearings
from ipreg.db import transaction, utc_now
from ipreg.models import Case, CaseEvent, CaseState
from jobs import papers

REASON = "图案与备案设计基本一致，请说明来源。"
ANSWER = "本店商品为自行设计，附有设计稿。"


def issue_link(site: Site) -> str:
    """The officer takes the case on, issues the notice and gets the link's path."""
    officer = site.sign_in("regulator")
    with site.runtime.sessions() as session:
        case = session.scalars(select(Case)).one()
    if case.officer_id is None:
        officer.post(f"/cases/{site.case}/assign", data={"row_version": str(case.row_version)})
        case.row_version += 1
    page = officer.get(f"/cases/{site.case}/parties").text
    form = {
        "row_version": hidden(page, "row_version"),
        "name": "快手小铺 张三",
        "contact": "a@b.cn",
        "reason": REASON,
    }
    answer = officer.post(f"/cases/{site.case}/parties/notice", data=form, follow_redirects=True)
    found = re.search(r'id="link" href="[^"]*(/respond/[^"]+)"', answer.text)
    assert found, answer.text
    assert found.group(1) not in officer.get(f"/cases/{site.case}/parties/link", follow_redirects=True).text
    return found.group(1)


def respond(client: FlaskClient, text: str = ANSWER, *files: tuple[bytes, str], **more: str) -> object:
    data = {"kind": "counter_notice", "text": text, "request_key": "k1", **more}
    data["files"] = [(io.BytesIO(content), name) for content, name in files]  # type: ignore[assignment]
    return client.post("/respond", data=data, content_type="multipart/form-data", follow_redirects=True)


def state(site: Site) -> CaseState:
    with site.runtime.sessions() as session:
        return session.scalars(select(Case.state)).one()


def hearing_has_begun(site: Site) -> None:
    """As if the day of the hearing had come."""
    with transaction(site.runtime.sessions) as session:
        called = select(CaseEvent).where(CaseEvent.action.in_(hearings.CALLS)).order_by(CaseEvent.id.desc())
        event = session.scalars(called).first()
        assert event is not None
        event.details = {**event.details, "at": utc_now().isoformat()}


def decide(site: Site) -> None:
    officer = site.sign_in("regulator")
    with site.runtime.sessions() as session:
        version = session.scalars(select(Case.row_version)).one()
    form = {"row_version": str(version), "outcome": "infringing", "reason": "图案、廓形一致，来源说明不成立。"}
    form["unheard"] = "卖家已注销店铺，无法送达告知书。"
    officer.post(f"/cases/{site.case}/decide", data=form)
    assert state(site) is CaseState.DECIDED
    papers.run(site.runtime)
