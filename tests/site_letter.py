"""A letter of the site's alert, as far as its counter-notice; its papers are made in tests/response."""

from __future__ import annotations

from dataclasses import replace

from scenery import HandClock, draw_picture
from site_of_tests import Site
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg.models import Account, Alert, LegalLetterKind
from ipreg.registry import Attached
from ipreg.response import form, making, steps
from ipreg.response.steps import Given


def a_letter(session: Session, site: Site, clock: HandClock) -> str:
    """Its number. The first of its files is what the sender enclosed."""
    store = site.runtime.store
    alert = session.get_one(Alert, 1)
    account = session.scalars(select(Account).where(Account.email == "enterprise@ipreg.example")).one()
    offered = form.offer(session, alert, LegalLetterKind.NOTICE, account=account, locale="zh").form
    stated = replace(offered, holder_address="深圳市罗湖区1号", phone="13800000000", truth=True)
    wish = making.Wish(LegalLetterKind.NOTICE, stated, uploads=[Attached("a.png", draw_picture(3, kind="PNG"))])
    letter = making.draft(session, store, alert=alert, account=account, wish=wish, now=clock())
    steps.record(session, store, letter=letter, action="made", actor=None, now=clock())
    for action, values in (("sent", {"way": "portal"}), ("countered", {"elements": ["identity"]})):
        given = Given(on=clock().date(), values=values)
        steps.step(session, store, letter=letter, action=action, actor=account, given=given, now=clock())
    return letter.number
