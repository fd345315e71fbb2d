"""The names of things on the pages, in English; the translations have the others."""

from __future__ import annotations

from ipreg.models import (
    AlertState,
    CaseOutcome,
    CaseState,
    DeliveryState,
    DismissReason,
    ImportState,
    Role,
)
from ipreg.names import INDUSTRIES as INDUSTRIES
from ipreg.names import VIEWS as VIEWS

N_ = str  # marks a text for extraction

ROLES = {
    Role.DESIGNER: N_("Designer"),
    Role.ENTERPRISE: N_("Enterprise"),
    Role.REGULATOR: N_("Market regulator"),
    Role.ADMINISTRATOR: N_("Administrator"),
}
ALERT_STATES = {
    AlertState.OPEN: N_("Open"),
    AlertState.CONFIRMED: N_("Confirmed"),
    AlertState.DISMISSED: N_("Dismissed"),
}
DISMISS_REASONS = {
    DismissReason.MINE: N_("It is our own listing"),
    DismissReason.LICENSED: N_("The seller has a licence"),
    DismissReason.NOT_SIMILAR: N_("Not similar"),
    DismissReason.OTHER: N_("Another reason"),
}
CASE_STATES = {
    CaseState.FLAGGED: N_("Waiting for an officer"),
    CaseState.UNDER_REVIEW: N_("Under review"),
    CaseState.DECIDED: N_("Decided"),
}
OUTCOMES = {
    CaseOutcome.INFRINGING: N_("Infringing"),
    CaseOutcome.NOT_INFRINGING: N_("Not infringing"),
    CaseOutcome.INSUFFICIENT: N_("Evidence insufficient"),
}
EVENTS = {
    "opened": N_("Alert confirmed, case opened"),
    "assigned": N_("Officer assigned"),
    "decided_infringing": N_("Decided: infringing"),
    "decided_not_infringing": N_("Decided: not infringing"),
    "decided_insufficient": N_("Decided: evidence insufficient"),
}
IMPORT_STATES = {
    ImportState.WAITING: N_("Waiting"),
    ImportState.RUNNING: N_("Running"),
    ImportState.DONE: N_("Done"),
    ImportState.FAILED: N_("Failed"),
}
DELIVERY_STATES = {
    DeliveryState.WAITING: N_("Waiting"),
    DeliveryState.SENT: N_("Sent"),
    DeliveryState.PARKED: N_("Given up"),
}
