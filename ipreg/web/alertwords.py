"""Words of alerts: severity with its reasons, the lines of the history, what was done."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext

from ipreg.models import AlertEvent, DismissReason, EventKind, SellerMark, SellerTie, WatchScope
from ipreg.warning.words import event_values, event_words
from ipreg.warning.words import money as money

N_ = str  # marks a text for extraction

ALERT_FILTERS = {
    "open": N_("Open"),
    "snoozed": N_("Snoozed"),
    "confirmed": N_("Confirmed"),
    "dismissed": N_("Dismissed"),
    "all": N_("All"),
}
RECOGNISED = {"copy": N_("The picture"), "new_photograph": N_("The goods, photographed anew")}
SEVERITY_REASONS = {
    "likeness": N_("The pictures are alike to %(count)s %%"),
    "goods": N_("The goods look like the design to %(count)s %%"),
    "listings": N_("The seller has %(count)s more listings of it"),
    "sellers": N_("%(count)s other sellers offer the same design"),
    "platforms": N_("It is on %(count)s more platforms"),
    "infringing": N_("Decided against this seller before: %(count)s"),
    "confirmed": N_("Confirmed alerts on this seller: %(count)s"),
    "not_infringing": N_("Decided in favour of this seller before: %(count)s"),
    "value": N_("About %(count)s yuan of goods at the asked price"),
}
RAISED_AGAIN = N_("Alert raised again: the seller offers it after the decision")
ONE_LISTING = {
    EventKind.DISMISSED: N_("One listing left out: it is no copy"),
    EventKind.REOPENED: N_("One listing taken back in"),
}
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
    if event.match_id is not None and event.kind in ONE_LISTING:
        return str(gettext(ONE_LISTING[event.kind]))
    return str(gettext(event_words(event)) % event_values(event))
