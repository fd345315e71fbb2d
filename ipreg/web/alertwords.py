"""Words of alerts: severity with its reasons, the lines of the history, what was done."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import gettext

from ipreg.models import AlertEvent, DismissReason, EventKind, SellerMark, SellerTie, WatchScope

N_ = str  # marks a text for extraction

GRAVITIES = {"urgent": N_("Urgent"), "high": N_("High"), "medium": N_("Medium"), "low": N_("Low")}
ALERT_FILTERS = {
    "open": N_("Open"),
    "snoozed": N_("Snoozed"),
    "confirmed": N_("Confirmed"),
    "dismissed": N_("Dismissed"),
    "all": N_("All"),
}
SEVERITY_REASONS = {
    "likeness": N_("The pictures are alike to %(count)s %%"),
    "listings": N_("The seller has %(count)s more listings of it"),
    "sellers": N_("%(count)s other sellers offer the same design"),
    "platforms": N_("It is on %(count)s more platforms"),
    "infringing": N_("Decided against this seller before: %(count)s"),
    "confirmed": N_("Confirmed alerts on this seller: %(count)s"),
    "not_infringing": N_("Decided in favour of this seller before: %(count)s"),
    "value": N_("About %(count)s yuan of goods at the asked price"),
}
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
RAISED_AGAIN = N_("Alert raised again: the seller offers it after the decision")
DONE = {
    EventKind.CONFIRMED: N_("Confirmed: %(count)s"),
    EventKind.DISMISSED: N_("Dismissed: %(count)s"),
    EventKind.REOPENED: N_("Opened again: %(count)s"),
    EventKind.SNOOZED: N_("Snoozed: %(count)s"),
    EventKind.ASSIGNED: N_("Assigned: %(count)s"),
    EventKind.WOKEN: N_("Back in the inbox: %(count)s"),
    EventKind.COMMENTED: N_("Comment added"),
}
BULK = {
    "confirm": N_("Confirm as copies"),
    "dismiss": N_("Dismiss"),
    "snooze": N_("Snooze"),
    "assign": N_("Assign"),
    "reopen": N_("Open again"),
}
WATCH_SCOPES = {
    WatchScope.ALL: N_("All designs"),
    WatchScope.INDUSTRY: N_("One industry"),
    WatchScope.FILINGS: N_("Chosen designs"),
}
SELLER_TIES = {SellerTie.LICENSED: N_("Licensed"), SellerTie.OWN: N_("Our own shop")}
SELLER_MARKS = {SellerMark.SHOP: N_("Shop id"), SellerMark.ADDRESS: N_("Shop address"), SellerMark.NAME: N_("Name")}
TIE_OF_REASON = {DismissReason.LICENSED: SellerTie.LICENSED, DismissReason.MINE: SellerTie.OWN}


def severity_reason(reason: dict[str, Any]) -> str:
    """One summand of the severity, in words."""
    return str(gettext(SEVERITY_REASONS[reason["kind"]]) % {"count": f"{reason['count']:,}"})


def alert_event(event: AlertEvent) -> str:
    """What happened, in words."""
    if event.kind is EventKind.RAISED and event.values.get("round", 1) > 1:
        return str(gettext(RAISED_AGAIN))
    values = {name: _shown(value) for name, value in event.values.items()}
    return str(gettext(ALERT_EVENTS[event.kind]) % {"before": "—", "after": "—", "count": "", **values})


def money(value: Decimal | None, currency: str) -> str:
    """A price as it is read: no cents where there are none."""
    if value is None:
        return ""
    figure = f"{value:,.2f}".removesuffix(".00")
    return f"¥{figure}" if currency == "CNY" else f"{figure} {currency}".strip()


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return "> 99 %" if value > 0.99 else f"{value:.0%}".replace("%", " %")
    return str(value) or "—"
