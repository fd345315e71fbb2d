"""What the owner of a filing does with it later: opening, withdrawal, transfer, licence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Literal

from ipreg.api import keepingshapes, shapes
from ipreg.client.part import Part


class Keeping(Part):
    """Of ``Client``."""

    def open_filing(self, number: str) -> shapes.Filing:
        """Opens a sealed filing for good."""
        return self._at.post(f"/filings/{number}/open", shapes.Filing)

    def set_opening_day(self, number: str, day: date | None) -> shapes.Filing:
        """The day on which a sealed filing opens by itself; None: on none."""
        body = keepingshapes.OpeningDay(opens_on=day)
        return self._at.put(f"/filings/{number}/opening-day", shapes.Filing, body)

    def withdraw(self, number: str, *, files: Literal["keep", "destroy"], confirmed: str) -> shapes.Filing:
        """Gives a filing up for good; ``confirmed`` is its number once more, so that no slip does it."""
        body = keepingshapes.Withdrawal(files=files, confirmed=confirmed)
        return self._at.post(f"/filings/{number}/withdraw", shapes.Filing, json=body.model_dump(mode="json"))

    def acts(self, number: str) -> list[keepingshapes.Act]:
        """What was done to a filing after it was filed, the oldest first."""
        return self._at.get(f"/filings/{number}/acts", keepingshapes.Acts).items

    def agreements(self, filing: str = "") -> Iterator[keepingshapes.Agreement]:
        """Transfers and licences that were offered to you, or those of one of your filings."""
        return self._at.pages("/agreements", keepingshapes.Agreement, {"filing": filing})

    def agreement(self, agreement_id: int) -> keepingshapes.Agreement:
        """One transfer or licence."""
        return self._at.get(f"/agreements/{agreement_id}", keepingshapes.Agreement)

    def offer(self, number: str, *, key: str | None = None, **offered: Any) -> keepingshapes.Agreement:
        """Offers a transfer or a licence; ``offered`` are the fields of ``Offer``: kind, taker_email, ..."""
        body = keepingshapes.Offer(**offered)
        place = f"/filings/{number}/agreements"
        return self._at.post(place, keepingshapes.Agreement, key, json=body.model_dump(mode="json"))

    def answer(
        self, agreement: keepingshapes.Agreement, step: Literal["accept", "refuse", "take-back", "end"]
    ) -> keepingshapes.Agreement:
        """Accepts, refuses, takes back or ends it, as its ``may_answer``, ``may_take_back``, ``may_end`` allow."""
        return self._at.post(f"/agreements/{agreement.id}/{step}", keepingshapes.Agreement)
