"""The names of letters, their states, steps and outcomes, in English; the translations have the others."""

from __future__ import annotations

from ipreg.models import LegalLetterKind, LegalLetterState, LegalOutcome

N_ = str  # marks a text for extraction

KINDS = {
    LegalLetterKind.WARNING: N_("Warning letter to the seller"),
    LegalLetterKind.NOTICE: N_("Notice to the platform"),
}
STATES = {
    LegalLetterState.MAKING: N_("being made"),
    LegalLetterState.READY: N_("made, not sent yet"),
    LegalLetterState.MAILING: N_("on its way by e-mail"),
    LegalLetterState.SENT: N_("sent"),
    LegalLetterState.ACKNOWLEDGED: N_("receipt came"),
    LegalLetterState.REPLIED: N_("the seller answered"),
    LegalLetterState.COUNTERED: N_("counter-notice: the clock runs"),
    LegalLetterState.TOLD: N_("complaint or suit told to the platform"),
    LegalLetterState.CLOSED: N_("closed"),
    LegalLetterState.VOID: N_("thrown away"),
}
_NEXT = {
    LegalLetterState.MAKING: N_("The papers are being made"),
    LegalLetterState.READY: N_("Next: send it, and record how"),
    LegalLetterState.MAILING: N_("The mail is on its way"),
    LegalLetterState.SENT: N_("Next: record the receipt; ask again after %(day)s"),
    LegalLetterState.ACKNOWLEDGED: N_("The platform decides; ask again after %(day)s"),
    LegalLetterState.REPLIED: N_("Next: settle, notify the platform, or hand it over"),
    LegalLetterState.COUNTERED: N_("Next: complain or sue, and tell the platform by %(day)s"),
    LegalLetterState.TOLD: N_("The authority or the court decides; then record the outcome"),
    LegalLetterState.CLOSED: N_("closed"),
    LegalLetterState.VOID: N_("thrown away"),
}
_NO_RESULT, _CLOCK_OVER = (
    N_("No result since %(day)s: ask again"),
    N_("The clock ran out on %(day)s: record the outcome"),
)
_ANSWER, _NO_ANSWER = (
    N_("The seller is to answer by %(day)s"),
    N_("No answer by %(day)s: notify the platform, or hand over"),
)


HANDED_OVER = N_("Handed over to the regulator; next: tell the platform by %(day)s")


def next_step(kind: LegalLetterKind, state: LegalLetterState, *, over: bool) -> str:
    """What is next, and by when (``%(day)s``)."""
    if state is LegalLetterState.COUNTERED and over:
        return _CLOCK_OVER
    if state in (LegalLetterState.SENT, LegalLetterState.ACKNOWLEDGED):
        if kind is LegalLetterKind.WARNING:
            return _NO_ANSWER if over else _ANSWER
        if over:
            return _NO_RESULT
    return _NEXT[state]


OUTCOMES = {
    LegalOutcome.REMOVED: N_("Listings removed"),
    LegalOutcome.REFUSED: N_("Refused"),
    LegalOutcome.RESTORED: N_("Measures ended, listings are back"),
    LegalOutcome.SETTLED: N_("Settled with the seller"),
    LegalOutcome.COMPLAINT: N_("Complaint to the authority"),
    LegalOutcome.SUIT: N_("Suit before a court"),
    LegalOutcome.HANDED_OVER: N_("Handed over to the regulator"),
    LegalOutcome.UNANSWERED: N_("No answer came"),
    LegalOutcome.WITHDRAWN: N_("Withdrawn by us"),
}
EVENTS = {
    "drafted": N_("Text fixed"),
    "made": N_("Papers made and signed"),
    "mail_queued": N_("Given to the mail"),
    "mailed": N_("The mail server took it"),
    "mail_failed": N_("The mail could not be delivered"),
    "sent": N_("Sent"),
    "acknowledged": N_("Receipt recorded"),
    "replied": N_("Answer of the seller"),
    "countered": N_("Counter-notice reached us"),
    "handed_over": N_("Handed over to the regulator"),
    "told": N_("Platform told of a complaint or suit"),
    "closed": N_("Outcome recorded"),
    "reopened": N_("Opened again"),
    "voided": N_("Thrown away"),
}
WAYS = {
    "portal": N_("The platform's complaint portal"),
    "post": N_("Post or courier"),
    "hand": N_("By hand"),
    "own_mail": N_("Our own e-mail program"),
}
"""How a letter went, where we did not send it. ``email`` is ours."""
EMAIL = N_("E-mail from here")
BASES = {
    "design_patent": N_("Design patent"),
    "copyright": N_("Copyright"),
    "trade_mark": N_("Trade mark"),
    "unfair": N_("Unfair competition"),
}
MEASURES = {
    LegalLetterKind.NOTICE: {
        "delete": N_("Delete the listings above"),
        "block": N_("Block the listings, so that they can no longer be found"),
        "cut": N_("Cut the links that lead to them"),
        "end": N_("End the trade in these goods and the services for them"),
        "identity": N_("Tell us name, address and contact of the operator"),
        "keep": N_("Keep the records of the trade in these goods as evidence"),
    },
    LegalLetterKind.WARNING: {
        "stop": N_("Stop making, offering and selling these goods"),
        "take_down": N_("Take down the listings above and all other pictures of these goods"),
        "destroy": N_("Destroy what is in stock, with moulds and printed matter"),
        "source": N_("Tell us the source, the number made and sold, and the income"),
        "undertake": N_("Give a written undertaking not to infringe again"),
        "damages": N_("Agree with us on damages"),
    },
}
USUAL = {
    LegalLetterKind.NOTICE: ("delete", "cut", "end"),
    LegalLetterKind.WARNING: ("stop", "take_down", "source", "undertake"),
}
"""Ticked at first."""
COUNTER_ELEMENTS = {
    "identity": N_("Who declares: true name and contact"),
    "listing": N_("The listing whose measures are to end, exactly"),
    "evidence": N_("Preliminary evidence that there is no infringement"),
    "truth": N_("A written statement that it is true"),
}
"""What a counter-notice has to hold."""
MISSING = N_("Missing: ")
ROLES = {
    "pdf": N_("Letter, PDF, signed"),
    "docx": N_("Letter, DOCX, to go on writing in"),
    "annex": N_("Annex"),
    "sent": N_("Proof of sending"),
    "acknowledged": N_("Receipt"),
    "replied": N_("Answer"),
    "countered": N_("Counter-notice"),
    "told": N_("Paper of the complaint or suit"),
    "closed": N_("Paper of the outcome"),
}
