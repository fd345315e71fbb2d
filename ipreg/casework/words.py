"""The names of states, steps, parts and clocks, in English; the translations have the others."""

from __future__ import annotations

from ipreg.casework.table import Need, Part, Tab
from ipreg.models import CaseKind, CaseOutcome, CaseState, ClockKind

N_ = str  # marks a text for extraction

CASE_KINDS = {
    CaseKind.LISTING: N_("Listing"),
    CaseKind.CONFLICT: N_("Conflict of filings"),
}
CASE_STATES = {
    CaseState.FLAGGED: N_("Waiting for acceptance"),
    CaseState.NOT_ACCEPTED: N_("Not accepted"),
    CaseState.ACCEPTED: N_("Accepted"),
    CaseState.UNDER_REVIEW: N_("Under review"),
    CaseState.NOTICE_ISSUED: N_("Notice issued"),
    CaseState.AWAITING_RESPONSE: N_("Awaiting a response"),
    CaseState.RESPONSE_RECEIVED: N_("Response received"),
    CaseState.NO_RESPONSE: N_("No response"),
    CaseState.HEARING: N_("Hearing"),
    CaseState.DECISION_PROPOSED: N_("Decision waits for approval"),
    CaseState.DECIDED: N_("Decided"),
    CaseState.REMEDIES: N_("Remedies followed up"),
    CaseState.APPEALED: N_("Internal review"),
    CaseState.CLOSED: N_("Closed"),
    CaseState.WITHDRAWN: N_("Withdrawn"),
    CaseState.MERGED: N_("Merged into another case"),
}
OUTCOMES = {
    CaseOutcome.INFRINGING: N_("Infringing"),
    CaseOutcome.NOT_INFRINGING: N_("Not infringing"),
    CaseOutcome.INSUFFICIENT: N_("Evidence insufficient"),
    CaseOutcome.SETTLED: N_("Settled"),
}
STEPS = {
    "accepted": N_("Accept the case"),
    "not_accepted": N_("Don't accept"),
    "assigned": N_("Assign"),
    "handed_over": N_("Hand over"),
    "notice_issued": N_("Issue the notice"),
    "served": N_("Record the service"),
    "responded": N_("Record the response"),
    "no_response": N_("Record that no response came"),
    "hearing_called": N_("Call a hearing"),
    "hearing_moved": N_("Move the hearing"),
    "hearing_held": N_("Record the hearing"),
    "hearing_cancelled": N_("Cancel the hearing"),
    "decided": N_("Decide"),
    "proposed": N_("Put the decision up for approval"),
    "approved": N_("Approve the decision"),
    "sent_back": N_("Send the decision back"),
    "remedies_ordered": N_("Follow up the remedies"),
    "delivered": N_("Record that the decision was delivered"),
    "closed": N_("Close the case"),
    "appealed": N_("Record a request for review"),
    "appeal_refused": N_("Uphold the decision"),
    "appeal_granted": N_("Set the decision aside and begin anew"),
    "withdrawn": N_("Withdraw"),
    "merged": N_("Merge"),
    "reopened": N_("Reopen"),
    "clock_paused": N_("Pause the clock"),
    "clock_resumed": N_("Resume the clock"),
    "extension_asked": N_("Ask for more time"),
    "clock_extended": N_("Grant more time"),
    "severity_set": N_("Set the severity"),
    "severity_raised": N_("Raise the severity of a repeat seller"),
}
"""What a button says."""
EVENTS = {
    "opened": N_("Alert confirmed, case opened"),
    "conflict_found": N_("Two filings look alike, case opened"),
    "accepted": N_("Case accepted"),
    "not_accepted": N_("Case not accepted"),
    "assigned": N_("Officer assigned"),
    "handed_over": N_("Handed over to another officer"),
    "notice_issued": N_("Notice issued"),
    "served": N_("Notice served"),
    "responded": N_("Response received"),
    "received": N_("Papers received"),
    "letters_attached": N_("Letters of the right holder came along"),
    "link_issued": N_("One-time link issued to the other side"),
    "link_revoked": N_("One-time link withdrawn"),
    "paper_issued": N_("Signed paper issued"),
    "paper_served": N_("Signed paper served"),
    "no_response": N_("No response came in time"),
    "hearing_called": N_("Hearing called"),
    "hearing_moved": N_("Hearing moved"),
    "hearing_held": N_("Hearing held"),
    "hearing_cancelled": N_("Hearing cancelled"),
    "decided_infringing": N_("Decided: infringing"),
    "decided_not_infringing": N_("Decided: not infringing"),
    "decided_insufficient": N_("Decided: evidence insufficient"),
    "decided_settled": N_("Decided: settled"),
    "proposed": N_("Decision put up for approval"),
    "sent_back": N_("Decision sent back"),
    "remedies_ordered": N_("Remedies are followed up"),
    "delivered": N_("Decision delivered"),
    "closed": N_("Case closed"),
    "appealed": N_("Internal review asked for"),
    "appeal_refused": N_("Decision upheld on review"),
    "appeal_granted": N_("Decision set aside on review, case begins anew"),
    "withdrawn": N_("Withdrawn by the owner"),
    "merged": N_("Merged into another case"),
    "reopened": N_("Case reopened"),
    "clock_paused": N_("Clock paused"),
    "clock_resumed": N_("Clock goes on"),
    "extension_asked": N_("More time asked for"),
    "clock_extended": N_("More time granted"),
    "severity_set": N_("Severity changed"),
    "severity_raised": N_("Severity changed"),
}
"""What the history says."""
PARTS = {
    Part.REGULATOR: N_("any officer"),
    Part.OFFICER: N_("the case's officer"),
    Part.SUPERVISOR: N_("supervisor"),
    Part.APPROVER: N_("another officer"),
    Part.OWNER: N_("right holder"),
    Part.RESPONDENT: N_("respondent"),
    Part.SYSTEM: N_("the system"),
}
SIDES = {
    Part.OWNER.value: N_("the owner of the earlier filing"),
    Part.RESPONDENT.value: N_("the owner of the later filing"),
}
"""Of a conflict."""
NEEDS = {
    Need.REASON: N_("reason"),
    Need.OUTCOME: N_("outcome"),
    Need.OFFICER: N_("officer"),
    Need.CASE: N_("case"),
    Need.CLOCK: N_("clock"),
    Need.DAYS: N_("days"),
    Need.DOCUMENT: N_("document"),
    Need.SEVERITY: N_("severity"),
    Need.SIDE: N_("side"),
    Need.TIME: N_("time"),
    Need.PLACE: N_("place"),
}
CLOCKS = {
    ClockKind.ACCEPTANCE: N_("Decide on acceptance"),
    ClockKind.HANDLING: N_("Decide the case"),
    ClockKind.RESPONSE: N_("Response of the other side"),
    ClockKind.REMEDY: N_("Time for the remedies"),
    ClockKind.APPEAL: N_("Time to ask for review"),
    ClockKind.REVIEW: N_("Decide the review"),
}
SEVERITIES = {1: N_("Ordinary"), 2: N_("Repeat seller"), 3: N_("Grave")}
CASE_SHORT = {
    CaseState.FLAGGED: N_("Flagged"),
    CaseState.NOT_ACCEPTED: N_("Not accepted"),
    CaseState.ACCEPTED: N_("Accepted"),
    CaseState.UNDER_REVIEW: N_("Under review"),
    CaseState.NOTICE_ISSUED: N_("Notice issued"),
    CaseState.AWAITING_RESPONSE: N_("Awaiting"),
    CaseState.RESPONSE_RECEIVED: N_("Responded"),
    CaseState.NO_RESPONSE: N_("No response"),
    CaseState.HEARING: N_("Hearing"),
    CaseState.DECISION_PROPOSED: N_("Approval"),
    CaseState.DECIDED: N_("Decided"),
    CaseState.REMEDIES: N_("Remedies"),
    CaseState.APPEALED: N_("Internal review"),
    CaseState.CLOSED: N_("Closed"),
    CaseState.WITHDRAWN: N_("Withdrawn"),
    CaseState.MERGED: N_("Merged"),
}
"""As they fit into the drawing's boxes."""
TABS = {
    Tab.OPEN: N_("Under way"),
    Tab.MINE: N_("Mine"),
    Tab.WAITING: N_("To assign"),
    Tab.APPROVAL: N_("To approve"),
    Tab.OVERDUE: N_("Overdue"),
    Tab.FOLLOW_UP: N_("Decided"),
    Tab.ENDED: N_("Ended"),
}
REASONS = {
    "": N_("Reason, as it stays on the record"),
    "notice_issued": N_("The notice: what is alleged, and what the other side may do"),
    "served": N_("How and when the notice was served"),
    "responded": N_("What the other side says"),
    "hearing_called": N_("What the hearing is about"),
    "hearing_moved": N_("Why it is moved"),
    "hearing_cancelled": N_("Why it does not take place"),
    "hearing_held": N_("What the hearing brought"),
    "remedies_ordered": N_("What is to be done, and how it is checked"),
    "delivered": N_("How and when the decision reached this side"),
    "closed": N_("What came of it"),
}
"""The label of a step's text."""
