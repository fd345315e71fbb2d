"""Words about alerts that pages and messages share. English here; other languages come from the translations."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from ipreg.models import AlertEvent, EventKind

N_ = str  # marks a text for extraction
GRAVITIES = {"urgent": N_("Urgent"), "high": N_("High"), "medium": N_("Medium"), "low": N_("Low")}
ALERT_EVENTS = {
    EventKind.RAISED: N_("Alert raised"),
    EventKind.LISTING_ADDED: N_("Another listing of this seller"),
    EventKind.PICTURE_ADDED: N_("Another picture matches: %(count)s now"),
    EventKind.LIKELIER: N_("More alike than before: %(before)s → %(after)s"),
    EventKind.PRICE: N_("Price: %(before)s → %(after)s"),
    EventKind.TITLE: N_("Title: %(before)s → %(after)s"),
    EventKind.SELLER: N_("Seller: %(before)s → %(after)s"),
    EventKind.PICTURES: N_("The listing shows other pictures"),
    EventKind.GONE: N_("The listing is gone"),
    EventKind.BACK: N_("The listing is back"),
    EventKind.WOKEN: N_("Back from being snoozed"),
    EventKind.CAME_BACK: N_("Open again: a picture that was not among those dismissed"),
    EventKind.CONFIRMED: N_("Confirmed as a copy"),
    EventKind.DISMISSED: N_("Dismissed"),
    EventKind.REOPENED: N_("Opened again"),
    EventKind.SNOOZED: N_("Snoozed"),
    EventKind.ASSIGNED: N_("Assigned"),
    EventKind.COMMENTED: N_("Comment"),
    EventKind.HANDED_OVER: N_("Handed over to the regulator"),
    EventKind.UNDONE: N_("Undone"),
}

TOLD = (
    EventKind.LISTING_ADDED,
    EventKind.PICTURE_ADDED,
    EventKind.LIKELIER,
    EventKind.PRICE,
    EventKind.TITLE,
    EventKind.SELLER,
    EventKind.PICTURES,
    EventKind.GONE,
    EventKind.BACK,
    EventKind.CAME_BACK,
    EventKind.WOKEN,
)
"""What a message of more evidence names."""


COPIED = N_("The picture itself was copied: %(copied)s")
"""Of goods photographed anew, which were worth a look only."""


def event_words(event: AlertEvent) -> str:
    """What happened, in English, with placeholders that ``event_values`` fills."""
    return COPIED if "copied" in event.values else ALERT_EVENTS[event.kind]


def event_values(event: AlertEvent) -> dict[str, str]:
    """What fills the words of ``event_words``."""
    shown = {name: _shown(value) for name, value in event.values.items()}
    if event.kind is EventKind.PRICE:  # kept as "99 CNY"
        shown = {name: money(*value.partition(" ")[::2]) or value for name, value in shown.items()}
    return {"before": "—", "after": "—", "count": "", **shown}


def money(value: Decimal | str | None, currency: str) -> str:
    """A price as it is read, in the same way everywhere: no cents where there are none."""
    if value is None or value == "":
        return ""
    try:
        value = Decimal(value)
    except InvalidOperation:
        return f"{value} {currency}".strip()
    figure = f"{value:,.2f}".removesuffix(".00")
    return f"¥{figure}" if currency == "CNY" else f"{figure} {currency}".strip()


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return "> 99 %" if value > 0.99 else f"{value:.0%}".replace("%", " %")
    return str(value) or "—"
