"""An enterprise with an alert on a hostile listing, and its letters made without waiting for signatures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from market import Market
from scenery import HandClock, People
from sqlalchemy.orm import Session

from ipreg.models import Account, Alert, LegalLetter, LegalLetterKind
from ipreg.registry import Attached
from ipreg.response import form, making, steps
from ipreg.response.form import LetterForm
from ipreg.response.steps import Given
from ipreg.runtime import Runtime

HOSTILE = "<script>alert(1)</script> {platform} {{x}} #set page() $x$ =cmd|' /C calc'!A0 \u202eoel 🎉\x07\n外套"
"""A NUL is not in it: no listing can have one (``sightings.Offer``), and PostgreSQL could not keep it."""
SENDER = {
    "holder_id": "91440300MA5XXXXXXX",
    "holder_address": "深圳市罗湖区1号",
    "phone": "0755-80000000",
    "comparison": "领口和袖口的云纹相同。\nThe same clouds at collar and cuffs.",
    "truth": True,
}


class Desk:
    """``market`` has one design; ``alert`` is of a seller who offers it."""

    def __init__(self, runtime: Runtime, session: Session, people: People, clock: HandClock) -> None:
        self.runtime, self.session, self.people, self.clock = runtime, session, people, clock
        self.market = Market(runtime, session, people, clock)
        found = self.market.offer(1)
        assert found is not None
        self.alert: Alert = found
        self.me: Account = people.enterprise

    def form(self, kind: LegalLetterKind = LegalLetterKind.NOTICE, **more: Any) -> LetterForm:
        offered = form.offer(self.session, self.alert, kind, account=self.me, locale="zh").form
        return replace(offered, **{**SENDER, **more})

    def draft(self, kind: LegalLetterKind = LegalLetterKind.NOTICE, *, key: str = "k", **more: Any) -> LegalLetter:
        uploads: list[Attached] = more.pop("uploads", [])
        wish = making.Wish(kind, self.form(kind, **more), uploads=uploads, request_key=key)
        return making.draft(
            self.session, self.runtime.store, alert=self.alert, account=self.me, wish=wish, now=self.clock()
        )

    def ready(self, kind: LegalLetterKind = LegalLetterKind.NOTICE, *, key: str = "k", **more: Any) -> LegalLetter:
        """With a paper that stands for the signed one: that takes a second, and is tested by itself."""
        letter = self.draft(kind, key=key, **more)
        self.runtime.store.put(key.encode())
        steps.add_file(
            letter, event_position=1, role="pdf", name=f"{letter.number}.pdf", given_name="", data=key.encode(),
            kind="application/pdf",
        )  # fmt: skip
        steps.record(self.session, self.runtime.store, letter=letter, action="made", actor=None, now=self.clock())
        return letter

    def step(self, letter: LegalLetter, action: str, *, actor: Account | None = None, **given: Any) -> None:
        steps.step(
            self.session, self.runtime.store, letter=letter, action=action, actor=actor or self.me,
            given=Given(**given), now=self.clock(),
        )  # fmt: skip
